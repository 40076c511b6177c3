"""Negotiations, their rounds, positions and commitments."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from msgspec import Meta

from measures.api.shapes.common import Party, Positions, ValidFrom, ValidUntil, Why
from tracker.api.shapes import CoarseDay, Shape, Url


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


class WordingShape(Shape):
    """What one side says was agreed, where the sides word it differently."""

    by: Party
    text: str


class AgreementShape(Shape):
    """An agreement in some form."""

    kind: str
    parties: list[Party]
    text: str
    wordings: list[WordingShape]
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
    items: Annotated[list[str], Meta(description="The goods or matters it is about.")]
    figures: list[FigureShape]
    people: list[Person]
    known_from: date
    earlier: Annotated[Url, Meta(description="Asks for what the same party had said before on the same matter.")]
    set_by: Positions


class CommitmentShape(Shape):
    """A commitment and its fate on the day asked."""

    negotiation: str
    commitment: str
    round: str | None
    by: list[Party]
    to: list[Party]
    what: str
    wordings: list[WordingShape]
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
