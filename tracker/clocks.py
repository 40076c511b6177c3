"""The three clocks: valid (in force on), known (public since), recorded (in our log since).

All periods are half-open `[from, until)`; open ends are far sentinels, never NULL. The recorded clock counts log
positions; an instant only resolves to one.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState

DAWN = date(1, 1, 1)
"""The open beginning of a period of days."""
FAR = date(9999, 12, 31)
"""The open end of a period of days: the first day that it no longer covers lies beyond every asked day."""
LAST_DAY = FAR - timedelta(days=1)
"""What `known_at` means when nobody set a limit."""
NEVER = 2**63 - 1
"""The open end of a period of positions."""


COARSE = r"[0-9]{4}(-([0-9]{2}(-[0-9]{2})?|Q[1-4]|H[12]))?"
"""A day, a month, a quarter, a half, or a year."""
DAY = re.compile(COARSE)
FORMS = "YYYY-MM-DD, YYYY-MM, YYYY-Q1, YYYY-H1 or YYYY"
MONTHS = {"Q": 3, "H": 6}


@dataclass(frozen=True)
class Span:
    """The possible days of a date that may be coarse: `[earliest, latest]`, equal when the day is exact."""

    earliest: date
    latest: date

    @property
    def exact(self) -> bool:
        return self.earliest == self.latest


@lru_cache(maxsize=10_000)
def span(text: str) -> Span:
    """The days that `YYYY-MM-DD`, `YYYY-MM`, `YYYY-Q1`, `YYYY-H1` or `YYYY` may mean: a day, a month, a quarter, a half
    or a whole year. Raises ValueError naming the value."""
    try:
        if not DAY.fullmatch(text):
            raise ValueError
        if text[5:6] and text[5] in MONTHS:
            return _part_of_year(int(text[:4]), MONTHS[text[5]], int(text[6]))
        first = date.fromisoformat(text + "-01-01"[len(text) - 4 :])
        last = {10: first, 7: _month_end(first), 4: date(first.year, 12, 31)}[len(text)]
        return Span(first, last)
    except ValueError:
        raise ValueError(f"{text!r} is not a date; write {FORMS}") from None


def _part_of_year(year: int, months: int, number: int) -> Span:
    """The numbered quarter or half of a year."""
    return Span(date(year, months * number - months + 1, 1), _month_end(date(year, months * number, 1)))


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


@dataclass(frozen=True)
class Point:
    """A point of the three clocks, resolved: what a question is asked at and what its answer is valid for."""

    valid_at: date
    known_at: date
    position: int
    recorded_at: datetime
    generations: dict[str, int]
    fold_versions: dict[str, int]
    provisional: bool = False
    parked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By projection, the streams that stand still and may lack entries at the position."""

    @property
    def known_limit(self) -> date | None:
        """The asked known day, or None where no limit was set."""
        return None if self.known_at == LAST_DAY else self.known_at


class BoxQuerySet(models.QuerySet[Any]):
    """Queries of rows that are boxes over the three clocks."""

    def recorded(self, point: Point) -> Self:
        """The rows that the log said at the point's position."""
        return self.filter(**self._recorded(point))

    def known(self, point: Point) -> Self:
        """The rows at the point's known day and position, over all valid days."""
        return self.filter(**self._recorded(point), **_within("known", point.known_at))

    def at(self, point: Point) -> Self:
        """The rows at the point of all three clocks."""
        days = _within("known", point.known_at) | _within("valid", point.valid_at)
        return self.filter(**self._recorded(point), **days)

    def _recorded(self, point: Point) -> dict[str, Any]:
        generation = point.generations[self.model.projection]
        return {"generation": generation, **_within("recorded", point.position)}


def _within(clock: str, at: Any) -> dict[str, Any]:
    """The condition that a half-open period of a clock holds a place on it."""
    return {f"{clock}_from__lte": at, f"{clock}_until__gt": at}


class Box(models.Model):
    """A row that holds from valid_from, known_from and recorded_from until their counterparts, exclusively.

    `digest` is the hash of everything but the recorded clock: by it a projection finds the row again, and a
    verification sees an edit.
    """

    projection: str
    """The name of the projection that writes the table."""

    id = models.BigAutoField(primary_key=True)
    generation = models.SmallIntegerField()
    stream = models.TextField()
    valid_from = models.DateField(default=DAWN)
    valid_until = models.DateField(default=FAR)
    known_from = models.DateField()
    known_until = models.DateField(default=FAR)
    recorded_from = models.BigIntegerField()
    recorded_until = models.BigIntegerField(default=NEVER)
    digest = models.BinaryField()

    objects = BoxQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["generation", "stream", "recorded_until", "digest"], name="%(class)s_stream"),
            models.Index(
                fields=["generation", "recorded_until", "known_until", "valid_until", "valid_from"],
                name="%(class)s_point",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__lt=models.F("valid_until"))
                & models.Q(known_from__lt=models.F("known_until"))
                & models.Q(recorded_from__lt=models.F("recorded_until")),
                name="%(class)s_not_empty",
            ),
        ]

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **_: Any) -> Self:
        """A box that was read. It is never changed, so that what Django does for each column of a row is left out."""
        made = cls.__new__(cls)
        made._state = ModelState()
        made._state.adding, made._state.db = False, db
        made.__dict__.update(zip(field_names, values, strict=True))
        return made
