"""Statements that a connection plans once and then runs again and again: those that every request or append asks.

A pooler between us and PostgreSQL must keep prepared statements, as PgBouncer does from 1.21 on, and let the option of
the settings pass (`ignore_startup_parameters = options`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import psycopg
from django.db import connection
from psycopg.types.json import set_json_loads

set_json_loads(msgspec.json.decode)


class _Prepared(psycopg.Cursor[Any]):
    _query: Any

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        try:
            return self._ask(query, params)
        finally:
            self._query = SimpleNamespace(query=query.encode())  # where Django looks for what it logs

    def _ask(self, query: Any, params: Any) -> Any:
        return super().execute(query, params, prepare=True, binary=True)


class _Anew(_Prepared):
    """The values are written into the statement: what has them apart from it our connections plan for any values."""

    def _ask(self, query: Any, params: Any) -> Any:
        text: Any = psycopg.ClientCursor(self.connection).mogrify(query, params or None)
        return psycopg.Cursor.execute(self, text, prepare=False, binary=True)


def rows(statement: str, values: Sequence[Any] | Mapping[str, Any] = (), *, kept: bool = True) -> list[tuple[Any, ...]]:
    """What a statement finds; the values go apart from it, as `$1`, `$2` of their Python types.

    Counted and guarded as every query of Django's is. Values come as PostgreSQL's binary form gives them: bytea as
    bytes, jsonb decoded. `kept=False` plans it anew: where the best plan hangs on the values, and a plan for any values
    would go through the whole log. Raises Django's database errors.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors, (_Prepared if kept else _Anew)(connection.connection) as bare:
        make: Any = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
        cursor = make(bare)
        cursor.execute(statement, values)
        return cursor.fetchall()
