"""What can happen to a trade measure."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from measures.events.common import Codes, Coverage, EntryId, Fact, Instrument, Number, Party, Percent, Slug
from measures.obligations import Obligation
from tracker.events import Day, Line, Text, event

Kind = Literal[
    "tariff",
    "additional_duty",
    "trade_defence_duty",
    "export_control",
    "licensing_requirement",
    "ban",
    "quota",
    "entity_listing",
    "fee",
    "exclusion",
    "investigation",
    "investment_restriction",
    "procurement_restriction",
    "other",
]
Direction = Literal["import", "export", "transit", "services", "investment", "other"]
AppliesBy = Literal["entry", "withdrawal", "export", "loading", "registration", "contract", "licence_application"]


class OfTerm(Fact):
    """An act on a measure, or on one of its terms (a list, a tranche, a company's rate) where `term` names it."""

    term: Slug | None = None
    instrument: Instrument | None = None
    authority: Line | None = None
    """The law that the act rests on, where it is another one than the measure's."""
    concerns: Coverage | None = None
    """What the act is about, as its text says it; the measure's own coverage is set by acts with `coverage` alone."""


class ForSome(OfTerm):
    """An act that may be for some alone, such as a court's relief for those who sued, or a licence in a name."""

    parties: tuple[Party, ...] = ()
    """Where it counts for some parties alone, these; the lanes of everybody else then stay as they are."""


@event("measure.described", group="identity")
class Described(Fact):
    """Described as {title}."""

    title: Line
    kind: Kind
    direction: Direction
    implementer: Party
    targets: tuple[Party, ...] = ()
    authority: Line | None = None
    dispute: Slug | None = None
    retaliation_for: tuple[Slug, ...] = ()
    part_of: Slug | None = None
    """The measure of a bloc or programme that this one carries out or belongs to."""
    successor_of: Slug | None = None
    coverage: Coverage | None = None


@event("measure.renamed", group="identity")
class Renamed(Fact):
    """Renamed to {slug}; the old slug still answers."""

    slug: Slug


@event("measure.merged", group="identity")
class Merged(Fact):
    """Found to be the same measure as {into}, which answers from now on."""

    into: Slug


@event("measure.investigation_opened", group="before adoption")
class InvestigationOpened(OfTerm):
    """Investigation opened under {instrument}."""

    subject: Line | None = None


@event("measure.investigation_concluded", group="before adoption")
class InvestigationConcluded(OfTerm):
    """Investigation concluded: {finding}"""

    finding: Text
    proposed: Obligation | None = None


@event("measure.threatened", group="before adoption")
class Threatened(OfTerm):
    """{by} threatened {obligation} from {expected_from}."""

    by: Party
    obligation: Obligation | None = None
    expected_from: Day | None = None


@event("measure.proposed", group="before adoption")
class Proposed(OfTerm):
    """Proposed {obligation} from {expected_from}."""

    obligation: Obligation | None = None
    expected_from: Day | None = None
    comments_until: Day | None = None


@event("measure.claimed", group="before adoption")
class Claimed(OfTerm):
    """{by} said of this measure: {claim}"""

    by: Party
    claim: Text
    obligation: Obligation | None = None
    effective_from: Day | None = None
    effective_until: Day | None = None


@event("measure.announced", group="adoption")
class Announced(OfTerm):
    """Announced {obligation} from {effective_from} until {effective_until}."""

    obligation: Obligation | None = None
    effective_from: Day | None = None
    effective_until: Day | None = None
    until_condition: Line | None = None
    applies_by: AppliesBy | None = None
    in_transit: Line | None = None
    coverage: Coverage | None = None


@event("measure.adopted", group="adoption")
class Adopted(OfTerm):
    """Adopted {obligation} from {effective_from} until {effective_until}."""

    obligation: Obligation | None = None
    effective_from: Day | None = None
    effective_until: Day | None = None
    until_condition: Line | None = None
    applies_by: AppliesBy | None = None
    """The act whose day fixes what is due."""
    in_transit: Line | None = None
    """What is due for goods that were on their way."""
    coverage: Coverage | None = None


@event("measure.entry_into_force_confirmed", group="adoption")
class EntryIntoForceConfirmed(OfTerm):
    """Entry into force confirmed for {effective_from}."""

    effective_from: Day


@event("measure.rate_changed", group="change")
class RateChanged(OfTerm):
    """Changed to {obligation} from {effective_from} until {effective_until}."""

    obligation: Obligation
    effective_from: Day
    effective_until: Day | None = None
    replaces_later: bool = False
    resumes: bool | None = None
    applies_by: AppliesBy | None = None
    in_transit: Line | None = None
    words: Line | None = None


@event("measure.formula_value_published", group="change")
class FormulaValuePublished(OfTerm):
    """Published {obligation} as the value of the formula from {effective_from} until {effective_until}."""

    obligation: Obligation
    effective_from: Day
    effective_until: Day


@event("measure.scope_changed", group="change")
class ScopeChanged(OfTerm):
    """Changed the scope from {effective_from}: {summary}"""

    effective_from: Day | None = None
    effective_until: Day | None = None
    added: Coverage | None = None
    removed: Coverage | None = None
    coverage: Coverage | None = None


@event("measure.codes_remapped", group="change")
class CodesRemapped(OfTerm):
    """Restated its codes from {effective_from} in a new revision of the nomenclature."""

    effective_from: Day
    codes: Codes
    """The codes that the new revision gives to the goods that are covered; those before stay named beside them."""


@event("measure.exclusion_granted", group="change")
class ExclusionGranted(OfTerm):
    """Granted exclusion {exclusion} from {effective_from} until {effective_until}: {obligation}."""

    exclusion: Slug
    obligation: Obligation | None = None
    """What is due within the exclusion, such as a quota that it ends with; nothing where it is free."""
    effective_from: Day
    effective_until: Day | None = None
    coverage: Coverage | None = None


@event("measure.exclusion_extended", group="change")
class ExclusionExtended(OfTerm):
    """Extended exclusion {exclusion} from {effective_from} until {effective_until}."""

    exclusion: Slug
    effective_from: Day | None = None
    effective_until: Day


@event("measure.exclusion_ended", group="change")
class ExclusionEnded(OfTerm):
    """Ended exclusion {exclusion} from {effective_from}."""

    exclusion: Slug
    effective_from: Day


@event("measure.suspended", group="suspension")
class Suspended(ForSome):
    """Suspended from {effective_from} until {effective_until}, for {parties} alone."""

    effective_from: Day
    effective_until: Day | None = None
    until_condition: Line | None = None
    stays: Percent | None = None
    points: Percent | None = None


@event("measure.suspension_extended", group="suspension")
class SuspensionExtended(ForSome):
    """Extended the suspension from {effective_from} until {effective_until}, for {parties} alone."""

    effective_from: Day | None = None
    effective_until: Day | None = None
    entry: EntryId | None = None
    until_condition: Line | None = None
    stays: Percent | None = None
    points: Percent | None = None


@event("measure.resumed", group="suspension")
class Resumed(ForSome):
    """Resumed from {effective_from}, for {parties} alone."""

    effective_from: Day


@event("measure.postponed", group="timing")
class Postponed(OfTerm):
    """Postponed entry {entry} to {new_date}."""

    entry: EntryId
    new_date: Day | None = None
    effective_from: Day | None = None


@event("measure.extended", group="timing")
class Extended(OfTerm):
    """Extended entry {entry} until {effective_until}."""

    entry: EntryId
    effective_until: Day | None = None
    wording: Line | None = None


@event("measure.shortened", group="timing")
class Shortened(OfTerm):
    """Shortened entry {entry} to end before {effective_until}."""

    entry: EntryId
    effective_until: Day


@event("measure.condition_met", group="timing")
class ConditionMet(OfTerm):
    """The condition on which entry {entry} ends was met from {effective_from}."""

    entry: EntryId
    effective_from: Day


@event("measure.condition_waived", group="timing")
class ConditionWaived(OfTerm):
    """The condition on which entry {entry} ends was waived: it ends on {effective_from} though unmet."""

    entry: EntryId
    effective_from: Day


@event("measure.terminated", group="end")
class Terminated(ForSome):
    """Terminated from {effective_from}, for {parties} alone."""

    effective_from: Day


@event("measure.expired", group="end")
class Expired(OfTerm):
    """Expired on {effective_from}."""

    effective_from: Day


@event("measure.withdrawn", group="end")
class Withdrawn(OfTerm):
    """Withdrawn from {effective_from}."""

    effective_from: Day


@event("measure.replaced", group="end")
class Replaced(OfTerm):
    """Replaced from {effective_from} by {by}."""

    effective_from: Day
    by: Slug


@event("measure.voided", group="courts")
class Voided(ForSome):
    """Held unlawful from {effective_from} by {case}, for {parties} alone; it changes nothing for others."""

    effective_from: Day
    case: Slug | None = None


@event("measure.stayed", group="courts")
class Stayed(ForSome):
    """Stayed by a court from {effective_from} until {effective_until}, for {parties} alone; it changes nothing for others."""  # noqa: E501

    effective_from: Day
    effective_until: Day | None = None
    case: Slug | None = None


@event("measure.collection_stopped", group="courts")
class CollectionStopped(ForSome):
    """Collection stopped from {effective_from}, for {parties} alone."""

    effective_from: Day


@event("measure.collection_resumed", group="courts")
class CollectionResumed(ForSome):
    """Collection resumed from {effective_from}, for {parties} alone."""

    effective_from: Day


@event("measure.entry_revoked", group="courts")
class EntryRevoked(OfTerm):
    """Took back entry {entry}: it has no effect from {effective_from}."""

    entry: EntryId
    effective_from: Day


@event("measure.operation_reported", group="reports")
class OperationReported(OfTerm):
    """Reported operational: {operational}, from {effective_from}."""

    effective_from: Day
    operational: Literal["yes", "no", "unknown"]


@event("measure.became_unknown", group="reports")
class BecameUnknown(ForSome):
    """Status not known from {effective_from} until {effective_until}, for {parties} alone: {reason}"""

    effective_from: Day
    effective_until: Day | None = None
    lanes: Literal["both", "legal", "application"] = "both"
    """Which status is not known: whether it is in force, whether it is applied, or both. A later act says it again."""
    reason: Line


@event("measure.licence_decision_reported", group="reports")
class LicenceDecisionReported(OfTerm):
    """Licence decision reported: {decision}"""

    decision: Literal["granted", "refused", "pending", "revoked", "conditions"]


@event("measure.quota_reported", group="reports")
class QuotaReported(OfTerm):
    """Quota reported: {used} of {volume} {unit} used, {state}."""

    state: Literal["open", "critical", "exhausted", "reopened", "carried_over"]
    used: Number | None = None
    volume: Number | None = None
    unit: Line | None = None
    period_from: Day | None = None
    period_until: Day | None = None


@event("measure.noted", group="reports")
class Noted(OfTerm):
    """Noted: {summary}"""

    topic: Annotated[str, msgspec.Meta(max_length=120)] | None = None
