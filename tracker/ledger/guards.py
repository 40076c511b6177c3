"""Verifying the guards: functions, triggers and tables of the log are as the migrations made them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.db import connection

import tracker.migrations
from tracker.checks import missing_triggers
from tracker.ledger.checking import Doubt, require

SQL = Path(tracker.migrations.__file__).parent / "sql"
FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)\((.*?)\bAS \$\$(.*?)\$\$", re.DOTALL)
SETTING = re.compile(r"\bSET (\w+) = '?(\w+)'?")
TRIGGER = re.compile(r"CREATE TRIGGER (\w+) .*? ON (\w+)\s.*?(?=;)", re.DOTALL)
OCCASIONS = re.compile(r"(before|after) ([a-z ]+) on ")

CLOSED = [("standard_conforming_strings", "on")]
"""What a function that runs as its owner has beside its fixed schema; see `tracker.roles`."""

FUNCTIONS = """
SELECT proname, prosrc, coalesce(proconfig, '{}'), prosecdef, relnamespace::regnamespace::text
FROM pg_proc, pg_class WHERE proname = ANY(%s) AND pg_class.oid = 'tracker_event'::regclass
"""
TRIGGERS = """
SELECT tgname, pg_get_triggerdef(oid, true) FROM pg_trigger WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal
"""
VEILS = """
SELECT relname FROM pg_class WHERE oid = ANY(%s::regclass[]) AND (relkind <> 'r' OR relrowsecurity OR relhasrules)
"""


def guards() -> str:
    """Nothing stands between the log's tables and what reads or writes them but what the migrations put there."""
    gone = missing_triggers()
    require(not gone, f"triggers are missing or disabled: {', '.join(sorted(gone))}")
    source = "\n".join(file.read_text() for file in sorted(SQL.glob("*.sql")))
    functions = _functions(source)
    _triggers(source)
    return f"{functions} functions and all triggers are those of the migrations"


def _functions(source: str) -> int:
    ours = {name: (body, sorted(SETTING.findall(head))) for name, head, body in FUNCTION.findall(source)}
    found = {name: rest for name, *rest in _asked(FUNCTIONS, list(ours))}
    require(
        found.keys() == ours.keys(), f"database functions are missing: {', '.join(sorted(ours.keys() - found.keys()))}"
    )
    for name, (body, settings, definer, schema) in found.items():
        said = sorted(tuple(setting.split("=", 1)) for setting in settings)
        wanted = sorted(ours[name][1] + CLOSED + [("search_path", f"{schema}, pg_temp")]) if definer else ours[name][1]
        same = body == ours[name][0] and said == wanted
        require(same, f"the database function {name} is not the one that the migrations made")
    return len(ours)


def _triggers(source: str) -> None:
    """The triggers of the guarded tables are ours, each as it was made, and no rule or policy hides a row."""
    found = list(TRIGGER.finditer(source))
    ours = {match[1]: _said(match[0]) for match in found}
    tables = sorted({match[2] for match in found})
    for name, definition in _asked(TRIGGERS, tables):
        if name not in ours:
            raise Doubt(f"the trigger {name} is none of the migrations")
        require(_said(definition) == ours.pop(name), f"the trigger {name} is not the one that the migrations made")
    require(not ours, f"triggers are missing from their tables: {', '.join(sorted(ours))}")
    veiled = [name for (name,) in _asked(VEILS, tables)]
    require(not veiled, f"a rule, a policy or a view stands before {', '.join(sorted(veiled))}")


def _said(definition: str) -> str:
    """The definition of a trigger in one way of writing: no brackets, and what it fires on in order."""
    text = " ".join(re.sub(r"[()]", " ", definition.lower()).split())
    return OCCASIONS.sub(lambda match: f"{match[1]} {sorted(match[2].split(' or '))} on ", text)


def _asked(query: str, names: list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [names])
        return cursor.fetchall()
