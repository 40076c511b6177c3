"""The database's roles: the owner migrates, the application records, the sealer signs, readers read.

`manage.py roles` makes them, `migrate` gives each its rights after every migration. The application can add to the log
by `tracker_append` alone, which runs with the owner's rights; it can neither change nor remove what is there, nor put
an entry round the function. With one role for everything the triggers and the proofs remain, and `lost` says what not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.checks import Warning as Caution
from django.db import connections
from psycopg import sql

APPLICATION, SEALER, READER = "tracker_application", "tracker_sealer", "tracker_reader"
"""Groups that carry the rights; who logs in is a member of one."""

LOG = ("tracker_event", "tracker_head")
SEALS = ("tracker_node", "tracker_seal", "tracker_sealkey")
ADDED_TO = ("tracker_attachment", "tracker_receipt", "tracker_verification")
READ_ONLY = (*LOG, *SEALS, "django_migrations")
RUNNING = ("tracker_checkpoint", "tracker_parked")
APPENDING = (
    "tracker_append(jsonb, jsonb)",
    "tracker_append_or_leave(jsonb, jsonb)",
    "tracker_append_left(bigint)",
    "tracker_withdraw(bigint)",
)
WAITING = "tracker_waiting"
"""Batches that wait for the head; only these functions see them."""

CONNECTION = {
    "idle_in_transaction_session_timeout": "2min",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""How soon the server gives up on a client that was cut off: until then the rows that it locked stay locked."""

OWNER_ALIAS, SEALER_ALIAS = "owner", "sealer"
"""Their connections, present where DATABASE_OWNER_URL and DATABASE_SEALER_URL are given."""


def rights(group: str, table: str) -> tuple[str, ...]:
    """What a group may do with a table."""
    if table == WAITING:
        return ()
    if group == APPLICATION:
        if table in READ_ONLY:
            return ("SELECT",)
        if table in ADDED_TO:
            return ("SELECT", "INSERT")
        maintain = ("MAINTAIN",) if table in _read_models() else ()  # a rebuild tells the planner of its rows
        return ("SELECT", "INSERT", "UPDATE", "DELETE", *maintain)
    if group == SEALER:
        return ("SELECT", "INSERT") if table in SEALS else ("SELECT",) if table in LOG else ()
    return ("SELECT",) if table in _public() else ()


def _public() -> set[str]:
    """The tables that hold neither people nor secrets: the log, its proofs, and the read models."""
    return {*LOG, *SEALS, *ADDED_TO, *RUNNING, *_read_models()}


def _read_models() -> set[str]:
    from tracker.projections import projections

    return {model._meta.db_table for kind in projections() for model in kind.models}


def make(using: str, *, passwords: bool) -> None:
    """Makes what is missing: the groups, and a login in its group for each address in the settings.

    `passwords` also gives logins that exist the password of their address.
    """
    with connections[using].cursor() as cursor:
        for group in (APPLICATION, SEALER, READER):
            if not _exists(cursor, group):
                cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(group)))
        for group, user, password in logins():
            if user != _me(cursor):
                _make_login(cursor, user, password, group, passwords=passwords)


def logins() -> Iterator[tuple[str, str, str]]:
    """Group, user and password of each address in the settings."""
    for group, alias in ((APPLICATION, "default"), (SEALER, SEALER_ALIAS)):
        if address := settings.DATABASES.get(alias):
            yield group, address.get("USER") or "", address.get("PASSWORD") or ""


def _make_login(cursor: Any, user: str, password: str, group: str, *, passwords: bool) -> None:
    name = sql.Identifier(user)
    fresh = not _exists(cursor, user)
    if fresh:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    if password and (fresh or passwords):
        # Scrambled here, so that the server's log never sees it.
        secret = cursor.connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(secret)))
    if fresh or passwords:
        for setting, value in CONNECTION.items():
            cursor.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.SQL(setting), sql.Literal(value)))
    cursor.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [user, group])
    if not cursor.fetchone()[0]:
        cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), name))


def _exists(cursor: Any, role: str) -> bool:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
    return cursor.fetchone() is not None


