"""What can happen in a negotiation: rounds, sessions, positions, agreements, commitments and their fate."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from measures.events.common import Fact, Instrument, Party, Person, Slug
from tracker.events import Day, Line, Struct, Text, event

Format = Literal["in_person", "call", "video", "written"]


class InRound(Fact):
    """Something within a negotiation, in a round where one is named."""

    round: Slug | None = None
    measures: tuple[Slug, ...] = ()
    venue: Line | None = None
    city: Line | None = None
    items: tuple[Line, ...] = ()
    """The goods or matters it is about."""
    instrument: Instrument | None = None


class Meeting(InRound):
    """A meeting, planned or held."""

    parties: tuple[Party, ...] = ()
    country: Party | None = None
    format: Format = "in_person"
    level: Literal["leaders", "ministers", "officials"] | None = None


@event("negotiation.described", group="identity")
class Described(Fact):
    """Described as {title}, between {parties}."""

    title: Line
    parties: tuple[Party, ...]
    dispute: Slug | None = None


@event("negotiation.round_scheduled", group="rounds and sessions")
class RoundScheduled(Meeting):
    """Round {round} scheduled for {starts_on} in {city}."""

    starts_on: Day | None = None
    ends_on: Day | None = None
    by: Party | None = None
    """Who said so, where it was one side alone."""


@event("negotiation.round_opened", group="rounds and sessions")
class RoundOpened(Meeting):
    """Round {round} opened in {city}, {venue}."""


@event("negotiation.session_held", group="rounds and sessions")
class SessionHeld(Meeting):
    """Session held in {city}, {venue}, {minutes} minutes."""

    held_on: Day
    minutes: Annotated[int, msgspec.Meta(ge=1, le=20_000)] | None = None


@event("negotiation.call_held", group="rounds and sessions")
class CallHeld(Meeting):
    """Call between {parties}, {minutes} minutes."""

    held_on: Day
    minutes: Annotated[int, msgspec.Meta(ge=1, le=20_000)] | None = None


@event("negotiation.round_concluded", group="rounds and sessions")
class RoundConcluded(Meeting):
    """Round {round} concluded."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=20_000)] | None = None


@event("negotiation.round_postponed", group="rounds and sessions")
class RoundPostponed(InRound):
    """Round {round} postponed to {new_date}."""

    new_date: Day | None = None
    by: Party | None = None


@event("negotiation.delegation_named", group="rounds and sessions")
class DelegationNamed(InRound):
    """{party} named its delegation, headed by {head}."""

    party: Party
    head: Line
    members: tuple[Person, ...] = ()


class Position(InRound):
    """What a party says it wants, offers, gives or thinks."""

    by: Party
    to: tuple[Party, ...] = ()
    speaker: Line | None = None
    topic: Line | None = None
    text: Text
    quote: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | None = None


@event("negotiation.demand_made", group="positions")
class DemandMade(Position):
    """{by} demanded: {text}"""


@event("negotiation.offer_made", group="positions")
class OfferMade(Position):
    """{by} offered: {text}"""


@event("negotiation.concession_made", group="positions")
class ConcessionMade(Position):
    """{by} conceded: {text}"""


@event("negotiation.statement_made", group="positions")
class StatementMade(Position):
    """{by} stated: {text}"""


@event("negotiation.accusation_made", group="positions")
class AccusationMade(Position):
    """{by} accused the other side: {text}"""


class Wording(Struct):
    """What one side says was agreed, where the sides word it differently."""

    by: Party
    text: Text


class Agreement(InRound):
    """An agreement in some form, with each side's wording where they differ."""

    parties: tuple[Party, ...]
    text: Text
    wordings: tuple[Wording, ...] = ()
    effective_from: Day | None = None
    effective_until: Day | None = None
    binding: bool | None = None


@event("negotiation.framework_agreed", group="agreements")
class FrameworkAgreed(Agreement):
    """{parties} agreed a framework: {text}"""


@event("negotiation.joint_statement_issued", group="agreements")
class JointStatementIssued(Agreement):
    """{parties} issued a joint statement: {text}"""


@event("negotiation.agreement_signed", group="agreements")
class AgreementSigned(Agreement):
    """{parties} signed: {text}"""


@event("negotiation.agreement_approved", group="agreements")
class AgreementApproved(Agreement):
    """{parties} approved: {text}"""


@event("negotiation.commitment_made", group="commitments")
class CommitmentMade(InRound):
    """{by} committed: {what}, due {due}"""

    commitment: Slug
    by: tuple[Party, ...]
    to: tuple[Party, ...] = ()
    what: Text
    due: Day | None = None
    due_condition: Line | None = None
    wordings: tuple[Wording, ...] = ()
    stated_by: tuple[Party, ...] = ()
    """Who says that the commitment was made, where it is not the party bound."""
    target: Line | None = None


class OfCommitment(InRound):
    """The fate of a commitment."""

    commitment: Slug
    effective_from: Day | None = None
    by: Party | None = None


@event("negotiation.commitment_met", group="commitments")
class CommitmentMet(OfCommitment):
    """Commitment {commitment} met ({extent}) by {fulfilled_by}."""

    extent: Literal["full", "part"] = "full"
    fulfilled_by: tuple[Line, ...] = ()
    """The measure events that fulfilled it: ids, or streams where the event is not known."""


@event("negotiation.commitment_claimed", group="commitments")
class CommitmentClaimed(OfCommitment):
    """{by} claimed that commitment {commitment} is met."""


@event("negotiation.commitment_disputed", group="commitments")
class CommitmentDisputed(OfCommitment):
    """{by} disputed that commitment {commitment} is met."""


@event("negotiation.commitment_breached", group="commitments")
class CommitmentBreached(OfCommitment):
    """Commitment {commitment} breached."""


@event("negotiation.commitment_lapsed", group="commitments")
class CommitmentLapsed(OfCommitment):
    """Commitment {commitment} lapsed."""


@event("negotiation.commitment_denied", group="commitments")
class CommitmentDenied(OfCommitment):
    """{by} denied having made commitment {commitment}."""


@event("negotiation.noted", group="reports")
class Noted(InRound):
    """Noted: {summary}"""

    by: tuple[Party, ...] = ()
