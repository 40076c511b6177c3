"""Folding a stream as it grows: an entry that comes in order costs what it changes, not what came before it.

A fold says what the rows are; a running fold says how they differ from those before. `follow` runs one through the
batches of a stream, and starts anew where a batch reaches into the past of the known clock: a correction, a retraction,
an entry that was known earlier than one recorded before it. Both ways give the same boxes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol

import msgspec

from tracker.clocks import DAWN, FAR, Box
from tracker.corrections import Entry, settle
from tracker.log import Recorded


class Row:
    """What a fold gives: a model and the values of its columns, the stream and two clocks left out."""

    __slots__ = ("digest", "model", "values")

    def __init__(self, model: type[Box], values: dict[str, Any]) -> None:
        self.model, self.values = model, values
        whole = "valid_from" in values and "valid_until" in values
        content = values if whole else {"valid_from": DAWN, "valid_until": FAR} | values
        text = msgspec.json.encode([model.__name__, content], order="sorted")
        self.digest = blake2b(text, digest_size=16).digest()
        """The hash by which the row is found again: of its model, its values and its valid days."""


Fold = Callable[[str, Sequence[Entry]], Iterable[Row]]
"""A stream and its entries in order, as known on some day → the rows over the valid clock. Pure."""


@dataclass
class Difference:
    """The rows that go and those that come."""

    gone: list[Row] = field(default_factory=list)
    came: list[Row] = field(default_factory=list)


class Running(Protocol):
    """A fold of one stream under way."""

    def add(self, entries: Sequence[Entry]) -> Difference:
        """Takes the next entries in order, and says what they change."""


class Refold:
    """Any fold, done anew with each addition: the definition, and good enough where streams stay short."""

    def __init__(self, fold: Fold, stream: str) -> None:
        self._fold, self._stream = fold, stream
        self._entries: list[Entry] = []
        self._rows: dict[bytes, Row] = {}

    def add(self, entries: Sequence[Entry]) -> Difference:
        self._entries += entries
        before, self._rows = self._rows, {row.digest: row for row in self._fold(self._stream, self._entries)}
        return difference(before, self._rows)


WHOLE = "whole"
"""The part to which the first entry of a stream belongs besides its own: what the stream is about."""

Parts = Callable[[Entry], Iterable[Hashable]]


class Parted:
    """A fold of parts that do not look at each other: only those that an entry belongs to are done anew.

    The whole gives the row of the model `head`, every other part those of the other models.
    """

    def __init__(self, parts: Parts, fold: Fold, head: type[Box], stream: str) -> None:
        self._parts, self._fold, self._head, self._stream = parts, fold, head, stream
        self._entries: dict[Hashable, list[Entry]] = {}
        self._rows: dict[Hashable, dict[bytes, Row]] = {}

    def add(self, entries: Sequence[Entry]) -> Difference:
        found = Difference()
        for part in self._touched(entries):
            before = self._rows.get(part, {})
            self._rows[part] = {row.digest: row for row in self._rows_of(part)}
            changed = difference(before, self._rows[part])
            found.gone += changed.gone
            found.came += changed.came
        return found

    def _rows_of(self, part: Hashable) -> Iterator[Row]:
        rows = self._fold(self._stream, self._entries[part])
        return (row for row in rows if (row.model is self._head) == (part == WHOLE))

    def _touched(self, entries: Sequence[Entry]) -> list[Hashable]:
        touched: dict[Hashable, None] = {}
        for entry in entries:
            for part in {WHOLE, *self._parts(entry)} if not self._entries else self._parts(entry):
                self._entries.setdefault(part, []).append(entry)
                touched[part] = None
        return list(touched)


def difference(before: Mapping[bytes, Row], after: Mapping[bytes, Row]) -> Difference:
    """What differs between two sets of rows by digest."""
    gone = [row for digest, row in before.items() if digest not in after]
    return Difference(gone, [row for digest, row in after.items() if digest not in before])


@dataclass
class Turn:
    """What one batch changes in a stream: known day by known day; or, where `anew`, everything is said again.

    `known` is the newest day known before.
    """

    end: int
    days: list[tuple[date, Difference]]
    anew: bool
    known: date


class Course:
    """A running fold, and how far it has come."""

    def __init__(self, start: Callable[[], Running]) -> None:
        self.running = start()
        self.last: tuple[date, int, int] = (DAWN, 0, 0)
        """The order of the newest entry."""
        self.mark: tuple[int, bytes] = (0, b"")
        """The version and the leaf hash of the stream's newest event, corrections included."""

    def goes_on_with(self, batch: Sequence[Recorded]) -> bool:
        """Whether a batch only adds entries that come after all before them in order."""
        return all(
            item.known_from is not None and (item.known_from, item.known_seq or 0, item.position) > self.last
            for item in batch
        )

    def turn(self, end: int, entries: Sequence[Entry], *, anew: bool = False) -> Turn:
        """Adds the entries of a batch in order, known day by known day."""
        days = [(day, self.running.add(list(same))) for day, same in groupby(entries, attrgetter("known_from"))]
        known = self.last[0]
        self.last = entries[-1].order if entries else self.last
        return Turn(end, days, anew, known)

    def skip(self, history: Sequence[Recorded]) -> None:
        """Adds a history of which nobody asks what each day changed."""
        if entries := settle(history):
            self.running.add(entries)
            self.last = entries[-1].order
        self.reached(history)

    def reached(self, history: Sequence[Recorded]) -> None:
        if history:
            self.mark = (history[-1].version, history[-1].leaf_hash)


def follow(start: Callable[[], Running], history: Sequence[Recorded], since: int) -> tuple[Course, list[Turn]]:
    """Folds a stream's whole history, and says what each batch after a position changes."""
    course = Course(start)
    course.skip([item for item in history if item.position <= since])
    turns = []
    for end, batch in batches(history, since):
        if course.goes_on_with(batch):
            turns.append(course.turn(end, settle(batch)))
        else:
            course = Course(start)
            turns.append(course.turn(end, settle([item for item in history if item.position <= end]), anew=True))
        course.reached(batch)
    return course, turns


def go_on(course: Course, fresh: Sequence[Recorded]) -> list[Turn] | None:
    """What each batch of new events changes; None where one of them asks for the whole history."""
    turns = []
    for end, batch in batches(fresh, 0):
        if not course.goes_on_with(batch):
            return None
        turns.append(course.turn(end, settle(batch)))
        course.reached(batch)
    return turns


def batches(history: Sequence[Recorded], since: int) -> Iterator[tuple[int, list[Recorded]]]:
    """A stream's events after a position by batch, with the last position of each."""
    for _, items in groupby((item for item in history if item.position > since), lambda item: item.recorded_at):
        batch = list(items)
        yield batch[-1].position, batch


class Memory:
    """The courses of the streams folded last, for as many events as fit; the oldest are forgotten first.

    A course is taken out by who goes on with it and put back when that went well, so none is ever half-way.
    """

    def __init__(self, most: int) -> None:
        self.most, self._held = most, 0
        self._courses: OrderedDict[Hashable, Course] = OrderedDict()

    def take(self, key: Hashable) -> Course | None:
        course = self._courses.pop(key, None)
        self._held -= course.mark[0] if course else 0
        return course

    def keep(self, key: Hashable, course: Course) -> None:
        self.take(key)
        self._courses[key] = course
        self._held += course.mark[0]
        while self._held > self.most:
            self.take(next(iter(self._courses)))
