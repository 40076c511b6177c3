"""The log: `append` and `read`, the only door to the event table.

Appending is one call of the database function `tracker_append`, which locks the head row: positions are dense and in
commit order, `recorded_at` strictly increases between batches, and only the end of a batch is a visible position.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

import psycopg.errors
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Q, QuerySet
from django.dispatch import Signal

from tracker import envelope
from tracker.envelope import Approval, Meta, NewEvent, Recorded
from tracker.events import EventError
from tracker.ledger.openings import concealed, forget
from tracker.models import Attachment, Event, Head

__all__ = ["Approval", "Meta", "NewEvent", "Position", "Recorded", "append", "head", "read", "resolve"]

MAX_BATCH = 5_000
ANY, EXISTS, NONE = -1, -2, 0
"""Expected versions: any, the stream must exist, the stream must not exist; a positive number is exact."""

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


@dataclass(frozen=True)
class Position:
    """A visible position: the end of a batch, and when it was recorded."""

    position: int
    recorded_at: datetime


BEGINNING = Position(0, datetime(1970, 1, 1, tzinfo=UTC))
"""Before the first entry."""


def append(batch: Sequence[NewEvent], *, expected: Mapping[str, int] | None = None) -> tuple[Recorded, ...]:
    """Appends events as one batch and returns them as recorded; the same ids again return the first result.

    `expected` maps streams to their version before the batch. A reason in the meta becomes a commitment.
    Raises EventError for a malformed event,
    WrongExpectedVersion, IdempotencyConflict for known ids with another body, LogBusy; in each case nothing is stored.
    Inside a transaction it raises RuntimeError: the log would stand still until that one ends.
    """
    _check(batch, expected or {})
    with concealed(batch) as (batch, openings):
        rows = json.dumps([envelope.compose(item) for item in batch], ensure_ascii=False)
        found = _call(rows, json.dumps(dict(expected or {})))
    if not found[0].fresh:
        forget(openings)
        return _repeated(batch, [row.position for row in found])
    position = found[-1].position
    transaction.on_commit(lambda: appended.send_robust(sender=None, position=position), robust=True)
    return tuple(
        envelope.recorded(
            item, position=row.position, version=row.version, recorded_at=row.recorded_at, entry=bytes(row.entry)
        )
        for item, row in zip(batch, found, strict=True)
    )


def _check(batch: Sequence[NewEvent], expected: Mapping[str, int]) -> None:
    if not 1 <= len(batch) <= MAX_BATCH:
        raise EventError(f"a batch has 1 to {MAX_BATCH} events, not {len(batch)}", field="events", code="batch-size")
    if len({item.id for item in batch}) < len(batch):
        raise IdempotencyConflict("an event id stands twice in the batch")
    for stream, version in expected.items():
        if type(version) is not int or version < EXISTS:
            raise EventError(
                f"expected version {version!r} of {stream} is not a version: write a whole number, 0 for a new stream",
                field="expected_version",
            )
    named = {digest for item in batch for digest in envelope.attachments(item.payload)}
    if named and (missing := named - set(Attachment.objects.filter(pk__in=named).values_list("pk", flat=True))):
        raise EventError(f"attachment {min(missing)} is not stored; attach it first", field="data/attachment")


class _Row(NamedTuple):
    """What `tracker_append` returns for each event."""

    position: int
    version: int
    recorded_at: datetime
    entry: bytes
    fresh: bool


def _call(rows: str, expected: str) -> list[_Row]:
    """One statement that is its own transaction, so that the head is locked no longer than it takes."""
    apart = transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()
    try:
        with apart, connection.cursor() as cursor:
            cursor.execute("SELECT * FROM tracker_append(%s, %s)", [rows, expected])
            return [_Row(*row) for row in cursor.fetchall()]
    except DatabaseError as error:
        raise _explained(error) from error


BUSY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)


def _explained(error: DatabaseError) -> Exception:
    cause = error.__cause__
    if isinstance(cause, BUSY):
        return LogBusy("the log is busy; nothing was recorded, try again")
    if not isinstance(cause, psycopg.Error) or cause.sqlstate not in ("LC001", "LC002"):
        return error
    if cause.sqlstate == "LC001":
        return IdempotencyConflict(f"{cause.diag.message_primary}; a batch is repeated whole or not at all")
    conflict = json.loads(cause.diag.message_detail or "{}")
    return WrongExpectedVersion(conflict["stream"], conflict["wanted"], conflict["found"])


def _repeated(batch: Sequence[NewEvent], positions: Sequence[int]) -> tuple[Recorded, ...]:
    """The first result of a batch that is in the log already."""
    first = {item.id: item for item in read(positions=positions)}
    for item in batch:
        if not first[item.id].says(item):
            place = first[item.id].position
            raise IdempotencyConflict(f"event id {item.id} is recorded at position {place} with another body")
    return tuple(first[item.id] for item in batch)


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
    known_by: date | None = None,
    backwards: bool = False,
) -> list[Recorded]:
    """Events after a position in the global order, filtered; `backwards` gives the newest first.

    `known_by` leaves out what was known later than a day, and keeps corrections, which have no known day.
    """
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
    if known_by is not None:
        query = query.filter(Q(known_from__lte=known_by) | Q(known_from=None))
    return [recorded_from(row) for row in (query[:limit] if limit is not None else query)]


def latest(types: Iterable[str], limit: int) -> list[Recorded]:
    """The last events of some types, the newest first; one query, each type by its own index."""
    each = [Event.objects.filter(type=name).order_by("-position")[:limit] for name in types]
    rows = each[0].union(*each[1:], all=True).order_by("-position")[:limit]
    return [recorded_from(row) for row in rows]


def read_batches(after: int, limit: int, *, upto: int | None = None) -> list[Recorded]:
    """At least one whole batch and about `limit` events after a position: a batch is never cut."""
    found = read(after, limit=limit, upto=upto)
    if len(found) < limit:
        return found
    rest = Event.objects.filter(position__gt=found[-1].position, recorded_at=found[-1].recorded_at)
    return found + [recorded_from(row) for row in rest.order_by("position")]


def read_by_stream(categories: Iterable[str], upto: int) -> Iterator[Recorded]:
    """All events of the categories up to a position, stream by stream, through a server-side cursor."""
    for row in _of(categories, upto).order_by("stream", "version").iterator(chunk_size=2000):
        yield recorded_from(row)


def count(categories: Iterable[str], upto: int) -> int:
    """How many events of the categories there are up to a position."""
    return _of(categories, upto).count()


def _of(categories: Iterable[str], upto: int) -> QuerySet[Event]:
    return Event.objects.filter(position__lte=upto, stream__regex=f"^({'|'.join(categories)})/")


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


def marks(streams: Iterable[str], upto: int) -> dict[str, tuple[int, bytes]]:
    """The version and the leaf hash of the newest event of each stream up to a position."""
    with connection.cursor() as cursor:
        cursor.execute(MARKS, [list(streams), upto])
        return {stream: (version, bytes(leaf)) for stream, version, leaf in cursor.fetchall()}


MARKS = """
SELECT asked.stream, newest.version, newest.leaf_hash FROM unnest(%s::text[]) AS asked(stream)
CROSS JOIN LATERAL (SELECT version, leaf_hash FROM tracker_event WHERE stream = asked.stream AND position <= %s
                    ORDER BY version DESC LIMIT 1) AS newest
