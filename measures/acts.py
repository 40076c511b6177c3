"""What each entry of a measure does to the lanes of its terms: the vocabulary, as the fold needs it.

An entry is read in the light of the entries before it in order alone, so what is known later never changes how it
reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from measures.events import measures as vocabulary
from measures.lanes import APPLIED, Act, Doubt, Lane, Stop
from measures.obligations import FREE, Obligation
from measures.terms import MAIN, exclusion_term
from tracker.clocks import FAR, Span, span
from tracker.corrections import Entry


def acts(entries: Sequence[Entry]) -> list[Act]:
    """The lane acts of settled entries, in order."""
    found: list[Act] = []
    for entry in entries:
        found += read(entry, found)
    return found


def read(entry: Entry, before: Sequence[Act]) -> list[Act]:
    """What the next entry in order does, in the light of the acts before it."""
    reading = READINGS.get(type(entry.payload))
    return list(reading(entry, entry.payload, before)) if reading else []


def _day(text: str | None) -> Span | None:
    return span(text) if text else None


def occurred(entry: Entry) -> Span:
    """When the legal lane starts: the day it was said or signed, no later than known; else the day it was known."""
    said = span(entry.occurred_on) if entry.occurred_on else Span(entry.known_from, entry.known_from)
    return Span(said.earliest, max(said.earliest, min(said.latest, entry.known_from)))


def _start(entry: Entry, text: str | None) -> Span:
    """The effective day; where a binding act states none, every day since it was signed is possible."""
    return span(text) if text else Span(occurred(entry).earliest, FAR)


def _stage(entry: Entry, stage: str, term: str | None) -> Act:
    return Act(entry, Lane.STAGE, occurred(entry), value=stage, term=term)


def _said(entry: Entry, stage: str, obligation: Any, term: str | None) -> Iterator[Act]:
    """A stage before adoption: the obligation is stated, but nothing brings it into force."""
    yield _stage(entry, stage, term)
    if obligation is not None:
        yield Act(entry, Lane.OBLIGATION, None, value=obligation, term=term)


def _opened(entry: Entry, payload: vocabulary.InvestigationOpened, before: Sequence[Act]) -> Iterator[Act]:
    yield _stage(entry, "under_investigation", payload.term)


def _concluded(entry: Entry, payload: vocabulary.InvestigationConcluded, before: Sequence[Act]) -> Iterator[Act]:
    stage = "proposed" if payload.proposed is not None else "under_investigation"
    yield from _said(entry, stage, payload.proposed, payload.term)


def _threatened(entry: Entry, payload: vocabulary.Threatened, before: Sequence[Act]) -> Iterator[Act]:
    yield from _said(entry, "threatened", payload.obligation, payload.term)


def _proposed(entry: Entry, payload: vocabulary.Proposed, before: Sequence[Act]) -> Iterator[Act]:
    yield from _said(entry, "proposed", payload.obligation, payload.term)


def _announced(entry: Entry, payload: vocabulary.Announced, before: Sequence[Act]) -> Iterator[Act]:
    """An announcement by the implementer is promoted by the calendar only if it is dated."""
    if payload.effective_from:
        yield from _imposed(entry, payload, "announced")
    else:
        yield from _said(entry, "announced", payload.obligation, payload.term)


def _adopted(entry: Entry, payload: vocabulary.Adopted, before: Sequence[Act]) -> Iterator[Act]:
    yield from _imposed(entry, payload, "adopted")


def _imposed(entry: Entry, payload: vocabulary.Announced | vocabulary.Adopted, stage: str) -> Iterator[Act]:
    term, start, until = payload.term or MAIN, _start(entry, payload.effective_from), _day(payload.effective_until)
    yield _stage(entry, stage, term)
    yield Act(entry, Lane.LIFE, start, until, term=term)
    if payload.obligation is not None:
        yield Act(entry, Lane.OBLIGATION, start, until, payload.obligation, term, covers=until is not None)


def _confirmed(entry: Entry, payload: vocabulary.EntryIntoForceConfirmed, before: Sequence[Act]) -> Iterator[Act]:
    """A confirmation settles the start of the last act on the term whose start was coarse, unknown or left open."""
    moved = {act.target: act.value for act in before if act.lane == Lane.MOVE}
    for act in reversed(before):
        if act.lane in (Lane.LIFE, Lane.OBLIGATION) and act.term == (payload.term or MAIN) and act.start:
            start = moved.get(act.entry.id, act.start)
            if start is None or not start.exact:
                yield Act(entry, Lane.MOVE, None, value=span(payload.effective_from), target=act.entry.id)
                return


def _rate_changed(entry: Entry, payload: vocabulary.RateChanged, before: Sequence[Act]) -> Iterator[Act]:
    term, start, until = payload.term or MAIN, span(payload.effective_from), _day(payload.effective_until)
    covers = until is not None or payload.replaces_later
    yield Act(entry, Lane.OBLIGATION, start, until, payload.obligation, term, covers)
    if payload.resumes:
        yield Act(entry, Lane.APPLICATION, start, until, APPLIED, term)


def _formula_value(entry: Entry, payload: vocabulary.FormulaValuePublished, before: Sequence[Act]) -> Iterator[Act]:
    """A published value counts for its own period only; past it the formula stands without a value."""
    start, until = span(payload.effective_from), span(payload.effective_until)
    yield Act(entry, Lane.OBLIGATION, start, until, payload.obligation, payload.term or MAIN, covers=True)


def _excluded(entry: Entry, slug: str, start: str, until: str | None, due: Obligation) -> Iterator[Act]:
    term, begins, ends = exclusion_term(slug), span(start), _day(until)
    yield _stage(entry, "adopted", term)
    yield Act(entry, Lane.LIFE, begins, ends, term=term)
    yield Act(entry, Lane.OBLIGATION, begins, ends, due, term, covers=ends is not None)


def _exclusion_granted(entry: Entry, payload: vocabulary.ExclusionGranted, before: Sequence[Act]) -> Iterator[Act]:
    due = payload.obligation or FREE
    yield from _excluded(entry, payload.exclusion, payload.effective_from, payload.effective_until, due)


def _exclusion_extended(entry: Entry, payload: vocabulary.ExclusionExtended, before: Sequence[Act]) -> Iterator[Act]:
    """With a first day it restates the exclusion; without one it moves the end of the last grant."""
    term = exclusion_term(payload.exclusion)
    if payload.effective_from:
        stated = _last(before, Lane.OBLIGATION, term)
        due = stated.value if stated else FREE
        yield from _excluded(entry, payload.exclusion, payload.effective_from, payload.effective_until, due)
    elif previous := _last(before, Lane.LIFE, term):
        yield Act(entry, Lane.UNTIL, None, span(payload.effective_until), target=previous.entry.id)


def _exclusion_ended(entry: Entry, payload: vocabulary.ExclusionEnded, before: Sequence[Act]) -> Iterator[Act]:
    term = exclusion_term(payload.exclusion)
    yield Act(entry, Lane.END, span(payload.effective_from), value="terminated", term=term)


def _suspended(entry: Entry, payload: vocabulary.Suspended, before: Sequence[Act]) -> Iterator[Act]:
    start, until = span(payload.effective_from), _day(payload.effective_until)
    yield Act(entry, Lane.APPLICATION, start, until, _stop(payload), payload.term, parties=payload.parties)


def _stop(payload: vocabulary.Suspended | vocabulary.SuspensionExtended) -> Stop:
    stays, points = (Decimal(text) if text is not None else None for text in (payload.stays, payload.points))
    return Stop("suspended", stays, points)


def _suspension_extended(entry: Entry, payload: vocabulary.SuspensionExtended, before: Sequence[Act]) -> Iterator[Act]:
    """With a first day it restates the suspension; without one it moves the end of the one that it names."""
    previous, until = _extended_suspension(payload, before), _day(payload.effective_until)
    if payload.effective_from:
        stop = _stop(payload)
        if previous and not stop.partial:
            stop = previous.value
        term = payload.term or (previous.term if previous else None)
        parties = payload.parties or (previous.parties if previous else ())
        yield Act(entry, Lane.APPLICATION, span(payload.effective_from), until, stop, term, parties=parties)
    elif previous:
        target, parties = previous.entry.id, payload.parties
        yield Act(entry, Lane.UNTIL, None, until, term=payload.term, target=target, parties=parties)


def _extended_suspension(payload: vocabulary.SuspensionExtended, before: Sequence[Act]) -> Act | None:
    """The suspension that the entry names, else the last one for the same parties: of its term where it names one."""
    named = _target(payload.entry, before) if payload.entry else None
    suspensions = [act for act in reversed(before) if act.lane == Lane.APPLICATION and act.value.stops]
    fitting = [act for act in suspensions if payload.term is None or act.term in (payload.term, None)]
    fitting = [act for act in fitting if act.parties == payload.parties] or fitting
    return next((act for act in suspensions if act.entry.id == named), None) or next(iter(fitting), None)


def _application(stop: Stop) -> Reading:
    def reading(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
        start = span(payload.effective_from)
        yield Act(entry, Lane.APPLICATION, start, None, stop, payload.term, parties=payload.parties)

    return reading


def _postponed(entry: Entry, payload: vocabulary.Postponed, before: Sequence[Act]) -> Iterator[Act]:
    """The new start is the act's `value`; its own start is the day from which the postponement counts.

    Where that day is not stated it counts for every day: what was postponed never took its old date.
    """
    counts, new, target = _day(payload.effective_from), _day(payload.new_date), _target(payload.entry, before)
    yield Act(entry, Lane.MOVE, counts, value=new, term=payload.term, target=target)


def _until_changed(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
    until, target = _day(payload.effective_until), _target(payload.entry, before)
    yield Act(entry, Lane.UNTIL, None, until, term=payload.term, target=target)


def _condition_settled(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
    """A condition that is met, or an end that does not wait for it, ends its entry, unless the date came first."""
    until, target = span(payload.effective_from), _target(payload.entry, before)
    yield Act(entry, Lane.UNTIL, None, until, value="earlier", term=payload.term, target=target)


def _target(named: str, before: Sequence[Act]) -> UUID:
    """The entry that an act on another means: of a postponement or extension, the one that it moved or extended."""
    entry, moving = UUID(named), (Lane.MOVE, Lane.UNTIL)
    return next((act.target for act in before if act.entry.id == entry and act.lane in moving and act.target), entry)


def _ended(cause: str) -> Reading:
    def reading(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
        parties = getattr(payload, "parties", ())
        yield Act(entry, Lane.END, span(payload.effective_from), value=cause, term=payload.term, parties=parties)

    return reading


def _court(status: str) -> Reading:
    def reading(entry: Entry, payload: Any, before: Sequence[Act]) -> Iterator[Act]:
        start, until = span(payload.effective_from), _day(getattr(payload, "effective_until", None))
        yield Act(entry, Lane.COURT, start, until, status, payload.term, parties=payload.parties)

    return reading


def _revoked(entry: Entry, payload: vocabulary.EntryRevoked, before: Sequence[Act]) -> Iterator[Act]:
    start, target = span(payload.effective_from), UUID(payload.entry)
    yield Act(entry, Lane.REVOKE, start, term=payload.term, target=target)


def _operation(entry: Entry, payload: vocabulary.OperationReported, before: Sequence[Act]) -> Iterator[Act]:
    yield Act(entry, Lane.OPERATION, span(payload.effective_from), value=payload.operational, term=payload.term)


def _unknown(entry: Entry, payload: vocabulary.BecameUnknown, before: Sequence[Act]) -> Iterator[Act]:
    start, until, doubt = (
        span(payload.effective_from),
        _day(payload.effective_until),
        Doubt(payload.lanes, payload.reason),
    )
    yield Act(entry, Lane.DOUBT, start, until, doubt, payload.term, parties=payload.parties)


def _last(before: Sequence[Act], lane: Lane, term: str) -> Act | None:
    return next((act for act in reversed(before) if act.lane == lane and act.term == term), None)


Reading = Callable[[Entry, Any, Sequence[Act]], Iterable[Act]]

READINGS: dict[type, Reading] = {
    vocabulary.InvestigationOpened: _opened,
    vocabulary.InvestigationConcluded: _concluded,
    vocabulary.Threatened: _threatened,
    vocabulary.Proposed: _proposed,
    vocabulary.Announced: _announced,
    vocabulary.Adopted: _adopted,
    vocabulary.EntryIntoForceConfirmed: _confirmed,
    vocabulary.RateChanged: _rate_changed,
    vocabulary.FormulaValuePublished: _formula_value,
    vocabulary.ExclusionGranted: _exclusion_granted,
    vocabulary.ExclusionExtended: _exclusion_extended,
    vocabulary.ExclusionEnded: _exclusion_ended,
    vocabulary.Suspended: _suspended,
    vocabulary.SuspensionExtended: _suspension_extended,
    vocabulary.Resumed: _application(APPLIED),
    vocabulary.CollectionStopped: _application(Stop("not_collected")),
    vocabulary.CollectionResumed: _application(APPLIED),
    vocabulary.Postponed: _postponed,
    vocabulary.Extended: _until_changed,
    vocabulary.Shortened: _until_changed,
    vocabulary.ConditionMet: _condition_settled,
    vocabulary.ConditionWaived: _condition_settled,
    vocabulary.Terminated: _ended("terminated"),
    vocabulary.Expired: _ended("expired"),
    vocabulary.Withdrawn: _ended("withdrawn"),
    vocabulary.Replaced: _ended("terminated"),
    vocabulary.Voided: _court("void"),
    vocabulary.Stayed: _court("stayed"),
    vocabulary.EntryRevoked: _revoked,
    vocabulary.OperationReported: _operation,
    vocabulary.BecameUnknown: _unknown,
}
