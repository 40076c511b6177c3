"""Rules of every entry, whatever it is about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, get_type_hints

from measures.events import cases, disputes, groups, indicators, measures, negotiations
from measures.rules.base import Context, Rule
from tracker import corrections
from tracker.clocks import span
from tracker.events import Day, EventError
from tracker.vocabulary import EntryCorrected, EntryRetracted

DESCRIBED = (
    measures.Described,
    negotiations.Described,
    indicators.Described,
    cases.Described,
    disputes.Described,
    groups.Described,
)
PERIODS = (
    ("effective_from", "effective_until"),
    ("starts_on", "ends_on"),
    ("period_from", "period_until"),
)
FIRST_DAY = date(1900, 1, 1)
NAMING = ("measures", "retaliation_for", "part_of", "successor_of")
"""The fields that name measures."""


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


class KnownInAnAgeOfRecords(Rule):
    """The known day is not before 1900."""

    id = "S7"
    hard = False

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        known = context.event.known_from
        if known and known < FIRST_DAY:
            yield "known_from", f"known_from {known} is before {FIRST_DAY}; is the year right?"


class DisagreementHasAReason(Rule):
    """Where a source says something else than the entry, the entry gives the reason of its choice."""

    id = "S6"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        disagreeing = [source.title for source in context.payload.sources if source.says]
        if disagreeing and not context.payload.chosen_because:
            yield "chosen_because", f"{disagreeing[0]!r} says something else; write why the entry does not follow it"


class NamedMeasuresExist(Rule):
    """Measures that an entry names are in the log."""

    id = "L1"
    hard = False

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        for field in NAMING:
            named = getattr(context.payload, field, None) or ()
            for slug in (named,) if isinstance(named, str) else named:
                if not context.is_a_measure(slug):
                    yield field, f"there is no measure {slug!r}"


FOUNDATIONS: tuple[Rule, ...] = (StreamIsDescribedFirst(), DatesAreReal(), CorrectionFitsItsEntry())

RULES: tuple[Rule, ...] = (
    EndIsAfterStart(),
    KnownIsNotInTheFuture(),
    KnownFromFollowsASource(),
    KnownInAnAgeOfRecords(),
    DisagreementHasAReason(),
    NamedMeasuresExist(),
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
