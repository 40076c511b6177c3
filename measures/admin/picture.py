"""Timelines as pictures: bars over a scale of days, as numbers for an SVG that needs no style and no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

from measures.beside import Step, said
from measures.timeline import State
from measures.wording import percent, standing
from tracker.clocks import DAWN, FAR

WIDTH, LABEL, ROW, BAR = 900, 110, 34, 22
MOST_LABEL = 300
"""Labels take as much room as the longest needs, up to this; a longer one is cut."""
BEFORE, AFTER = timedelta(days=45), timedelta(days=120)
CHARACTER = 6.5
"""About how wide a character of a label is."""


@dataclass(frozen=True)
class Bar:
    """A run of days of one state: where it stands, what it says, and which colour its status has."""

    x: float
    width: float
    y: int
    text: str
    title: str
    status: str

    @property
    def fits(self) -> bool:
        return len(self.text) * CHARACTER + 6 <= self.width

    @property
    def text_x(self) -> float:
        return round(self.x + 5, 1)

    @property
    def text_y(self) -> int:
        return self.y + 15


@dataclass(frozen=True)
class Picture:
    rows: Sequence[tuple[int, str]]
    bars: Sequence[Bar]
    ticks: Sequence[tuple[float, str]]
    today: float | None
    height: int
    width: int = WIDTH

    @property
    def foot(self) -> int:
        return self.height - 20


Run = tuple[date, date, str, str, str]
"""First day, first day after, text, title, status."""


def of_segments(segments: Iterable[Any], today: date) -> Picture | None:
    """The segments of a measure as they stand, a row for each term."""
    rows: dict[str, list[Run]] = {}
    for item in segments:
        rows.setdefault(item.term, []).append(
            (item.valid_from, item.valid_until, _short(item), standing(item), _status(item))
        )
    return draw(list(rows.items()), today)


def of_steps(steps: Iterable[Step], today: date) -> Picture | None:
    """Before and after, a pair of rows for each term that changes; for each there is where none does."""
    all_steps = list(steps)
    terms = {step.term for step in all_steps if step.changed}
    shown = [step for step in all_steps if step.term in terms] or all_steps
    alone = len({step.term for step in all_steps}) == 1
    rows: dict[str, list[Run]] = {}
    for step in shown:
        for name, state in (("before", step.before), ("after", step.after)):
            label = name if alone else f"{name}: {step.term}"
            runs = rows.setdefault(label, [])
            if state.legal != "not_announced":
                _extend(runs, (step.start, step.until, _short(state), said(state), _status(state)))
    return draw(list(rows.items()), today)


def _extend(runs: list[Run], run: Run) -> None:
    """Adds a run, as part of the last one where it says the same."""
    if runs and runs[-1][1] == run[0] and runs[-1][2:] == run[2:]:
        runs[-1] = (runs[-1][0], *run[1:])
    else:
        runs.append(run)


def _short(state: State | Any) -> str:
    """The rate that applies; where none does, the word for it."""
    if state.application in ("applied", "partly_suspended") and state.rate is not None:
        return percent(state.rate)
    word = state.legal if state.application in ("not_applied", "applied") else state.application
    return word.replace("_", " ")


def _status(state: State | Any) -> str:
    """The colour: the application where it applies, else the legal lane in three classes."""
    if state.application not in ("not_applied", "applied"):
        return state.application
    if state.legal in ("expired", "terminated", "withdrawn"):
        return "ended"
    return "applied" if state.application == "applied" else "before"


def draw(rows: Sequence[tuple[str, Sequence[Run]]], today: date) -> Picture | None:
    """Lays the rows out on a scale from a little before the first day to a little after the last."""
    days = [day for _, runs in rows for run in runs for day in run[:2] if DAWN < day < FAR]
    if not days:
        return None
    first, last = min([*days, today]) - BEFORE, max([*days, today]) + AFTER
    span = (last - first).days
    room = min(max(LABEL, *(ceil(len(name) * CHARACTER) for name, _ in rows)), MOST_LABEL)

    def at(day: date) -> float:
        inside = min(max(day, first), last)
        return round(room + (inside - first).days / span * (WIDTH - room), 1)

    bars = [
        Bar(
            at(start),
            round(at(until) - at(start), 1),
            place * ROW + 4,
            text,
            f"{title}, {_period(start, until)}",
            status,
        )
        for place, (_, runs) in enumerate(rows)
        for start, until, text, title, status in runs
    ]
    labels = [(place * ROW + 4 + BAR // 2 + 4, _cut(name, room)) for place, (name, _) in enumerate(rows)]
    return Picture(labels, bars, list(_ticks(first, last, at)), at(today), len(rows) * ROW + 24)


def _cut(name: str, room: int) -> str:
    """A label that fits its room."""
    most = int(room / CHARACTER)
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _period(start: date, until: date) -> str:
    return f"from {start}" + ("" if until == FAR else f" to {until - timedelta(days=1)}")


def _ticks(first: date, last: date, at: Any) -> Iterable[tuple[float, str]]:
    """The first of January of each year; of each third month where there are few years."""
    months = (1,) if (last - first).days > 3 * 366 else (1, 4, 7, 10)
    for year in range(first.year, last.year + 1):
        for month in months:
            day = date(year, month, 1)
            if first <= day <= last:
                yield at(day), str(year) if month == 1 else f"{day:%b}"
