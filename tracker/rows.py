"""Rows of boxes at a point, by statements that are planned once: for what every page and answer asks."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from tracker import prepared
from tracker.clocks import Box, Point
from tracker.collecting import seldom

B = TypeVar("B", bound=Box)


def at(model: type[B], point: Point, rest: str, **asked: Any) -> list[B]:
    """The rows at a point of all three clocks that meet the rest of a statement: conditions, and their order."""
    return _rows(model, point, f"{VALID} AND {rest}", asked)


def known(model: type[B], point: Point, rest: str, **asked: Any) -> list[B]:
    """The same over all valid days; `%(valid_at)s` is the point's."""
    return _rows(model, point, rest, asked)


VALID = "valid_from <= %(valid_at)s AND valid_until > %(valid_at)s"
STATEMENT = """
SELECT {columns} FROM {table} WHERE generation = %(generation)s
AND known_from <= %(known_at)s AND known_until > %(known_at)s
AND recorded_from <= %(position)s AND recorded_until > %(position)s AND {rest}
"""


@seldom()
def _rows(model: type[B], point: Point, rest: str, asked: dict[str, Any]) -> list[B]:
    asked |= {"generation": point.generations[model.projection], "position": point.position}
    asked |= {"known_at": point.known_at, "valid_at": point.valid_at}
    columns, statement = _statement(model, rest)
    return [model.from_db("default", columns, row) for row in prepared.rows(statement, asked)]


@cache
def _statement(model: type[Box], rest: str) -> tuple[list[str], str]:
    columns = [column.attname for column in model._meta.concrete_fields]
    named = ", ".join(f'"{name}"' for name in columns)
    return columns, STATEMENT.format(columns=named, table=model._meta.db_table, rest=rest)
