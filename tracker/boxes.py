"""From the differences of a fold to boxes: the known and the recorded clock around rows over the valid clock.

Running through the known days opens and closes rows on the known clock; running through the batch ends does the same
on the recorded clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import NamedTuple

from tracker.clocks import FAR, NEVER, Box
from tracker.corrections import Entry
from tracker.log import Recorded
from tracker.running import Difference, Fold, Refold, Row, Turn, follow


class Key(NamedTuple):
    """A box on the valid and known clocks; the recorded clock is what changes."""

    digest: bytes
    known_from: date
    known_until: date


@dataclass(slots=True, eq=False)
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


class Missing(LookupError):
    """A row that should be there is not: somebody edited the read model, and only a rebuild helps."""


class Open:
    """The boxes of one stream that are open on the recorded clock: all of them, or those of the digests asked for."""

    def __init__(self, boxes: Iterable[Held] = ()) -> None:
        self.boxes: dict[Key, Held] = {}
        self._last: dict[bytes, Key] = {}
        for held in boxes:
            self.add(held)

    def add(self, held: Held) -> None:
        self.boxes[held.key] = held
        last = self._last.get(held.key.digest)
        if last is None or last.known_until < held.key.known_until:
            self._last[held.key.digest] = held.key

    def pop(self, key: Key) -> Held:
        if self._last.get(key.digest) == key:
            del self._last[key.digest]
        return self.boxes.pop(key)

    def until(self, row: Row, day: date) -> Key | None:
        """The box of a row whose known period ends on a day."""
        key = self._last.get(row.digest)
        return key if key and key.known_until == day else None


class Changes:
    """What folding adds to the tables: boxes to insert, and stored boxes to close at a position."""

    def __init__(self) -> None:
        self._opened: list[Held] = []
        self.closed: list[Held] = []

    @property
    def opened(self) -> list[Held]:
        """The new boxes, those that went again within their batch left out."""
        return [held for held in self._opened if held.recorded_from < held.recorded_until]

    def __iadd__(self, other: Changes) -> Changes:
        self._opened += other._opened
        self.closed += other.closed
        return self

    def open(self, held: Held) -> None:
        self._opened.append(held)

    def close(self, held: Held, end: int) -> None:
        held.recorded_until = end
        if held.stored is not None:
            self.closed.append(held)


def apply(turns: Sequence[Turn], stream: str, boxes: Open) -> Changes:
    """The changes that batches make, in order; keeps `boxes` up to date.

    Raises Missing where a row that goes is not among the boxes.
    """
    changes = Changes()
    for turn in turns:
        if turn.anew:
            _replace(changes, stream, turn, boxes)
        else:
            for day, found in turn.days:
                _change(changes, stream, turn.end, day, found, boxes)
    return changes


def _change(changes: Changes, stream: str, end: int, day: date, found: Difference, boxes: Open) -> None:
    """One known day more: rows that go end on it, rows that come begin on it, or go on if they ended on it."""
    for row in found.gone:
        key = boxes.until(row, FAR)
        if key is None:
            raise Missing(f"{stream}: a row of {row.model.__name__} that an entry ends is not there: rebuild")
        held = _closed(changes, end, boxes, key)
        if key.known_from < day:
            _open(changes, boxes, _again(held, key._replace(known_until=day), end))
    for row in found.came:
        if key := boxes.until(row, day):
            held = _closed(changes, end, boxes, key)
            _open(changes, boxes, _again(held, key._replace(known_until=FAR), end))
        else:
            _open(changes, boxes, Held(row.model, stream, Key(row.digest, day, FAR), end, row=row))


def _replace(changes: Changes, stream: str, turn: Turn, boxes: Open) -> None:
    """Everything said again: boxes that are as before stay, all others are closed or opened."""
    wanted = _sweep(turn.days)
    for key in list(boxes.boxes.keys() - wanted.keys()):
        _closed(changes, turn.end, boxes, key)
    for key, row in wanted.items():
        if key not in boxes.boxes:
            _open(changes, boxes, Held(row.model, stream, key, turn.end, row=row))


def _closed(changes: Changes, end: int, boxes: Open, key: Key) -> Held:
    held = boxes.pop(key)
    changes.close(held, end)
    return held


def _open(changes: Changes, boxes: Open, held: Held) -> None:
    boxes.add(held)
    changes.open(held)


def _again(held: Held, key: Key, end: int) -> Held:
    """A box with another end on the known clock."""
    like = held.stored if held.stored is not None else held.like
    return Held(held.model, held.stream, key, end, row=held.row, like=like)


def _sweep(days: Iterable[tuple[date, Difference]]) -> dict[Key, Row]:
    """The boxes on the valid and known clocks that the known days add up to."""
    done: dict[Key, Row] = {}
    current: dict[bytes, tuple[date, Row]] = {}
    for day, found in days:
        for row in found.gone:
            since, _ = current.pop(row.digest)
            done[Key(row.digest, since, day)] = row
        current |= {row.digest: (day, row) for row in found.came}
    return done | {Key(digest, since, FAR): row for digest, (since, row) in current.items()}


def full(fold: Fold, stream: str, entries: Sequence[Entry]) -> dict[Key, Row]:
    """All boxes of a stream on the valid and known clocks, by the fold itself."""
    refold = Refold(fold, stream)
    days = sorted({entry.known_from for entry in entries})
    return _sweep((day, refold.add([entry for entry in entries if entry.known_from == day])) for day in days)


def advance(fold: Fold, stream: str, history: Sequence[Recorded], since: int, boxes: Open) -> Changes:
    """What a stream's batches after a position change, by the fold itself: the definition of a projection's rows."""
    _, turns = follow(partial(Refold, fold, stream), history, since)
    return apply(turns, stream, boxes)
