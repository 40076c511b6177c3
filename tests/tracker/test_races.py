"""Real processes on a real database: racing writers and projectors, sudden death, a log that is held."""

from collections import Counter
from itertools import pairwise
from threading import Thread

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from tests.processes import database_url, until
from tests.tracker.processes import killed_at, race
from tests.tracker.tallies import PROJECTION, Tally, composed, count, counted, totals
from tracker import log, projections, rebuild, roles
from tracker.digests import digest
from tracker.events import EventError
from tracker.log import LogBusy, WrongExpectedVersion, appending
from tracker.models import Checkpoint, Head, Parked
from tracker.projections import Status, catch_up, ensure_checkpoints, step
from tracker.rebuild import scratch_digest

pytestmark = pytest.mark.usefixtures("committed_tallies")

WRITERS, EACH = 8, 25


@pytest.fixture(autouse=True)
def checkpoint(committed_tallies):
    ensure_checkpoints()


@pytest.fixture
def impatient(committed_tallies):
    """Shortens how long this process waits for other locks."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
        yield
        cursor.execute("RESET lock_timeout")


def follows_from_the_log() -> bool:
    row = Checkpoint.objects.get(status=Status.LIVE)
    return digest(PROJECTION, row.generation) == scratch_digest(PROJECTION, row.position)


# Writers


@pytest.mark.parametrize("gathered", [appending.GATHERED, 0], ids=["several a commit", "each by itself"])
def test_eight_racing_writers_lose_nothing_and_leave_no_gap_while_a_reader_follows(gathered, monkeypatch):
    monkeypatch.setattr(appending, "GATHERED", gathered)

    def work(number: int) -> list[int]:
        if number == WRITERS:
            return follow()
        return [count(f"tally/{number % 3}", number).position for _ in range(EACH)]

    def follow() -> list[int]:
        """Reads on from where it stood, as a subscriber would: what it passes over it never sees."""
        seen: list[int] = []
        until(lambda: _read_on(seen) >= WRITERS * EACH, "the reader has seen everything")
        return seen

    *written, seen = race(work, WRITERS + 1)
    everything = list(range(1, WRITERS * EACH + 1))
    assert sorted(position for positions in written for position in positions) == everything
    assert all(positions == sorted(positions) for positions in written)
    assert seen == everything
    history = log.read()
    assert all(earlier.recorded_at < later.recorded_at for earlier, later in pairwise(history))
    for stream, versions in Counter(event.stream for event in history).items():
        assert [event.version for event in history if event.stream == stream] == list(range(1, versions + 1))


@pytest.fixture
def restless_clock(committed_tallies):
    """The database's clock jumps up to an hour back at every look."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA wrong")
        cursor.execute(
            "CREATE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
            " $$ SELECT pg_catalog.clock_timestamp() - random() * interval '1 hour' $$"
        )
        cursor.execute("ALTER FUNCTION tracker_append SET search_path = wrong, pg_catalog, public")
    yield
    roles.grant("default")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA wrong CASCADE")


@pytest.mark.usefixtures("restless_clock")
def test_racing_writers_over_a_clock_that_steps_back_are_recorded_without_gap_and_ever_later():
    race(lambda number: [count(f"tally/{number % 3}", number).position for _ in range(10)], WRITERS)
    history = log.read()
    assert [event.position for event in history] == list(range(1, 10 * WRITERS + 1))
    assert all(earlier.recorded_at < later.recorded_at for earlier, later in pairwise(history))


def _read_on(seen: list[int]) -> int:
    seen += [event.position for event in log.read(seen[-1] if seen else 0)]
    return len(seen)


def test_of_eight_that_open_a_stream_one_wins():
    def work(number: int) -> int:
        return log.append([counted("tally/a", number)], expected={"tally/a": log.NONE})[0].position

    results = race(work, WRITERS)
    assert results.count(1) == 1
    lost = [result for result in results if result != 1]
    assert all(result.startswith("WrongExpectedVersion: tally/a is at version 1") for result in lost)
    assert log.head().position == 1


def test_of_eight_that_send_the_same_event_all_get_the_same_answer():
    event = counted()
    assert race(lambda _: log.append([event])[0].position, WRITERS) == [1] * WRITERS
    assert log.head().position == 1


def test_a_log_that_is_held_is_busy_and_nothing_is_stored(other, hurry):
    with other.transaction():
        other.execute("SELECT * FROM tracker_head FOR UPDATE")
        with pytest.raises(LogBusy, match="the log is busy; nothing was recorded, try again"):
            count()
        assert log.read() == []
    assert count().position == 1


