"""The shapes of the trade's answers. Open ends and what is not known are null."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from msgspec import Meta

from tracker.api.shapes import Clocks, CoarseDay, Link, Shape, SourceShape, Url

Percent = Annotated[
    float | None,
    Meta(description="Percent, a JSON number without float noise: 7.5, 25. Null where there is none or it is unknown."),
]
Positions = Annotated[list[Link], Meta(description="The events that say so.")]
ValidFrom = Annotated[date | None, Meta(description="The first day on which this holds; null is open.")]
ValidUntil = Annotated[date | None, Meta(description="The first day on which it no longer holds; null is open.")]
Why = Annotated[str | None, Meta(description="Why something is unknown; null where nothing is.")]
Party = Annotated[str, Meta(description="ISO 3166 code, EU, WORLD, or the name of a firm or body.")]
ObligationShape = Annotated[
    dict[str, Any],
    Meta(
        description="What is asked for: its kind, its sentence such as `25%`, and the fields of its kind, decimals "
        "as strings. event-types/measure.adopted/ describes every kind.",
        extra_json_schema={
            "required": ["kind", "sentence"],
            "properties": {"kind": {"type": "string"}, "sentence": {"type": "string"}},
        },
        examples=[{"kind": "ad_valorem", "percent": "25", "sentence": "25%"}],
    ),
]


class TermShape(Shape):
    """A term of a measure (a list, a tranche, a company's rate, an exclusion) on a run of days."""

    term: str
    headline: Annotated[bool, Meta(description="Whether the measure's own status and rate are this term's.")]
    legal: str
    application: str
    operational: str
    rate: Percent
    rate_min: Percent
    rate_max: Percent
    statutory_rate: Percent
    suspended_points: Percent
    obligation: ObligationShape | None
    valid_from: ValidFrom
    valid_until: ValidUntil
    set_by: Positions
    unknown: Why


class NextChange(Shape):
    """What follows from the texts known and recorded, if nothing else happens."""

    valid_from: date
    sentence: str
    legal: str
    application: str
    rate: Percent
    obligation: ObligationShape | None
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
    coverage: dict[str, Any] | None
    instruments: list[dict[str, Any]]
    terms: list[TermShape]
    links: dict[str, Url]


class TimelineShape(Shape):
    """All runs of days of a measure, term by term, as known and recorded at the clocks."""

    slug: str
    title: str | None
    confirmed_until: date | None
    unknown: Why
    results: list[TermShape]


class Change(Shape):
    """A field that a correction set right; the value that was first written, and the right one."""

    field: str
    was: Any
    now: Any


class CorrectionShape(Shape):
    """A correction or retraction: we were wrong, the world did not change."""

    position: int
    url: Url
    type: str
    recorded_at: str
    sentence: str | None
    reason_code: str
    changes: list[Change]
    sources: list[SourceShape]
    retracted: Annotated[bool, Meta(description="Whether it was itself taken out again.")]
    corrections: list[CorrectionShape]


class HistoryItem(Shape):
    """An event as it reads after corrections, in words, with its sources."""

    position: int
    url: Url
    id: str
    type: str
    known_from: date | None
    known_seq: int | None
    occurred_on: CoarseDay | None
    recorded_at: str
    sentence: str | None
    summary: Annotated[str | None, Meta(description="The editor's own words.")]
    note: str | None
    sources: list[SourceShape]
    corrected: bool
    retracted: bool
    corrections: list[CorrectionShape]


class HistoryShape(Shape):
    """Everything that happened in a stream, by the day it was known."""

    stream: str
    unknown: Why
    results: list[HistoryItem]


class Person(Shape):
    """Somebody who spoke or sat at the table."""

    name: str
    role: str | None
    side: Party | None


class FigureShape(Shape):
    """A number that a source gives, or its words where it gives none."""

    name: Annotated[str, Meta(examples=["share_pct"])]
    value: float | None
    text: str | None


class NegotiationShape(Shape):
    """A negotiation."""

    slug: str
    url: Url
    title: str | None
    parties: list[Party]
    dispute: str | None
    first_known: date | None
    unknown: Why
    set_by: Positions
    links: dict[str, Url]


class MeetingShape(Shape):
    """A round scheduled, opened, concluded or postponed; a session or call held."""

    kind: str
    occurred_on: CoarseDay
    starts_on: CoarseDay | None
    ends_on: CoarseDay | None
    parties: list[Party]
    venue: str | None
    city: str | None
    format: str | None
    level: str | None
    minutes: int | None
    summary: str | None
    measures: list[str]
    figures: list[FigureShape]
    people: list[Person]
    known_from: date
    set_by: Positions


class DelegationShape(Shape):
    """Who came for a party."""

    party: Party
    head: str
    members: list[Person]
    summary: str | None
    occurred_on: CoarseDay
    known_from: date
    set_by: Positions


class AgreementShape(Shape):
    """An agreement in some form."""

    kind: str
    parties: list[Party]
    text: str
    instrument: dict[str, Any] | None
    effective_from: CoarseDay | None
    effective_until: CoarseDay | None
    binding: bool | None
    occurred_on: CoarseDay
    summary: str | None
    measures: list[str]
    known_from: date
    set_by: Positions


class RoundShape(Shape):
    """What happened in a round; a meeting outside any round, such as a call, stands alone with round null."""

    round: str | None
    starts_on: CoarseDay | None
    ends_on: CoarseDay | None
    city: str | None
    venue: str | None
    minutes: Annotated[int | None, Meta(description="How long it took: by its conclusion, else its sessions together.")]
    state: Annotated[str | None, Meta(description="The last thing that happened: scheduled, opened, concluded ...")]
    meetings: list[MeetingShape]
    delegations: list[DelegationShape]
    agreements: list[AgreementShape]


class NegotiationDetail(NegotiationShape):
    """A negotiation with its rounds, agreements and the number of its commitments by status."""

    rounds: list[RoundShape]
    commitments: dict[str, int]


class Rounds(Shape):
    """The rounds of a negotiation, in order."""

    results: list[RoundShape]


class PositionShape(Shape):
    """A demand, an offer, a concession, a statement, an accusation or a note."""

    negotiation: str
    round: str | None
    kind: str
    by: Party | None
    to: list[Party]
    speaker: str | None
    topic: str | None
    text: str
    quote: str | None
    occurred_on: CoarseDay
    summary: str | None
    measures: list[str]
    figures: list[FigureShape]
    people: list[Person]
    known_from: date
    set_by: Positions


class CommitmentShape(Shape):
    """A commitment and its fate on the day asked."""

    negotiation: str
    commitment: str
    round: str | None
    by: list[Party]
    to: list[Party]
    what: str
    made_on: CoarseDay
    due: CoarseDay | None
    due_condition: str | None
    target: str | None
    stated_by: Annotated[list[Party], Meta(description="Who says so, where it is not the party bound.")]
    status: str
    overdue: Annotated[bool, Meta(description="Unfinished on a day past every day that the due date may mean.")]
    fulfilled_by: list[str]
    days_taken: int | None
    measures: list[str]
    figures: list[FigureShape]
    valid_from: ValidFrom
    valid_until: ValidUntil
    set_by: Positions


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


class CalendarItem(Shape):
    """Something that will begin after the day asked, as the texts stand."""

    valid_from: date
    measure: str
    title: str
    term: str
    headline: bool
    sentence: str
    legal: str
    application: str
    rate: Percent
    obligation: ObligationShape | None
    set_by: Positions
    url: Url


class Difference(Shape, rename={"from_": "from"}):
    """What differs in a measure between two points; null on the side where it was not known or recorded."""

    slug: str
    title: str
    differs: Annotated[list[str], Meta(description="The fields that differ.")]
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
    status: Annotated[str, Meta(description="The status of the measure in one sentence.")]
    confirmed: bool
    legal: str
    application: str
    rate: Percent
    unknown: Why
    entries: Annotated[list[Because], Meta(description="Every entry known and recorded at the point, by known day.")]
    rules: list[RuleShape]
    next_change: NextChange | None


class Index(Shape):
    """Where everything is."""

    title: str
    contract: str
    head: Annotated[int, Meta(description="The newest position of the log.")]
    links: dict[str, Url]
