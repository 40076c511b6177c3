"""Boxes in and out of their tables: what is open is read by key alone, changes go in as one statement a table."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from io import StringIO
from operator import attrgetter
from typing import Any

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

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
            f" FROM {model._meta.db_table} AS box JOIN (SELECT stream, decode(hex, 'hex') AS digest"
            " FROM unnest(%s::text[], %s::text[]) AS asked(stream, hex)) AS asked"
            " USING (stream, digest) WHERE box.generation = %s AND box.recorded_until = %s",
            [_texts(stream for stream, _ in asked), _list(digest.hex() for _, digest in asked), generation, NEVER],
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
        [_list(box.stored for box in boxes), _list(box.recorded_until for box in boxes)],
    )


def _insert_like(cursor: Any, model: type[Box], boxes: Sequence[Held]) -> None:
    """Repeats stored rows with another end on the known clock and their own recorded period."""
    table = model._meta.db_table
    kept = _names(column for column in _columns(model) if column.column not in REPLACED)
    cursor.execute(
        f"INSERT INTO {table} ({kept}, known_until, recorded_from, recorded_until)"  # noqa: S608
        f" SELECT {kept}, new_known_until, new_from, new_until FROM {table} JOIN"
        " unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[])"
        " AS repeated(repeated_id, new_known_until, new_from, new_until) ON id = repeated_id",
        [
            _list(map(attrgetter(name), boxes))
            for name in ("like", "key.known_until", "recorded_from", "recorded_until")
        ],
    )


REPLACED = ("known_until", "recorded_from", "recorded_until")


def _copy(cursor: Any, model: type[Box], boxes: Sequence[Held], generation: int) -> None:
    """Writes new boxes as CSV, which is made and read the quickest; an empty field is NULL where a column may be it."""
    columns, forms, defaults = _shape(model)
    lines = StringIO()
    csv.writer(lines).writerows(_fields(defaults | values_of(box, generation), forms) for box in boxes)
    given = f"COPY {model._meta.db_table} ({_names(columns)}) FROM STDIN"
    filled = _names(column for column in columns if not column.null)
    # Django does not translate what goes wrong inside a COPY by itself.
    with (
        connection.wrap_database_errors,
        cursor.copy(f"{given} (FORMAT csv, FORCE_NOT_NULL ({filled}))") as copy,
    ):
        copy.write(lines.getvalue())


Form = Callable[[Any], Any] | None
"""How a column's value is written, where it is not as it prints."""


def _fields(values: Mapping[str, Any], forms: Iterable[tuple[str, Form]]) -> list[Any]:
    return [value if (value := values[name]) is None or form is None else form(value) for name, form in forms]


@cache
def _shape(model: type[Box]) -> tuple[Sequence[models.Field[Any, Any]], list[tuple[str, Form]], dict[str, Any]]:
    """A table's columns, how each is written, and what stands in those that a row leaves out."""
    columns = _columns(model)
    forms = [(column.attname, _form(column)) for column in columns]
    return columns, forms, {column.attname: column.get_default() for column in columns}


def _form(column: models.Field[Any, Any]) -> Form:
    if isinstance(column, models.JSONField):
        return lambda value: msgspec.json.encode(value).decode()
    if isinstance(column, models.BinaryField):
        return lambda value: f"\\x{value.hex()}"
    if isinstance(column, ArrayField):
        return _list if isinstance(column.base_field, models.IntegerField) else _texts
    return None


def _list(values: Iterable[Any]) -> str:
    """Numbers, days or plain words as PostgreSQL writes an array; far quicker than each adapted by itself."""
    return f"{{{','.join(map(str, values))}}}"


def _texts(values: Iterable[str]) -> str:
    escaped = (value.replace("\\", r"\\").replace('"', r"\"") for value in values)
    return _list(f'"{value}"' for value in escaped)


def _names(columns: Iterable[models.Field[Any, Any]]) -> str:
    return ", ".join(f'"{column.column}"' for column in columns)


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
