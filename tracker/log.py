"""The log: `append` and `read`, the only door to the event table.

Appending is one call of the database function `tracker_append`, which locks the head row: positions are dense and in
commit order, `recorded_at` strictly increases between batches, and only the end of a batch is a visible position.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
import psycopg.errors
from django.db import DatabaseError, connection, transaction
from django.dispatch import Signal

from tracker import events
from tracker.clocks import span
from tracker.events import EventError, Payload
from tracker.ledger.canonical import NotCanonical, canonical, leaf_hash
from tracker.models import Attachment, Event, Head

MAX_ENTRY_BYTES = 60_000
ENVELOPE_FORMAT = 1
ANY, EXISTS, NONE = -1, -2, 0
"""Expected versions: any, the stream must exist, the stream must not exist; a positive number is exact."""

Approval = Literal["two_person", "imported", "emergency"]

appended = Signal()
"""Sent after commit with the last position of a batch. Receivers must not raise."""


class WrongExpectedVersion(EventError):
    def __init__(self, stream: str, expected: int, found: int) -> None:
        wanted = {EXISTS: "an existing stream", NONE: "a new stream"}.get(expected, f"version {expected}")
        super().__init__(
            f"{stream} is at version {found}, expected {wanted}: somebody recorded in between, look again",
            field="expected_version",
            code="wrong-expected-version",
        )
        self.stream, self.expected, self.found = stream, expected, found


class IdempotencyConflict(EventError):
    def __init__(self, message: str) -> None:
        super().__init__(message, field="id", code="idempotency-conflict")


class LogBusy(Exception):
    """The head row could not be locked in time: nothing was recorded, try again."""


@dataclass(frozen=True, kw_only=True)
class Meta:
    """Who recorded an entry, on whose approval, why and through which door."""

    actor: str
    approval: Approval
    approver: str | None = None
    reason: str | None = None
    origin: str
    """admin, api, command or `import <file> row <n>`."""
    request_id: str | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None

    def __post_init__(self) -> None:
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


@dataclass(frozen=True, kw_only=True)
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
        return events.event_type(self.type).decode(self.schema, self.data)


@dataclass(frozen=True)
class Position:
    """A visible position: the end of a batch, and when it was recorded."""

    position: int
    recorded_at: datetime


def append(batch: Sequence[NewEvent], *, expected: Mapping[str, int] | None = None) -> tuple[Recorded, ...]:
    """Appends events as one batch and returns them as recorded; the same ids again return the first result.

    `expected` maps streams to their version before the batch. Raises EventError for a malformed event,
    WrongExpectedVersion, IdempotencyConflict for known ids with another body, LogBusy; in each case nothing is stored.
    """
    if not batch:
        raise EventError("an append needs at least one event", field="events")
    rows = json.dumps([_row(item) for item in batch], ensure_ascii=False)
    recorded = _call(rows, json.dumps(dict(expected or {})), batch)
    if recorded[0][-1]:
        position = recorded[-1][1]
        transaction.on_commit(lambda: appended.send_robust(sender=None, position=position), robust=True)
    return tuple(_result(item, row) for item, row in zip(batch, recorded, strict=True))


def _said(item: NewEvent) -> dict[str, Any]:
    """What the writer says with an event, as JSON values: all but the log's part and the meta."""
    kind = events.type_of(item.payload)
    return {
        "corrects": str(item.corrects) if item.corrects else None,
        "data": events.encode(item.payload),
        "known_from": item.known_from.isoformat() if item.known_from else None,
        "known_seq": item.known_seq,
        "occurred_on": item.occurred_on,
        "schema": kind.schema,
        "stream": item.stream,
        "type": kind.name,
    }


