"""Settling a stream: what its entries say once corrections and retractions are applied.

A correction patches fields of an earlier entry, the last by position winning. A retraction takes out any earlier
entry of its stream, a correction or a retraction included, and so brings back what that one hid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

import msgspec

from tracker import events, inside
from tracker.clocks import span
from tracker.events import Day, EventError, ExactDay, FutureSchema, Payload, Struct
from tracker.log import Recorded
from tracker.vocabulary import EntryCorrected, EntryRetracted

ENVELOPE_FIELDS = ("known_from", "known_seq", "occurred_on")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A domain event as it reads after corrections; `corrected_by` holds the positions of those that touched it."""

    position: int
    id: UUID
    stream: str
    type: str
    known_from: date
    known_seq: int | None
    occurred_on: str | None
    payload: Payload
    corrected_by: tuple[int, ...] = ()

    @property
    def order(self) -> tuple[date, int, int]:
        """The order of entries: known day, place within the day where given (0 otherwise), position."""
        return (self.known_from, self.known_seq or 0, self.position)

    @property
    def positions(self) -> tuple[int, ...]:
        """The positions of everything that this entry says: itself and its corrections."""
        return (self.position, *self.corrected_by)


def settle(history: Sequence[Recorded]) -> list[Entry]:
    """The entries of one stream after corrections and retractions, in order of the known clock."""
    patches: dict[UUID, list[Recorded]] = defaultdict(list)
    domain: list[Recorded] = []
    for item in _without_retracted(history):
        if item.corrects is None:
            domain.append(item)
        elif item.type == "entry.corrected":
            patches[item.corrects].append(item)
    entries = [_entry(item, patches[item.id]) if patches else _as_told(item) for item in domain]
    return sorted(entries, key=attrgetter("order"))


def _without_retracted(history: Sequence[Recorded]) -> Sequence[Recorded]:
    if all(item.corrects is None for item in history):
        return history
    gone: set[UUID] = set()
    live = []
    for item in sorted(history, key=lambda item: item.position, reverse=True):
        if item.id in gone:
            continue
        if item.type == "entry.retracted" and item.corrects is not None:
            gone.add(item.corrects)
        live.append(item)
    return live[::-1]


def _as_told(item: Recorded) -> Entry:
    """An entry that nothing corrects, as nearly all are."""
    known_from, known_seq, occurred_on = item.known_from, item.known_seq, item.occurred_on
    assert known_from is not None
    return Entry(item.position, item.id, item.stream, item.type, known_from, known_seq, occurred_on, item.payload)


def _entry(item: Recorded, corrections: Sequence[Recorded]) -> Entry:
    touched = tuple(correction.position for correction in corrections)
    return _patched(item, [_correction(each.payload) for each in corrections], touched)


def _correction(payload: Payload) -> EntryCorrected:
    assert isinstance(payload, EntryCorrected)
    return payload


def _patched(item: Recorded, corrections: Sequence[EntryCorrected], corrected_by: tuple[int, ...] = ()) -> Entry:
    """An entry with corrections applied in order, the last winning, each in the schema that it was written in."""
    envelope: dict[str, Any] = {}
    for correction in corrections:
        envelope |= {key: value for key, value in correction.patch.items() if key in ENVELOPE_FIELDS}
    known_from = envelope.get("known_from") or item.known_from
    assert known_from is not None
    return Entry(
        position=item.position,
        id=item.id,
        stream=item.stream,
        type=item.type,
        known_from=date.fromisoformat(known_from) if isinstance(known_from, str) else known_from,
        known_seq=envelope.get("known_seq", item.known_seq),
        occurred_on=envelope.get("occurred_on", item.occurred_on),
        payload=_payload(item, corrections),
        corrected_by=corrected_by,
    )


