"""The load of the shipped data under fire: a worker is killed in its middle, the broker forgets everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
import redis

from measures import commands, importing
from measures.importing import Batch, ImportProblem
from tests.processes import until
from tracker import attachments, log
from tracker.digests import digest
from tracker.models import Checkpoint, Parked
from tracker.projections import ensure_checkpoints, projections
from tracker.rebuild import rebuild, scratch_digest

pytestmark = pytest.mark.faults

TODAY = date(2026, 11, 24)


def shipped() -> list[Batch]:
    """The shipped lines in the order of recording; those of the measures are enough to keep a worker busy."""
    for path in importing.attachments():
        attachments.store(path.read_bytes(), media_type="text/csv")
    items = [item for path in importing.files() for item in importing.read(path)]
    assert not [item for item in items if isinstance(item, ImportProblem)]
    return importing.in_order(item for item in items if isinstance(item, Batch))


def record(batches: Sequence[Batch]) -> None:
    for batch in batches:
        commands.record(batch.events, today=TODAY)


def reached(position: int) -> bool:
    rows = Checkpoint.objects.filter(status="live")
    return rows.count() == len(projections()) and all(row.position >= position for row in rows)


def assert_every_event_once(count: int) -> None:
    """Positions are dense, nothing is parked, and every table holds what follows from the log and nothing else."""
    assert [item.position for item in log.read()] == list(range(1, count + 1))
    assert not Parked.objects.exists()
    for kind in projections():
        live = Checkpoint.objects.get(projection=kind.name, status="live")
        assert live.position == count
        assert digest(kind, live.generation) == scratch_digest(kind, count)


def test_a_worker_killed_in_the_middle_of_the_load_loses_nothing_and_doubles_nothing(
    own_broker, celery_worker_process
) -> None:
    ensure_checkpoints()
    batches = shipped()
    third = len(batches) // 3
    worker = celery_worker_process(concurrency=2, beat=True)  # a wake-up that died with its worker is swept up

    record(batches[:third])
    until(lambda: Checkpoint.objects.filter(position__gt=0).exists(), "the worker has begun")
    worker.kill()
    record(batches[third : 2 * third])
    assert not reached(log.head().position)

    worker.start()
    record(batches[2 * third :])
    count = log.head().position
    until(lambda: reached(count), "everything is projected")
    assert_every_event_once(count)

    before = {kind.name: digest(kind, 1) for kind in projections()}
    for kind in projections():
        assert digest(kind, rebuild(kind.name).generation) == before[kind.name]


def test_a_broker_that_forgets_everything_during_the_load_costs_nothing(own_broker, celery_worker_process) -> None:
    batches = shipped()[:240]
    celery_worker_process(beat=True)
    forgetful = redis.Redis.from_url(own_broker.url)
    for start in range(0, len(batches), 60):
        record(batches[start : start + 60])
        forgetful.flushall()
    count = log.head().position
    until(lambda: reached(count), "the sweep has repaired what the broker forgot")
    assert_every_event_once(count)


def test_recording_goes_on_without_a_broker_and_the_rows_follow_when_it_is_back(
    own_broker, celery_worker_process
) -> None:
    ensure_checkpoints()
    batches = shipped()[:120]
    own_broker.kill()
    record(batches)
    count = log.head().position
    assert count >= len(batches)
    assert not reached(count)

    own_broker.start()
    celery_worker_process(beat=True)
    until(lambda: reached(count), "the sweep has found what woke nobody")
    assert_every_event_once(count)
