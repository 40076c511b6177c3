"""Indicators, cases, disputes, and the index."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from measures.api.shapes.common import Party, Positions, Why
from measures.api.shapes.talks import FigureShape
from tracker.api.shapes import CoarseDay, Shape, SourceShape, Url


class ObservationShape(Shape):
    """What an indicator showed for a period."""

    indicator: str
    period_from: CoarseDay | None
    period_until: CoarseDay
    values: list[FigureShape]
    summary: str | None
    round: str | None
    known_from: date
    set_by: Positions


class IndicatorShape(Shape):
    """An indicator with its latest observation."""

    slug: str
    url: Url
    title: str | None
    kind: str | None
    area: list[Party]
    items: list[str]
    dispute: str | None
    measures: list[str]
    first_known: date | None
    unknown: Why
    latest: ObservationShape | None
    set_by: Positions
    links: dict[str, Url]


class ProceedingShape(Shape):
    """A filing, ruling, stay, appeal, refund order or note in a case."""

    kind: str
    occurred_on: CoarseDay
    forum: str | None
    number: str | None
    outcome: str | None
    text: str | None
    measures: list[str]
    known_from: date
    set_by: Positions


class CaseShape(Shape):
    """A case before a court or the WTO, with what happened in it."""

    slug: str
    url: Url
    title: str | None
    forum: str | None
    number: str | None
    authority: str | None
    parties: list[Party]
    measures: list[str]
    dispute: str | None
    first_known: date | None
    unknown: Why
    proceedings: list[ProceedingShape]
    set_by: Positions


class DisputeShape(Shape):
    """A dispute: the umbrella over measures, talks, cases and indicators."""

    slug: str
    url: Url
    title: str | None
    parties: list[Party]
    about: str | None
    first_known: date | None
    unknown: Why
    set_by: Positions


class LineItem(Shape):
    """Something that happened in a dispute."""

    known_from: date
    known_seq: Annotated[int, Meta(description="Order within the day; 0 where none is given.")]
    occurred_on: CoarseDay | None
    stream: str
    title: str
    type: str
    sentence: str | None
    summary: str | None
    sources: list[SourceShape]
    corrected: bool
    position: int
    url: Url


class DisputeLine(DisputeShape):
    """A dispute with everything that happened in it on one line of time, by the day it was known."""

    results: list[LineItem]
    next: Url | None
    previous: Url | None


class Index(Shape):
    """Where everything is."""

    title: str
    contract: str
    head: Annotated[int, Meta(description="The newest position of the log.")]
    links: dict[str, Url]
