"""Boxes in and out of their tables: what is open is read by key alone, changes go in as one statement a table."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from io import StringIO
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from tracker import prepared
from tracker.boxes import Changes, Held, Key
from tracker.clocks import NEVER, Box
from tracker.running import Row, Turn

Tables = Sequence[type[Box]]


def open_boxes(tables: Tables, generation: int, turns: Mapping[str, Sequence[Turn]]) -> dict[str, list[Held]]:
    """The boxes that are open on the recorded clock: of a stream that is said anew all, of others what may change."""
    whole = {stream for stream, some in turns.items() if any(turn.anew for turn in some)}
    asked: dict[type[Box], list[tuple[str, str]]] = defaultdict(list)
    for stream, some in turns.items():
        for row in () if stream in whole else _touched(some):
            asked[row.model].append((stream, row.digest.hex()))
    found: dict[str, list[Held]] = defaultdict(list)
    for model in tables:
        for pk, stream, digest, first, until, recorded_from in chain(
            _all_open(model, generation, whole), _open_of(model, generation, asked[model])
        ):
            key = Key(bytes(digest), first, until)
            found[stream].append(Held(model, stream, key, recorded_from, stored=pk))
    return found


def _touched(turns: Iterable[Turn]) -> Iterator[Row]:
    """The rows whose boxes may be stored: those that go and did not come just now; and of those that come again on a
    day that was known before, since their boxes may have ended on it."""
    fresh: set[bytes] = set()
    for turn in turns:
        for day, changed in turn.days:
            yield from (row for row in changed.gone if row.digest not in fresh)
            yield from changed.came if day == turn.known else ()
            fresh.update(row.digest for row in changed.came)


KEYS = ("id", "stream", "digest", "known_from", "known_until", "recorded_from")


def _all_open(model: type[Box], generation: int, streams: Collection[str]) -> Iterable[tuple[Any, ...]]:
    if not streams:
        return ()
    rows = model.objects.filter(generation=generation, stream__in=streams, recorded_until=NEVER)
    return rows.values_list(*KEYS)


def _open_of(model: type[Box], generation: int, asked: Sequence[tuple[str, str]]) -> Iterable[tuple[Any, ...]]:
    """The open boxes of some streams that have some digests, in hexadecimal, each found in the index."""
    if not asked:
        return ()
    statement = OPEN_OF.format(keys=", ".join(KEYS), table=model._meta.db_table, never=NEVER)
    streams, digests = _texts(stream for stream, _ in asked), _list(digest for _, digest in asked)
    return prepared.rows(statement, [streams, digests, generation])


OPEN_OF = """
SELECT {keys} FROM {table} AS box
JOIN (SELECT stream, decode(hex, 'hex') AS digest FROM unnest(%s::text[], %s::text[]) AS asked(stream, hex)) AS asked
  USING (stream, digest)
WHERE box.generation = %s AND box.recorded_until = {never}
"""
"""Planned for any generation: one that the planner has not heard of yet it would take to be empty, and read whole. But
for what is open: of that it knows how much there is.
"""


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
    """Writes new boxes as CSV, which is made and read the quickest; an empty field is NULL where a column may be it.

    In portions: PostgreSQL takes one while the next is made.
    """
    columns, values_of, forms = _shape(model)
    given = f"COPY {model._meta.db_table} ({_names(columns)}) FROM STDIN"
    filled = _names(column for column in columns if not column.null)
    # Django does not translate what goes wrong inside a COPY by itself.
    with (
        connection.wrap_database_errors,
        cursor.copy(f"{given} (FORMAT csv, FORCE_NOT_NULL ({filled}))") as copy,
    ):
        for first in range(0, len(boxes), PORTION):
            lines, some = StringIO(), boxes[first : first + PORTION]
            csv.writer(lines).writerows(_fields(values_of(_values(box, generation)), forms) for box in some)
            copy.write(lines.getvalue())


PORTION = 200

Form = Callable[[Any], Any]
"""How a column's value is written, where it is not as it prints."""


def _fields(values: tuple[Any, ...], forms: Iterable[tuple[int, Form]]) -> list[Any]:
    fields = list(values)
    for place, form in forms:
        if fields[place] is not None:
            fields[place] = form(fields[place])
    return fields


@cache
def _shape(
    model: type[Box],
) -> tuple[Sequence[models.Field[Any, Any]], Callable[[Mapping[str, Any]], tuple[Any, ...]], list[tuple[int, Form]]]:
    """A table's columns, how their values are taken from those of a box, and by place how some are written."""
    columns = _columns(model)
    forms = [(place, form) for place, column in enumerate(columns) if (form := _form(column))]
    return columns, itemgetter(*(column.attname for column in columns)), forms


@cache
def _defaults(model: type[Box]) -> dict[str, Any]:
    """What stands in columns that a row leaves out."""
    return {column.attname: column.get_default() for column in _columns(model)}


def _form(column: models.Field[Any, Any]) -> Form | None:
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


def _values(box: Held, generation: int) -> dict[str, Any]:
    """All columns of a new box that is made of a row."""
    assert box.row is not None
    digest, known_from, known_until = box.key
    values = _defaults(box.model) | box.row.values
    values["generation"] = generation
    values["stream"] = box.stream
    values["digest"] = digest
    values["known_from"] = known_from
    values["known_until"] = known_until
    values["recorded_from"] = box.recorded_from
    values["recorded_until"] = box.recorded_until
    return values


def _columns(model: type[Box]) -> list[models.Field[Any, Any]]:
    return [column for column in model._meta.concrete_fields if not column.primary_key]
