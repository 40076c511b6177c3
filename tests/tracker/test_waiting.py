"""Appends that meet at the head: who gets it records all that wait, in one commit; each gets its own answer."""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Thread

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection

from tests.processes import database_url, until
from tests.tracker.processes import killed_at
from tests.tracker.tallies import META, composed, counted
from tracker import log
from tracker.ledger.openings import text_of
from tracker.log import IdempotencyConflict, LogBusy, WrongExpectedVersion, appending
from tracker.roles import WAITING

pytestmark = pytest.mark.usefixtures("committed_tallies")


def leave(event, expected="{}") -> int:
    """The request that a writer leaves at a held head, before it asks what became of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT request FROM tracker_append_or_leave(%s, %s)", [composed(event), expected])
        return cursor.fetchone()[0]


def left(other, *events) -> list[int]:
    """What several writers leave while the head is held."""
    with other.transaction():
        other.execute("SELECT FROM tracker_head FOR UPDATE")
        return [leave(event) for event in events]


def fetch(other, request: int) -> tuple:
    return other.execute("SELECT first, versions, refused FROM tracker_append_left(%s)", [request]).fetchone()


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {WAITING}")
        return cursor.fetchone()[0]


def test_a_free_head_is_appended_to_at_once():
    assert leave(counted()) is None
    assert (log.head().position, waiting()) == (1, 0)


def test_who_gets_the_head_records_all_that_wait_in_the_order_in_which_they_came(other):
    first, second, third = left(other, counted("tally/a"), counted("tally/b"), counted("tally/a"))
    assert fetch(other, second) == (2, [1], None)
    assert [(event.stream, event.version) for event in log.read()] == [("tally/a", 1), ("tally/b", 1), ("tally/a", 2)]
    assert len({event.recorded_at for event in log.read()}) == 3, "each is a batch of its own"
    assert (fetch(other, third), fetch(other, first)) == ((3, [2], None), (1, [1], None))
    assert (log.head().position, waiting()) == (3, 0)


def test_they_are_one_commit(other):
    first, second = left(other, counted("tally/a"), counted("tally/b"))
    with other.transaction(force_rollback=True):
        fetch(other, first)
        assert other.execute("SELECT size FROM tracker_head").fetchone() == (2,)
    assert (log.head().position, waiting()) == (0, 2)
    assert fetch(other, second) == (2, [1], None)


def test_only_what_records_nothing_is_committed_without_a_flush(other):
    def durable(question: str, *asked) -> str:
        with other.transaction():
            other.execute(question, asked)
            return other.execute("SHOW synchronous_commit").fetchone()[0]

    first, second = left(other, counted("tally/a"), counted("tally/b"))
    assert durable("SELECT tracker_append_left(%s)", first) == "on", "it recorded both"
    assert durable("SELECT tracker_append_left(%s)", second) == "off", "it was recorded"
    assert durable("SELECT tracker_append_or_leave(%s, '{}')", composed(counted())) == "on"
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT FROM tracker_head FOR UPDATE")
        try:
            assert durable("SELECT tracker_append_or_leave(%s, '{}')", composed(counted())) == "off"
        finally:
            cursor.execute("ROLLBACK")


def test_what_is_refused_is_told_its_owner_and_undoes_nothing_else(other):
    repeated = counted("tally/a")
    log.append([repeated])
    with other.transaction():
        other.execute("SELECT FROM tracker_head FOR UPDATE")
        good = leave(counted("tally/b"))
        late = leave(counted("tally/a"), '{"tally/a": 0}')
        broken = leave(counted("tally/c"), '{"tally/c": "many"}')
        last = leave(counted("tally/d"))
        again = leave(repeated)
    assert fetch(other, good) == (2, [1], None)
    with pytest.raises(WrongExpectedVersion, match="tally/a is at version 1, expected a new stream"):
        appending._fetched(late)
    with pytest.raises(DatabaseError, match="invalid input syntax for type integer"):
        appending._fetched(broken)
    assert appending._fetched(last)[:2] == [3, [1]]
    assert appending._fetched(again)[0] is None, "it was in the log before"
    assert ([event.stream for event in log.read()], waiting()) == (["tally/a", "tally/b", "tally/d"], 0)


def test_half_of_a_batch_that_is_recorded_already_is_a_conflict_there_too(other):
    known = counted("tally/a")
    log.append([known])
    both = f"[{composed(known)[1:-1]},{composed(counted('tally/b'))[1:-1]}]"
    with other.transaction():
        other.execute("SELECT FROM tracker_head FOR UPDATE")
        with connection.cursor() as cursor:
            cursor.execute("SELECT request FROM tracker_append_or_leave(%s, '{}')", [both])
            [request] = cursor.fetchone()
    with pytest.raises(IdempotencyConflict, match="1 of 2 event ids are recorded already"):
        appending._fetched(request)


def test_who_gives_up_takes_the_batch_back_and_nobody_records_it_later(other, hurry):
    with other.transaction():
        other.execute("SELECT FROM tracker_head FOR UPDATE")
        with pytest.raises(LogBusy):
            log.append([counted("tally/a")])
        assert waiting() == 0
    [next_one] = left(other, counted("tally/b"))
    fetch(other, next_one)
    assert [event.stream for event in log.read()] == ["tally/b"]


def test_who_gives_up_while_it_is_being_recorded_is_told_that_it_is(other, hurry):
    """The head comes free too late, but with the batch recorded: an error would be untrue."""

    def record_slowly() -> None:
        with other.transaction():
            other.execute("SELECT FROM tracker_head FOR UPDATE")
            held.append(True)
            until(lambda: other.execute(f"SELECT FROM {WAITING}").fetchone() is not None, "a batch is left")
            [own] = other.execute(
                f"INSERT INTO {WAITING} (batch, expected) VALUES (%s, '{{}}') RETURNING id",
                [composed(counted("tally/b"))],
            ).fetchone()
            fetch(other, own)
            other.execute("SELECT pg_sleep(0.4)")

    held: list[bool] = []
    thread = Thread(target=record_slowly)
    thread.start()
    until(lambda: held, "the head is held")
    [event] = log.append([counted("tally/a")])
    thread.join()
    assert [(found.position, found.stream) for found in log.read()] == [(1, "tally/a"), (2, "tally/b")]
    assert (event.position, waiting()) == (1, 0)


@pytest.mark.parametrize("table", ["tracker_head", WAITING])
def test_nobody_waits_for_a_table_that_is_locked_longer_than_for_the_head(other, table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'tracker_append_or_leave'")
        assert "lock_timeout=5s" in cursor.fetchone()[0]
        cursor.execute("ALTER FUNCTION tracker_append_or_leave SET lock_timeout = '100ms'")
    try:
        with other.transaction():
            other.execute("SELECT FROM tracker_head FOR UPDATE")
            other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(LogBusy):
                log.append([counted()])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER FUNCTION tracker_append_or_leave SET lock_timeout = '5s'")
    assert (log.head().position, waiting()) == (0, 0)


def test_what_is_wrong_with_the_server_is_not_laid_to_the_batches_that_wait(other):
    """An index is being built: one wait and no answer to the others, not one wait for each that holds the head."""
    first, second = left(other, counted("tally/a"), counted("tally/b"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION tracker_append SET lock_timeout = '100ms'")
    try:
        with other.transaction():
            other.execute("LOCK TABLE tracker_event IN SHARE MODE")
            with pytest.raises(LogBusy):
                appending._fetched(first)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER FUNCTION tracker_append SET lock_timeout = '5s'")
    assert waiting() == 1, "the one that gave up took its own back"
    assert fetch(other, second) == (1, [1], None)


def test_what_a_writer_left_that_went_away_is_not_recorded_once_it_is_old(other):
    old, late, fresh = left(other, counted("tally/a"), counted("tally/b"), counted("tally/c"))
    other.execute(f"UPDATE {WAITING} SET id = id - (7200000::bigint << 20) WHERE id = %s", [old])
    other.execute(f"UPDATE {WAITING} SET left_at = left_at - interval '11 s' WHERE id = %s", [late])
    [fresh] = other.execute(
        f"UPDATE {WAITING} SET id = (id / 64 + 1) * 64 WHERE id = %s RETURNING id", [fresh]
    ).fetchone()
    assert fetch(other, fresh) == (1, [1], None)
    assert waiting() == 1, "one in 64 removes what is long forgotten"
    assert fetch(other, late) == (2, [1], None), "its owner was only slow"
    assert [event.stream for event in log.read()] == ["tally/c", "tally/b"]


def test_a_writer_that_is_killed_before_it_hears_holds_nobody_up_and_can_send_the_same_again(other, monkeypatch):
    event = counted("tally/a")

    def work(here) -> None:
        monkeypatch.setattr(appending, "_fetched", here)
        log.append([event])

    with other.transaction():
        other.execute("SELECT FROM tracker_head FOR UPDATE")
        killed_at(work)
    assert (log.head().position, waiting()) == (0, 1)
    [next_one] = left(other, counted("tally/b"))
    assert fetch(other, next_one) == (2, [1], None)
    assert log.append([event])[0].position == 1
    assert log.head().position == 2


@pytest.mark.parametrize("free", [True, False])
def test_who_finds_no_answer_is_not_told_that_nothing_was_recorded_and_the_reason_is_kept(
    other, hurry, monkeypatch, free
):
    """The server crashed behind a pooler, or the writer stood still for an hour: its request is gone, its event not."""

    def late(request: int) -> list:
        other.execute("ROLLBACK")
        fetch(other, left(other, counted("tally/b"))[0])
        other.execute(f"TRUNCATE {WAITING}")
        with other.transaction():
            if not free:
                other.execute("SELECT FROM tracker_head FOR UPDATE")
            return fetched(request)

    fetched = appending._fetched
    monkeypatch.setattr(appending, "_fetched", late)
    event = counted("tally/a", meta=replace(META, reason="A letter of hers."))
    other.execute("BEGIN")
    other.execute("SELECT FROM tracker_head FOR UPDATE")
    with pytest.raises(OperationalError, match="nobody knows what became of the batch"):
        log.append([event])
    [first, _] = log.read()
    assert text_of(first.meta["reason"]) == "A letter of hers."
    assert [again.position for again in log.append([event])] == [1]
    assert text_of(first.meta["reason"]) == "A letter of hers."


def test_who_is_interrupted_keeps_the_reason_of_what_others_may_record(other, monkeypatch):
    def interrupted(request: int) -> None:
        other.execute("ROLLBACK")
        raise KeyboardInterrupt

    monkeypatch.setattr(appending, "_fetched", interrupted)
    other.execute("BEGIN")
    other.execute("SELECT FROM tracker_head FOR UPDATE")
    with pytest.raises(KeyboardInterrupt):
        log.append([counted("tally/a", meta=replace(META, reason="A letter of hers."))])
    fetch(other, left(other, counted("tally/b"))[0])
    [first, _] = log.read()
    assert text_of(first.meta["reason"]) == "A letter of hers."


def test_no_request_of_before_a_crash_is_answered_with_what_became_of_a_later_one(other):
    """A crash empties the table and sets its numbers back; behind a pooler the writer may still ask afterwards."""
    [lost] = left(other, counted("tally/a"))
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {WAITING} RESTART IDENTITY")
    [later] = left(other, counted("tally/b"))
    assert later > lost
    with pytest.raises(OperationalError, match="nobody knows what became"):
        appending._fetched(lost)
    assert (log.head().position, waiting()) == (0, 1)
    assert fetch(other, later) == (1, [1], None)


def test_what_was_answered_while_somebody_reads_a_snapshot_is_not_read_by_each_append(other):
    """A dump keeps what is deleted from being cleaned up, for hours; the scan must not grow with it."""
    with psycopg.connect(database_url()) as dump, other.cursor() as cursor:
        dump.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        dump.execute("SELECT FROM tracker_head")
        cursor.execute(f"INSERT INTO {WAITING} (batch, expected) SELECT '[]', '{{}}' FROM generate_series(1, 20000)")
        cursor.execute(f"DELETE FROM {WAITING}")
        time.sleep(1.1)
        [request] = left(other, counted())

        def read() -> int:
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute(
                "SELECT idx_tup_fetch + seq_tup_read + idx_tup_read FROM pg_stat_user_tables JOIN (SELECT relid AS at,"
                " sum(idx_tup_read) AS idx_tup_read FROM pg_stat_user_indexes GROUP BY 1) AS own ON at = relid"
                " WHERE relname = %s",
                [WAITING],
            )
            return cursor.fetchone()[0]

        before = read()
        fetch(other, request)
        assert read() - before < 100


def test_a_large_batch_waits_by_itself(other, django_assert_num_queries):
    events = [counted(f"tally/{number}") for number in range(appending.GATHERED + 1)]
    with django_assert_num_queries(1) as asked:
        log.append(events)
    assert "tracker_append(" in asked[0]["sql"]


def test_a_group_leaves_no_shared_locks_behind_which_all_who_come_to_the_head_would_look_up(other):
    """Of a transaction and its savepoints: each would be a lookup for every dead version of the head."""

    def newest() -> int:
        return int(other.execute("SELECT next_multixact_id FROM pg_control_checkpoint()").fetchone()[0])

    requests = left(other, *(counted(f"tally/{number}") for number in range(8)))
    other.execute("CHECKPOINT")
    before = newest()
    assert fetch(other, requests[0]) == (1, [1], None)
    other.execute("CHECKPOINT")
    assert newest() == before
