"""The tasks: woken on commit, swept up behind, and of no consequence when they come twice or not at all."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest
import time_machine
from celery.exceptions import OperationalError as BrokerError
from django.db import transaction
from kombu.exceptions import OperationalError

from tests.tracker.tallies import PROJECTION, count, counted, totals
from tracker import log, passing, projections, tasks
from tracker.models import Checkpoint
from tracker.projections import Status, ensure_checkpoints, step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tallies")]


@pytest.fixture(autouse=True)
def checkpoint(db, tallies):
    ensure_checkpoints()


@pytest.fixture
def nudges(monkeypatch) -> list[str]:
    """What would have gone to the broker."""
    sent: list[str] = []
    monkeypatch.setattr(tasks.project, "apply_async", lambda **_: sent.append("project"))
    tasks._heard()
    return sent


@pytest.fixture
def committed(django_capture_on_commit_callbacks) -> Callable[[], AbstractContextManager[None]]:
    """What is appended inside is committed, and the errands that follow are done, when it ends."""

    @contextmanager
    def block():
        with django_capture_on_commit_callbacks(execute=True):
            yield
        tasks.nudging.settle()

    return block


def test_project_steps_until_all_are_caught_up(nudges, monkeypatch):
    monkeypatch.setattr(tasks, "step", lambda name: step(name, limit=1))
    for amount in (1, 2, 4):
        count(amount=amount)
    tasks.project()
    assert totals() == {"tally/a": 7}
    assert nudges == []


def test_an_append_between_the_last_read_and_the_end_is_not_missed(nudges, monkeypatch):
    """The lost wake-up: its own nudge found the checkpoint held, so the holder has to look once more."""

    def while_somebody_appends(name):
        read = step(name)
        if log.head().position == 1:
            count()
        return read

    count()
    monkeypatch.setattr(tasks, "step", while_somebody_appends)
    tasks.project()
    assert totals() == {"tally/a": 2}


def test_nor_is_one_that_comes_while_somebody_else_is_quicker(nudges, monkeypatch):
    def too_late(name):
        step(name)
        read = step(name)
        count()
        return read

    count()
    monkeypatch.setattr(tasks, "step", too_late)
    tasks.project()
    assert nudges == ["project"]


@pytest.fixture
def beside(monkeypatch, tallies):
    """A second projection, of streams that nobody writes to."""
    other = replace(PROJECTION, name="others", categories=("other",))
    monkeypatch.setattr(projections, "_projections", {"tallies": PROJECTION, "others": other})
    ensure_checkpoints()
    return lambda: dict(Checkpoint.objects.values_list("projection", "position"))


def test_what_new_events_do_not_concern_is_passed_by_without_a_step(nudges, monkeypatch, beside):
    stepped: list[str] = []

    def noted(name):
        stepped.append(name)
        return step(name)

    count()
    monkeypatch.setattr(tasks, "step", noted)
    tasks.project()
    assert beside() == {"tallies": 1, "others": 1}
    assert stepped == ["tallies"]
    first, other = Checkpoint.objects.order_by("projection")
    assert (first.leaf_hash, first.position) == (other.leaf_hash, other.position)


def test_a_wake_up_for_one_event_takes_few_queries(nudges, beside, django_assert_num_queries):
    count("tally/seldom")
    with django_assert_num_queries(12):
        # what is lacking; claim, events, parked, savepoint, rows, release, checkpoint (and its own
        # savepoint and release in a test); passing by; and what is lacking again
        tasks.project()


def test_nobody_is_passed_by_who_stands_still_or_is_of_other_code(nudges, beside):
    count()
    for change in ({"status": Status.PAUSED}, {"status": Status.FAULTED}, {"fold_version": 7}):
        with transaction.atomic():
            Checkpoint.objects.filter(projection="others").update(**change)
            assert passing.pass_by() == 0, change
            transaction.set_rollback(True)
    assert passing.pass_by() == 1


def test_who_finds_the_checkpoint_held_leaves_the_rest_to_the_holder(nudges, monkeypatch):
    count()
    monkeypatch.setattr(tasks, "step", lambda name: None)
    tasks.project()
    assert nudges == []


def test_project_gives_way_after_its_slice_of_time_and_asks_to_go_on(nudges, monkeypatch):
    monkeypatch.setattr(tasks, "SLICE_SECONDS", -1)
    monkeypatch.setattr(tasks, "step", lambda name: step(name, limit=1))
    count()
    count()
    tasks.project()
    assert (Checkpoint.objects.get().position, nudges) == (1, ["project"])


def test_thirty_deliveries_of_the_same_task_change_nothing(nudges):
    count(amount=3)
    for _ in range(30):
        tasks.project()
    assert totals() == {"tally/a": 3}


@pytest.mark.parametrize(("status", "woken"), [(Status.LIVE, True), (Status.PAUSED, True), (Status.FAULTED, False)])
def test_the_sweep_wakes_what_is_behind_and_may_go_on(nudges, status, woken):
    tasks.sweep()
    assert nudges == []
    count()
    Checkpoint.objects.update(status=status)
    tasks.sweep()
    assert bool(nudges) == woken


def test_the_sweep_starts_projections_that_never_ran(nudges):
    count()
    Checkpoint.objects.all().delete()
    tasks.sweep()
    assert Checkpoint.objects.get().status == Status.LIVE
    assert nudges == ["project"]


def test_an_append_wakes_the_projections_once_it_is_committed(nudges, committed):
    with committed():
        log.append([counted(), counted()])
        assert nudges == []
    assert nudges == ["project"]


def test_one_wake_up_in_the_queue_stands_for_all_appends_until_a_worker_has_heard_it(nudges, committed):
    with committed():
        count()
        count()
    assert nudges == ["project"]
    tasks.project()
    with committed():
        count()
    assert nudges == ["project", "project"]


def test_the_sweep_wakes_even_where_a_wake_up_was_lost_on_its_way(nudges, committed):
    with committed():
        count()
    nudges.clear()  # the broker forgot it, and remembers that it waits
    tasks.sweep()
    assert nudges == ["project"]


def test_a_redis_that_forgot_everything_wakes_again(nudges, committed):
    for _ in range(2):
        with committed():
            count()
        tasks._heard()
    assert nudges == ["project", "project"]


def test_a_repeated_append_wakes_nobody(nudges, committed):
    event = counted()
    log.append([event])
    with committed():
        log.append([event])
    assert nudges == []


@pytest.mark.parametrize("error", [OperationalError, BrokerError, ConnectionRefusedError, TimeoutError])
def test_a_broker_that_is_down_costs_a_line_in_the_log(monkeypatch, caplog, error):
    def down(**_):
        raise error("connection refused")

    monkeypatch.setattr(tasks.project, "apply_async", down)
    tasks._heard()
    with caplog.at_level(logging.WARNING):
        tasks.nudge()
    assert "could not wake the projections: connection refused" in caplog.text


def test_a_receiver_that_raises_does_not_undo_an_append(django_capture_on_commit_callbacks):
    def broken(**_):
        raise RuntimeError("no")

    log.appended.connect(broken, weak=False, dispatch_uid="broken")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            count()
    finally:
        log.appended.disconnect(dispatch_uid="broken")
    assert log.head().position == 1


def test_who_finds_a_wake_up_unheard_rests_as_long_as_it_has_been(nudges):
    with time_machine.travel("2026-01-05T12:00:00Z", tick=False) as clock:
        assert tasks.nudge() == tasks.AWAKE_SECONDS
        assert tasks.nudge() == 0.01
        clock.shift(0.3)
        assert tasks.nudge() == pytest.approx(0.3)
        clock.shift(3)
        assert tasks.nudge() == 1.0
        tasks._heard()
        assert tasks.nudge() == tasks.AWAKE_SECONDS
    assert nudges == ["project", "project"]
