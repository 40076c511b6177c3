"""Cases before courts and the WTO. What a ruling does to a measure is recorded in the measure's own stream."""

from __future__ import annotations

from typing import Literal

from measures.events.common import Fact, Instrument, Party, Slug
from tracker.events import Day, Line, Text, event


class InCase(Fact):
    """Something that happens in a case; `measures` are those it is about."""

    forum: Line | None = None
    number: Line | None = None
    measures: tuple[Slug, ...] = ()
    parties: tuple[Party, ...] = ()
    instrument: Instrument | None = None


@event("case.described", group="identity")
class Described(InCase):
    """Described as {title}."""

    title: Line
    authority: Line | None = None
    dispute: Slug | None = None


@event("case.filed", group="proceedings")
class Filed(InCase):
    """Filed with {forum}."""


@event("case.ruling_issued", group="proceedings")
class RulingIssued(InCase):
    """{forum} ruled: {holding}"""

    holding: Text
    outcome: Literal["upheld", "unlawful", "partly_unlawful", "remanded", "dismissed", "other"]
    effect_on_collection: Line | None = None


@event("case.stay_granted", group="proceedings")
class StayGranted(InCase):
    """{forum} stayed the ruling: {scope}"""

    scope: Text


@event("case.stay_lifted", group="proceedings")
class StayLifted(InCase):
    """{forum} lifted the stay."""

    effective_from: Day | None = None


@event("case.appealed", group="proceedings")
class Appealed(InCase):
    """Appealed to {forum}."""


@event("case.review_granted", group="proceedings")
class ReviewGranted(InCase):
    """{forum} agreed to hear the case."""


@event("case.refund_ordered", group="proceedings")
class RefundOrdered(InCase):
    """{forum} ordered refunds: {scope}"""

    scope: Text


@event("case.suspended", group="proceedings")
class Suspended(InCase):
    """Suspended, in exchange for {terms}"""

    terms: Text | None = None


@event("case.resumed", group="proceedings")
class Resumed(InCase):
    """Resumed."""


@event("case.settled", group="proceedings")
class Settled(InCase):
    """Settled: {terms}"""

    terms: Text


@event("case.noted", group="reports")
class Noted(InCase):
    """Noted: {summary}"""
