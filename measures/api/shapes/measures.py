"""Measures: state, timeline, calendar, comparison, explanation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from measures.api.shapes.common import (
    DisagreementShape,
    ObligationShape,
    Party,
    Percent,
    Positions,
    ValidFrom,
    ValidUntil,
    Why,
)
from tracker.api.shapes import Clocks, Shape, SourceShape, Url

AppliesBy = Annotated[
    str | None, Meta(description="The act whose day fixes what is due: entry, loading, registration; null if not said.")
]
InTransit = Annotated[str | None, Meta(description="What is due for goods on their way, as the acts say.")]
Covers = Literal["codes", "all_products", "in_words"]


class TermShape(Shape):
    """A term of a measure (a list, a tranche, a company's rate, an exclusion) on a run of days."""

    term: str
    headline: Annotated[bool, Meta(description="Whether the measure's own status and rate are this term's.")]
    party: Annotated[str | None, Meta(description="The one party that it holds for alone; null for everybody.")]
    legal: str
    application: str
    operational: str
    rate: Percent
    rate_min: Percent
    rate_max: Percent
    statutory_rate: Percent
    suspended_points: Percent
    obligation: ObligationShape | None
    applies_by: AppliesBy
    in_transit: InTransit
    valid_from: ValidFrom
    valid_until: ValidUntil
    set_by: Positions
    unknown: Why


class ForPartiesShape(TermShape):
    """What holds for some parties alone on the day: those who won relief, or whom a term or exclusion names."""

    parties: Annotated[list[str], Meta(description="Those for whom it holds, as the acts name them.")]
    differs: Annotated[bool, Meta(description="Whether it is another answer than everybody's under the term.")]


class NextChange(Shape):
    """What follows from the texts known and recorded, if nothing else happens."""

    valid_from: date
    sentence: str
    legal: str
    application: str
    rate: Percent
    obligation: ObligationShape | None
    set_by: Positions


class ScopeShape(Shape):
    """What a measure, or one of its terms, covers on the day asked: as last stated as a whole, and what changed since.

    Of product codes the longest that a product lies under decides whether it is covered.
    """

    term: Annotated[str | None, Meta(description="Null for the whole measure.")]
    coverage: dict[str, Any] | None
    added: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    valid_from: ValidFrom
    valid_until: ValidUntil
    unknown: Why
    set_by: Positions


class MeasureShape(Shape):
    """A measure at a point of the three clocks; its status and rate are those of its headline term."""

    slug: str
    url: Url
    title: Annotated[str | None, Meta(description="Null where the measure was not yet known or recorded.")]
    kind: str | None
    direction: str | None
    implementer: Party | None
    targets: list[Party]
    authority: str | None
    dispute: str | None
    status: Annotated[str, Meta(description="The status in one sentence.")]
    legal: str
    application: str
    operational: Annotated[str, Meta(description="Whether it works in practice: yes, no, unknown.")]
    rate: Annotated[
        float | None,
        Meta(
            description="The additional ad valorem percentage that applies, a JSON number such as 7.5; 0 where nothing "
            "applies, null where no percentage can be given (see unknown and obligation)."
        ),
    ]
    rate_min: Percent
    rate_max: Percent
    statutory_rate: Annotated[float | None, Meta(description="What the texts set, suspended or not.")]
    suspended_points: Annotated[float | None, Meta(description="Percentage points taken off for now.")]
    obligation: ObligationShape | None
    applies_by: AppliesBy
    in_transit: InTransit
    valid_from: ValidFrom
    valid_until: ValidUntil
    confirmed: Annotated[
        bool, Meta(description="False past the last event and review of sources: the texts are projected.")
    ]
    confirmed_until: date | None
    next_change: NextChange | None
    set_by: Positions
    unknown: Why
    corrected: Annotated[bool, Meta(description="Whether an entry of the measure was corrected.")]
    first_known: date | None
    retaliation_for: list[str]
    part_of: str | None
    successor_of: str | None
    aliases: Annotated[list[str], Meta(description="Slugs that it had before; they still answer.")]
    coverage: Annotated[
        dict[str, Any] | None, Meta(description="What the measure covers, as last stated as a whole by the day asked.")
    ]
    scope: Annotated[list[ScopeShape], Meta(description="What measure and terms cover on the day, with changes since.")]
    covers: Annotated[
        Covers | None,
        Meta(
            description="In a list by `product`, why it is there: its `codes` say so, it covers `all_products`, or its "
            "scope is told `in_words` alone, so that whether it covers the code is unknown. Null elsewhere."
        ),
    ]
    instruments: list[dict[str, Any]]
    terms: list[TermShape]
    for_parties: Annotated[
        list[ForPartiesShape], Meta(description="What holds for named parties alone; `party` narrows it.")
    ]
    links: dict[str, Url]


class TimelineShape(Shape):
    """All runs of days of a measure, term by term, as known and recorded at the clocks."""

    slug: str
    title: str | None
    confirmed_until: date | None
    unknown: Why
    results: list[TermShape]


class CalendarItem(Shape):
    """Something that will begin after the day asked, as the texts stand."""

    valid_from: date
    measure: str
    title: str
    term: str
    party: Annotated[str | None, Meta(description="The one party that it concerns; null for everybody.")]
    headline: bool
    sentence: str
    legal: str
    application: str
    rate: Percent
    obligation: ObligationShape | None
    set_by: Positions
    url: Url


class Cause(Shape):
    """An entry that makes a difference: an answer rests on it at one point alone, or it corrects, recorded between."""

    position: int
    url: Url
    type: str
    known_from: Annotated[date | None, Meta(description="Null for corrections, which move only the recorded clock.")]
    recorded_at: datetime
    sentence: str | None
    reason_code: Annotated[str | None, Meta(description="Why an entry was corrected or retracted.")]


class Difference(Shape, rename={"from_": "from"}):
    """What differs in a measure between two points; null on the side where it was not known or recorded."""

    slug: str
    title: str
    differs: Annotated[list[str], Meta(description="The fields that differ.")]
    causes: Annotated[list[Cause], Meta(description="The entries that make the difference, by position.")]
    from_: MeasureShape | None
    to: MeasureShape | None


class Comparison(Shape, rename={"from_": "from"}):
    """The measures that differ between two points."""

    from_: Clocks
    to: Clocks
    results: list[Difference]
    next: Url | None
    previous: Url | None


class Because(Shape):
    """An entry and its part in the answer."""

    position: int
    url: Url
    known_from: date
    type: str
    sentence: str | None
    counts: bool
    because: str
    rules: list[str]
    disagrees_with: Annotated[
        list[DisagreementShape],
        Meta(description="An announcement and an instrument that differ; both stay."),
    ]
    corrected_by: Positions
    sources: list[SourceShape]


class RuleShape(Shape):
    """A rule of the fold, in a sentence."""

    rule: str
    sentence: str


class ExplainShape(Shape):
    """Why a term of a measure stands as it does, and what would change it next."""

    slug: str
    term: str
    party: Annotated[str | None, Meta(description="The party for whom it is explained; null for everybody.")]
    status: Annotated[str, Meta(description="The status of the measure in one sentence.")]
    confirmed: bool
    legal: str
    application: str
    rate: Percent
    applies_by: AppliesBy
    in_transit: InTransit
    unknown: Why
    entries: Annotated[list[Because], Meta(description="Every entry known and recorded at the point, by known day.")]
    rules: list[RuleShape]
    next_change: NextChange | None
