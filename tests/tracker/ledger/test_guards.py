"""A guard that was weakened, and whatever was put between the log and its readers, is found by `manage.py verify`."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.tracker.ledger.given import verified

pytestmark = pytest.mark.django_db
GUARD = "CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON {} FOR EACH STATEMENT {} EXECUTE FUNCTION {}()"
STANDING = "ALTER TABLE {} ENABLE ALWAYS TRIGGER event_no_change"
NOTHING = "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$"
GONE = "DROP TRIGGER event_no_change ON tracker_event"


def guard(table: str = "tracker_event", when: str = "", function: str = "tracker_refuse") -> tuple[str, str]:
    return GUARD.format(table, when, function), STANDING.format(table)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ((GONE, *guard(when="WHEN (false)")), "the trigger event_no_change is not the one"),
        ((NOTHING, GONE, *guard(function="nothing")), "the trigger event_no_change is not the one"),
        ((GONE, "CREATE TABLE decoy()", *guard("decoy")), "missing from their tables: event_no_change"),
        (
            (NOTHING, "CREATE TRIGGER own BEFORE INSERT ON tracker_event FOR EACH ROW EXECUTE FUNCTION nothing()"),
            "the trigger own is none of the migrations",
        ),
        (("ALTER FUNCTION tracker_append SET search_path = elsewhere",), "function tracker_append is not the one"),
        (("ALTER FUNCTION tracker_refuse SECURITY DEFINER",), "function tracker_refuse is not the one"),
        (("ALTER FUNCTION tracker_dense RENAME TO tracker_thin",), "functions are missing: tracker_dense"),
        (("ALTER TABLE tracker_event ENABLE ROW LEVEL SECURITY",), "stands before tracker_event"),
        (("CREATE RULE own AS ON DELETE TO tracker_seal DO INSTEAD NOTHING",), "stands before tracker_seal"),
    ],
)
def test_a_guard_that_is_not_as_the_migrations_made_it(statements, found):
    assert "ok    guards" in verified("--log-only")
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    assert f"{found}" in next(line for line in verified("--log-only").splitlines() if "FAIL  guards" in line)