def test_an_append_that_is_still_open_is_not_seen_and_the_next_one_waits_for_it(other, hurry):
    with other.transaction():
        other.execute("SELECT * FROM tracker_append(%s, '{}')", [composed(counted("tally/held"))])
        assert (log.head().position, log.read()) == (0, [])
        with pytest.raises(LogBusy):
            count("tally/next")
    count("tally/next")
    assert [(event.position, event.stream) for event in log.read()] == [(1, "tally/held"), (2, "tally/next")]


def test_an_append_that_saw_an_older_log_fails_instead_of_doubling_a_position(other):
    count()
    other.execute("SET default_transaction_isolation = 'repeatable read'")
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM tracker_event")
    count()
    with pytest.raises(psycopg.errors.SerializationFailure):
        other.execute("SELECT * FROM tracker_append(%s, '{}')", [composed(counted())])
    other.execute("ROLLBACK")
    assert [event.position for event in log.read()] == [1, 2]


def test_a_writer_that_is_killed_inside_its_append_leaves_nothing_and_holds_nobody_up():
    def work(here) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            rows = composed(counted())
            cursor.execute("SELECT * FROM tracker_append(%s, '{}')", [rows])
            here()

    killed_at(work)
    assert count().position == 1
    assert Head.objects.get().size == 1


# Projectors


def test_racing_projectors_apply_every_event_once():
    for number in range(60):
        count(f"tally/{number % 7}")

    def work(number: int) -> int:
        applied = 0
        for _ in range(2000):
            applied += step("tallies", limit=3) or 0
            if Checkpoint.objects.get().position == 60:
                break
        return applied

    assert sum(race(work, 4)) == 60
    assert sum(totals().values()) == 60
    assert follows_from_the_log()


def test_a_projector_that_is_killed_between_its_rows_and_its_commit_leaves_neither_rows_nor_progress(monkeypatch):
    count("tally/a", 1)
    catch_up("tallies")
    before = digest(PROJECTION, 1)
    for amount in (2, 3):
        count("tally/a", amount)

    def work(here) -> None:
        monkeypatch.setattr(projections, "_move", here)
        step("tallies")

    killed_at(work)
    assert (Checkpoint.objects.get().position, digest(PROJECTION, 1)) == (1, before)
    until(lambda: step("tallies"), "the claim of the dead is free and another projector goes on")
    assert totals()["tally/a"] == 6
    assert Tally.objects.count() == 3
    assert follows_from_the_log()


def test_a_held_checkpoint_is_left_to_its_holder(other, impatient):
    count()
    with other.transaction():
        other.execute("SELECT * FROM tracker_checkpoint FOR UPDATE")
        assert step("tallies") is None
        assert Checkpoint.objects.get().status == Status.LIVE
    assert step("tallies") == 1


def test_trouble_that_passes_is_raised_and_neither_parks_nor_stops(other, impatient):
    count()
    with other.transaction():
        other.execute("LOCK TABLE tests_tally")
        with pytest.raises(OperationalError, match="lock timeout"):
            step("tallies")
    assert (Parked.objects.count(), Checkpoint.objects.get().status) == (0, Status.LIVE)
    assert step("tallies") == 1


def test_a_connection_that_is_lost_in_the_middle_neither_parks_nor_stops(other, monkeypatch):
    count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()

    def fold(stream, entries):
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
        return PROJECTION.fold(stream, entries)

    dying = projections.Projection("tallies", 1, ("tally",), (Tally,), fold)
    with monkeypatch.context() as dead:
        dead.setattr(projections, "_projections", {"tallies": dying})
        with pytest.raises(OperationalError):
            step("tallies")
    connection.close()
    assert (Parked.objects.count(), Checkpoint.objects.get().status) == (0, Status.LIVE)
    assert step("tallies") == 1


def test_a_stalled_writer_elsewhere_does_not_hold_the_projection_up(other):
    with other.transaction():
        other.execute("CREATE TABLE elsewhere AS SELECT pg_current_xact_id()")
        count()
        assert step("tallies") == 1
        raise psycopg.Rollback


# Rebuilds


SERVED = """
SELECT generation, position, (SELECT coalesce(sum(total), 0) FROM tests_tally AS tally WHERE tally.generation =
  checkpoint.generation AND recorded_until = 9223372036854775807 AND known_until = '9999-12-31')
FROM tracker_checkpoint AS checkpoint WHERE status = 'live'
"""
"""What a reader is answered from, and what all tallies add up to there: one statement, one snapshot."""


