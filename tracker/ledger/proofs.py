"""Inclusion and consistency proofs of RFC 6962 section 2.1, made and checked.

Making a proof asks for roots of complete subtrees only: `lookup(level, index)` is the root of the 2^level leaves from
index * 2^level on. Whoever stores the tree answers it; the proof's shape is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tracker.ledger.canonical import node_hash
from tracker.ledger.tree import EMPTY_ROOT

Lookup = Callable[[int, int], bytes]
Subtree = tuple[int, int]


def needed(make: Callable[[Lookup], object]) -> set[Subtree]:
    """The complete subtrees that a proof asks for, found by making it with nothing in them."""
    asked: set[Subtree] = set()

    def note(level: int, index: int) -> bytes:
        asked.add((level, index))
        return b""

    make(note)
    return asked


def subtree_root(first: int, until: int, lookup: Lookup) -> bytes:
    """The root of the leaves `[first, until)`, where `first` is a multiple of the range's largest complete subtree."""
    size = until - first
    if size == 0:
        return EMPTY_ROOT
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return lookup(level, first >> level)
    middle = first + _split(size)
    return node_hash(subtree_root(first, middle, lookup), subtree_root(middle, until, lookup))


def inclusion(index: int, size: int, lookup: Lookup) -> list[bytes]:
    """The proof, from leaf to root, that the leaf at a zero-based index is in the tree of `size` leaves."""
    first, until, path = 0, size, []
    while until - first > 1:
        middle = first + _split(until - first)
        if index < middle:
            path.append(subtree_root(middle, until, lookup))
            until = middle
        else:
            path.append(subtree_root(first, middle, lookup))
            first = middle
    return path[::-1]


def consistency(old: int, new: int, lookup: Lookup) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of the tree of `new`; empty from 0 and to itself."""
    if old in (0, new):
        return []
    first, until, path = 0, new, []
    while old != until:
        middle = first + _split(until - first)
        if old <= middle:
            path.append(subtree_root(middle, until, lookup))
            until = middle
        else:
            path.append(subtree_root(first, middle, lookup))
            first = middle
    if first > 0:
        path.append(subtree_root(first, until, lookup))
    return path[::-1]


def _split(size: int) -> int:
    """The largest power of two smaller than a size of at least two."""
    return 1 << ((size - 1).bit_length() - 1)


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether an inclusion proof leads from a leaf hash to a root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size or not _hashes([leaf, root, *path]):
        return False
    place, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def extends(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether a consistency proof leads from a root to a later one (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new or not _hashes([old_root, new_root, *path]):
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    return _climb(old, new, [old_root, *path] if old & (old - 1) == 0 else list(path), old_root, new_root)


def _climb(old: int, new: int, path: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    then = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            then, now = node_hash(sibling, then), node_hash(sibling, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and then == old_root and now == new_root


def _hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == 32 for value in values)
