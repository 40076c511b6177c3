"""The envelope of an event: what a writer says, what the log adds, and the canonical bytes that are hashed for ever.

Everything here is pure; `tracker.log` takes it to the database.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

import msgspec
from structlog.contextvars import get_contextvars

from tracker import events
from tracker.clocks import span
from tracker.events import AttachmentRef, EventError, Payload
from tracker.ledger.canonical import NotCanonical, canonical, leaf_hash

MAX_ENTRY_BYTES = 60_000
ENVELOPE_FORMAT = 1
STREAM = re.compile(r"[a-z][a-z_]*/[a-z0-9][a-z0-9._-]{0,190}")
LOGS_OWN_BYTES = 100
"""What the log adds at most: a position, an instant, a version."""

Approval = Literal["two_person", "imported", "emergency", "automatic"]
"""`automatic`: the tracker says something of itself, such as an attestation; never of the world."""


@dataclass(frozen=True, kw_only=True)
class Meta:
    """Who recorded an entry, on whose approval, why and through which door."""

    actor: str
    approval: Approval
    approver: str | None = None
    reason: str | None = None
    origin: str
    """admin, api, command or `import <file> row <n>`."""
    request_id: str | None = field(default_factory=lambda: get_contextvars().get("request_id"))
    """That of the request, or of the request that a task followed from, in whose course the entry is made."""
    correlation_id: UUID | None = None
    causation_id: UUID | None = None

    def __post_init__(self) -> None:
        if not self.actor:
            raise EventError("actor is empty; write the pseudonym of who records", field="actor", code="missing-actor")
        if self.approval not in get_args(Approval):
            accepted = ", ".join(get_args(Approval))
            raise EventError(f"approval {self.approval!r} is none of {accepted}", field="approval", code="approval")
        if self.approval == "two_person" and (not self.approver or self.approver == self.actor):
            raise EventError(
                f"approver {self.approver!r} must be somebody else than the author {self.actor!r}",
                field="approver",
                code="two-person-rule",
            )

    def as_data(self) -> dict[str, Any]:
        pairs = ((item.name, getattr(self, item.name)) for item in fields(self))
        return {name: str(value) for name, value in pairs if value is not None}


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """An event to append. `known_from` is the day the public could know; corrections have none."""

    stream: str
    payload: Payload
    meta: Meta
    known_from: date | None
    known_seq: int | None = None
    occurred_on: str | None = None
    corrects: UUID | None = None
    id: UUID = field(default_factory=uuid4)


class _Data(msgspec.Struct):
    """The payload's own bytes inside an entry."""

    data: msgspec.Raw


_DATA = msgspec.json.Decoder(_Data)


@dataclass(frozen=True)
class Recorded:
    """An event as the log holds it."""

    position: int
    id: UUID
    stream: str
    version: int
    type: str
    schema: int
    known_from: date | None
    known_seq: int | None
    occurred_on: str | None
    recorded_at: datetime
    corrects: UUID | None
    entry: bytes
    leaf_hash: bytes

    @cached_property
    def envelope(self) -> dict[str, Any]:
        """The whole entry as JSON values, as it was hashed."""
        return msgspec.json.decode(self.entry)

    @property
    def data(self) -> dict[str, Any]:
        return self.envelope["data"]

    @property
    def meta(self) -> dict[str, Any]:
        return self.envelope["meta"]

    @cached_property
    def payload(self) -> Payload:
        """The typed payload in today's schema. Raises UnknownEventType or FutureSchema."""
        kind = events.event_type(self.type)
        if self.schema == kind.schema:
            return kind.read(_DATA.decode(self.entry).data)
        return kind.decode(self.schema, self.data)

    def says(self, item: NewEvent) -> bool:
        """Whether a new event says the same as this one; what an older schema said is upcast first.

        Withheld texts are not compared: they may be erased.
        """
        envelope = ("stream", "known_from", "known_seq", "occurred_on", "corrects")
        kind = events.type_of(item.payload)
        return (
            self.type == kind.name
            and all(getattr(self, name) == getattr(item, name) for name in envelope)
            and events.said_openly(self.payload) == events.said_openly(item.payload)
        )


def recorded(item: NewEvent, *, position: int, version: int, recorded_at: datetime, entry: bytes = b"") -> Recorded:
    """A new event in the shape of a recorded one; without an entry it is only thought of, not in the log."""
    kind = events.type_of(item.payload)
    return Recorded(
        position=position,
        id=item.id,
        stream=item.stream,
        version=version,
        type=kind.name,
        schema=kind.schema,
        known_from=item.known_from,
        known_seq=item.known_seq,
        occurred_on=item.occurred_on,
        recorded_at=recorded_at,
        corrects=item.corrects,
        entry=entry or canonical(_said(item) | {"meta": item.meta.as_data()}),
        leaf_hash=leaf_hash(entry),
    )


