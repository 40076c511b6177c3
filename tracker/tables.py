"""Boxes in and out of their tables: what is open is read by key alone, changes go in as one statement a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from psycopg.types.json import Jsonb

from tracker.boxes import Changes, Held, Key
from tracker.clocks import NEVER, Box
from tracker.running import Row, Turn

Tables = Sequence[type[Box]]


def open_boxes(tables: Tables, generation: int, turns: Mapping[str, Sequence[Turn]]) -> dict[str, list[Held]]:
    """The boxes that are open on the recorded clock: of a stream that is said anew all, of others what may change."""
    whole = [stream for stream, some in turns.items() if any(turn.anew for turn in some)]
    asked = [(stream, row) for stream, some in turns.items() if stream not in whole for row in _touched(some)]
    found: dict[str, list[Held]] = defaultdict(list)
    for model in tables:
        for pk, stream, digest, *days, recorded_from in [
            *_all_open(model, generation, whole),
            *_open_of(model, generation, [(stream, row.digest) for stream, row in asked if row.model is model]),
        ]:
            found[stream].append(Held(model, stream, Key(bytes(digest), *days), recorded_from, stored=pk))
    return found


def _touched(turns: Iterable[Turn]) -> Iterator[Row]:
    for turn in turns:
        for _, changed in turn.days:
            yield from changed.gone
            yield from changed.came


KEYS = ("id", "stream", "digest", "known_from", "known_until", "recorded_from")


def _all_open(model: type[Box], generation: int, streams: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    if not streams:
        return ()
    rows = model.objects.filter(generation=generation, stream__in=streams, recorded_until=NEVER)
    return rows.values_list(*KEYS)


def _open_of(model: type[Box], generation: int, asked: Sequence[tuple[str, bytes]]) -> Iterable[tuple[Any, ...]]:
    """The open boxes of some streams that have some digests, each found in the index."""
    if not asked:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(KEYS)}"  # noqa: S608 - our own table's name
            f" FROM {model._meta.db_table} AS box JOIN unnest(%s::text[], %s::bytea[]) AS asked(stream, digest)"
            " USING (stream, digest) WHERE box.generation = %s AND box.recorded_until = %s",
            [[stream for stream, _ in asked], [digest for _, digest in asked], generation, NEVER],
        )
        return cursor.fetchall()


def write(changes: Changes, generation: int) -> None:
    """Inserts what was opened and closes what was closed."""
    with connection.cursor() as cursor:
        for model, boxes in _by_model(box for box in changes.opened if box.row is None).items():
            _insert_like(cursor, model, boxes)
        for model, boxes in _by_model(changes.closed).items():
            _close(cursor, model, boxes)
        for model, boxes in _by_model(box for box in changes.opened if box.row is not None).items():
            _copy(cursor, model, boxes, generation)


def _by_model(boxes: Iterable[Held]) -> dict[type[Box], list[Held]]:
    found: dict[type[Box], list[Held]] = defaultdict(list)
    for box in boxes:
        found[box.model].append(box)
    return found


def _close(cursor: Any, model: type[Box], boxes: Sequence[Held]) -> None:
    cursor.execute(
        f"UPDATE {model._meta.db_table} AS box SET recorded_until = ended.until"  # noqa: S608 - our own table's name
        " FROM unnest(%s::bigint[], %s::bigint[]) AS ended(id, until) WHERE box.id = ended.id",
        [[box.stored for box in boxes], [box.recorded_until for box in boxes]],
    )


def _insert_like(cursor: Any, model: type[Box], boxes: Sequence[Held]) -> None:
    """Repeats stored rows with another end on the known clock and their own recorded period."""
    table = model._meta.db_table
    kept = ", ".join(f'"{column.column}"' for column in _columns(model) if column.column not in REPLACED)
    cursor.execute(
        f"INSERT INTO {table} ({kept}, known_until, recorded_from, recorded_until)"  # noqa: S608
        f" SELECT {kept}, new_known_until, new_from, new_until FROM {table} JOIN"
        " unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[])"
        " AS repeated(repeated_id, new_known_until, new_from, new_until) ON id = repeated_id",
        [
            [box.like for box in boxes],
            [box.key.known_until for box in boxes],
            [box.recorded_from for box in boxes],
            [box.recorded_until for box in boxes],
        ],
    )


REPLACED = ("known_until", "recorded_from", "recorded_until")


def _copy(cursor: Any, model: type[Box], boxes: Sequence[Held], generation: int) -> None:
    columns = _columns(model)
    names = ", ".join(f'"{column.column}"' for column in columns)
    writers = {column.attname: _writer(column) for column in columns}
    defaults = {column.attname: column.get_default() for column in columns}
    # Django does not translate what goes wrong inside a COPY by itself.
    with connection.wrap_database_errors, cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
        for box in boxes:
            values = defaults | values_of(box, generation)
            copy.write_row([None if value is None else writers[name](value) for name, value in values.items()])


def _writer(column: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """How a column's value is given to COPY; a list of numbers as the text that it comes to is far quicker."""
    if isinstance(column, models.JSONField):
        return Jsonb
    if isinstance(column, ArrayField) and isinstance(column.base_field, models.IntegerField):
        return lambda numbers: f"{{{','.join(map(str, numbers))}}}"
    return lambda value: value


def values_of(box: Held, generation: int) -> dict[str, Any]:
    """All columns of a new box that is made of a row, its table's defaults left out."""
    assert box.row is not None
    return box.row.values | {
        "generation": generation,
        "stream": box.stream,
        "digest": box.key.digest,
        "known_from": box.key.known_from,
        "known_until": box.key.known_until,
        "recorded_from": box.recorded_from,
        "recorded_until": box.recorded_until,
    }


def _columns(model: type[Box]) -> list[models.Field[Any, Any]]:
    return [column for column in model._meta.concrete_fields if not column.primary_key]
