"""Business rules: each has an id, and its docstring is the sentence that people read when it is broken.

A hard rule refuses the entry; a soft rule wants a person to confirm it. Rules judge by folding the stream itself, so
they are never stale; the time of judging is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar, get_type_hints

from measures.acts import acts
from measures.events import cases, disputes, groups, indicators, measures, negotiations
from measures.lanes import Lane
from measures.timeline import timeline
from tracker import corrections, envelope, log
from tracker.clocks import span
from tracker.corrections import Entry, settle
from tracker.events import Day, EventError
from tracker.log import NewEvent, Recorded
from tracker.vocabulary import EntryCorrected, EntryRetracted

DESCRIBED = (
    measures.Described,
    negotiations.Described,
    indicators.Described,
    cases.Described,
    disputes.Described,
    groups.Described,
)


@dataclass(frozen=True)
class Violation:
    """A rule broken by an event of the batch: where, by what value, and how it would be right."""

    rule: str
    sentence: str
    hard: bool
    field: str
    message: str


class RuleViolated(EventError):
    """One or more rules refuse the batch; nothing is recorded."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        first = violations[0]
        super().__init__(f"{first.rule}: {first.message}", field=first.field, code="rule-violated")
        self.violations = list(violations)


@dataclass(frozen=True)
class Context:
    """What a rule judges: the new event, the stream before it, and the day on which it is judged."""

    event: NewEvent
    history: Sequence[Recorded]
    entries: Sequence[Entry]
    """The stream's settled entries with the new event at its place."""
    today: date
    exists: Callable[[str], bool]
    """Whether a stream exists, the streams that the batch itself opens included."""

    @property
    def payload(self) -> Any:
        return self.event.payload


class Rule:
    """Base of all rules: `check` yields a field and a message for each violation."""

    id: ClassVar[str]
    hard: ClassVar[bool] = True

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        raise NotImplementedError

    def violations(self, context: Context) -> Iterator[Violation]:
        sentence = " ".join((self.__doc__ or "").split())
        for field, message in self.check(context):
            yield Violation(self.id, sentence, self.hard, field, message)


class StreamIsDescribedFirst(Rule):
    """The first entry of a stream describes what it is about; everything else needs a stream that exists."""

    id = "S1"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        if not context.exists(context.event.stream) and not isinstance(context.payload, DESCRIBED):
            kind, _, slug = context.event.stream.partition("/")
            yield "stream", f"there is no {kind} {slug!r}; describe it first, or choose one that exists"


class DatesAreReal(Rule):
    """Every date is a day, month or year of the calendar."""

    id = "S2"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        for name, value in _days(context.payload):
            try:
                span(value)
            except ValueError as error:
                yield name, str(error)


class EndIsAfterStart(Rule):
    """A period ends after it starts; the end is the first day no longer covered."""

    id = "S3"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        for first, last in PERIODS:
            start, until = getattr(context.payload, first, None), getattr(context.payload, last, None)
            if not start or not until:
                continue
            inclusive = first in ("starts_on", "period_from")
            if span(until).latest < span(start).earliest or (not inclusive and until == start):
                yield last, f"{last} {until} is not after {first} {start}"


class KnownIsNotInTheFuture(Rule):
    """Nobody can know what is published tomorrow: the known day is not after the day of recording."""

    id = "S4"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        known = context.event.known_from
        if known and known > context.today:
            yield "known_from", f"known_from {known} lies after today, {context.today}"


class KnownFromFollowsASource(Rule):
    """The known day is not before the earliest source was published."""

    id = "S5"
    hard = False

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        published = [span(source.published).earliest for source in context.payload.sources if source.published]
        known = context.event.known_from
        if known and published and known < min(published):
            yield (
                "known_from",
                f"known_from {known} is before the earliest source, published {min(published)}",
            )


class DisagreementHasAReason(Rule):
    """Where a source says something else than the entry, the entry gives the reason of its choice."""

    id = "S6"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        disagreeing = [source.title for source in context.payload.sources if source.says]
        if disagreeing and not context.payload.chosen_because:
            yield "chosen_because", f"{disagreeing[0]!r} says something else; write why the entry does not follow it"


class CorrectionFitsItsEntry(Rule):
    """A correction names an entry of its stream and leaves it well formed."""

    id = "C1"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        if not isinstance(context.payload, EntryCorrected | EntryRetracted) or context.event.corrects is None:
            return
        try:
            corrections.check_correction(context.history, context.event.corrects, context.payload)
        except EventError as error:
            yield error.field, str(error)


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
        before = [entry for entry in context.entries if entry.id != context.event.id]
        day = span(payload.effective_from).earliest
        if any(_suspended_on(before, day, payload.term)):
            yield (
                "resumes",
                f"the measure is suspended on {day}; write resumes true (it applies) or false (it stays suspended)",
            )


