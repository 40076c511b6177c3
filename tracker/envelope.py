"""The envelope of an event: what a writer says, what the log adds, and the canonical bytes that are hashed for ever.

Everything here is pure; `tracker.log` takes it to the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

import msgspec
from structlog.contextvars import get_contextvars

from tracker import events, inside
from tracker.clocks import span
from tracker.events import AttachmentRef, EventError, Payload
from tracker.ledger.canonical import NotCanonical, canonical, canonical_struct, leaf_hash

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

    @cached_property
    def text(self) -> str:
        """As it stands in an entry. Raises EventError for text that has no canonical form."""
        return _text(canonical, self.as_data())


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


class Recorded(msgspec.Struct, frozen=True, dict=True):
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
            return kind.read_inside(self.entry)
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
        entry=entry or f"{_opening(item, _said(item))},{_ending(item)}}}".encode(),
        leaf_hash=leaf_hash(entry),
    )


Composed = dict[str, Any]
"""An event as `tracker_append` takes it: its columns, and its canonical entry with holes for the log's part, which are
the position, the instant and the version: `open`, what stands before the first, and `close`, before the last.
"""
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


def compose(item: NewEvent) -> Composed:
    """The event as it goes to the log. Raises EventError for an event that cannot be accepted."""
    kind, said = events.type_of(item.payload), check(item)
    opening, close = _opening(item, said) + ',"position":', f'",{_ending(item)},"version":'
    if len(opening.encode()) + len(close.encode()) + LOGS_OWN_BYTES > MAX_ENTRY_BYTES:
        raise EventError(
            f"{kind.name}: the entry exceeds {MAX_ENTRY_BYTES} bytes; attach long code lists instead",
            field="data",
            code="entry-too-large",
        )
    return {
        "id": item.id,
        "stream": item.stream,
        "type": kind.name,
        "schema": kind.schema,
        "known_from": item.known_from,
        "known_seq": item.known_seq,
        "occurred_on": item.occurred_on,
        "corrects": item.corrects,
        "open": opening,
        "close": close,
    }


def complete(said: Composed, position: int, stamp: str, version: int) -> bytes:
    """The canonical entry, its holes filled as `tracker_append` fills them."""
    return f'{said["open"]}{position},"recorded_at":"{stamp}{said["close"]}{version}}}'.encode()


def _opening(item: NewEvent, said: str) -> str:
    """The entry up to the position, its keys in sorted order; what is written out has been checked."""
    return (
        f'{{"corrects":{_quoted(item.corrects)},"data":{said},"format":{ENVELOPE_FORMAT},"id":"{item.id}",'
        f'"known_from":{_quoted(item.known_from)},"known_seq":{_or_null(item.known_seq)},"meta":{item.meta.text},'
        f'"occurred_on":{_quoted(item.occurred_on)}'
    )


def _ending(item: NewEvent) -> str:
    """The entry between the instant and the version."""
    kind = events.type_of(item.payload)
    return f'"schema":{kind.schema},"stream":"{item.stream}","type":"{kind.name}"'


def _quoted(value: object) -> str:
    return "null" if value is None else f'"{value}"'


def _or_null(value: int | None) -> str:
    return "null" if value is None else str(value)


def _said(item: NewEvent) -> str:
    return _text(canonical_struct, item.payload)


def _text(write: Callable[[Any], bytes], value: Any) -> str:
    try:
        return write(value).decode()
    except NotCanonical as error:
        raise EventError(str(error), field="data", code="not-canonical") from None


def check(item: NewEvent) -> str:
    """What an event says, as canonical JSON.

    Raises EventError, naming the field, unless the envelope is well formed and the payload is of its type.
    """
    kind = events.type_of(item.payload)
    _check_stream(item.stream, kind)
    _check_clocks(item, kind)
    if (item.corrects is None) == kind.corrects:
        raise EventError(f"{kind.name}: `corrects` names an entry in corrections only", field="corrects")
    said = _said(item)
    kind.read(said.encode())
    inside.check_days(item.payload)
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
    if AttachmentRef not in inside.kinds_in(type(payload)):
        return
    for _, value in inside.structs(payload):
        if isinstance(value, AttachmentRef):
            yield value.sha256
