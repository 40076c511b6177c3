"""What each entry of a measure does to the lanes of its terms: the vocabulary, as the fold needs it.

A lane act has a start and an end that may be coarse or unknown; the fold (`timeline`) asks for each day which acts
cover it. Acts on other entries (revoke, move, end otherwise) name their target by id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from measures.events import measures as vocabulary
from measures.obligations import FREE
from tracker.clocks import FAR, Span, span
from tracker.corrections import Entry

MAIN = "main"
"""The term of acts that name none."""


class Lane(StrEnum):
    STAGE = "stage"
    LIFE = "life"
    OBLIGATION = "obligation"
    APPLICATION = "application"
    COURT = "court"
    OPERATION = "operation"
    END = "end"
    REVOKE = "revoke"
    MOVE = "move"
    UNTIL = "until"


@dataclass(frozen=True)
class Stop:
    """What an application act says: `suspended` (wholly, or a rate that stays, or points taken off), or `applied`."""

    application: str
    stays: Decimal | None = None
    points: Decimal | None = None


@dataclass(frozen=True)
class Act:
    """One lane act of an entry on one term, or on every term where `term` is None.

    `start` None means that the act never starts (a postponement without a new date); `until` None means open.
    `covers` marks an obligation that holds for its whole period over the entries before it in order.
    """

    entry: Entry
    lane: Lane
    start: Span | None
    until: Span | None = None
    value: Any = None
    term: str | None = None
    covers: bool = False
    target: UUID | None = None


def acts(entries: Sequence[Entry]) -> list[Act]:
    """The lane acts of settled entries, in order."""
    found: list[Act] = []
    for entry in entries:
        if reading := READINGS.get(type(entry.payload)):
            found.extend(reading(entry, entry.payload, found))
    return found


def terms(found: Iterable[Act]) -> list[str]:
    """The terms of a measure in the order of their first mention; `main` where acts name none."""
    named = [act.term for act in found if act.term and act.lane in (Lane.LIFE, Lane.OBLIGATION, Lane.STAGE)]
    return list(dict.fromkeys(named)) or [MAIN]


def _day(text: str | None) -> Span | None:
    return span(text) if text else None


def _occurred(entry: Entry) -> Span:
    """When the legal lane starts: the day it was said or signed, else the day it was known."""
    if entry.occurred_on:
        return span(entry.occurred_on)
    return Span(entry.known_from, entry.known_from)


def _start(entry: Entry, text: str | None) -> Span:
    """The effective day; where a binding act states none, every day since it was signed is possible."""
    return span(text) if text else Span(_occurred(entry).earliest, FAR)


def _stage(entry: Entry, payload: vocabulary.OfTerm, stage: str) -> Act:
    return Act(entry, Lane.STAGE, _occurred(entry), value=stage, term=payload.term)


def _staged(stage: str) -> Reading:
    def reading(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
        yield _stage(entry, payload, stage)

    return reading


def _concluded(entry: Entry, payload: vocabulary.InvestigationConcluded, before: Sequence[Act]) -> Iterator[Act]:
    yield _stage(entry, payload, "proposed" if payload.proposed else "under_investigation")


def _announced(entry: Entry, payload: vocabulary.Announced, before: Sequence[Act]) -> Iterator[Act]:
    """An announcement by the implementer is promoted by the calendar only if it is dated."""
    yield _stage(entry, payload, "announced")
    if payload.effective_from:
        yield from _imposed(entry, payload)


def _adopted(entry: Entry, payload: vocabulary.Adopted, before: Sequence[Act]) -> Iterator[Act]:
    yield _stage(entry, payload, "adopted")
    yield from _imposed(entry, payload)


def _imposed(entry: Entry, payload: vocabulary.Announced | vocabulary.Adopted) -> Iterator[Act]:
    term, start, until = (
        payload.term or MAIN,
        _start(entry, payload.effective_from),
        _day(payload.effective_until),
    )
    yield Act(entry, Lane.LIFE, start, until, term=term)
    if payload.obligation is not None:
        yield Act(entry, Lane.OBLIGATION, start, until, payload.obligation, term, covers=until is not None)


def _rate_changed(entry: Entry, payload: vocabulary.RateChanged, before: Sequence[Act]) -> Iterator[Act]:
    start, until = span(payload.effective_from), _day(payload.effective_until)
    covers = until is not None or payload.replaces_later
    yield Act(entry, Lane.OBLIGATION, start, until, payload.obligation, payload.term or MAIN, covers)
    if payload.resumes:
        yield Act(entry, Lane.APPLICATION, start, None, Stop("applied"), payload.term)


def _exclusion_term(slug: str) -> str:
    return f"exclusion-{slug}"


def _excluded(entry: Entry, slug: str, start: str, until: str | None) -> Iterator[Act]:
    term, begins, ends = _exclusion_term(slug), span(start), _day(until)
    yield Act(entry, Lane.STAGE, _occurred(entry), value="adopted", term=term)
    yield Act(entry, Lane.LIFE, begins, ends, term=term)
    yield Act(entry, Lane.OBLIGATION, begins, ends, FREE, term, covers=ends is not None)


def _exclusion_granted(entry: Entry, payload: vocabulary.ExclusionGranted, before: Sequence[Act]) -> Iterator[Act]:
    yield from _excluded(entry, payload.exclusion, payload.effective_from, payload.effective_until)


def _exclusion_extended(entry: Entry, payload: vocabulary.ExclusionExtended, before: Sequence[Act]) -> Iterator[Act]:
    if payload.effective_from:
        yield from _excluded(entry, payload.exclusion, payload.effective_from, payload.effective_until)
    elif previous := _last(before, Lane.LIFE, _exclusion_term(payload.exclusion)):
        yield Act(entry, Lane.UNTIL, None, span(payload.effective_until), target=previous.entry.id)


def _exclusion_ended(entry: Entry, payload: vocabulary.ExclusionEnded, before: Sequence[Act]) -> Iterator[Act]:
    yield Act(
        entry,
        Lane.END,
        span(payload.effective_from),
        value="terminated",
        term=_exclusion_term(payload.exclusion),
    )


def _suspended(entry: Entry, payload: vocabulary.Suspended, before: Sequence[Act]) -> Iterator[Act]:
    stop = _stop(payload)
    yield Act(
        entry,
        Lane.APPLICATION,
        span(payload.effective_from),
        _day(payload.effective_until),
        stop,
        payload.term,
    )


def _stop(payload: vocabulary.Suspended | vocabulary.SuspensionExtended) -> Stop:
    stays, points = (Decimal(text) if text is not None else None for text in (payload.stays, payload.points))
    return Stop("suspended", stays, points)


def _suspension_extended(entry: Entry, payload: vocabulary.SuspensionExtended, before: Sequence[Act]) -> Iterator[Act]:
    """With a first day it restates the suspension; without one it moves the end of the one that it names."""
    named = next((act for act in before if str(act.entry.id) == payload.entry and act.lane == Lane.APPLICATION), None)
    previous = named or _last_suspension(before, payload.term)
    if not payload.effective_from:
        if previous:
            yield Act(entry, Lane.UNTIL, None, _day(payload.effective_until), target=previous.entry.id)
        return
    said = payload.stays is not None or payload.points is not None
    old = previous.value if previous else Stop("suspended")
    stop = _stop(payload) if said else old
    yield Act(
        entry,
        Lane.APPLICATION,
        span(payload.effective_from),
        _day(payload.effective_until),
        stop,
        payload.term,
    )


def _application(application: str) -> Reading:
    def reading(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
        yield Act(entry, Lane.APPLICATION, span(payload.effective_from), None, Stop(application), payload.term)

    return reading


def _postponed(entry: Entry, payload: vocabulary.Postponed, before: Sequence[Act]) -> Iterator[Act]:
    """The new start is the act's `value`; its own start is the day from which the postponement counts."""
    yield Act(
        entry,
        Lane.MOVE,
        _day(payload.effective_from),
        value=_day(payload.new_date),
        target=UUID(payload.entry),
    )


