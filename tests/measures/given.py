"""History is the fixture: `given(...)` tells what happened to a measure, and answers at any point of the three clocks.

    story = given(
        on("2025-04-02", adopted("10%", "2025-04-05")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="4")),
        corrected(2, effective_until="2025-11-10"),
    )
    story.rate("2025-08-20", known="2025-06-01")

What is told in one `on` is recorded as one batch. Entries are called by their number in the telling, from 1; that is
also their position. `story.record()` records the same history through the commands, after a description.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from measures.events import measures as vocabulary
from measures.obligations import encode, parse
from measures.timeline import NOTHING, Segment, State, timeline
from tracker import envelope
from tracker.boxes import full
from tracker.corrections import Entry, settle
from tracker.envelope import Meta, NewEvent, Recorded
from tracker.events import Payload, Source
from tracker.running import Row
from tracker.vocabulary import EntryCorrected, EntryRetracted, SourcesReviewed

NAMES = UUID("5d0cf7f3-66a5-4c8e-9a36-1f5b8e0f6b11")
SOURCE = Source(title="The gazette", citation="No. 1", official=True)
WRITER = Meta(actor="editor-1", approval="imported", origin="tests")
FIRST_INSTANT = datetime(2026, 12, 1, tzinfo=UTC)
LAST_KNOWN = "9999-12-30"


@dataclass(frozen=True)
class Told:
    """One thing that happened; fields that name other entries hold their numbers."""

    kind: type[Payload]
    fields: dict[str, Any] = field(default_factory=dict)
    known: str | None = None
    seq: int | None = None
    occurred: str | None = None
    corrects: int | None = None

    def event(self, stream: str, number: int) -> NewEvent:
        fields = dict(self.fields)
        if isinstance(fields.get("entry"), int):
            fields["entry"] = str(entry_id(stream, fields["entry"]))
        return NewEvent(
            id=entry_id(stream, number),
            stream=stream,
            payload=self.kind(sources=(SOURCE,), **fields),
            meta=WRITER,
            known_from=date.fromisoformat(self.known) if self.known else None,
            known_seq=self.seq,
            occurred_on=self.occurred,
            corrects=entry_id(stream, self.corrects) if self.corrects else None,
        )


def entry_id(stream: str, number: int) -> UUID:
    """The id of the entry with that number in the telling."""
    return uuid5(NAMES, f"{stream}/{number}")


def given(*told: Told | Sequence[Told], stream: str = "measure/example") -> Story:
    """A history, told in the order of recording; what stands together is one batch."""
    batches = [[item] if isinstance(item, Told) else list(item) for item in told]
    return Story(stream, batches)


@dataclass(frozen=True)
class Story:
    stream: str
    batches: list[list[Told]]

    @cached_property
    def events(self) -> list[list[NewEvent]]:
        """The batches as new events."""
        numbers = iter(range(1, 1 + sum(map(len, self.batches))))
        return [[item.event(self.stream, next(numbers)) for item in batch] for batch in self.batches]

    @cached_property
    def history(self) -> list[Recorded]:
        """The events as if recorded, without a database: positions from 1, a minute between batches."""
        found: list[Recorded] = []
        for minutes, batch in enumerate(self.events):
            at = FIRST_INSTANT + timedelta(minutes=minutes)
            for item in batch:
                place = len(found) + 1
                found.append(envelope.recorded(item, position=place, version=place, recorded_at=at))
        return found

    def entries(self, position: int | None = None) -> list[Entry]:
        """The settled entries at a position of the log."""
        upto = len(self.history) if position is None else position
        return settle([item for item in self.history if item.position <= upto])

    def on(
        self,
        valid: str,
        *,
        known: str = LAST_KNOWN,
        at: int | None = None,
        term: str | None = None,
        party: str = "",
    ) -> State:
        """What held on a valid day, as known on a day and recorded at a position; of the headline where no term.

        For a party without segments of its own there is nothing.
        """
        return at_point(self.boxes(at), valid, known, term, party)

    def rate(self, valid: str, *, known: str = LAST_KNOWN, at: int | None = None, term: str | None = None) -> Any:
        return self.on(valid, known=known, at=at, term=term).rate

    def legal(self, valid: str, *, known: str = LAST_KNOWN, at: int | None = None, term: str | None = None) -> str:
        return self.on(valid, known=known, at=at, term=term).legal

    def application(
        self, valid: str, *, known: str = LAST_KNOWN, at: int | None = None, term: str | None = None
    ) -> str:
        return self.on(valid, known=known, at=at, term=term).application

    def rates(self, *valid: str, known: str = LAST_KNOWN, at: int | None = None, term: str | None = None) -> list[Any]:
        return [self.rate(day, known=known, at=at, term=term) for day in valid]

    def boxes(self, at: int | None = None) -> list[SegmentBox]:
        """The segments over the valid and known clocks at a position of the log."""
        rows = full(segments, self.stream, self.entries(at)).items()
        found = ((row.values["segment"], key) for key, row in rows)
        return [SegmentBox(segment, key.known_from, key.known_until) for segment, key in found]

    def record(self, *, today: date = date(2026, 12, 31)) -> list[Recorded]:
        """Records the history through the commands, after a description of the measure."""
        from measures import commands

        described = Told(vocabulary.Described, DESCRIPTION, known=self._first_known())
        first = described.event(self.stream, 0)
        return [item for batch in [[first], *self.events] for item in commands.record(batch, today=today)]

    def _first_known(self) -> str:
        return min(item.known for batch in self.batches for item in batch if item.known)


DESCRIPTION = {"title": "An example", "kind": "additional_duty", "direction": "import", "implementer": "US"}


@dataclass(frozen=True)
class SegmentBox:
    """A segment and the days `[known_from, known_until)` on which it was the answer."""

    segment: Segment
    known_from: date
    known_until: date

    def holds(self, valid: date, known: date) -> bool:
        in_force = self.segment.valid_from <= valid < self.segment.valid_until
        return in_force and self.known_from <= known < self.known_until


class SegmentRow(Row):
    """A segment as a row without a table, so that the engine's boxes can be asked without a database."""

    def __init__(self, segment: Segment) -> None:
        self.values = {"segment": segment}
        self.digest = repr(segment).encode()