class OnlyWhatExistsIsSuspended(Rule):
    """Only what was announced or adopted can be suspended, resumed, terminated or voided."""

    id = "M4"
    hard = False

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        if isinstance(context.payload, NEEDS_A_LIFE):
            others = [entry for entry in context.entries if entry.id != context.event.id]
            if not any(act.lane == Lane.LIFE for act in acts(others)):
                yield "stream", f"{context.event.stream} has no dated announcement or adoption to act on"


class CommitmentExists(Rule):
    """The fate of a commitment names a commitment that was made in the negotiation."""

    id = "N1"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        if isinstance(context.payload, negotiations.OfCommitment):
            slugs = _commitments(context.entries)
            if context.payload.commitment not in slugs:
                known = ", ".join(sorted(slugs)) or "none yet"
                yield (
                    "commitment",
                    f"no commitment {context.payload.commitment!r} in this negotiation; there are: {known}",
                )


class CommitmentIsMadeOnce(Rule):
    """A commitment is made once; a second one takes another slug."""

    id = "N2"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        if isinstance(context.payload, negotiations.CommitmentMade):
            others = [entry for entry in context.entries if entry.id != context.event.id]
            if context.payload.commitment in _commitments(others):
                yield "commitment", f"{context.payload.commitment!r} is the slug of another commitment here"


class NamedMeasuresExist(Rule):
    """Measures that an entry names are in the log."""

    id = "L1"
    hard = False

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        named = (*getattr(context.payload, "measures", ()), *getattr(context.payload, "retaliation_for", ()))
        for slug in named:
            if not context.exists(f"measure/{slug}"):
                yield "measures", f"there is no measure {slug!r}"


PERIODS = (
    ("effective_from", "effective_until"),
    ("starts_on", "ends_on"),
    ("period_from", "period_until"),
)

NEEDS_A_LIFE = (
    measures.Suspended,
    measures.Resumed,
    measures.Terminated,
    measures.Expired,
    measures.Voided,
    measures.Stayed,
    measures.CollectionStopped,
)

RULES: tuple[Rule, ...] = (
    StreamIsDescribedFirst(),
    DatesAreReal(),
    EndIsAfterStart(),
    KnownIsNotInTheFuture(),
    KnownFromFollowsASource(),
    DisagreementHasAReason(),
    CorrectionFitsItsEntry(),
    NamedEntryExists(),
    PartialSuspensionSaysOneThing(),
    RateChangeInASuspensionSaysWhetherItResumes(),
    OnlyWhatExistsIsSuspended(),
    CommitmentExists(),
    CommitmentIsMadeOnce(),
    NamedMeasuresExist(),
)

FOUNDATIONS = ("S1", "S2")
"""Rules without which the others cannot be judged: where one of them is broken, they are not asked."""


def check(batch: Sequence[NewEvent], histories: dict[str, list[Recorded]], today: date) -> list[list[Violation]]:
    """The violations of each event of a batch, judged in order, each on the stream as the ones before it leave it."""
    opened: set[str] = set()
    grown = {stream: list(history) for stream, history in histories.items()}
    found: list[list[Violation]] = []
    for place, event in enumerate(batch):
        history = grown.setdefault(event.stream, [])
        context = _context(event, history, place, today, opened)
        found.append(_violations(context))
        history.append(provisional(event, history, place))
        opened.add(event.stream)
    return found


def _context(event: NewEvent, history: Sequence[Recorded], place: int, today: date, opened: set[str]) -> Context:
    def exists(stream: str) -> bool:
        return stream in opened or (bool(history) if stream == event.stream else log.exists(stream))

    corrects = event.corrects is not None
    entries = settle(list(history) if corrects else [*history, provisional(event, history, place)])
    return Context(event, history, entries, today, exists)


def _violations(context: Context) -> list[Violation]:
    found: list[Violation] = []
    for rule in RULES:
        if rule.id not in FOUNDATIONS and any(item.rule in FOUNDATIONS for item in found):
            break
        found += rule.violations(context)
    return found


def provisional(event: NewEvent, history: Sequence[Recorded], place: int) -> Recorded:
    """A new event as it would stand behind a history, for rules and previews; its position is not the log's."""
    return envelope.recorded(
        event,
        position=2**52 + place,
        version=len(history) + 1,
        recorded_at=datetime(9999, 1, 1, tzinfo=UTC),
    )


def _days(payload: Any) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(type(payload), include_extras=True)
    for name, hint in hints.items():
        value = getattr(payload, name, None)
        if isinstance(value, str) and (hint == Day or Day in getattr(hint, "__args__", ())):
            yield name, value
    for index, source in enumerate(payload.sources):
        if source.published:
            yield f"sources/{index}/published", source.published


def _suspended_on(entries: Sequence[Entry], day: date, term: str | None) -> Iterator[bool]:
    for segment in timeline(entries):
        if segment.valid_from <= day < segment.valid_until and term in (None, segment.term):
            yield segment.state.application in ("suspended", "partly_suspended")


def _commitments(entries: Sequence[Entry]) -> set[str]:
    made = (entry.payload for entry in entries)
    return {payload.commitment for payload in made if isinstance(payload, negotiations.CommitmentMade)}