def _until_changed(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
    yield Act(entry, Lane.UNTIL, None, _day(payload.effective_until), target=UUID(payload.entry))


def _condition_met(entry: Entry, payload: vocabulary.ConditionMet, before: Sequence[Act]) -> Iterator[Act]:
    """A condition that is met ends its entry, unless the date came first."""
    yield Act(entry, Lane.UNTIL, None, span(payload.effective_from), value="earlier", target=UUID(payload.entry))


def _ended(cause: str) -> Reading:
    def reading(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
        yield Act(entry, Lane.END, span(payload.effective_from), value=cause, term=payload.term)

    return reading


def _court(status: str) -> Reading:
    """Relief for some parties only leaves the lanes of everybody else alone."""

    def reading(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
        if not payload.parties:
            until = _day(getattr(payload, "effective_until", None))
            yield Act(entry, Lane.COURT, span(payload.effective_from), until, status, payload.term)

    return reading


def _revoked(entry: Entry, payload: vocabulary.EntryRevoked, before: Sequence[Act]) -> Iterator[Act]:
    yield Act(entry, Lane.REVOKE, span(payload.effective_from), target=UUID(payload.entry))


def _confirmed(entry: Entry, payload: vocabulary.EntryIntoForceConfirmed, before: Sequence[Act]) -> Iterator[Act]:
    """A confirmation settles the start of the last act of the term whose start was coarse or unknown."""
    open_starts = [act for act in before if act.lane == Lane.LIFE and act.start and not act.start.exact]
    matching = [act for act in open_starts if act.term == (payload.term or MAIN)]
    if matching:
        yield Act(entry, Lane.MOVE, None, value=span(payload.effective_from), target=matching[-1].entry.id)


def _operation(entry: Entry, payload: vocabulary.OperationReported, before: Sequence[Act]) -> Iterator[Act]:
    yield Act(entry, Lane.OPERATION, span(payload.effective_from), value=payload.operational, term=payload.term)


def _last(before: Sequence[Act], lane: Lane, term: str) -> Act | None:
    return next((act for act in reversed(before) if act.lane == lane and act.term == term), None)


def _last_suspension(before: Sequence[Act], term: str | None) -> Act | None:
    suspensions = (
        act for act in reversed(before) if act.lane == Lane.APPLICATION and act.value.application == "suspended"
    )
    return next((act for act in suspensions if act.term in (term, None)), None)


Reading = Callable[[Entry, Any, Sequence[Act]], Iterable[Act]]

READINGS: dict[type, Reading] = {
    vocabulary.InvestigationOpened: _staged("under_investigation"),
    vocabulary.InvestigationConcluded: _concluded,
    vocabulary.Threatened: _staged("threatened"),
    vocabulary.Proposed: _staged("proposed"),
    vocabulary.Announced: _announced,
    vocabulary.Adopted: _adopted,
    vocabulary.EntryIntoForceConfirmed: _confirmed,
    vocabulary.RateChanged: _rate_changed,
    vocabulary.ExclusionGranted: _exclusion_granted,
    vocabulary.ExclusionExtended: _exclusion_extended,
    vocabulary.ExclusionEnded: _exclusion_ended,
    vocabulary.Suspended: _suspended,
    vocabulary.SuspensionExtended: _suspension_extended,
    vocabulary.Resumed: _application("applied"),
    vocabulary.CollectionStopped: _application("not_collected"),
    vocabulary.CollectionResumed: _application("applied"),
    vocabulary.Postponed: _postponed,
    vocabulary.Extended: _until_changed,
    vocabulary.Shortened: _until_changed,
    vocabulary.ConditionMet: _condition_met,
    vocabulary.Terminated: _ended("terminated"),
    vocabulary.Expired: _ended("expired"),
    vocabulary.Withdrawn: _ended("withdrawn"),
    vocabulary.Replaced: _ended("terminated"),
    vocabulary.Voided: _court("void"),
    vocabulary.Stayed: _court("stayed"),
    vocabulary.EntryRevoked: _revoked,
    vocabulary.OperationReported: _operation,
}
