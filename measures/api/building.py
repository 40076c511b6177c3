"""From rows to shapes: sentinels become null, decimals JSON numbers, positions links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from measures.api.shapes.common import DifferingShape, DisagreementShape
from measures.api.shapes.talks import FigureShape, Person, WordingShape
from measures.disagreements import Opposite, by_position
from measures.wording import official_first
from tracker.api.clocks import Question
from tracker.api.shapes import SourceShape
from tracker.clocks import DAWN, FAR
from tracker.corrections import Entry


def number(value: Decimal | str | None) -> float | int | None:
    """A decimal as a JSON number without float noise: 7.500000 is 7.5, 25.000000 is 25."""
    if value is None:
        return None
    exact = Decimal(value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def first_day(day: date) -> date | None:
    return None if day == DAWN else day


def last_day(day: date) -> date | None:
    return None if day == FAR else day


def obligation(value: Mapping[str, Any] | None, sentence: str) -> dict[str, Any] | None:
    return None if value is None else {**value, "sentence": sentence}


def figures(values: Iterable[Mapping[str, Any]]) -> list[FigureShape]:
    return [
        FigureShape(name=value["name"], value=number(value.get("value")), text=value.get("text")) for value in values
    ]


def people(values: Iterable[Mapping[str, Any]]) -> list[Person]:
    return [Person(name=value["name"], role=value.get("role"), side=value.get("side")) for value in values]


def wordings(values: Iterable[Mapping[str, Any]]) -> list[WordingShape]:
    return [WordingShape(by=value["by"], text=value["text"]) for value in values]


def sources(values: Iterable[Mapping[str, Any]]) -> list[SourceShape]:
    """Official sources first, each with what it says otherwise."""
    return [
        SourceShape(
            title=value["title"],
            publisher=value.get("publisher"),
            url=value.get("url"),
            citation=value.get("citation"),
            published=value.get("published"),
            official=value.get("official", False),
            language=value.get("language"),
            quote=value.get("quote"),
            says=value.get("says"),
        )
        for value in official_first(values)
    ]


def disagreements(entries: Iterable[Entry], question: Question) -> dict[int, list[DisagreementShape]]:
    """For each entry, by position, the announcement or instrument known by the point that it disagrees with."""
    apart = by_position(entries, question.point.known_at)
    return defaultdict(list, {here: [_opposite(item, question) for item in found] for here, found in apart.items()})


def _opposite(item: Opposite, question: Question) -> DisagreementShape:
    fields = [DifferingShape(field=one.field, announced=one.announced, adopted=one.adopted) for one in item.fields]
    url = question.link(item.position).url
    return DisagreementShape(position=item.position, url=url, holds=item.holds, fields=fields)


def not_yet(first_known: date | None, day: date) -> str:
    """Why nothing is said of something that the log names: the public did not know it, or the log did not hold it."""
    if first_known is None:
        return "Not recorded at this position."
    return f"Not yet known on {day:%-d %B %Y}; first known {first_known:%-d %B %Y}."