def _me(cursor: Any) -> str:
    cursor.execute("SELECT current_user")
    return str(cursor.fetchone()[0])


def grant(using: str) -> None:
    """Gives each group exactly its rights in this database. Does nothing for whoever does not own the tables."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'USAGE'), relnamespace::regnamespace::text FROM pg_class"
            " WHERE oid = to_regclass('tracker_event') AND to_regprocedure('tracker_append(jsonb, jsonb)') IS NOT NULL"
        )
        owns, schema = cursor.fetchone() or (False, "")
        if not owns:
            return
        for function in APPENDING:
            _close(cursor, function, schema)
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        tables = sorted(name for (name,) in cursor.fetchall())
        for group in (APPLICATION, SEALER, READER):
            if _exists(cursor, group):
                _grant_tables(cursor, group, tables)


def _close(cursor: Any, signature: str, schema: str) -> None:
    """Lets a function that appends run as its owner, called by nobody else than the application.

    The schema is fixed, with temporary tables looked up last: a caller can put no table of its own in between.
    """
    cursor.execute("SELECT to_regprocedure(%s) IS NOT NULL", [signature])
    if not cursor.fetchone()[0]:  # of an earlier version, about to be migrated
        return
    function = sql.SQL("FUNCTION {}").format(sql.SQL(signature))
    where = sql.SQL("SECURITY DEFINER SET search_path = {}, pg_temp").format(sql.SQL(schema))
    cursor.execute(sql.SQL("ALTER {} {}").format(function, where))
    # How the function's own literals are read would otherwise be the caller's choice.
    cursor.execute(sql.SQL("ALTER {} SET standard_conforming_strings = on").format(function))
    cursor.execute(sql.SQL("REVOKE ALL ON {} FROM PUBLIC").format(function))
    if _exists(cursor, APPLICATION):
        cursor.execute(sql.SQL("GRANT EXECUTE ON {} TO {}").format(function, sql.Identifier(APPLICATION)))


MAINTAIN_SINCE = 170_000
"""The version of PostgreSQL that has it; in earlier ones the server's own look at the tables must do."""


def _grant_tables(cursor: Any, group: str, tables: list[str]) -> None:
    role, version = sql.Identifier(group), cursor.connection.info.server_version
    for table in tables:
        name = sql.Identifier(table)
        cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, role))
        if allowed := [verb for verb in rights(group, table) if verb != "MAINTAIN" or version >= MAINTAIN_SINCE]:
            verbs = sql.SQL(", ").join(map(sql.SQL, allowed))
            cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(verbs, name, role))


def lost() -> list[str]:
    """The guarantees that the application's own role takes away, as the database sees it; empty where none."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_user::text, pg_has_role(relowner, 'USAGE'),"
            " has_table_privilege('tracker_event', 'INSERT, UPDATE, DELETE, TRUNCATE'),"
            " coalesce(has_table_privilege(to_regclass('tracker_seal')::oid, 'INSERT'), false)"
            " FROM pg_class WHERE oid = 'tracker_event'::regclass"
        )
        user, owns, writes, seals = cursor.fetchone()
    found = []
    if owns:
        found.append(f"{user} owns the log's tables: the application could switch the triggers off and change entries")
    elif writes:
        found.append(f"{user} may write the log's tables: only the triggers keep the application from changing entries")
    if seals:
        found.append(f"{user} may write checkpoints: the application could publish one that the sealer did not sign")
    return found


@register(Tags.security, deploy=True)
def separate_roles(**_: Any) -> list[CheckMessage]:
    """Warns where one role migrates and serves."""
    if OWNER_ALIAS in settings.DATABASES:
        return []
    return [
        Caution(
            "The application connects as the role that owns the log: nothing but triggers keeps it from changing it.",
            hint="Give DATABASE_OWNER_URL, another user in DATABASE_URL, and run migrate (docs/operations.md, Roles).",
            id="tracker.W001",
        )
    ]


def owner_alias() -> str:
    """The connection that migrates."""
    return OWNER_ALIAS if OWNER_ALIAS in settings.DATABASES else "default"
