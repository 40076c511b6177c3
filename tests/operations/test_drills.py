"""Faults with real processes: after each, every acknowledged event is there once and the rows follow from the log."""

import os
import signal

import pytest
import redis

from tests.operations.servers import Own
from tests.processes import Broker, CeleryWorker, until

pytestmark = pytest.mark.drill


@pytest.fixture
def database(tmp_path):
    own = Own(tmp_path / "postgres")
    own.manage("migrate", "--verbosity=0")
    yield own
    own.stop()


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path / "broker").start()
    yield broker
    broker.kill()


@pytest.fixture
def host(tmp_path, database, broker):
    """Starts the workers of one host, which is told two addresses and nothing else."""
    workers = []

    def start(name: str) -> CeleryWorker:
        folder = tmp_path / name
        folder.mkdir()
        given = database.environment | {"REDIS_URL": broker.url, "LOG_LEVEL": "INFO", "DATABASE_OWNER_URL": ""}
        worker = CeleryWorker(folder, concurrency=2, beat=name == "first", environment=given)
        workers.append(worker)
        return worker.start()

    yield start
    for worker in workers:
        worker.kill()


def signalled(worker: CeleryWorker, number: signal.Signals) -> None:
    assert worker.process is not None
    os.killpg(worker.process.pid, number)


def projected(database: Own) -> bool:
    ((head,),) = database.ask("SELECT size FROM tracker_head")
    behind = database.ask(f"SELECT count(*) FROM tracker_checkpoint WHERE position < {head}")
    return behind == [(0,)] and head > 0


def test_workers_of_two_hosts_of_which_one_is_cut_off_and_brought_back_lose_and_double_nothing(
    database, broker, host, tmp_path, monkeypatch
):
    monkeypatch.setenv("REDIS_URL", broker.url)
    database.ask("ALTER ROLE lancaster SET idle_in_transaction_session_timeout = '2s'")
    host("first")
    second = host("second")
    with database.writers(tmp_path) as writers:
        writers[0].until_more()
        for _ in range(3):
            signalled(second, signal.SIGSTOP)
            writers[0].until_more(40)
            signalled(second, signal.SIGCONT)
            writers[0].until_more()
        signalled(second, signal.SIGSTOP)
    until(lambda: projected(database), "the other host alone has projected everything", 120)
    signalled(second, signal.SIGCONT)
    database.assert_holds(writers)


def test_a_broker_out_of_memory_costs_no_event_and_the_rows_follow_when_it_has_room(
    database, broker, host, tmp_path, monkeypatch
):
    monkeypatch.setenv("REDIS_URL", broker.url)
    host("first")
    with database.writers(tmp_path) as writers:
        writers[0].until_more()
        redis.Redis.from_url(broker.url).config_set("maxmemory", "1")
        writers[0].until_more()
        redis.Redis.from_url(broker.url).config_set("maxmemory", "0")
    until(lambda: projected(database), "the sweep has found what woke nobody", 120)
    database.assert_holds(writers)


def test_a_clock_that_steps_back_an_hour_never_turns_the_recorded_clock_back(database):
    """For the log a clock stepped back and a last entry from the future are one and the same."""
    database.record()
    for statement in (
        "ALTER TABLE tracker_head DISABLE TRIGGER head_grows",
        "UPDATE tracker_head SET recorded_at = recorded_at + interval '1 hour'",
        "ALTER TABLE tracker_head ENABLE ALWAYS TRIGGER head_grows",
    ):
        database.ask(statement)
    assert [database.record(), database.record()] == [2, 3]
    times = [time for (time,) in database.ask("SELECT recorded_at FROM tracker_event ORDER BY position")]
    assert times[0] < times[1] < times[2]
    assert (times[2] - times[1]).total_seconds() < 1
    database.assert_holds([])