def segments(stream: str, entries: Sequence[Entry]) -> Iterable[Row]:
    """The fold of a measure to its segments alone."""
    return map(SegmentRow, timeline(entries))


def at_point(boxes: Iterable[SegmentBox], valid: str, known: str, term: str | None = None, party: str = "") -> State:
    """The one state at a point; NOTHING where no box holds it."""
    days = date.fromisoformat(valid), date.fromisoformat(known)
    found = [box.segment for box in boxes if box.holds(*days)]
    headline = next((item.term for item in found if item.headline), None)
    named = [item for item in found if item.term == (term or headline) and item.party == party]
    assert len(named) <= 1, named
    return named[0].state if named else NOTHING


# What can happen


def on(known: str, *told: Told, occurred: str | None = None) -> list[Told]:
    """What became known on a day, recorded as one batch."""
    return [replace(item, known=known, occurred=occurred or item.occurred) for item in told]


def in_place(seq: int, told: Told) -> Told:
    """Something with its place within the known day."""
    return replace(told, seq=seq)


def _obliging(kind: type[Payload], obligation: str | None, **fields: Any) -> Told:
    value = {"obligation": parse(obligation)} if obligation is not None else {}
    return Told(kind, value | {name: item for name, item in fields.items() if item is not None})


def _telling(kind: type[Payload], **fields: Any) -> Told:
    return Told(kind, {name: item for name, item in fields.items() if item is not None})


def threatened(obligation: str | None = None, by: str = "US", **more: Any) -> Told:
    return _obliging(vocabulary.Threatened, obligation, by=by, **more)


def proposed(obligation: str | None = None, **more: Any) -> Told:
    return _obliging(vocabulary.Proposed, obligation, **more)


def announced(obligation: str | None = None, start: str | None = None, until: str | None = None, **more: Any) -> Told:
    return _obliging(vocabulary.Announced, obligation, effective_from=start, effective_until=until, **more)


def adopted(obligation: str | None = None, start: str | None = None, until: str | None = None, **more: Any) -> Told:
    return _obliging(vocabulary.Adopted, obligation, effective_from=start, effective_until=until, **more)


def rate_changed(obligation: str, start: str, until: str | None = None, **more: Any) -> Told:
    return _obliging(vocabulary.RateChanged, obligation, effective_from=start, effective_until=until, **more)


def value_published(obligation: str, start: str, until: str, **more: Any) -> Told:
    return _obliging(vocabulary.FormulaValuePublished, obligation, effective_from=start, effective_until=until, **more)


def confirmed(start: str, **more: Any) -> Told:
    return _telling(vocabulary.EntryIntoForceConfirmed, effective_from=start, **more)


