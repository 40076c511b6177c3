"""Appending: the database function `tracker_append` locks the head row: positions are dense and in commit order,
`recorded_at` strictly increases between batches, and only the end of a batch is a visible position.

A batch is one call where the head is free. Where it is not, the batch is left for whoever gets the head next, who
records all that wait in one commit, and the second call fetches what became of it; see `waiting.sql`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import psycopg.errors
from django.db import DatabaseError, OperationalError, connection, transaction
from django.dispatch import Signal

from tracker import envelope, prepared
from tracker.envelope import INSTANT, Composed, NewEvent, Recorded
from tracker.events import EventError
from tracker.ledger.openings import concealed, forget
from tracker.log.reading import read
from tracker.models import Attachment

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


def append(batch: Sequence[NewEvent], *, expected: Mapping[str, int] | None = None) -> tuple[Recorded, ...]:
    """Appends events as one batch and returns them as recorded; the same ids again return the first result.

    `expected` maps streams to their version before the batch. Of texts that are withheld, such as the reason in the
    meta, commitments are recorded. Raises EventError for a malformed event, WrongExpectedVersion, IdempotencyConflict
    for known ids with another body, LogBusy; in each case nothing is stored.
    Inside a transaction it raises RuntimeError: the log would stand still until that one ends.
    """
    _check(batch, expected or {})
    with concealed(batch) as (batch, openings):
        composed = [envelope.compose(item) for item in batch]
        _check_attachments(batch, composed)
        found = _call(composed, expected or {})
    if found is None:
        forget(openings)
        return _repeated(batch)
    _announce(found.first + len(batch) - 1)
    return _recorded(batch, composed, found)


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


def _check_attachments(batch: Sequence[NewEvent], composed: Sequence[Composed]) -> None:
    """Few events name any, which their text tells at a glance."""
    naming = [item for item, said in zip(batch, composed, strict=True) if '"sha256":' in said["open"]]
    named = {digest for item in naming for digest in envelope.attachments(item.payload)}
    if named and (missing := named - set(Attachment.objects.filter(pk__in=named).values_list("pk", flat=True))):
        raise EventError(f"attachment {min(missing)} is not stored; attach it first", field="data/attachment")


class _Found(NamedTuple):
    """What `tracker_append` gave out."""

    first: int
    versions: list[int]
    instant: datetime


GATHERED = 100
"""Events of a batch up to which it may be left for another; a larger one waits for the head by itself."""
APPEND = "SELECT first, versions, instant, NULL FROM tracker_append(%s::jsonb, %s::jsonb)"
APPEND_OR_LEAVE = "SELECT first, versions, instant, request FROM tracker_append_or_leave(%s::jsonb, %s::jsonb)"
APPEND_LEFT = "SELECT first, versions, instant, refused FROM tracker_append_left(%s)"
WITHDRAW = "SELECT first, versions, instant, refused, done FROM tracker_withdraw(%s)"


def _call(composed: Sequence[Composed], expected: Mapping[str, int]) -> _Found | None:
    """Each statement is its own transaction, so that the log is locked no longer than it takes.

    None where the whole batch is in the log already.
    """
    counts: Counter[str] = Counter()
    for said in composed:
        counts[said["stream"]] += 1
        said["nth"] = counts[said["stream"]]
    asked = [msgspec.json.encode(item).decode() for item in (composed, expected)]
    apart = transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()
    try:
        with apart:
            statement = APPEND_OR_LEAVE if len(composed) <= GATHERED else APPEND
            [(*found, request)] = prepared.rows(statement, asked)
    except DatabaseError as error:
        raise _explained(error) from error
    if request is not None:
        found = _fetched(request)
    return None if found[0] is None else _Found(*found)


def _fetched(request: int) -> list[Any]:
    """What became of a batch that was left: recorded by whoever had the head, or now. Raises as `append` does."""
    try:
        [(*found, refused)] = prepared.rows(APPEND_LEFT, [request])
    except DatabaseError as error:
        [(*found, refused, done)] = prepared.rows(WITHDRAW, [request])
        if done is None:
            raise OperationalError("nobody knows what became of the batch; send it again with the same ids") from error
        if not done:
            raise _explained(error) from error
    if refused:
        raise _refused(refused["code"], refused["message"], refused["detail"])
    return found


def _recorded(batch: Sequence[NewEvent], composed: Sequence[Composed], found: _Found) -> tuple[Recorded, ...]:
    """The events with what the log gave them, the bytes put together as the database does."""
    stamp = found.instant.astimezone(UTC).strftime(INSTANT)
    places = zip(batch, composed, range(found.first, found.first + len(batch)), found.versions, strict=True)
    return tuple(
        envelope.recorded(
            item,
            position=position,
            version=version,
            recorded_at=found.instant,
            entry=envelope.complete(said, position, stamp, version),
        )
        for item, said, position, version in places
    )


def _announce(position: int) -> None:
    if connection.in_atomic_block:
        transaction.on_commit(lambda: appended.send_robust(sender=None, position=position), robust=True)
    else:
        appended.send_robust(sender=None, position=position)


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
    if not isinstance(cause, psycopg.Error):
        return error
    return _refused(cause.sqlstate, cause.diag.message_primary, cause.diag.message_detail, error)


def _refused(code: str | None, message: str | None, detail: str | None, error: Exception | None = None) -> Exception:
    """What the database refuses, in our words where it is ours to say."""
    if code == "LC001":
        return IdempotencyConflict(f"{message}; a batch is repeated whole or not at all")
    if code == "LC002":
        conflict = json.loads(detail or "{}")
        return WrongExpectedVersion(conflict["stream"], conflict["wanted"], conflict["found"])
    return error or DatabaseError(f"{message} ({code})")


def _repeated(batch: Sequence[NewEvent]) -> tuple[Recorded, ...]:
    """The first result of a batch that is in the log already."""
    first = {item.id: item for item in read(ids=[item.id for item in batch])}
    for item in batch:
        if not first[item.id].says(item):
            place = first[item.id].position
            raise IdempotencyConflict(f"event id {item.id} is recorded at position {place} with another body")
    return tuple(first[item.id] for item in batch)