def _row(item: NewEvent) -> dict[str, Any]:
    """The event as `tracker_append` takes it: columns, and the canonical entry with holes for the log's part.

    The holes are position, recorded_at and version; the keys around them stand in sorted order.
    """
    kind = events.type_of(item.payload)
    _check(item, kind)
    kind.decode(kind.schema, events.encode(item.payload))
    said = _said(item) | {"id": str(item.id)}
    ending = {key: said[key] for key in ("schema", "stream", "type")}
    opening = {key: value for key, value in said.items() if key not in ending}
    opening |= {"format": ENVELOPE_FORMAT, "meta": item.meta.as_data()}
    open_text = _canonical_text(opening)[:-1] + ',"position":'
    close_text = '",' + _canonical_text(ending)[1:-1] + ',"version":'
    if len(open_text.encode()) + len(close_text.encode()) + 100 > MAX_ENTRY_BYTES:
        raise EventError(
            f"{said['type']}: the entry exceeds {MAX_ENTRY_BYTES} bytes; attach long code lists instead",
            field="data",
            code="entry-too-large",
        )
    columns = {key: value for key, value in said.items() if key != "data"}
    return columns | {"open": open_text, "middle": ',"recorded_at":"', "close": close_text}


def _canonical_text(value: dict[str, Any]) -> str:
    try:
        return canonical(value).decode()
    except NotCanonical as error:
        raise EventError(str(error), field="data", code="not-canonical") from None


def _check(item: NewEvent, kind: events.EventType) -> None:
    category = item.stream.partition("/")[0]
    if "*" not in kind.categories and category not in kind.categories:
        accepted = ", ".join(f"{name}/..." for name in kind.categories)
        raise EventError(
            f"{kind.name} belongs in streams {accepted}, not {item.stream!r}",
            field="stream",
            code="wrong-stream",
        )
    if (item.corrects is None) != (not kind.name.startswith("entry.")):
        raise EventError(f"{kind.name}: `corrects` names an entry in corrections only", field="corrects")
    if (item.known_from is None) != kind.name.startswith("entry."):
        raise EventError(
            f"{kind.name}: `known_from` is a day (YYYY-MM-DD), and only corrections have none",
            field="known_from",
        )
    if item.occurred_on is not None:
        try:
            span(item.occurred_on)
        except ValueError as error:
            raise EventError(str(error), field="occurred_on", code="malformed-date") from None


def _call(rows: str, expected: str, batch: Sequence[NewEvent]) -> list[tuple[Any, ...]]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s'")
            cursor.execute("SELECT * FROM tracker_append(%s, %s)", [rows, expected])
            return cursor.fetchall()
    except DatabaseError as error:
        raise _explained(error, batch) from error


def _explained(error: DatabaseError, batch: Sequence[NewEvent]) -> Exception:
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
        return LogBusy("the log is busy; nothing was recorded, try again")
    if isinstance(cause, psycopg.errors.UniqueViolation):
        return IdempotencyConflict("an event id stands twice in the batch")
    if not isinstance(cause, psycopg.Error) or cause.sqlstate not in ("LC001", "LC002"):
        return error
    if cause.sqlstate == "LC001":
        return IdempotencyConflict(f"{cause.diag.message_primary}; a batch is repeated whole or not at all")
    conflict = json.loads(cause.diag.message_detail or "{}")
    return WrongExpectedVersion(conflict["stream"], conflict["wanted"], conflict["found"])


def _result(item: NewEvent, row: tuple[Any, ...]) -> Recorded:
    _, position, version, recorded_at, entry, fresh = row
    kind = events.type_of(item.payload)
    recorded = unrecorded(
        item,
        kind.name,
        kind.schema,
        position=position,
        version=version,
        recorded_at=recorded_at,
        entry=bytes(entry),
    )
    said = _said(item)
    if not fresh and said != {key: recorded.envelope[key] for key in said}:
        raise IdempotencyConflict(f"event id {item.id} is recorded at position {position} with another body")
    return recorded


def unrecorded(
    item: NewEvent,
    type: str,
    schema: int,
    *,
    position: int,
    version: int,
    recorded_at: datetime,
    entry: bytes = b"",
) -> Recorded:
    """A new event in the shape of a recorded one; without an entry it is only thought of, not in the log."""
    return Recorded(
        position=position,
        id=item.id,
        stream=item.stream,
        version=version,
        type=type,
        schema=schema,
        known_from=item.known_from,
        known_seq=item.known_seq,
        occurred_on=item.occurred_on,
        recorded_at=recorded_at,
        corrects=item.corrects,
        entry=entry or canonical(_said(item) | {"meta": item.meta.as_data()}),
        leaf_hash=leaf_hash(entry),
    )


