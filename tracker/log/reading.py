"""Reading the log: events in order, the head, and how an instant or a number resolves to a visible position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max

from tracker import prepared
from tracker.envelope import Recorded
from tracker.models import Event


@dataclass(frozen=True)
class Position:
    """A visible position: the end of a batch, and when it was recorded."""

    position: int
    recorded_at: datetime


BEGINNING = Position(0, datetime(1970, 1, 1, tzinfo=UTC))
"""Before the first entry."""


def read(
    after: int = 0,
    *,
    upto: int | None = None,
    limit: int | None = None,
    stream: str | None = None,
    streams: Iterable[str] | None = None,
    positions: Iterable[int] | None = None,
    ids: Iterable[UUID] | None = None,
    category: str | None = None,
    type: str | None = None,
    known_from: date | None = None,
    known_by: date | None = None,
    backwards: bool = False,
) -> list[Recorded]:
    """Events after a position in the global order, filtered; `backwards` gives the newest first.

    `known_by` leaves out what was known later than a day, and keeps corrections, which have no known day.
    """
    asked: dict[str, Any] = {
        "position > %s": after,
        "position <= %s": upto,
        "stream = %s": stream,
        "stream = ANY(%s)": None if streams is None else list(streams),
        "position = ANY(%s::bigint[])": None if positions is None else list(positions),
        "id = ANY(%s::uuid[])": None if ids is None else list(ids),
        "stream ^@ %s": None if category is None else f"{category}/",
        "type = %s": type,
        "known_from = %s": known_from,
        "(known_from <= %s OR known_from IS NULL)": known_by,
    }
    given = {condition: value for condition, value in asked.items() if value is not None}
    rest = f"FROM tracker_event WHERE {' AND '.join(given)} ORDER BY position {'DESC' if backwards else 'ASC'}"
    values = list(given.values())
    if limit is not None:
        rest, values = f"{rest} LIMIT %s", [*values, limit]
    return recorded(rest, *values, kept=given.keys() <= IN_ORDER)


IN_ORDER = {"position > %s", "position <= %s"}
"""What is read so goes along the log; every filter beside may have a better way, which its value tells."""


def last(stream: str, limit: int) -> list[Recorded]:
    """The last entries of a stream, in order; what comes before them is not read."""
    return recorded("FROM tracker_event WHERE stream = %s ORDER BY version DESC LIMIT %s", stream, limit)[::-1]


def latest(types: Iterable[str], limit: int) -> list[Recorded]:
    """The last events of some types, the newest first; one query, each type by its own index."""
    return recorded(LATEST, list(types), limit, limit)


LATEST = """
FROM unnest(%s::text[]) AS wanted(name)
CROSS JOIN LATERAL (
    SELECT * FROM tracker_event
    WHERE type BETWEEN wanted.name AND wanted.name ORDER BY type DESC, position DESC LIMIT %s
) AS event
ORDER BY position DESC LIMIT %s
"""
"""A range, not `=`: the planner would look along the whole log for the last of a type that it takes for frequent."""


def places_of_newest(streams: Sequence[str], types: Sequence[str], limit: int) -> list[tuple[str, int]]:
    """The last entries of some streams and of some types, newest first: the stream or type that has it, its position.

    Of a type as many as the limit, of a stream its share of it: what is read does not grow with the log.
    """
    share = max(limit // max(len(streams), 1), 1)
    return prepared.rows(NEWEST, [list(streams), share, list(types), limit, limit])


NEWEST = """
SELECT name, position FROM unnest(%s::text[]) AS wanted(name)
CROSS JOIN LATERAL (
    SELECT position FROM tracker_event WHERE stream = wanted.name ORDER BY version DESC LIMIT %s
) AS event
UNION ALL
SELECT name, position FROM unnest(%s::text[]) AS wanted(name)
CROSS JOIN LATERAL (
    SELECT position FROM tracker_event
    WHERE type BETWEEN wanted.name AND wanted.name ORDER BY type DESC, position DESC LIMIT %s
) AS event
ORDER BY position DESC LIMIT %s
"""


def read_batches(after: int, limit: int, *, upto: int | None = None) -> list[Recorded]:
    """At least one whole batch and about `limit` events after a position: a batch is never cut."""
    found = read(after, limit=limit, upto=upto)
    if len(found) < limit:
        return found
    return found + recorded(REST_OF_BATCH, found[-1].position, found[-1].recorded_at)


REST_OF_BATCH = "FROM tracker_event WHERE position > %s AND recorded_at = %s ORDER BY position"


def counts(upto: int) -> dict[str, int]:
    """How many events of each type there are up to a position."""
    rows = Event.objects.filter(position__lte=upto).order_by("type").values("type").annotate(count=Count("position"))
    return {row["type"]: row["count"] for row in rows}


def get(*, position: int | None = None, id: UUID | None = None) -> Recorded | None:
    """The event at a position or with an id, or None."""
    found = recorded(AT_POSITION, position) if id is None else recorded(OF_ID, id)
    return found[0] if found else None


AT_POSITION = "FROM tracker_event WHERE position = %s"
OF_ID = "FROM tracker_event WHERE id = %s"
COLUMNS: tuple[str, ...] = ("position", "event_id", "stream", "version", "type", "schema", "known_from", "known_seq")
COLUMNS += ("occurred_on", "recorded_at", "corrects", "entry", "leaf_hash")
"""In the order of the fields of Recorded."""
_values = attrgetter(*COLUMNS)
SELECT = f"SELECT {', '.join(COLUMNS).replace('event_id', 'id')} "


def recorded(rest: str, *asked: Any, kept: bool = True) -> list[Recorded]:
    """What a statement finds, written out and taken in binary form: events are read by the thousand."""
    return [Recorded(*row) for row in prepared.rows(SELECT + rest, asked, kept=kept)]


def recorded_from(row: Event) -> Recorded:
    return Recorded(*_values(row))


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
    asked = [str(key) for key in ids]
    rows = prepared.rows("SELECT id, position FROM tracker_event WHERE id = ANY(%s::uuid[])", [asked]) if asked else ()
    return {str(key): position for key, position in rows}


def head() -> Position:
    """The newest visible position; 0 while nothing is recorded."""
    return _position("SELECT size, recorded_at FROM tracker_head WHERE id = 1")


def _position(statement: str, *asked: Any) -> Position:
    """What a statement finds, or the beginning. Written out: every answer asks for positions first."""
    rows = prepared.rows(statement, asked)
    return Position(*rows[0]) if rows else BEGINNING


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
    if recorded_at is not None:
        return _position(f"{ENDS} WHERE recorded_at <= %s {LAST}", recorded_at)
    if position is not None:
        return _position(batch_end("%s::bigint"), position, position)
    return _position(f"{ENDS} {LAST}")


def batch_end(place: str) -> str:
    """The statement that finds the last batch end at or before a position, which an expression of SQL says.

    When the entry after it was recorded tells whether the position cuts a batch.
    """
    following = f"COALESCE((SELECT recorded_at FROM tracker_event WHERE position = {place} + 1), 'infinity')"  # noqa: S608
    return f"{ENDS} WHERE position <= {place} AND recorded_at < {following} {LAST}"


ENDS = "SELECT position, recorded_at FROM tracker_event"
LAST = "ORDER BY recorded_at DESC, position DESC LIMIT 1"


def leaves(after: int = 0, *, upto: int, chunk: int = 2000) -> Iterator[tuple[int, bytes, bytes]]:
    """Position, entry and stored leaf hash of every event in `(after, upto]`, in order, in flat memory."""
    while found := prepared.rows(LEAVES, [after, upto, chunk]):
        yield from found
        after = found[-1][0]


LEAVES = """
SELECT position, entry, leaf_hash FROM tracker_event WHERE position > %s AND position <= %s ORDER BY position LIMIT %s
"""


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
