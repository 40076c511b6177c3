"""The Merkle tree of RFC 6962 as far as appending needs it: the frontier and the root that follows from it.

The frontier holds the roots of the complete subtrees, largest first: one for each bit set in the tree's size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from tracker.ledger.canonical import node_hash

EMPTY_ROOT = sha256(b"").digest()


def extend(size: int, frontier: Sequence[bytes], leaves: Iterable[bytes]) -> tuple[int, list[bytes]]:
    """The size and frontier after appending leaf hashes to a tree of `size` leaves."""
    peaks = list(frontier)
    for leaf in leaves:
        node, rest = leaf, size
        while rest & 1:
            node, rest = node_hash(peaks.pop(), node), rest >> 1
        peaks.append(node)
        size += 1
    return size, peaks


def root(frontier: Sequence[bytes]) -> bytes:
    """The tree head (RFC 6962 section 2.1) that a frontier stands for."""
    if not frontier:
        return EMPTY_ROOT
    node = frontier[-1]
    for peak in reversed(frontier[:-1]):
        node = node_hash(peak, node)
    return node
