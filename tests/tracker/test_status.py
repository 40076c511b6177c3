"""What people are told: status, park and resume."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from tests.tracker import tallies
from tests.tracker.tallies import PROJECTION, count, totals
from tracker import projections, status, tasks
from tracker.models import Checkpoint, Parked
from tracker.projections import Status, catch_up, ensure_checkpoints
from tracker.rebuild import rebuild
from tracker.status import report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tallies")]


@pytest.fixture(autouse=True)
def a_projected_event(db, tallies):
    ensure_checkpoints()
    count("tally/a", 1)
    catch_up("tallies")


def problems(later: float = 0) -> list[str]:
    return report(timezone.now() + timedelta(seconds=later)).problems


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


# status


def test_when_all_is_well_the_status_says_so():
    assert problems() == []
    said = run("status")
    assert "1 entries, the last recorded at " in said
    assert "tallies     1    live    1         0       0        1     0" in said
    assert "triggers: all in place" in said
    assert "broker: answers" in said


def test_what_is_recorded_while_the_status_is_asked_is_no_fault(monkeypatch):
    def missing() -> set[str]:
        count("tally/a", 2)
        return set()

    monkeypatch.setattr(status, "missing_triggers", missing)
    assert problems() == []


def test_the_status_is_told_to_machines_too():
    count("tally/a", 2)
    found = json.loads(run("status", "--json"))
    assert (found["head"], found["problems"], found["triggers_missing"], found["broker"]) == (2, [], [], "")
    standing = found["projections"][0]
    assert standing.pop("lag_seconds") >= 0
    assert standing == {
        "projection": "tallies",
        "generation": 1,
        "status": "live",
        "position": 1,
        "lag_events": 1,
        "fold_version": 1,
        "code_version": 1,
        "parked": {},
        "error": "",
    }


def test_something_wrong_is_said_and_makes_the_command_fail():
    Checkpoint.objects.update(status=Status.FAULTED, error="Faulted: 21 streams cannot be folded")
    with pytest.raises(CommandError, match="tallies is faulted: Faulted: 21 streams cannot be folded") as failed:
        run("status")
    assert failed.value.returncode == 1


def test_a_dead_worker_cannot_look_healthy():
    count("tally/a", 2)
    assert problems(later=status.LATE_SECONDS / 2) == []
    told = "\n".join(problems(later=3600))
    assert re.search(r"^tallies is 1 events and 36\d\d seconds behind: is a worker running\?$", told, re.MULTILINE)


def test_a_parked_stream_is_named_with_its_error():
    tallies.broken.add(13)
    count("tally/b", 13)
    catch_up("tallies")
    assert problems() == ["tallies parks tally/b: ArithmeticError: 13 cannot be added"]


def test_rows_of_another_fold_version_ask_for_a_rebuild(monkeypatch):
    monkeypatch.setattr(projections, "_projections", {"tallies": replace(PROJECTION, version=2)})
    assert problems() == ["tallies was folded by version 1, the code is 2: run rebuild"]


def test_a_projection_that_left_the_code_is_named(monkeypatch):
    monkeypatch.setattr(projections, "_projections", {})
    assert problems() == ["tallies is not in this code: retire its checkpoint, or put it back"]


def test_a_projection_that_never_ran_is_named():
    Checkpoint.objects.all().delete()
    assert problems() == ["tallies was never started: no worker sweeps"]


def test_a_missing_trigger_is_named():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracker_event DISABLE TRIGGER event_no_change")
    assert problems() == ["the trigger event_no_change is missing or disabled: run migrate, then verify"]


def test_a_log_that_ends_elsewhere_than_its_head_is_told():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracker_event DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM tracker_event")
        cursor.execute("ALTER TABLE tracker_event ENABLE ALWAYS TRIGGER event_no_change")
        cursor.execute("ALTER TABLE tracker_event ENABLE ALWAYS TRIGGER event_no_truncate")
        cursor.execute("ALTER TABLE tracker_event ENABLE ALWAYS TRIGGER event_dense")
    assert problems() == ["the head says 1, the log ends at 0: run verify"]


def test_a_projection_that_read_another_log_is_told():
    Checkpoint.objects.update(leaf_hash=b"of a backup")
    assert problems() == ["tallies has read another log up to 1: rebuild it"]


def test_clocks_that_differ_are_told_and_so_is_an_instant_in_the_future():
    ahead, last = problems(later=-3600)
    assert re.fullmatch(r"the database's clock is 36\d\d seconds ahead of this machine's", ahead)
    recorded_at = f"{report(timezone.now()).recorded_at:%Y-%m-%d %H:%M:%S}"
    assert last == f"the last entry is recorded in the future, at {recorded_at} UTC"


def test_retired_generations_are_nobodys_problem():
    rebuild("tallies")
    count("tally/a", 2)
    catch_up("tallies")
    assert [standing.generation for standing in report(timezone.now()).projections] == [2]
    [told] = problems(later=3600)
    assert re.fullmatch(r"the database's clock is -3[56]\d\d seconds ahead of this machine's", told)


# park and resume


@pytest.fixture
def parked(db):
    tallies.broken.add(13)
    for stream in ("tally/b", "tally/c"):
        count(stream, 13)
    catch_up("tallies")


def test_park_lists_streams_with_position_and_error(parked):
    said = run("park", "list")
    assert said.startswith("tallies  tally/b  from position 2 on\n")
    assert "ArithmeticError: 13 cannot be added" in said
    assert said.endswith("2 parked\n")


def test_park_retries_one_stream_or_all(parked):
    tallies.broken.clear()
    assert run("park", "retry", "tally/b") == "tallies  tally/b  goes on\n"
    assert totals() == {"tally/a": 1, "tally/b": 13}
    assert run("park", "retry") == "tallies  tally/c  goes on\n"
    assert run("park", "list") == "0 parked\n"


def test_park_fails_when_a_stream_still_cannot_be_folded(parked):
    with pytest.raises(CommandError, match="2 of 2 still cannot be folded; `park list` says why"):
        run("park", "retry")
    assert Parked.objects.count() == 2


def test_park_does_not_know_streams_that_are_not_parked(parked):
    with pytest.raises(CommandError, match="tally/a is not parked"):
        run("park", "retry", "tally/a")


def test_what_a_retired_generation_parked_is_past(parked):
    tallies.broken.clear()
    rebuild("tallies")
    assert run("park", "list") == "0 parked\n"


def test_resume_lets_a_stopped_projection_go_on(monkeypatch):
    tasks.nudge()  # a wake-up that may have come to nothing while the projection stood still
    woken: list[str] = []
    monkeypatch.setattr(tasks.project, "apply_async", lambda **_: woken.append("project"))
    with pytest.raises(CommandError, match="tallies does not stand still; `status` shows what does"):
        run("resume", "tallies")
    Checkpoint.objects.update(status=Status.FAULTED, error="x")
    assert run("resume", "tallies") == "tallies goes on\n"
    assert Checkpoint.objects.values_list("status", "error").get() == ("live", "")
    assert woken == ["project"]
