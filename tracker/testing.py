"""What tests of the core and of everything on it need: a log that can be emptied."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Model

from tracker.models import (
    Attachment,
    Checkpoint,
    Event,
    Head,
    Node,
    Opening,
    Parked,
    Receipt,
    Seal,
    SealKey,
    Verification,
)
from tracker.projections import projections
from tracker.roles import WAITING

GUARDED: tuple[type[Model], ...] = (Event, Attachment, Head, Node, Seal, SealKey)
BESIDE: tuple[type[Model], ...] = (Attachment, Checkpoint, Parked, Node, Seal, SealKey, Opening, Receipt, Verification)


def wipe() -> None:
    """Empties the log, the read models and their checkpoints, as the tables' owner; then the guards stand again.

    For tests that commit; what a test leaves uncommitted is rolled back without it.
    """
    read_models: list[type[Model]] = [model for kind in projections() for model in kind.models]
    tables: list[type[Model]] = [Event, *BESIDE, *read_models]
    emptied = [WAITING, *(model._meta.db_table for model in tables)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '30s'")
        for table in _guarded():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        empty(emptied)
        cursor.execute(
            f"UPDATE {Head._meta.db_table} SET log_id = gen_random_uuid(), size = 0, recorded_at = '1970-01-01Z',"  # noqa: S608
            " frontier = '{}'"
        )
        for table in _guarded():
            for trigger in _triggers(table):
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def empty(tables: Iterable[str]) -> None:
    """Empties tables, and those that refer to them; what is empty is left alone, which is what takes the time."""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))  # noqa: S608
        if filled := [table for (table,) in cursor.fetchall()]:
            cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")


def _guarded() -> list[str]:
    return [model._meta.db_table for model in GUARDED]


def _triggers(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table])
        return [name for (name,) in cursor.fetchall()]