def test_a_rebuild_while_eight_write_and_another_projects_ends_in_the_same_rows_and_no_reader_sees_a_mixture():
    def work(number: int) -> object:
        if number == WRITERS:
            return rebuild.rebuild("tallies").generation
        if number == WRITERS + 1:
            until(lambda: step("tallies") == 0 and log.head().position == WRITERS * EACH, "all is projected")
            return 0
        if number == WRITERS + 2:
            return served_until(2, WRITERS * EACH)
        return len([count(f"tally/{number}") for _ in range(EACH)])

    def served_until(generation: int, position: int) -> list[tuple[int, int, int]]:
        seen: list[tuple[int, int, int]] = []

        def look() -> bool:
            with connection.cursor() as cursor:
                cursor.execute(SERVED)
                seen.extend(cursor.fetchall())
            return seen[-1][:2] == (generation, position)

        until(look, "everything is served from the new generation")
        return seen

    *done, seen = race(work, WRITERS + 3)
    assert done == [EACH] * WRITERS + [2, 0]
    assert seen == sorted(seen), "neither generation nor position ever goes back"
    assert all(total == position for _, position, total in seen)
    catch_up("tallies")
    assert Checkpoint.objects.get(status=Status.LIVE).generation == 2
    assert totals(generation=2) == {f"tally/{number}": EACH for number in range(WRITERS)}
    assert follows_from_the_log()


def test_a_flip_waits_for_the_step_that_is_under_way(other, monkeypatch):
    """It compares positions that nobody is about to move: what the step reads is in the new generation too."""
    count()
    catch_up("tallies")
    flip, address, done = rebuild._flip, database_url(), list[bool]()

    def commit_once_somebody_waits():
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with psycopg.connect(address, autocommit=True) as third:
            until(lambda: third.execute(waiting).fetchone() != (0,), "the flip waits for the step")
        other.execute("COMMIT")

    def during_a_step(building):
        if not done:
            count()
            other.execute("BEGIN")
            other.execute("UPDATE tracker_checkpoint SET position = 2 WHERE status = 'live'")
            Thread(target=commit_once_somebody_waits).start()
        done.append(flip(building))
        return done[-1]

    monkeypatch.setattr(rebuild, "_flip", during_a_step)
    assert rebuild.rebuild("tallies").position == 2
    assert done == [False, True]
    assert totals(generation=2) == {"tally/a": 2}


@pytest.mark.parametrize("step_of_it", ["park", "_check", "_flip"])
def test_a_rebuild_that_is_killed_leaves_the_live_generation_and_can_be_started_again(step_of_it, monkeypatch):
    for number in range(6):
        count(f"tally/{number}", 13 if step_of_it == "park" and number == 5 else 1)
    catch_up("tallies")
    before = totals()

    def work(here) -> None:
        if step_of_it == "park":
            from tests.tracker import tallies

            tallies.broken.add(13)
        monkeypatch.setattr(rebuild, step_of_it, here)
        rebuild.rebuild("tallies")

    killed_at(work)
    assert Checkpoint.objects.get(status=Status.LIVE).generation == 1
    assert totals() == before
    until(_rebuilt, "the lock of the dead is free")
    assert dict(Checkpoint.objects.values_list("generation", "status")) == {1: "retired", 2: "live"}
    assert totals(generation=2) == before
    assert follows_from_the_log()


def _rebuilt() -> bool:
    try:
        return bool(rebuild.rebuild("tallies"))
    except rebuild.RebuildFailed:
        return False


@pytest.mark.parametrize("lock", ["UPDATE", "SHARE"])
def test_two_rebuilds_of_one_projection_do_not_disturb_each_other(other, lock):
    count()
    building = Checkpoint.objects.create(projection="tallies", generation=2, status=Status.BUILDING, fold_version=1)
    with other.transaction():
        other.execute(f"SELECT * FROM tracker_checkpoint WHERE id = %s FOR {lock}", [building.pk])
        with pytest.raises(rebuild.RebuildFailed, match="tallies is being rebuilt by another process"):
            rebuild.rebuild("tallies")


def test_errors_of_the_log_say_what_went_wrong_in_every_process():
    """Their text survives the way between processes."""
    [told] = race(lambda _: log.append([], expected={}), 1)
    assert told == f"{EventError.__name__}: a batch has 1 to 5000 events, not 0"
    assert issubclass(WrongExpectedVersion, EventError)
