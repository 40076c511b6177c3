"""A real worker and a real broker that repeat, hang, forget and die while eight processes record."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import redis

from tests.processes import CeleryWorker, until
from tests.test_processes import record
from tests.tracker.processes import race
from tests.tracker.tallies import PROJECTION, TYPES, count, totals
from tracker import events, log
from tracker.digests import digest
from tracker.models import Checkpoint, Parked
from tracker.projections import SERVING, Status, ensure_checkpoints, projections, retry_parked
from tracker.rebuild import parked, rebuild, scratch_digest
from tracker.tasks import project

pytestmark = pytest.mark.faults

WRITERS, EACH = 8, 40


def all_reached(position: int) -> bool:
    rows = Checkpoint.objects.filter(status=Status.LIVE)
    return rows.count() == len(projections()) and all(row.position >= position for row in rows)


def assert_every_event_once(count: int) -> None:
    assert [event.position for event in log.read()] == list(range(1, count + 1))
    assert not Parked.objects.exists()
    for kind in projections():
        live = Checkpoint.objects.get(projection=kind.name, status=Status.LIVE)
        assert digest(kind, live.generation) == scratch_digest(kind, count), kind.name


def test_thirty_copies_of_the_task_at_once_apply_every_event_once(own_broker, celery_worker_process) -> None:
    ensure_checkpoints()
    celery_worker_process(concurrency=4)
    for number in range(10):
        record(f"dispute/{number % 3}")
        for _ in range(3):
            project.delay()
    until(lambda: all_reached(10), "all events are projected")
    assert_every_event_once(10)


def test_a_broker_that_hangs_keeps_nobody_from_recording(own_broker, committed_db) -> None:
    """Each append gives the broker up after a bounded time: the process that records comes to an end."""
    broker = int((own_broker.folder / "pid").read_text())
    os.kill(broker, signal.SIGSTOP)
    try:
        assert race(lambda _: [record() for _ in range(3)], 1) == [[1, 2, 3]]
    finally:
        os.kill(broker, signal.SIGCONT)
    assert log.head().position == 3


@pytest.fixture
def counting(committed_tallies, own_broker, celery_worker_process):
    """Starts workers that know the tallies: `counting(BROKEN="13")`."""
    ensure_checkpoints()
    return partial(celery_worker_process, app="tests.faults.counting", concurrency=2)


def at() -> Checkpoint:
    return Checkpoint.objects.get(projection="tallies", status__in=SERVING)


def stands_at(position: int, status: str = Status.LIVE) -> bool:
    return (at().position, at().status) == (position, status)


def rows_follow_from_the_log() -> bool:
    return digest(PROJECTION, 1) == scratch_digest(PROJECTION, at().position, parked(PROJECTION, 1))


@pytest.mark.drill
def test_a_message_delivered_again_while_its_task_is_at_work_is_applied_once(counting, tmp_path) -> None:
    worker = counting(HOLD=str(tmp_path / "go on"))
    count("tally/a")
    until(lambda: max(deliveries(worker), default=0) > 1, "the message is delivered again")
    (tmp_path / "go on").touch()
    until(lambda: stands_at(1), "the event is projected")
    count("tally/a")
    until(lambda: stands_at(2), "and so is the next one")
    assert totals() == {"tally/a": 2}
    assert rows_follow_from_the_log()


def deliveries(worker: CeleryWorker) -> list[int]:
    """How often each message was received."""
    received = re.findall(r"tracker\.tasks\.project\[([-\w]+)\] received", worker.log.read_text(errors="replace"))
    return list(Counter(received).values())


@pytest.mark.drill
def test_in_a_storm_with_poison_and_a_killed_worker_two_streams_are_parked_and_all_others_are_exact(counting) -> None:
    worker = counting(BROKEN="13", beat=True)
    poison: dict[int, dict[str, Any]] = {0: {"amount": 13}, 1: {"label": "longer than ten"}}

    def work(number: int) -> int:
        if number == WRITERS:
            until(lambda: log.head().position > WRITERS * EACH // 3, "the storm has begun")
            worker.kill()
            return 0
        said = [poison.get(number, {}) if turn == EACH // 2 else {} for turn in range(EACH)]
        positions = [count(f"tally/{number}-{turn % 4}", **said[turn]).position for turn in range(EACH)]
        return positions[EACH // 2] if number in poison else 0

    by_python, by_the_database, *rest = race(work, WRITERS + 1)
    assert rest == [0] * (WRITERS - 1)
    worker.start()
    until(lambda: stands_at(WRITERS * EACH), "everything is projected")
    assert parked(PROJECTION, 1) == {"tally/0-0": by_python, "tally/1-0": by_the_database}
    assert [event.position for event in log.read()] == list(range(1, WRITERS * EACH + 1))
    whole = {stream: total for stream, total in totals().items() if stream not in ("tally/0-0", "tally/1-0")}
    assert set(whole.values()) == {EACH // 4}
    assert len(whole) == WRITERS * 4 - 2
    assert rows_follow_from_the_log()

    assert [retry_parked(row) for row in Parked.objects.order_by("stream")] == [True, False]
    assert totals()["tally/0-0"] == EACH // 4 - 1 + 13
    assert rows_follow_from_the_log()


@pytest.mark.drill
def test_events_of_newer_code_stop_a_worker_just_before_them_until_newer_code_runs(counting, monkeypatch) -> None:
    worker = counting(beat=True)
    count("tally/a")
    with monkeypatch.context() as future:
        future.setitem(events._types, "tally.counted", replace(TYPES["tally.counted"], schema=99))
        count("tally/b", 1000)
    count("tally/a", 2)
    until(lambda: stands_at(1, Status.PAUSED), "the projection is paused before what it does not know")
    assert [event.position for event in log.read()] == [1, 2, 3]

    worker.kill()
    counting(beat=True, KNOWS="99")
    until(lambda: stands_at(3), "newer code goes on by itself")
    assert totals() == {"tally/a": 3, "tally/b": 1000}
    assert not Parked.objects.exists()


@pytest.mark.drill
def test_a_storm_with_everything_that_can_go_wrong_ends_in_the_rows_that_the_log_gives(
    own_broker, celery_worker_process
) -> None:
    """Eight writers, a broker that forgets twice, a worker killed in the middle, a rebuild at the same time."""
    ensure_checkpoints()
    worker = celery_worker_process(concurrency=2, beat=True)
    assert worker.process
    group = worker.process.pid

    def work(number: int) -> int:
        if number < WRITERS:
            return len([record(f"dispute/{number}-{turn % 3}") for turn in range(EACH)])
        if number == WRITERS:
            return rebuild("disputes").generation
        for turn in (1, 2):
            until(lambda: log.head().position > turn * WRITERS * EACH // 4, "the storm has begun")  # noqa: B023
            redis.Redis.from_url(own_broker.url).flushall()
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        return 0

    assert race(work, WRITERS + 2) == [EACH] * WRITERS + [2, 0]
    worker.kill()
    worker.start()
    until(lambda: all_reached(WRITERS * EACH), "the sweep has brought everything up")
    assert_every_event_once(WRITERS * EACH)
