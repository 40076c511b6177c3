"""What differs between two readings of the boxes: ranges of valid and known days with the old and the new value."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from django.db.models import Q, QuerySet

from tracker.clocks import Box

Value = Callable[[Any], Hashable]
"""What of a box is compared."""


@dataclass(frozen=True)
class Difference:
    """A half-open range of valid and known days in which the answer was `old` and is `new`; None is no answer."""

    valid_from: date
    valid_until: date
    known_from: date
    known_until: date
    old: Any
    new: Any


def between(boxes: QuerySet[Any], earlier: int, later: int) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """The boxes that only the earlier position's reading has, and those that only the later one's has."""
    then = Q(recorded_from__lte=earlier, recorded_until__gt=earlier)
    now = Q(recorded_from__lte=later, recorded_until__gt=later)
    return boxes.filter(then).exclude(now), boxes.filter(now).exclude(then)


def differences(old: Iterable[Box], new: Iterable[Box], value: Value) -> list[Difference]:
    """The ranges in which two sets of boxes of one thing differ in value, as few as merging along both clocks gives."""
    before, after = list(old), list(new)
    valid = sorted({day for box in [*before, *after] for day in (box.valid_from, box.valid_until)})
    known = sorted({day for box in [*before, *after] for day in (box.known_from, box.known_until)})
    rows = [list(_along_valid(before, after, value, valid, days)) for days in pairwise(known)]
    return sorted(_along_known(rows), key=lambda item: (item.known_from, item.valid_from))


def _along_valid(
    old: Sequence[Box], new: Sequence[Box], value: Value, valid: Sequence[date], known: tuple[date, date]
) -> Iterator[Difference]:
    open_: Difference | None = None
    for first, until in pairwise(valid):
        cell = Difference(first, until, *known, _at(old, first, known[0], value), _at(new, first, known[0], value))
        if open_ and (open_.old, open_.new) == (cell.old, cell.new) and open_.valid_until == first:
            open_ = replace(open_, valid_until=until)
            continue
        if open_ and open_.old != open_.new:
            yield open_
        open_ = cell
    if open_ and open_.old != open_.new:
        yield open_


def _along_known(rows: Sequence[Sequence[Difference]]) -> Iterator[Difference]:
    """Joins ranges that are the same in consecutive known periods."""
    open_: list[Difference] = []
    for row in rows:
        joined: list[Difference] = []
        for cell in row:
            previous = next((item for item in open_ if _continues(item, cell)), None)
            joined.append(replace(cell, known_from=previous.known_from) if previous else cell)
            if previous:
                open_.remove(previous)
        yield from open_
        open_ = joined
    yield from open_


def _continues(previous: Difference, cell: Difference) -> bool:
    return replace(previous, known_from=cell.known_from, known_until=cell.known_until) == cell and (
        previous.known_until == cell.known_from
    )


def _at(boxes: Sequence[Box], valid: date, known: date, value: Value) -> Hashable | None:
    for box in boxes:
        if box.valid_from <= valid < box.valid_until and box.known_from <= known < box.known_until:
            return value(box)
    return None
