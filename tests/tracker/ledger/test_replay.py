"""Replaying to any point of the three clocks."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from tests.tracker.ledger.given import at, project, record, tell
from tracker import log, roles

pytestmark = pytest.mark.django_db


def replay(*arguments):
    """The rows, and what is said of them."""
    out, err = StringIO(), StringIO()
    call_command("replay", *map(str, arguments), stdout=out, stderr=err)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def rates(*arguments):
    rows, _ = replay("--projection", "measures", "--stream", "measure/example", *arguments)
    return [row["rate"] for row in rows if row["model"] == "Segment"]


def test_what_was_in_force_is_asked_on_three_clocks():
    tell()
    assert rates("--valid-at", "2025-04-10", "--known-at", "2025-05-01") == ["10"]
    assert rates("--valid-at", "2025-05-20", "--known-at", "2025-05-01") == ["10"]
    assert rates("--valid-at", "2025-05-20", "--known-at", "2025-06-01") == ["4"]
    assert rates("--valid-at", "2025-09-01", "--known-at", "2025-06-01", "--position", 3) == ["10"]
    assert rates("--valid-at", "2025-09-01", "--known-at", "2025-06-01", "--position", 4) == ["4"]


def test_before_the_first_entry_there_is_nothing():
    tell()
    assert rates("--position", 0) == []


def test_an_instant_resolves_to_the_position_before_it():
    tell()
    instant = at(2).recorded_at.isoformat()
    assert rates("--recorded-at", instant) == rates("--position", 2)


def test_the_same_point_gives_the_same_bytes_whatever_comes_after():
    tell()
    before = replay("--position", 4)
    record(20)
    project()
    assert replay("--position", 4) == before


def test_the_digest_is_that_of_the_attestation():
    tell()
    from tests.tracker.ledger.given import TODAY
    from tracker.ledger.attestation import attest

    said = {item.data["projection"]: item.data["digest"] for item in attest(TODAY)}
    position = log.head().position - len(said)
    assert said["measures"] in replay("--projection", "measures", "--position", position)[1]


def test_a_replay_agrees_with_the_read_models_at_every_position():
    tell()
    for position in range(log.head().position + 1):
        assert replay("--compare", "--position", position)[0] == []


def test_a_read_model_that_was_edited_differs_row_by_row():
    tell()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE measures_segment SET rate = 11 WHERE rate = 84")
        changed = cursor.rowcount
    out = StringIO()
    with pytest.raises(CommandError, match=f"{2 * changed} rows differ"):
        call_command("replay", "--compare", stdout=out, stderr=StringIO())
    marks = [line[:2] for line in out.getvalue().splitlines()]
    assert (marks.count("- "), marks.count("+ ")) == (changed, changed)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(["--position", "99"], "not in the log: 0 to"), (["--projection", "nothing"], "there are cases, disputes")],
)
def test_a_point_that_does_not_exist_is_refused(arguments, reason):
    tell()
    with pytest.raises(CommandError, match=reason):
        replay(*arguments)


def test_a_read_model_that_is_behind_is_not_compared():
    tell()
    record(1)
    with pytest.raises(CommandError, match="nothing to compare"):
        replay("--compare")


# Into a schema of its own


def scratch_rows(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_a_replay_into_a_schema_agrees_with_the_read_models_row_by_row_on_three_clocks():
    tell()
    for position in range(log.head().position + 1):
        assert replay("--into", f"audit_{position}", "--compare", "--position", position)[0] == []
    found = scratch_rows("SELECT rate FROM audit_3.measures_segment WHERE stream = 'measure/example' AND rate = 4")
    assert len(found) > 0
    assert scratch_rows("SELECT count(*) FROM audit_2.measures_segment WHERE rate = 4") == [(0,)]


def test_a_replay_into_a_schema_has_the_digest_of_the_one_as_lines():
    tell()
    asked = ("--position", 4, "--valid-at", "2025-06-01", "--known-at", "2025-06-01")
    assert replay(*asked)[1] == replay(*asked, "--into", "audit")[1]


def test_an_edited_row_is_found_from_the_schema():
    tell()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE measures_segment SET rate = 11 WHERE rate = 84")
        changed = cursor.rowcount
    out = StringIO()
    with pytest.raises(CommandError, match=f"{2 * changed} rows differ"):
        call_command("replay", "--into", "audit", "--compare", stdout=out, stderr=StringIO())
    assert out.getvalue().count("+ measures_segment ") == out.getvalue().count("- measures_segment ") == changed


def test_a_schema_that_is_there_is_left_alone():
    tell()
    replay("--into", "audit", "--position", 2)
    for name in ("audit", "public", "Audit!"):
        with pytest.raises(CommandError, match=r"schema"):
            replay("--into", name)


def test_the_log_still_answers_after_a_replay_into_a_schema():
    tell()
    replay("--into", "audit")
    record(1)
    assert scratch_rows("SELECT current_schema()") == [("public",)]


def test_a_role_that_may_not_make_schemas_is_told_so():
    tell()
    roles.make("default", passwords=False)
    roles.grant("default")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE tracker_application")
    with pytest.raises(CommandError, match="may not make schemas"), transaction.atomic():
        replay("--into", "audit")
