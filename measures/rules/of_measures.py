"""Rules of measures: what happens to them has to fit what happened before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from measures.acts import acts
from measures.events import measures
from measures.lanes import Lane
from measures.rules.base import Context, Rule, renamed
from measures.terms import terms
from measures.timeline import of_term, state
from tracker.clocks import span
from tracker.corrections import Entry

NEEDS_A_LIFE = (
    measures.Suspended,
    measures.Resumed,
    measures.Terminated,
    measures.Expired,
    measures.Voided,
    measures.Stayed,
    measures.CollectionStopped,
)


class NamedEntryExists(Rule):
    """An act on another entry (postpone, extend, revoke) names an entry of the same stream that stands."""

    id = "M1"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        named = getattr(context.payload, "entry", None)
        if named and named not in {str(entry.id) for entry in context.entries}:
            yield "entry", f"{named} is no entry of {context.event.stream} (or it was retracted)"


class PartialSuspensionSaysOneThing(Rule):
    """A partial suspension says what stays or how many points come off, not both."""

    id = "M2"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        payload = context.payload
        suspends = isinstance(payload, measures.Suspended | measures.SuspensionExtended)
        if suspends and payload.stays is not None and payload.points is not None:
            yield "points", f"stays={payload.stays} and points={payload.points} are both given; write one"


class RateChangeInASuspensionSaysWhetherItResumes(Rule):
    """A rate change dated inside a suspension says whether it resumes the measure."""

    id = "M3"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        payload = context.payload
        if not isinstance(payload, measures.RateChanged) or payload.resumes is not None:
            return
        day = span(payload.effective_from).earliest
        if any(_suspended_on(context.earlier, day, payload.term)):
            yield (
                "resumes",
                f"the measure is suspended on {day}; write resumes true (it applies) or false (it stays suspended)",
            )


class OnlyWhatExistsIsSuspended(Rule):
    """Only what was announced or adopted can be suspended, resumed, terminated or voided."""

    id = "M4"
    hard = False

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        lives = any(act.lane == Lane.LIFE for act in acts(context.others))
        if isinstance(context.payload, NEEDS_A_LIFE) and not lives:
            yield "stream", f"{context.event.stream} has no dated announcement or adoption to act on"


class SuspensionToExtendExists(Rule):
    """An extension of a suspension that gives no first day extends a suspension that was recorded before."""

    id = "M5"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        payload = context.payload
        if not isinstance(payload, measures.SuspensionExtended) or payload.effective_from:
            return
        stops = (act for act in acts(context.earlier) if act.lane == Lane.APPLICATION and act.value.stops)
        if not any(payload.term is None or act.term in (payload.term, None) for act in stops):
            yield "effective_from", "no suspension stands before this day; give the first day, or record it first"


class ExclusionWasGranted(Rule):
    """The extension or end of an exclusion names an exclusion of the measure that was granted."""

    id = "M6"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        payload = context.payload
        restates = isinstance(payload, measures.ExclusionExtended) and payload.effective_from
        if restates or not isinstance(payload, measures.ExclusionExtended | measures.ExclusionEnded):
            return
        granted = (entry.payload for entry in context.others)
        slugs = {item.exclusion for item in granted if isinstance(item, GRANTING)}
        if payload.exclusion not in slugs:
            known = ", ".join(sorted(slugs)) or "none yet"
            yield "exclusion", f"no exclusion {payload.exclusion!r} of this measure; there are: {known}"


GRANTING = (measures.ExclusionGranted, measures.ExclusionExtended)


class SlugIsFree(Rule):
    """A slug belongs to one measure for ever: neither a new measure nor a renamed one takes another one's."""

    id = "M7"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        payload, stream = context.payload, context.event.stream
        if isinstance(payload, measures.Renamed):
            named = f"measure/{payload.slug}"
            if named != stream and (context.exists(named) or renamed().get(payload.slug, stream) != stream):
                yield "slug", f"{payload.slug!r} is the slug of another measure; choose one that is free"
        elif isinstance(payload, measures.Described):
            other = renamed().get(stream.removeprefix("measure/"), stream)
            if other != stream:
                yield "stream", f"{stream} is the slug that {other} was renamed to; choose one that is free"


class MergedIntoAnother(Rule):
    """A measure is merged into another one that exists."""

    id = "M8"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        payload = context.payload
        if not isinstance(payload, measures.Merged):
            return
        if context.event.stream in (f"measure/{payload.into}", renamed().get(payload.into)):
            yield "into", f"{payload.into!r} is this measure itself; name the other one"
        elif not context.is_a_measure(payload.into):
            yield "into", f"there is no measure {payload.into!r}; record it first, or choose one that exists"


class MergedMeasuresAreRecordedThere(Rule):
    """What happens to a measure that was merged into another is recorded under that other one."""

    id = "M9"
    hard = False

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        merged = (entry.payload for entry in context.earlier)
        into = [payload.into for payload in merged if isinstance(payload, measures.Merged)]
        if into and context.event.corrects is None:
            yield "stream", f"{context.event.stream} was merged into measure/{into[-1]}; record it there"


class ChangeFollowsTheMeasure(Rule):
    """What changes or ends a measure takes effect no earlier than the measure was first known or in force."""

    id = "M10"
    hard = False

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        text, first = getattr(context.payload, "effective_from", None), _first_day(context.others)
        if text and first and not isinstance(context.payload, BRINGING) and span(text).latest < first:
            yield "effective_from", f"effective_from {text} is before the measure was first known or in force, {first}"


class KnownSinceTheMeasureIs(Rule):
    """The known day is not before the first entry of the measure, its descriptions aside."""

    id = "M11"
    hard = False

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        known, first = context.event.known_from, _first_known(context.others)
        is_told = context.event.stream.startswith("measure/") and not isinstance(context.payload, measures.Described)
        if is_told and known and first and known < first:
            yield "known_from", f"known_from {known} is before the first entry of {context.event.stream}, {first}"


BRINGING = (measures.Announced, measures.Adopted, measures.EntryIntoForceConfirmed)
"""What brings a measure into force, on whatever day."""


RULES: tuple[Rule, ...] = (
    NamedEntryExists(),
    PartialSuspensionSaysOneThing(),
    RateChangeInASuspensionSaysWhetherItResumes(),
    OnlyWhatExistsIsSuspended(),
    SuspensionToExtendExists(),
    ExclusionWasGranted(),
    SlugIsFree(),
    MergedIntoAnother(),
    MergedMeasuresAreRecordedThere(),
    ChangeFollowsTheMeasure(),
    KnownSinceTheMeasureIs(),
)


def _first_known(entries: Sequence[Entry]) -> date | None:
    """The known day of the first entry that is no description."""
    told = (entry for entry in entries if not isinstance(entry.payload, measures.Described))
    return min((entry.known_from for entry in told), default=None)


def _first_day(entries: Sequence[Entry]) -> date | None:
    """The day a measure was first known or first in force, whichever is earlier."""
    lives = (act.start.earliest for act in acts(entries) if act.lane == Lane.LIFE and act.start)
    return min(filter(None, (_first_known(entries), *lives)), default=None)


def _suspended_on(entries: Sequence[Entry], day: date, term: str | None) -> Iterator[bool]:
    found = acts(entries)
    for name in terms(found):
        if term in (None, name):
            yield state(of_term(found, name), day).application in ("suspended", "partly_suspended")
