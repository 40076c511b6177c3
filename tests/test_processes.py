"""The fixtures that commit and start processes do what they say."""

from datetime import date

import psycopg
import pytest

from config.celery import app
from tests.processes import database_url, until
from tracker import log
from tracker.events import Source
from tracker.log import Meta, NewEvent
from tracker.projections import ensure_checkpoints, lag
from tracker.vocabulary import SourcesReviewed

SOURCE = Source(title="Talks in London", url="https://example.org/talks")


def record(stream: str = "dispute/rare-earths") -> int:
    event = NewEvent(
        stream=stream,
        payload=SourcesReviewed(through="2025-06-10", sources=(SOURCE,)),
        meta=Meta(actor="ed-test", approval="imported", origin="command"),
        known_from=date(2025, 6, 10),
    )
    return log.append([event])[0].position


def caught_up() -> bool:
    behind = [events for _, events in lag()]
    return bool(behind) and not any(behind)


@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_a_test_commits_is_seen_by_others_and_gone_in_the_next(committed_db, turn):
    assert log.head().position == 0
    record()
    with psycopg.connect(database_url()) as other:
        assert other.execute("SELECT count(*) FROM tracker_event").fetchone() == (1,)


@pytest.mark.faults
def test_a_worker_takes_up_after_it_and_its_broker_were_killed(own_broker, celery_worker_process):
    ensure_checkpoints()
    worker = celery_worker_process()
    record()
    until(caught_up, "the event is projected")

    worker.kill()
    own_broker.kill()
    record()
    assert not caught_up()

    own_broker.start()
    record()
    worker.start()
    until(caught_up, "the events of the time without worker and broker are projected")
    assert app.conf.broker_url == own_broker.url


@pytest.mark.faults
def test_a_worker_with_its_beat_outlives_the_broker_and_sweeps_up_when_it_is_back(own_broker, celery_worker_process):
    worker = celery_worker_process(beat=True)
    record()
    until(caught_up, "the event is projected")

    own_broker.kill()
    until(lambda: "onnection refused" in worker.log.read_text(), "the worker has noticed")
    record()
    assert not caught_up()

    own_broker.start()
    until(caught_up, "the sweep has found the event that woke nobody")