def compose_all(batch: Iterable[NewEvent]) -> list[dict[str, Any]]:
    """The events of a batch as `tracker_append` takes them. Raises EventError for one that cannot be accepted."""
    counts: Counter[str] = Counter()
    found = []
    for item in batch:
        counts[item.stream] += 1
        found.append(compose(item) | {"nth": counts[item.stream]})
    return found


def compose(item: NewEvent) -> dict[str, Any]:
    """The event's columns, and the canonical entry with holes for the log's part.

    The holes are position, recorded_at and version; the keys around them stand in sorted order. Raises EventError for
    an event that cannot be accepted.
    """
    said = check(item)
    ending = {key: said[key] for key in ("schema", "stream", "type")}
    opening = {key: value for key, value in said.items() if key not in ending}
    opening |= {"format": ENVELOPE_FORMAT, "meta": item.meta.as_data()}
    open_text = _canonical_text(opening)[:-1] + ',"position":'
    close_text = '",' + _canonical_text(ending)[1:-1] + ',"version":'
    if len(open_text.encode()) + len(close_text.encode()) + LOGS_OWN_BYTES > MAX_ENTRY_BYTES:
        raise EventError(
            f"{said['type']}: the entry exceeds {MAX_ENTRY_BYTES} bytes; attach long code lists instead",
            field="data",
            code="entry-too-large",
        )
    columns = {key: value for key, value in said.items() if key != "data"}
    return columns | {"open": open_text, "middle": ',"recorded_at":"', "close": close_text}


def _said(item: NewEvent) -> dict[str, Any]:
    """What the writer says with an event, as JSON values: all but the log's part and the meta."""
    kind = events.type_of(item.payload)
    return {
        "corrects": str(item.corrects) if item.corrects else None,
        "data": events.encode(item.payload),
        "id": str(item.id),
        "known_from": item.known_from.isoformat() if item.known_from else None,
        "known_seq": item.known_seq,
        "occurred_on": item.occurred_on,
        "schema": kind.schema,
        "stream": item.stream,
        "type": kind.name,
    }


def _canonical_text(value: dict[str, Any]) -> str:
    try:
        return canonical(value).decode()
    except NotCanonical as error:
        raise EventError(str(error), field="data", code="not-canonical") from None


def check(item: NewEvent) -> dict[str, Any]:
    """What an event says, as JSON values.

    Raises EventError, naming the field, unless the envelope is well formed and the payload is of its type.
    """
    kind = events.type_of(item.payload)
    _check_stream(item.stream, kind)
    _check_clocks(item, kind)
    if (item.corrects is None) == kind.corrects:
        raise EventError(f"{kind.name}: `corrects` names an entry in corrections only", field="corrects")
    said = _said(item)
    kind.decode(kind.schema, said["data"])
    events.check_days(item.payload)
    return said


def _check_stream(stream: str, kind: events.EventType) -> None:
    if not STREAM.fullmatch(stream):
        raise EventError(
            f"{stream[:80]!r} is not a stream; write <category>/<slug> in lower case, at most 190 characters of slug",
            field="stream",
            code="malformed-stream",
        )
    if "*" not in kind.categories and stream.partition("/")[0] not in kind.categories:
        accepted = ", ".join(f"{name}/..." for name in kind.categories)
        raise EventError(
            f"{kind.name} belongs in streams {accepted}, not {stream!r}", field="stream", code="wrong-stream"
        )


def _check_clocks(item: NewEvent, kind: events.EventType) -> None:
    if (item.known_from is None) != kind.corrects or isinstance(item.known_from, datetime):
        raise EventError(
            f"{kind.name}: `known_from` is a day (YYYY-MM-DD), and only corrections have none", field="known_from"
        )
    if item.known_seq is not None and not 0 <= item.known_seq < 2**31:
        raise EventError(f"known_seq {item.known_seq} is not a number from 0 to 2147483647", field="known_seq")
    if item.occurred_on is not None:
        try:
            span(item.occurred_on)
        except ValueError as error:
            raise EventError(str(error), field="occurred_on", code="malformed-date") from None


def attachments(payload: Payload) -> Iterator[str]:
    """The SHA-256 of every attachment that a payload names."""
    if AttachmentRef not in events.kinds_in(type(payload)):
        return
    for _, value in events.structs(payload):
        if isinstance(value, AttachmentRef):
            yield value.sha256
