"""System checks of the core: what must be in place in the database before anything may be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

TRIGGERS = frozenset(
    {
        "event_no_change",
        "event_no_truncate",
        "event_dense",
        "attachment_no_change",
        "attachment_no_truncate",
        "head_grows",
        "head_stays",
        "node_no_change",
        "seal_no_change",
        "seal_key_no_change",
    }
)


def missing_triggers(using: str = "default") -> set[str]:
    """The guards that are absent or not ENABLE ALWAYS."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A' AND tgname = ANY(%s)", [list(TRIGGERS)])
        return set(TRIGGERS) - {name for (name,) in cursor.fetchall()}


@register(Tags.database)
def immutability(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuses to start on a migrated database whose log is not guarded by its triggers."""
    return [
        Error(
            f"triggers that guard the log are missing or disabled: {', '.join(sorted(gone))}",
            hint="Run migrate as the owner; if somebody disabled them, run verify.",
            id="tracker.E001",
        )
        for using in databases or ()
        if _is_migrated(using) and (gone := missing_triggers(using))
    ]


@register(Tags.database)
def isolation(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuses transactions that would go on reading what they saw before they held the head's lock."""
    return [
        Error(
            f"transactions of {using} are {level}; the log needs read committed",
            hint="Take isolation_level out of OPTIONS, default_transaction_isolation off its server.",
            id="tracker.E002",
        )
        for using in databases or ()
        if (level := _asked(using, "SHOW transaction_isolation")) != "read committed"
    ]


def _is_migrated(using: str) -> bool:
    """The function comes with the triggers, in one transaction: a migration that was cut short is no fault."""
    return bool(_asked(using, "SELECT to_regproc('tracker_append') IS NOT NULL"))


def _asked(using: str, query: str) -> Any:
    with connections[using].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]
