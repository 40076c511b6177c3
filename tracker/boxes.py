"""From a stream's history to boxes: the known and the recorded clock around a fold over the valid clock.

A fold is asked for one known day at a time. Running through the known days opens and closes rows on the known clock;
running through the batch ends does the same on the recorded clock. Where a batch only adds what is known no earlier
than all before it, folding its own known days is enough; a late entry or a correction folds all days anew. Both give
the same boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from tracker.clocks import DAWN, FAR, NEVER, Box
from tracker.corrections import Entry, settle
from tracker.log import Recorded


@dataclass(frozen=True)
class Row:
    """What a fold gives: a model and the values of its columns, the stream and two clocks left out."""

    model: type[Box]
    values: dict[str, Any]

    def digest(self) -> bytes:
        """The hash by which the row is found again: of its model, its values and its valid days."""
        content = {"valid_from": DAWN, "valid_until": FAR} | self.values
        text = msgspec.json.encode([self.model.__name__, content], order="sorted")
        return blake2b(text, digest_size=16).digest()


Fold = Callable[[str, Sequence[Entry]], Iterable[Row]]
"""A stream and its entries in order, as known on some day → the rows over the valid clock. Pure."""


class Key(NamedTuple):
    """A box on the valid and known clocks; the recorded clock is what changes."""

    digest: bytes
    known_from: date
    known_until: date


@dataclass(slots=True)
class Held:
    """A box that is, or was within this step, open on the recorded clock.

    `stored` is its id in the table; a new box has the `row` that it is made of, or `like`, the id of a stored box whose
    row it repeats with another end on the known clock.
    """

    model: type[Box]
    stream: str
    key: Key
    recorded_from: int
    recorded_until: int = NEVER
    stored: int | None = None
    row: Row | None = None
    like: int | None = None


Open = dict[Key, Held]
"""The boxes of one stream that are open on the recorded clock."""


class Changes:
    """What folding adds to the tables: boxes to insert, and stored boxes to close at a position."""

    def __init__(self) -> None:
        self.opened: list[Held] = []
        self.closed: list[Held] = []

    def __iadd__(self, other: Changes) -> Changes:
        self.opened += other.opened
        self.closed += other.closed
        return self


def advance(fold: Fold, stream: str, history: Sequence[Recorded], since: int, open_boxes: Open) -> Changes:
    """Folds a stream at each batch end after `since`, and keeps `open_boxes` up to date.

    `open_boxes` may leave out those whose known period ends before the first known day after `since`, unless an entry
    reaches into the past of the known clock.
    """
    changes = Changes()
    for end in batch_ends(history, since):
        before = [item for item in history if item.position <= end]
        fresh = [item for item in before if item.position > since]
        existing, wanted = _difference(fold, stream, before, fresh, open_boxes)
        _replace(changes, stream, end, open_boxes, existing, wanted)
        since = end
    return changes


Wanted = dict[Key, "Row | Held"]


def _difference(
    fold: Fold, stream: str, history: Sequence[Recorded], fresh: Sequence[Recorded], open_boxes: Open
) -> tuple[set[Key], Wanted]:
    """The open boxes that a batch may change, and what has to stand in their place."""
    entries = settle(history)
    first = first_day(entries, fresh)
    if first is None:
        return set(open_boxes), full(fold, stream, entries)
    existing = {key for key in open_boxes if key.known_until >= first}
    current: dict[bytes, tuple[date, Row | Held]] = {
        key.digest: (key.known_from, open_boxes[key]) for key in existing if key.known_from < first
    }
    return existing, _sweep(fold, stream, entries, first, current)


def first_day(entries: Sequence[Entry], fresh: Sequence[Recorded]) -> date | None:
    """The first known day that new events change, or None where they reach into the past of the known clock."""
    days = [item.known_from for item in fresh if item.known_from is not None]
    if len(days) < len(fresh):
        return None
    new = {item.position for item in fresh}
    last = max((entry.known_from for entry in entries if entry.position not in new), default=DAWN)
    return min(days) if min(days) >= last else None


def full(fold: Fold, stream: str, entries: Sequence[Entry]) -> Wanted:
    """All boxes of a stream on the valid and known clocks."""
    return _sweep(fold, stream, entries, DAWN, {})


def _sweep(
    fold: Fold, stream: str, entries: Sequence[Entry], first: date, current: dict[bytes, tuple[date, Row | Held]]
) -> Wanted:
    """Runs through the known days from `first` on, beginning with what was open just before it."""
    done: Wanted = {}
    for day in sorted({entry.known_from for entry in entries if entry.known_from >= first}):
        now = {row.digest(): row for row in fold(stream, [entry for entry in entries if entry.known_from <= day])}
        for digest in [digest for digest in current if digest not in now]:
            known_from, row = current.pop(digest)
            done[Key(digest, known_from, day)] = row
        current |= {digest: (day, row) for digest, row in now.items() if digest not in current}
    return done | {Key(digest, known_from, FAR): row for digest, (known_from, row) in current.items()}


def _replace(changes: Changes, stream: str, end: int, open_boxes: Open, existing: set[Key], wanted: Wanted) -> None:
    for key in existing - wanted.keys():
        held = open_boxes.pop(key)
        held.recorded_until = end
        if held.stored is not None:
            changes.closed.append(held)
    for key in wanted.keys() - existing:
        held = open_boxes[key] = _held(wanted[key], key, stream, end)
        changes.opened.append(held)


def _held(source: Row | Held, key: Key, stream: str, position: int) -> Held:
    if isinstance(source, Row):
        return Held(source.model, stream, key, position, row=source)
    like = source.stored if source.stored is not None else source.like
    return Held(source.model, stream, key, position, row=source.row, like=like)


def batch_ends(history: Sequence[Recorded], since: int) -> list[int]:
    """The last positions of this stream's events in each batch after a position."""
    ends = {item.recorded_at: item.position for item in history if item.position > since}
    return list(ends.values())