def _payload(item: Recorded, corrections: Sequence[EntryCorrected]) -> Payload:
    """Raises FutureSchema for a correction that newer code wrote."""
    kind, data, schema = events.event_type(item.type), item.data, item.schema
    changes = [(each.schema, _inside(each.patch)) for each in corrections]
    if not any(change for _, change in changes):
        return item.payload
    for written_in, change in changes:
        if written_in > kind.schema:
            raise FutureSchema(item.type, written_in, kind.schema)
        data, schema = kind.upcast(data, schema, written_in), max(schema, written_in)
        data = {key: value for key, value in {**data, **change}.items() if value is not None}
    return kind.decode(schema, data)


def _inside(patch: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in patch.items() if key not in ENVELOPE_FIELDS}


def check_correction(history: Sequence[Recorded], target: UUID, payload: Payload) -> None:
    """Raises EventError unless the correction or retraction fits the entry that it names in this stream."""
    if isinstance(payload, EntryRetracted):
        standing(history, target)
        return
    assert isinstance(payload, EntryCorrected)
    entry = mendable(history, target)
    live = _without_retracted(history)
    earlier = [item.payload for item in live if item.type == "entry.corrected" and item.corrects == target]
    _check_patch(entry, payload, [*map(_correction, earlier), payload])


def standing(history: Sequence[Recorded], target: UUID) -> Recorded:
    """The entry with that id. Raises EventError where there is none in this stream, or it is retracted."""
    entry = next((item for item in history if item.id == target), None)
    if entry is None:
        raise EventError(f"no entry {target} in this stream", field="corrects", code="unknown-entry")
    if target not in {item.id for item in _without_retracted(history)}:
        raise EventError(f"entry {entry.position} is retracted already", field="corrects", code="already-retracted")
    return entry


def mendable(history: Sequence[Recorded], target: UUID) -> Recorded:
    """The entry with that id, which a correction may name. Raises EventError also where it is a correction itself."""
    entry = standing(history, target)
    if entry.type.startswith("entry."):
        raise EventError(
            f"entry {entry.position} is a correction: retract it and correct the original",
            field="corrects",
            code="correction-of-a-correction",
        )
    return entry


def _check_patch(entry: Recorded, payload: EntryCorrected, corrections: Sequence[EntryCorrected]) -> None:
    kind = events.event_type(entry.type)
    if payload.schema != kind.schema:
        raise EventError(
            f"a patch in schema {payload.schema} of {entry.type}: write it in schema {kind.schema}", field="schema"
        )
    known = set(type(entry.payload).__struct_fields__) | set(ENVELOPE_FIELDS)
    if unknown := sorted(set(payload.patch) - known):
        raise EventError(
            f"{entry.type} has no field {unknown[0]!r}; it has {', '.join(sorted(known))}",
            field=f"patch/{unknown[0]}",
        )
    _check_envelope(payload.patch)
    try:
        inside.check_days(_patched(entry, corrections).payload)
    except EventError as error:
        place = error.field.removeprefix("/data/")
        raise EventError(f"the corrected entry is malformed: {error}", field=f"patch/{place}") from None


def _check_envelope(patch: dict[str, Any]) -> None:
    if "known_from" in patch and patch["known_from"] is None:
        raise EventError("known_from cannot be removed; write YYYY-MM-DD", field="patch/known_from")
    try:
        values = msgspec.convert({name: patch[name] for name in ENVELOPE_FIELDS if name in patch}, _Envelope)
    except msgspec.ValidationError as error:
        refused = str(error).rpartition(".")[2].rstrip("`")
        raise EventError(f"{refused} {patch[refused]!r}: {error}", field=f"patch/{refused}") from None
    for name, text in (("known_from", values.known_from), ("occurred_on", values.occurred_on)):
        try:
            span(text or "2000")
        except ValueError as error:
            raise EventError(str(error), field=f"patch/{name}", code="malformed-date") from None


class _Envelope(Struct):
    """The fields of an envelope that a correction may patch."""

    known_from: ExactDay = "2000-01-01"
    known_seq: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] | None = None
    occurred_on: Day | None = None
