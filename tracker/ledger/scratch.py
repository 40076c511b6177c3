"""Replaying into a schema of its own: tables like the live ones, filled from the log alone, to be asked with SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import ProgrammingError, connection, transaction

from tracker import tables
from tracker.boxes import Changes, Open, advance
from tracker.clocks import NEVER, Box
from tracker.ledger.comparison import Asked, histories_of
from tracker.ledger.state import Progress, State, stored_state
from tracker.projections import Projection

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
SCRATCH = 0
"""The generation of scratch rows; live ones count from 1."""


class ScratchError(Exception):
    """The schema cannot be made: the message says why."""


@dataclass(frozen=True)
class Differing:
    """A row that stands on one side alone: `scratch` where the log gives it, `live` where the tables hold it."""

    side: str
    table: str
    row: str


def make(schema: str) -> None:
    """Makes the schema. Raises ScratchError where it exists, or its name is none."""
    if not NAME.fullmatch(schema) or schema == "public":
        raise ScratchError(f"{schema!r} is no name for a scratch schema: write lower-case letters, digits and _")
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema])
        if cursor.fetchone() is not None:
            raise ScratchError(f"the schema {schema} exists: choose another name, or DROP SCHEMA {schema} CASCADE")
        try:
            cursor.execute(f"CREATE SCHEMA {schema}")
        except ProgrammingError as error:
            raise ScratchError(f"this role may not make schemas: {error}".strip()) from error


def fill(schema: str, kind: Projection, asked: Asked, progress: Progress) -> State:
    """Folds the log to the point into tables of the schema, and gives their state and digest."""
    with transaction.atomic(), _inside(schema, kind) as cursor:
        for stream, history in histories_of(kind, asked):
            changes = Changes()
            for box in advance(kind.fold, stream, history, 0, Open()).opened:
                if box.recorded_until == NEVER:
                    changes.open(box)
            tables.write(changes, SCRATCH)
            progress(len(history))
        for model in kind.models:
            where, values = _on_the_days(asked)
            cursor.execute(f"DELETE FROM {schema}.{_table(model)} WHERE NOT ({where})", values)  # noqa: S608
        return stored_state(kind, SCRATCH, asked.position)


@contextmanager
def _inside(schema: str, kind: Projection) -> Iterator[Any]:
    """Makes the read model's tables in the schema; inside, its own names mean them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_setting('search_path')")
        live, path = cursor.fetchone()
        for model in kind.models:
            name = _table(model)
            cursor.execute(f"CREATE TABLE {schema}.{name} (LIKE {live}.{name} INCLUDING DEFAULTS INCLUDING IDENTITY)")
        cursor.execute(f"SET LOCAL search_path = {schema}, {live}")
        yield cursor
        cursor.execute("SELECT set_config('search_path', %s, true)", [path])


def compare(schema: str, kind: Projection, generation: int, asked: Asked) -> Iterator[Differing]:
    """The rows on which the scratch tables and the live ones do not agree, on all three clocks."""
    for model in kind.models:
        name = _table(model)
        columns = [column.column for column in model._meta.concrete_fields]
        kept = ", ".join(f'"{column}"' for column in columns if column not in ("id", "generation", "recorded_until"))
        where, values = _on_the_days(asked)
        scratch = f"SELECT {kept} FROM {schema}.{name}"  # noqa: S608
        live = (
            f"SELECT {kept} FROM {name} WHERE generation = %s AND recorded_from <= %s AND recorded_until > %s"  # noqa: S608
            f" AND {where}"
        )
        if asked.stream is not None:
            live, values = f"{live} AND stream = %s", [*values, asked.stream]
        values = [generation, asked.position, asked.position, *values]
        yield from _except("scratch", name, scratch, live, values)
        yield from _except("live", name, live, scratch, values)


def _except(side: str, table: str, one: str, other: str, values: list[Any]) -> Iterator[Differing]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT row_to_json(found) FROM (({one}) EXCEPT ALL ({other})) AS found", values)  # noqa: S608
        for (row,) in cursor.fetchall():
            yield Differing(side, table, str(row))


def _on_the_days(asked: Asked) -> tuple[str, list[Any]]:
    found = [(clock, day) for clock, day in (("valid", asked.valid_at), ("known", asked.known_at)) if day]
    where = " AND ".join(f"{clock}_from <= %s AND {clock}_until > %s" for clock, _ in found) or "true"
    return where, [day for _, day in found for _ in range(2)]


def _table(model: type[Box]) -> str:
    return model._meta.db_table
