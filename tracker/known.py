"""The entries of some streams in order of the known clock, a page at a time, each as it reads after corrections.

Only what a page shows is read, and what was corrected: a correction may move an entry on the known clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from tracker.corrections import settle
from tracker.log import Recorded, recorded_from
from tracker.models import Event


@dataclass(frozen=True, order=True)
class Placed:
    """An event at its place in the known clock."""

    known_from: date
    known_seq: int
    position: int
    event: Recorded = field(compare=False)


Keys = tuple[Any, ...]
"""Where a page begins: known day, place in the day (0 where none was given), position."""


class Line:
    """Standing entries of streams at a position, known by a day (None: whenever)."""

    def __init__(self, streams: Iterable[str], *, upto: int, known_by: date | None) -> None:
        self.events = Event.objects.filter(stream__in=list(streams), position__lte=upto)
        self.known_by = known_by

    @cached_property
    def touched(self) -> list[Recorded]:
        """The corrections and retractions, and the entries that they concern. Two queries."""
        touching = [recorded_from(row) for row in self.events.exclude(corrects=None)]
        concerned = self.events.filter(event_id__in={item.corrects for item in touching}, corrects=None)
        return touching + [recorded_from(row) for row in concerned]

    @cached_property
    def _moved(self) -> list[Placed]:
        """The entries that were touched and stand, at their right places."""
        events = {item.id: item for item in self.touched}
        streams = {item.stream for item in self.touched}
        settled = (entry for name in streams for entry in settle([i for i in self.touched if i.stream == name]))
        placed = (Placed(*entry.order, events[entry.id]) for entry in settled)
        return [item for item in placed if self.known_by is None or item.known_from <= self.known_by]

    def take(self, after: Keys | None, *, backwards: bool, count: int) -> list[Placed]:
        """The next entries after a place, or those before it, the nearest first. One query."""
        sign = "-" if backwards else ""
        rows = self._untouched(after, backwards).order_by(f"{sign}known_from", f"{sign}seq", f"{sign}position")
        found = [Placed(row.known_from, row.seq, row.position, recorded_from(row)) for row in rows[:count]]
        found += [item for item in self._moved if after is None or _beyond(item, after, backwards)]
        return sorted(found, reverse=backwards)[:count]

    def _untouched(self, after: Keys | None, backwards: bool) -> QuerySet[Any]:
        rows = self.events.filter(corrects=None).exclude(event_id__in={item.id for item in self.touched})
        rows = rows.annotate(seq=Coalesce(F("known_seq"), 0))
        if self.known_by is not None:
            rows = rows.filter(known_from__lte=self.known_by)
        return rows.filter(_comes(after, "lt" if backwards else "gt")) if after else rows


def _beyond(item: Placed, after: Keys, backwards: bool) -> bool:
    place = (item.known_from, item.known_seq, item.position)
    return place < after if backwards else place > after


def _comes(keys: Keys, lookup: str) -> Q:
    found, equal = Q(), Q()
    for column, key in zip(("known_from", "seq", "position"), keys, strict=True):
        found |= equal & Q(**{f"{column}__{lookup}": key})
        equal &= Q(**{column: key})
    return found
