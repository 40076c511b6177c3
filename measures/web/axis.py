"""Days as places on a line: the axis of a drawing, its ticks, and stretches of days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

TICK_SPACE = 74
LEFT_ROOM = 32
MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000)


@dataclass(frozen=True)
class Axis:
    """Days `[first, last]` between two edges."""

    first: date
    last: date
    left: float
    right: float

    def x(self, day: date) -> float:
        days = (min(max(day, self.first), self.last) - self.first).days
        return round(self.left + days / max((self.last - self.first).days, 1) * (self.right - self.left), 1)

    def shows(self, day: date) -> bool:
        return self.first <= day <= self.last

    def ticks(self) -> list[Tick]:
        """Firsts of months, as many as there is room for; a year is named once."""
        room = (self.right - self.left) / TICK_SPACE
        months = (self.last - self.first).days / 30.4
        step = next((step for step in MONTHS if months / step <= room), MONTHS[-1])
        days = [day for day in _months(self.first, self.last, step) if self.shows(day)]
        named = {min(day for day in days if day.year == year) for year in {day.year for day in days}}
        return [Tick(self.x(day), _tick_label(day, step, day in named), day in named) for day in days]


@dataclass(frozen=True)
class Tick:
    x: float
    label: str
    year: bool

    @property
    def anchor(self) -> str:
        """The label of a tick at the left edge stays inside the drawing."""
        return "middle" if self.x >= LEFT_ROOM else "start"


def _months(first: date, last: date, step: int) -> Iterable[date]:
    index = first.year * 12 // step * step if step < 12 else first.year // (step // 12) * step
    while index < last.year * 12 + 12 and index < 9999 * 12:
        if index >= 12:
            yield date(index // 12, index % 12 + 1, 1)
        index += step


def _tick_label(day: date, step: int, named: bool) -> str:
    if step >= 12:
        return str(day.year)
    return f"{day:%b} {day.year}" if named else f"{day:%b}"


def window(day: date, before: int, after: int) -> tuple[date, date]:
    """The days around a day, kept inside the calendar."""
    first = date.fromordinal(max(day.toordinal() - before, 1))
    return first, date.fromordinal(min(day.toordinal() + after, date(9998, 12, 31).toordinal()))


def split(first: date, until: date, at: date) -> list[tuple[date, date, bool]]:
    """A run of days cut at a day, each part with whether it lies before it."""
    cuts = [first, *([at] if first < at < until else []), until]
    return [(a, b, a < at) for a, b in pairwise(cuts)]


def day_before(day: date) -> date:
    return day - timedelta(days=1)
