"""The projection engine: rows and checkpoint in one transaction, however often, wherever and in what steps it runs."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DataError, OperationalError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracker import tallies
from tests.tracker.tallies import PROJECTION, SOURCES, TYPES, Tally, correcting, count, counted, totals
from tracker import events, log, parking, projections
from tracker.digests import digest
from tracker.models import Checkpoint, Parked
from tracker.projections import (
    Faulted,
    Status,
    catch_up,
    ensure_checkpoints,
    lag,
    resume,
    retry_parked,
    step,
)
from tracker.rebuild import parked, scratch_digest
from tracker.vocabulary import EntryCorrected, EntryRetracted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tallies")]


@pytest.fixture(autouse=True)
def checkpoint(db, tallies):
    ensure_checkpoints()


def at() -> Checkpoint:
    return Checkpoint.objects.get(projection="tallies", generation=1)


def follows_from_the_log(generation: int = 1) -> bool:
    position = Checkpoint.objects.get(generation=generation).position
    return digest(PROJECTION, generation) == scratch_digest(PROJECTION, position, parked(PROJECTION, generation))


# Stepping


def test_a_step_folds_what_is_new_and_moves_the_checkpoint_with_the_rows():
    log.append([counted("tally/a", 1), counted("tally/b", 10)])
    assert step("tallies") == 2
    last = count("tally/a", 2)
    assert step("tallies") == 1
    assert totals() == {"tally/a": 3, "tally/b": 10}
    assert (at().position, at().status) == (3, Status.LIVE)
    assert bytes(at().leaf_hash or b"") == last.leaf_hash
    assert step("tallies") == 0


def test_its_commit_waits_for_no_flush_and_that_of_an_append_does(monkeypatch):
    def flushed() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            return str(cursor.fetchone()[0])

    def moved(*given: Any) -> None:
        during.append(flushed())
        move(*given)

    during, move = list[str](), projections._move
    monkeypatch.setattr(projections, "_move", moved)
    count("tally/a", 1)
    assert flushed() == "on"
    step("tallies")
    assert during == ["off"]


def test_what_went_is_closed_on_the_recorded_clock_and_what_came_is_opened():
    count("tally/a", 1)
    count("tally/a", 2)
    catch_up("tallies")
    rows = Tally.objects.order_by("recorded_from", "known_from").values_list("total", "recorded_from", "recorded_until")
    assert list(rows) == [(1, 1, 2), (3, 2, 2**63 - 1)]


def test_what_was_known_earlier_than_what_is_recorded_before_it_takes_its_place_on_the_known_clock():
    count(amount=1, known="2025-06-10")
    catch_up("tallies")
    count(amount=2, known="2025-06-01")
    catch_up("tallies")
    rows = Tally.objects.filter(recorded_until=2**63 - 1).order_by("known_from")
    assert list(rows.values_list("known_from", "known_until", "total")) == [
        (date(2025, 6, 1), date(2025, 6, 10), 2),
        (date(2025, 6, 10), date.max, 3),
    ]
    assert follows_from_the_log()


def test_a_step_never_cuts_a_batch():
    log.append([counted(amount=amount) for amount in (1, 2, 3)])
    log.append([counted(amount=4)])
    assert step("tallies", limit=1) == 3
    assert totals() == {"tally/a": 6}
    assert Tally.objects.count() == 1, "a state inside the batch was made visible"


def test_events_of_other_categories_only_move_the_checkpoint(monkeypatch):
    monkeypatch.setattr(projections, "_projections", {"tallies": replace(PROJECTION, categories=("measure",))})
    count()
    assert step("tallies") == 1
    assert not Tally.objects.exists()


def test_rows_of_another_fold_version_are_left_to_the_code_that_folds_so(monkeypatch):
    count()
    monkeypatch.setattr(projections, "_projections", {"tallies": replace(PROJECTION, version=2)})
    assert step("tallies") is None
    assert (at().position, Tally.objects.count()) == (0, 0)


def test_the_lag_is_computed_by_who_asks():
    log.append([counted(), counted()])
    Checkpoint.objects.create(projection="tallies", generation=2, status=Status.BUILDING, fold_version=1)
    assert [(row.projection, row.generation, behind) for row, behind in lag()] == [("tallies", 1, 2)]
    catch_up("tallies")
    assert [behind for _, behind in lag()] == [0]


def test_every_projection_gets_a_generation_that_serves_once():
    ensure_checkpoints()
    assert Checkpoint.objects.values_list("projection", "generation", "status").get() == ("tallies", 1, "live")


def test_what_a_killed_first_rebuild_left_does_not_keep_a_projection_from_starting():
    Checkpoint.objects.update(status=Status.BUILDING)
    ensure_checkpoints()
    assert list(Checkpoint.objects.order_by("generation").values_list("generation", "status")) == [
        (1, "building"),
        (2, "live"),
    ]


def test_a_checkpoint_that_moved_under_its_lock_stops_the_projection(monkeypatch):
    count()
    monkeypatch.setattr(projections, "_apply", lambda *_: Checkpoint.objects.update(position=7))
    assert step("tallies") is None
    assert (at().position, at().status) == (0, Status.FAULTED)
    assert "moved under its own lock" in at().error


def test_a_hole_in_the_log_stops_the_projection():
    log.append([counted(), counted()])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracker_event DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM tracker_event WHERE position = 1")
    assert step("tallies") is None
    assert at().status == Status.FAULTED
    assert at().error == "Faulted: the log has a hole after position 0: run verify"


# One truth whatever the steps


@st.composite
def histories(draw):
    """Batches of entries over two streams: amounts (13 cannot be folded), late ones, corrections and retractions."""
    entry = st.tuples(st.sampled_from("ab"), st.sampled_from([1, 2, 5, 13]), st.integers(1, 5), st.booleans())
    change = st.tuples(st.just("change"), st.integers(0, 9), st.sampled_from([None, 3, 7, 13]), st.booleans())
    return draw(st.lists(st.lists(entry | change, min_size=1, max_size=3), min_size=1, max_size=10))


def record(history) -> None:
    for batch in history:
        told: list[log.NewEvent] = []
        earlier = [event for event in log.read() if event.type == "tally.counted"]
        for kind, number, other, _ in batch:
            if kind != "change":
                told.append(counted(f"tally/{kind}", number, f"2025-06-0{other}"))
            elif earlier:
                target = earlier[number % len(earlier)]
                told.append(correcting(target.id, _changed(other), target.stream))
        if told:
            log.append(told)


def _changed(amount):
    if amount is None:
        return EntryRetracted(sources=SOURCES, reason_code="duplicate", reason="x")
    return EntryCorrected(sources=SOURCES, patch={"amount": amount}, schema=2, reason_code="rate-error", reason="x")


@settings(max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_rows_and_parked_streams_do_not_depend_on_how_much_a_step_reads(history):
    before = transaction.savepoint()
    tallies.broken.add(13)
    record(history)
    for generation, limit in ((1, 1), (2, 3), (3, 500)):
        status = Status.LIVE if generation == 1 else Status.BUILDING
        Checkpoint.objects.get_or_create(
            projection="tallies", generation=generation, defaults={"status": status, "fold_version": 1}
        )
        while step("tallies", generation, limit):
            pass
    assert digest(PROJECTION, 1) == digest(PROJECTION, 2) == digest(PROJECTION, 3)
    assert parked(PROJECTION, 1) == parked(PROJECTION, 2) == parked(PROJECTION, 3)
    assert follows_from_the_log()
    transaction.savepoint_rollback(before)


# Poison


POISONS: dict[str, dict[str, Any]] = {"by Python": {"amount": 13}, "by the database": {"label": "longer than ten"}}


@pytest.fixture(params=list(POISONS))
def poison(request):
    tallies.broken.add(13)
    return POISONS[request.param]


def test_a_poison_event_parks_its_stream_later_ones_wait_and_all_others_go_on(poison):
    log.append([counted("tally/a", 1), counted("tally/b", 10)])
    bad = count("tally/a", **poison)
    count("tally/b", 20)
    catch_up("tallies")
    count("tally/a", 5)
    count("tally/c", 100)
    catch_up("tallies")

    assert totals() == {"tally/a": 1, "tally/b": 30, "tally/c": 100}
    assert (at().position, at().status) == (6, Status.LIVE)
    row = Parked.objects.get()
    assert (row.projection, row.generation, row.stream, row.position) == ("tallies", 1, "tally/a", bad.position)
    assert "cannot be added" in row.error or "value too long" in row.error
    assert follows_from_the_log()


def test_a_poison_event_later_in_the_same_step_takes_nothing_of_its_stream_with_it(poison):
    for amount in (1, 2, 4):
        count("tally/a", amount)
    count("tally/a", **poison)
    count("tally/a", 8)
    step("tallies")
    assert totals()["tally/a"] == 7
    assert parked(PROJECTION, 1) == {"tally/a": 4}


def test_a_bad_state_that_a_later_batch_repairs_is_not_masked_by_a_large_step(poison):
    bad = count("tally/a", **poison)
    log.append([correcting(bad.id, EntryRetracted(sources=SOURCES, reason_code="duplicate", reason="x"))])
    step("tallies")
    assert parked(PROJECTION, 1) == {"tally/a": 1}


def test_retrying_heals_a_stream_once_its_cause_is_gone():
    tallies.broken.add(13)
    count("tally/a", 1)
    count("tally/a", 13)
    count("tally/a", 5)
    catch_up("tallies")
    row = Parked.objects.get()
    assert not retry_parked(row)
    assert Parked.objects.get().position == 2

    tallies.broken.clear()
    assert retry_parked(Parked.objects.get())
    assert not Parked.objects.exists()
    assert totals()["tally/a"] == 19
    assert follows_from_the_log()
    assert retry_parked(row), "somebody else healed it"
    assert follows_from_the_log()


def test_a_retry_goes_as_far_as_it_can():
    tallies.broken |= {13, 17}
    for amount in (1, 13, 2, 17, 4):
        count("tally/a", amount)
    catch_up("tallies")
    tallies.broken.remove(13)
    assert not retry_parked(Parked.objects.get())
    assert parked(PROJECTION, 1) == {"tally/a": 4}
    assert totals()["tally/a"] == 16
    assert follows_from_the_log()


def test_a_retry_that_meets_newer_events_leaves_the_stream_parked(monkeypatch):
    tallies.broken.add(13)
    count("tally/a", 13)
    catch_up("tallies")
    _from_the_future(monkeypatch, "tally/a")
    catch_up("tallies")
    tallies.broken.clear()
    assert not retry_parked(Parked.objects.get())
    assert "upgrade before reading on" in Parked.objects.get().error


# Faults of the code


def test_many_failing_streams_are_a_fault_of_the_code_and_leave_the_checkpoint_alone():
    count("tally/good", 1)
    catch_up("tallies")
    tallies.broken.add(13)
    for number in range(parking.MAX_PARK + 1):
        count(f"tally/{number}", 13)
    assert step("tallies") is None
    assert (at().position, at().status) == (1, Status.FAULTED)
    assert "21 streams cannot be folded" in at().error
    assert not Parked.objects.exists()
    assert step("tallies") is None, "it does not run again by itself"

    tallies.broken.clear()
    assert resume("tallies")
    catch_up("tallies")
    assert (at().position, at().status, at().error) == (22, Status.LIVE, "")
    assert follows_from_the_log()


def test_streams_that_fail_one_after_the_other_are_counted_together():
    tallies.broken.add(13)
    for number in range(parking.MAX_PARK + 1):
        count(f"tally/{number}", 13)
        step("tallies")
    assert at().status == Status.FAULTED
    assert Parked.objects.count() == parking.MAX_PARK
    assert at().position == parking.MAX_PARK


def test_a_missing_column_is_a_fault_and_parks_nothing():
    count()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tests_tally RENAME COLUMN total TO sum")
        assert step("tallies") is None
        cursor.execute("ALTER TABLE tests_tally RENAME COLUMN sum TO total")
    assert (at().status, at().position, Parked.objects.count()) == (Status.FAULTED, 0, 0)
    assert at().error.startswith("ProgrammingError: column ")
    resume("tallies")
    assert step("tallies") == 1


def test_a_building_generation_that_fails_tells_its_builder_and_leaves_the_live_one_alone():
    tallies.broken.add(13)
    for number in range(parking.MAX_PARK + 1):
        count(f"tally/{number}", 13)
    Checkpoint.objects.create(projection="tallies", generation=2, status=Status.BUILDING, fold_version=1)
    with pytest.raises(Faulted):
        step("tallies", generation=2)
    assert at().status == Status.LIVE


@pytest.mark.parametrize(
    ("statement", "blames_the_data", "error"),
    [
        ("SELECT 1 / 0", True, DataError),
        ("SELECT repeat('x', 1500000000)", True, OperationalError),  # a limit exceeded, such as an index row's size
        ("SELECT no_such_column", False, ProgrammingError),
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)", False, OperationalError),
    ],
)
def test_what_the_database_says_tells_poison_from_faults_and_passing_trouble(statement, blames_the_data, error):
    with pytest.raises(error) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert parking.may_be_the_data(raised.value) == blames_the_data


# Events of newer code


def _from_the_future(monkeypatch, stream):
    with monkeypatch.context() as future:
        future.setitem(events._types, "tally.counted", replace(TYPES["tally.counted"], schema=99))
        return count(stream, 1000)


def test_a_newer_schema_pauses_the_projection_just_before_it_and_skips_nothing(monkeypatch):
    for amount in (1, 2, 4):
        count("tally/a", amount)
    _from_the_future(monkeypatch, "tally/b")
    count("tally/a", 8)
    assert catch_up("tallies") == 3
    assert (at().position, at().status) == (3, Status.PAUSED)
    assert at().error == "FutureSchema: tally.counted has schema 99, this code knows 2: upgrade before reading on"
    assert totals() == {"tally/a": 7}
    assert not Parked.objects.exists()
    assert [event.position for event in log.read()] == [1, 2, 3, 4, 5], "the log itself stays readable"


def test_an_unknown_type_pauses_it_too(monkeypatch):
    count("tally/a", 1)
    count("tally/b", 2)
    with monkeypatch.context() as past:
        past.delitem(events._types, "tally.counted")
        catch_up("tallies")
        assert at().status == Status.PAUSED
        assert "is not a registered event type" in at().error


def test_newer_code_goes_on_by_itself(monkeypatch):
    _from_the_future(monkeypatch, "tally/a")
    count("tally/b", 1)
    catch_up("tallies")
    assert at().status == Status.PAUSED
    upcasters = dict.fromkeys(range(2, 99), dict) | TYPES["tally.counted"].upcasters
    newer = replace(TYPES["tally.counted"], schema=99, upcasters=upcasters)
    monkeypatch.setitem(events._types, "tally.counted", newer)
    catch_up("tallies")
    assert (at().position, at().status, at().error) == (2, Status.LIVE, "")
    assert totals() == {"tally/a": 1000, "tally/b": 1}


# What a process remembers


def test_what_a_process_remembers_of_another_log_is_not_gone_on_with(monkeypatch):
    """What it folded was rolled back, as after a lost commit or a restored backup; other entries have its place."""
    monkeypatch.setattr(projections, "fold_alone", lambda *_: pytest.fail("it was gone on with, and did not fit"))
    count(amount=1)
    catch_up("tallies")
    before = transaction.savepoint()
    count(amount=5)
    catch_up("tallies")
    transaction.savepoint_rollback(before)
    count("tally/b")
    count(amount=7)
    catch_up("tallies")
    assert totals() == {"tally/a": 8, "tally/b": 1}
    assert follows_from_the_log()


# What it costs


def spoken(queries) -> list[str]:
    """The first word of each statement, and the table that it is about."""
    said = [query["sql"] for query in queries]
    tables = [re.search(r"(?:FROM|UPDATE|COPY) \"?[a-z]+_(\w+)", sql) for sql in said]
    return [sql.split()[0] + (f" {table[1]}" if table else "") for sql, table in zip(said, tables, strict=True)]


def test_projecting_one_event_takes_eight_statements_and_its_transaction(django_assert_num_queries):
    """Claim, new events, parked; the newest of its stream, open boxes, close, copy; move."""
    count(amount=1)
    catch_up("tallies")
    count(amount=2)
    with django_assert_num_queries(12) as asked:
        step("tallies")
    assert spoken(asked.captured_queries) == [
        "SAVEPOINT",
        "SELECT checkpoint",
        "SELECT event",
        "SELECT parked",
        "SAVEPOINT",
        "SELECT event",
        "SELECT tally",
        "UPDATE tally",
        "COPY tally",
        "RELEASE",
        "UPDATE checkpoint",
        "RELEASE",
    ]


def test_a_step_of_many_events_and_streams_takes_no_more_statements(django_assert_num_queries):
    for number in range(60):
        count(f"tally/{number % 20}")
    catch_up("tallies")
    for number in range(60):
        count(f"tally/{number % 20}")
    with django_assert_num_queries(12):
        assert step("tallies") == 60


def test_an_empty_step_takes_two_statements(django_assert_num_queries):
    with django_assert_num_queries(4) as asked:
        step("tallies")
    assert spoken(asked.captured_queries) == ["SAVEPOINT", "SELECT checkpoint", "SELECT event", "RELEASE"]