def read(
    after: int = 0,
    *,
    upto: int | None = None,
    limit: int | None = None,
    stream: str | None = None,
    streams: Iterable[str] | None = None,
    positions: Iterable[int] | None = None,
    category: str | None = None,
    type: str | None = None,
    known_from: date | None = None,
    backwards: bool = False,
) -> list[Recorded]:
    """Events after a position in the global order, filtered; `backwards` gives the newest first."""
    query = Event.objects.filter(position__gt=after).order_by("-position" if backwards else "position")
    if upto is not None:
        query = query.filter(position__lte=upto)
    if stream is not None:
        query = query.filter(stream=stream)
    if streams is not None:
        query = query.filter(stream__in=list(streams))
    if positions is not None:
        query = query.filter(position__in=list(positions))
    if category is not None:
        query = query.filter(stream__startswith=f"{category}/")
    if type is not None:
        query = query.filter(type=type)
    if known_from is not None:
        query = query.filter(known_from=known_from)
    return [recorded_from(row) for row in (query[:limit] if limit is not None else query)]


def read_batches(after: int, limit: int, *, upto: int | None = None) -> list[Recorded]:
    """At least one whole batch and about `limit` events after a position: a batch is never cut."""
    found = read(after, limit=limit, upto=upto)
    if len(found) < limit:
        return found
    rest = Event.objects.filter(position__gt=found[-1].position, recorded_at=found[-1].recorded_at)
    return found + [recorded_from(row) for row in rest.order_by("position")]


def read_by_stream(categories: Iterable[str], upto: int) -> Iterator[Recorded]:
    """All events of the categories up to a position, stream by stream, through a server-side cursor."""
    query = Event.objects.filter(position__lte=upto, stream__regex=f"^({'|'.join(categories)})/")
    for row in query.order_by("stream", "version").iterator(chunk_size=2000):
        yield recorded_from(row)


def get(*, position: int | None = None, id: UUID | None = None) -> Recorded | None:
    """The event at a position or with an id, or None."""
    key = {"position": position} if position is not None else {"event_id": id}
    row = Event.objects.filter(**key).first()
    return recorded_from(row) if row else None


def recorded_from(row: Event) -> Recorded:
    return Recorded(
        position=row.position,
        id=row.event_id,
        stream=row.stream,
        version=row.version,
        type=row.type,
        schema=row.schema,
        known_from=row.known_from,
        known_seq=row.known_seq,
        occurred_on=row.occurred_on,
        recorded_at=row.recorded_at,
        corrects=row.corrects,
        entry=bytes(row.entry),
        leaf_hash=bytes(row.leaf_hash),
    )


def head() -> Position:
    """The newest visible position; 0 while nothing is recorded."""
    row = Head.objects.get(id=1)
    return Position(row.size, row.recorded_at)


def exists(stream: str) -> bool:
    return Event.objects.filter(stream=stream).exists()


def version(stream: str) -> int:
    """The version of a stream; 0 where it does not exist."""
    return Event.objects.filter(stream=stream).count()


def resolve(*, position: int | None = None, recorded_at: datetime | None = None) -> Position:
    """The last batch end at or before a position or an instant; position 0 before the first entry."""
    query = Event.objects.order_by("-position")
    if recorded_at is not None:
        query = query.filter(recorded_at__lte=recorded_at)
    elif position is not None:
        following = Event.objects.filter(position=position + 1).values_list("recorded_at", flat=True).first()
        query = query.filter(position__lte=position)
        if following is not None:
            query = query.filter(recorded_at__lt=following)
    row = query.values_list("position", "recorded_at").first()
    return Position(*row) if row else Position(0, Head.objects.get(id=1).recorded_at)


def attach(content: bytes, *, media_type: str) -> str:
    """Stores bytes by their SHA-256 and returns it; the same bytes are stored once."""
    digest = sha256(content).hexdigest()
    Attachment.objects.bulk_create(
        [Attachment(sha256=digest, media_type=media_type, content=content)], ignore_conflicts=True
    )
    return digest


def attachment(digest: str) -> Attachment | None:
    return Attachment.objects.filter(sha256=digest).first()
