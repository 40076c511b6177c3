"""The stored tree and its tiles (c2sp.org/tlog-tiles).

A tile holds up to 256 hashes of one level: leaf hashes, or roots of full tiles of the level below. Level 0 is the
log's own column of leaf hashes; `Node` keeps the levels above. Any complete subtree is at most 128 of those hashes
away, so a proof costs a few short index scans at any size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TypeVar

from django.db import connection

from tracker import log
from tracker.ledger.models import Node
from tracker.ledger.proofs import Lookup, Subtree, consistency, inclusion, needed, subtree_root

WIDTH = 256
BITS = 8
MAX_LEVEL = 63
HASH = 32

Piece = tuple[int, int, Subtree]
"""The hashes `[first, until)` of a tile level that a complete subtree is made of."""

Made = TypeVar("Made")


NODES = """
SELECT (SELECT string_agg(hash, ''::bytea ORDER BY number) FROM tracker_node
        WHERE level = range.level AND number >= range.first AND number < range.until)
FROM unnest(%s::int[], %s::bigint[], %s::bigint[]) WITH ORDINALITY AS range(level, first, until, place) ORDER BY place
"""

Range = tuple[int, int, int]
"""A tile level, and the hashes `[first, until)` of it."""


def hashes(level: int, first: int, until: int) -> bytes:
    """The stored hashes `[first, until)` of a tile level in a row. Raises LookupError where some are not stored."""
    return stored([(level, first, until)])[0]


def stored(ranges: Sequence[Range]) -> list[bytes]:
    """The stored hashes of each range in a row, in two queries. Raises LookupError where some are not stored."""
    leaves = [item for item in ranges if item[0] == 0]
    nodes = [item for item in ranges if item[0] > 0]
    rows = dict(zip(leaves, log.leaf_hashes([item[1:] for item in leaves]) if leaves else [], strict=True))
    rows |= dict(zip(nodes, _nodes(nodes) if nodes else [], strict=True))
    return [_whole(item, rows[item]) for item in ranges]


def _nodes(ranges: Sequence[Range]) -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(NODES, [list(column) for column in zip(*ranges, strict=True)])
        return [bytes(found or b"") for (found,) in cursor.fetchall()]


def _whole(wanted: Range, row: bytes) -> bytes:
    level, first, until = wanted
    if len(row) != HASH * (until - first):
        raise LookupError(f"tile level {level} holds {len(row) // HASH} of the hashes {first} to {until}: run verify")
    return row


def fold_hashes(row: bytes) -> bytes:
    """The root over a power of two of hashes in a row."""
    while len(row) > HASH:
        pairs = (row[place : place + 2 * HASH] for place in range(0, len(row), 2 * HASH))
        row = b"".join([sha256(b"\x01" + pair).digest() for pair in pairs])
    return row


def prove(make: Callable[[Lookup], Made]) -> Made:
    """Makes a proof from the stored tree, reading what it needs in two queries."""
    found = dict(_read(needed(make)))
    return make(lambda level, index: found[level, index])


def _read(subtrees: Iterable[Subtree]) -> Iterator[tuple[Subtree, bytes]]:
    wanted: dict[int, list[Piece]] = defaultdict(list)
    for level, index in subtrees:
        wide = 1 << level % BITS
        wanted[level // BITS].append((index * wide, (index + 1) * wide, (level, index)))
    runs = [(tile_level, run) for tile_level, pieces in wanted.items() for run in _runs(sorted(pieces))]
    rows = stored([(tile_level, run[0][0], run[-1][1]) for tile_level, run in runs])
    for (_, run), row in zip(runs, rows, strict=True):
        first = run[0][0]
        for begin, end, subtree in run:
            yield subtree, fold_hashes(row[HASH * (begin - first) : HASH * (end - first)])


def _runs(ranges: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Ranges in order, grouped where one follows the other within a tile's width: one scan each."""
    run: list[Piece] = []
    for item in ranges:
        if run and item[0] - run[-1][1] >= WIDTH:
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def root_at(size: int) -> bytes:
    """The root of the first `size` leaves."""
    return prove(lambda lookup: subtree_root(0, size, lookup))


def inclusion_proof(index: int, size: int) -> list[bytes]:
    return membership(index, size)[1]


def membership(index: int, size: int) -> tuple[bytes, list[bytes]]:
    """The hash of the leaf at an index, and the proof that it is in the tree of `size` leaves."""
    return prove(lambda lookup: (lookup(0, index), inclusion(index, size, lookup)))


def consistency_proof(old: int, new: int) -> list[bytes]:
    return extension(old, new)[1]


def extension(old: int, new: int) -> tuple[bytes, list[bytes]]:
    """The root of the first `old` leaves, and the proof that the tree of `new` leaves begins with them."""
    return prove(lambda lookup: (subtree_root(0, old, lookup), consistency(old, new, lookup)))


def grow(size: int) -> None:
    """Stores the nodes that the first `size` leaves complete. What is there stays."""
    for level in range(1, MAX_LEVEL // BITS + 1):
        want = size >> BITS * level
        have = Node.objects.filter(level=level).count()
        for number in range(have, want, WIDTH):
            _store(level, range(number, min(number + WIDTH, want)))
        if want == 0:
            return


def _store(level: int, numbers: range) -> None:
    rows = stored([(level - 1, number * WIDTH, (number + 1) * WIDTH) for number in numbers])
    pairs = zip(numbers, map(fold_hashes, rows), strict=True)
    Node.objects.bulk_create([Node(level=level, number=number, hash=value) for number, value in pairs])


def width(level: int, number: int, size: int) -> int:
    """How many hashes the tile has in a tree of `size` leaves: 0 to 256."""
    return max(0, min(WIDTH, (size >> BITS * level) - number * WIDTH))


def tile(level: int, number: int, wide: int) -> bytes:
    """The first hashes of a tile, one after the other."""
    return hashes(level, number * WIDTH, number * WIDTH + wide)


def entry_bundle(number: int, wide: int) -> bytes:
    """The first entries of a bundle, each after its length as two bytes."""
    after = number * WIDTH
    entries = [entry for _, entry, _ in log.leaves(after, upto=after + wide)]
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def tile_path(number: int, wide: int = WIDTH) -> str:
    """`x001/x234/067`, and `.p/<width>` for a partial tile."""
    groups = [number % 1000]
    while number := number // 1000:
        groups.append(number % 1000)
    elements = [f"x{group:03}" for group in groups[:0:-1]] + [f"{groups[0]:03}"]
    return "/".join(elements) + (f".p/{wide}" if wide < WIDTH else "")


def parsed_path(text: str) -> tuple[int, int] | None:
    """The number and width that a tile path means; None unless it is the one way to write them."""
    index, _, partial = text.partition(".p/")
    digits = "".join(element.removeprefix("x") for element in index.split("/"))
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        return None
    wide = int(partial) if partial.isascii() and partial.isdigit() and len(partial) < 4 else WIDTH
    return (int(digits), wide) if wide and tile_path(int(digits), wide) == text else None