def suspended(start: str, until: str | None = None, **more: Any) -> Told:
    return _telling(vocabulary.Suspended, effective_from=start, effective_until=until, **more)


def suspension_extended(start: str | None = None, until: str | None = None, **more: Any) -> Told:
    return _telling(vocabulary.SuspensionExtended, effective_from=start, effective_until=until, **more)


def resumed(start: str, **more: Any) -> Told:
    return _telling(vocabulary.Resumed, effective_from=start, **more)


def postponed(entry: int, new_date: str | None = None, start: str | None = None, **more: Any) -> Told:
    return _telling(vocabulary.Postponed, entry=entry, new_date=new_date, effective_from=start, **more)


def extended(entry: int, until: str | None = None, **more: Any) -> Told:
    return _telling(vocabulary.Extended, entry=entry, effective_until=until, **more)


def shortened(entry: int, until: str, **more: Any) -> Told:
    return _telling(vocabulary.Shortened, entry=entry, effective_until=until, **more)


def condition_met(entry: int, start: str, **more: Any) -> Told:
    return _telling(vocabulary.ConditionMet, entry=entry, effective_from=start, **more)


def condition_waived(entry: int, start: str, **more: Any) -> Told:
    return _telling(vocabulary.ConditionWaived, entry=entry, effective_from=start, **more)


def terminated(start: str, **more: Any) -> Told:
    return _telling(vocabulary.Terminated, effective_from=start, **more)


def expired(start: str, **more: Any) -> Told:
    return _telling(vocabulary.Expired, effective_from=start, **more)


def withdrawn(start: str, **more: Any) -> Told:
    return _telling(vocabulary.Withdrawn, effective_from=start, **more)


def replaced(start: str, by: str, **more: Any) -> Told:
    return _telling(vocabulary.Replaced, effective_from=start, by=by, **more)


def voided(start: str, **more: Any) -> Told:
    return _telling(vocabulary.Voided, effective_from=start, **more)


def stayed(start: str, until: str | None = None, **more: Any) -> Told:
    return _telling(vocabulary.Stayed, effective_from=start, effective_until=until, **more)


def revoked(entry: int, start: str, **more: Any) -> Told:
    return _telling(vocabulary.EntryRevoked, entry=entry, effective_from=start, **more)


def collection_stopped(start: str, **more: Any) -> Told:
    return _telling(vocabulary.CollectionStopped, effective_from=start, **more)


def collection_resumed(start: str, **more: Any) -> Told:
    return _telling(vocabulary.CollectionResumed, effective_from=start, **more)


def scope_changed(start: str | None = None, until: str | None = None, **more: Any) -> Told:
    return _telling(vocabulary.ScopeChanged, effective_from=start, effective_until=until, **more)


def exclusion_granted(exclusion: str, start: str, until: str | None = None, **more: Any) -> Told:
    return _telling(
        vocabulary.ExclusionGranted, exclusion=exclusion, effective_from=start, effective_until=until, **more
    )


def exclusion_extended(exclusion: str, until: str, start: str | None = None, **more: Any) -> Told:
    return _telling(
        vocabulary.ExclusionExtended, exclusion=exclusion, effective_from=start, effective_until=until, **more
    )


def exclusion_ended(exclusion: str, start: str, **more: Any) -> Told:
    return _telling(vocabulary.ExclusionEnded, exclusion=exclusion, effective_from=start, **more)


def operation_reported(start: str, operational: str, **more: Any) -> Told:
    return _telling(vocabulary.OperationReported, effective_from=start, operational=operational, **more)


def became_unknown(start: str, reason: str, until: str | None = None, **more: Any) -> Told:
    return _telling(vocabulary.BecameUnknown, effective_from=start, effective_until=until, reason=reason, **more)


def reviewed(through: str) -> Told:
    """The sources were looked at through a day, which is also when that was known."""
    return Told(SourcesReviewed, {"through": through}, known=through)


def corrected(entry: int, /, **patch: Any) -> Told:
    """Fields of an earlier entry were wrong; obligations are given as sentences."""
    if isinstance(patch.get("obligation"), str):
        patch["obligation"] = encode(parse(patch["obligation"]))
    fields = {"patch": patch, "schema": 1, "reason_code": "source-misread", "reason": "we misread the source"}
    return Told(EntryCorrected, fields, corrects=entry)


def retracted(entry: int) -> Told:
    """An earlier entry was recorded in error."""
    return Told(EntryRetracted, {"reason_code": "duplicate", "reason": "entered in error"}, corrects=entry)