"""


def places(ids: Iterable[str | UUID]) -> dict[str, int]:
    """The positions of entries named by id, those that the log holds."""
    rows = Event.objects.filter(event_id__in=list(ids)).values_list("event_id", "position")
    return {str(key): position for key, position in rows}


def head() -> Position:
    """The newest visible position; 0 while nothing is recorded."""
    row = Head.objects.get(id=1)
    return Position(row.size, row.recorded_at)


def exists(stream: str) -> bool:
    return Event.objects.filter(stream=stream).exists()


def version(stream: str) -> int:
    """The version of a stream; 0 where it does not exist."""
    return Event.objects.filter(stream=stream).aggregate(last=Max("version"))["last"] or 0


def versions(streams: Iterable[str]) -> dict[str, int]:
    """The versions of streams in one query; 0 where one does not exist."""
    names = list(dict.fromkeys(streams))
    rows = Event.objects.filter(stream__in=names).values_list("stream").annotate(last=Max("version"))
    return dict.fromkeys(names, 0) | dict(rows)


def resolve(*, position: int | None = None, recorded_at: datetime | None = None) -> Position:
    """The last batch end at or before a position or an instant; position 0 before the first entry."""
    query = Event.objects.order_by("-recorded_at", "-position")
    if recorded_at is not None:
        query = query.filter(recorded_at__lte=recorded_at)
    elif position is not None:
        following = Event.objects.filter(position=position + 1).values_list("recorded_at", flat=True).first()
        query = query.filter(position__lte=position)
        if following is not None:
            query = query.filter(recorded_at__lt=following)
    row = query.values_list("position", "recorded_at").first()
    return Position(*row) if row else BEGINNING


def leaves(after: int = 0, *, upto: int, chunk: int = 2000) -> Iterator[tuple[int, bytes, bytes]]:
    """Position, entry and stored leaf hash of every event in `(after, upto]`, in order, in flat memory."""
    while after < upto:
        rows = Event.objects.filter(position__gt=after, position__lte=upto).order_by("position")[:chunk]
        found = [(place, bytes(entry), bytes(leaf)) for place, entry, leaf in rows.values_list(*LEAF)]
        if not found:
            return
        yield from found
        after = found[-1][0]


def leaf_hashes(ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """The stored leaf hashes of the positions in each `(after, upto]`, one after the other, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(LEAF_HASHES, [[after for after, _ in ranges], [upto for _, upto in ranges]])
        return [bytes(found or b"") for (found,) in cursor.fetchall()]


LEAF_HASHES = """
SELECT (SELECT string_agg(leaf_hash, ''::bytea ORDER BY position) FROM tracker_event
        WHERE position > range.after AND position <= range.upto)
FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS range(after, upto, place) ORDER BY place
"""
LEAF = ("position", "entry", "leaf_hash")
