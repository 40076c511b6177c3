"""Indicators: supply shares, volumes, prices, market moves, as dated observations."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from measures.events.common import Fact, Figure, Party, Slug
from tracker.events import Day, Line, event


@event("indicator.described", group="identity")
class Described(Fact):
    """Described as {title}."""

    title: Line
    kind: Literal["supply_share", "export_volume", "price", "market_move", "trade_flow", "other"]
    area: tuple[Party, ...] = ()
    items: tuple[Line, ...] = ()
    dispute: Slug | None = None
    measures: tuple[Slug, ...] = ()


@event("indicator.observed", group="observations")
class Observed(Fact):
    """Observed for the period to {period_until}: {summary}"""

    period_from: Day | None = None
    period_until: Day
    """The last day, month or year of the period that the observation is about."""
    values: Annotated[tuple[Figure, ...], msgspec.Meta(min_length=1)]
    round: Slug | None = None
