"""Coarse dates for the naive reading: every world in which each of them is one of its possible days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import msgspec

from measures.events import measures as said
from tests.measures.naive import FAR, Fact
from tests.measures.oracle import Answer, answer

DATES = ("effective_from", "effective_until", "new_date")


def possible(known: Sequence[Fact], term: str, on: date, party: str = "") -> set[Answer]:
    """The answers in all worlds that coarse and missing dates leave open."""
    return {answer(world, term, on, party) for world in worlds(known, on)}


def worlds(known: Sequence[Fact], on: date) -> Iterator[list[Fact]]:
    days = sorted({on, *(end for fact in known for text in _texts(fact) for end in span_of(text))})
    places = product(range(len(known)), DATES)
    open_dates = [(place, name) for place, name in places if _is_open(known[place], name)]
    for choice in product(*(_days(known[place], name, days) for place, name in open_dates)):
        world = list(known)
        for (place, name), text in zip(open_dates, choice, strict=True):
            payload = msgspec.structs.replace(world[place].payload, **{name: text})
            world[place] = replace(world[place], payload=payload)
        yield world


def _texts(fact: Fact) -> list[str]:
    texts = (getattr(fact.payload, name, None) for name in DATES)
    return [text for text in texts if text] + [fact.known.isoformat()]


def _is_open(fact: Fact, name: str) -> bool:
    text = getattr(fact.payload, name, None)
    if text is None:
        return isinstance(fact.payload, said.Adopted) and name == "effective_from"
    return len(text) == 7


def span_of(text: str) -> tuple[date, date]:
    if len(text) == 10:
        return date.fromisoformat(text), date.fromisoformat(text)
    first = date.fromisoformat(f"{text}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _days(fact: Fact, name: str, days: Sequence[date]) -> Sequence[str | None]:
    """The days that may make a difference: the ends of the span, every date of the history, and two days after it."""
    text = getattr(fact.payload, name)
    first, last = span_of(text) if text else (fact.known, FAR)
    near = {first, last, *(one + timedelta(days=more) for one in days for more in range(3))}
    found = [one.isoformat() for one in sorted(near) if first <= one <= last and one != FAR]
    return [*found, None] if text is None else found


def merged(answers: set[Answer]) -> dict[str, Any]:
    """What all possible answers share, and unknown for the rest."""
    rows = list(answers)
    found: dict[str, Any] = {}
    for name in Answer.__dataclass_fields__:
        values = {getattr(row, name) for row in rows}
        lane = name in ("legal", "application", "operational")
        found[name] = values.pop() if len(values) == 1 else "unknown" if lane else None
    for name, pick in (("rate_min", min), ("rate_max", max)):
        bounds = [getattr(row, name) for row in rows]
        found[name] = None if None in bounds else pick(bounds)
    return found
