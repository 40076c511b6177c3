"""A real worker and a real broker that repeat, hang, forget and die while eight processes record."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest
import redis

from tests.processes import until
from tests.test_processes import record
from tests.tracker.processes import race
from tracker import log
from tracker.models import Checkpoint, Parked
from tracker.projections import Status, ensure_checkpoints, projections
from tracker.rebuild import digest, rebuild, scratch_digest
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
