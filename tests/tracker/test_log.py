"""The log: dense positions in commit order, batches whole or not at all, one door in and one out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import connection, transaction

from tests.tracker import tallies
from tests.tracker.tallies import FIRST_SCHEMA, SOURCES, TYPES, CountedOnce, count, counted
from tracker import attachments, events, log, prepared
from tracker.events import AttachmentRef, EventError, FutureSchema, UnknownEventType
from tracker.log import BEGINNING, EXISTS, IdempotencyConflict, Position, WrongExpectedVersion, reading

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tallies")]


def set_clock(instant: str) -> None:
    """Sets the database's clock for the rest of the transaction: a function that comes before PostgreSQL's own."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS wrong")
        cursor.execute(
            "CREATE OR REPLACE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
            f" $$ SELECT timestamptz '{instant}' $$"
        )
        cursor.execute("ALTER FUNCTION tracker_append SET search_path = wrong, pg_catalog, public")


# Positions, versions, instants


def test_positions_are_dense_over_all_streams_and_versions_within_each():
    log.append([counted("tally/a"), counted("tally/b"), counted("tally/a")])
    log.append([counted("tally/b")])
    found = [(event.position, event.stream, event.version) for event in log.read()]
    assert found == [(1, "tally/a", 1), (2, "tally/b", 1), (3, "tally/a", 2), (4, "tally/b", 2)]
    assert log.head().position == 4
    assert (log.version("tally/a"), log.version("tally/c"), log.exists("tally/c")) == (2, 0, False)


def test_a_refused_append_burns_no_position():
    for number in range(30):
        if number % 3:
            count()
        else:
            with pytest.raises(WrongExpectedVersion):
                log.append([counted()], expected={"tally/a": 99})
    assert [event.position for event in log.read()] == list(range(1, 21))


def test_a_batch_shares_its_instant_and_the_next_one_comes_later():
    first = log.append([counted(), counted()])
    second = log.append([counted()])
    assert first[0].recorded_at == first[1].recorded_at < second[0].recorded_at == log.head().recorded_at


def test_recorded_at_strictly_increases_even_when_the_database_clock_steps_back():
    set_clock("2025-06-10 12:00Z")
    first = count()
    set_clock("2025-06-09 12:00Z")
    second, third = count(), count()
    assert first.recorded_at == datetime(2025, 6, 10, 12, tzinfo=UTC)
    assert second.recorded_at == first.recorded_at + timedelta(microseconds=1)
    assert third.recorded_at == first.recorded_at + timedelta(microseconds=2)
    set_clock("2025-06-10 12:00:01Z")
    assert count().recorded_at == datetime(2025, 6, 10, 12, 0, 1, tzinfo=UTC)


def test_a_batch_has_one_to_five_thousand_events():
    for batch in ([], [counted()] * (log.MAX_BATCH + 1)):
        with pytest.raises(EventError, match=f"a batch has 1 to 5000 events, not {len(batch)}"):
            log.append(batch)
    assert len(log.append([counted(f"tally/{number % 7}") for number in range(log.MAX_BATCH)])) == log.MAX_BATCH
    assert log.head().position == log.MAX_BATCH


def test_append_says_what_it_recorded_and_reading_says_the_same():
    recorded = log.append([counted(), counted("tally/b", known_seq=1, occurred_on="2025")])
    assert list(recorded) == log.read()
    assert recorded[1].payload == counted("tally/b").payload


# Expected versions


@pytest.mark.parametrize(
    ("stream", "expected", "found", "wanted"),
    [
        ("tally/a", log.NONE, 2, "a new stream"),
        ("tally/a", 1, 2, "version 1"),
        ("tally/a", 3, 2, "version 3"),
        ("tally/new", EXISTS, 0, "an existing stream"),
        ("tally/new", 1, 0, "version 1"),
    ],
)
def test_a_wrong_expected_version_says_what_is_there_and_nothing_is_stored(stream, expected, found, wanted):
    log.append([counted(), counted()])
    with pytest.raises(WrongExpectedVersion) as refused:
        log.append([counted("tally/b"), counted(stream)], expected={"tally/b": log.NONE, stream: expected})
    assert str(refused.value) == (
        f"{stream} is at version {found}, expected {wanted}: somebody recorded in between, look again"
    )
    assert (refused.value.stream, refused.value.expected, refused.value.found) == (stream, expected, found)
    assert log.head().position == 2


@pytest.mark.parametrize(
    ("stream", "expected"),
    [("tally/a", log.ANY), ("tally/a", EXISTS), ("tally/a", 2), ("tally/new", log.ANY), ("tally/new", log.NONE)],
)
def test_a_right_expected_version_lets_the_append_through(stream, expected):
    log.append([counted(), counted()])
    log.append([counted(stream), counted(stream)], expected={stream: expected})
    assert log.head().position == 4


def test_an_append_may_depend_on_the_version_of_a_stream_that_it_does_not_touch():
    count("tally/a")
    with pytest.raises(WrongExpectedVersion):
        log.append([counted("tally/b")], expected={"tally/a": log.NONE})


@pytest.mark.parametrize("version", [-3, "1", 1.0, None, True])
def test_an_expected_version_is_a_whole_number(version):
    with pytest.raises(EventError, match="is not a version: write a whole number") as refused:
        log.append([counted()], expected={"tally/a": version})
    assert refused.value.field == "expected_version"


# Idempotency


def test_the_same_batch_again_returns_the_first_result_whatever_was_recorded_in_between():
    batch = [counted(label="twice"), counted("tally/b")]
    first = log.append(batch, expected={"tally/a": log.NONE})
    count()
    assert log.append(batch, expected={"tally/a": log.NONE}) == first
    assert log.head().position == 3


@pytest.mark.parametrize(
    "change",
    [
        {"payload": tallies.Counted(sources=SOURCES, amount=2)},
        {"payload": tallies.Closed(sources=SOURCES)},
        {"stream": "tally/b"},
        {"known_from": date(2025, 6, 11)},
        {"known_seq": 1},
        {"occurred_on": "2025"},
    ],
)
def test_another_body_under_the_same_id_is_a_conflict(change):
    event = counted()
    log.append([event])
    with pytest.raises(IdempotencyConflict, match="is recorded at position 1 with another body"):
        log.append([replace(event, **change)])
    assert log.head().position == 1


def test_another_request_under_the_same_id_is_no_conflict():
    event = counted()
    first = log.append([event])
    assert log.append([replace(event, meta=replace(event.meta, request_id="retry"))]) == first


def test_a_batch_that_is_recorded_in_part_is_a_conflict():
    event = counted()
    log.append([event])
    with pytest.raises(IdempotencyConflict, match="1 of 2 event ids are recorded already; a batch is repeated whole"):
        log.append([counted("tally/b"), event])
    assert log.head().position == 1


def test_an_id_that_stands_twice_in_a_batch_is_a_conflict():
    event = counted()
    with pytest.raises(IdempotencyConflict, match="an event id stands twice in the batch"):
        log.append([event, event])


def test_repeating_an_event_of_an_older_schema_is_no_conflict(monkeypatch):
    old = append_first_schema(monkeypatch, count=3)
    assert log.append([counted(amount=3, id=old.id)]) == (old,)
    with pytest.raises(IdempotencyConflict):
        log.append([counted(amount=4, id=old.id)])


# Reading


def append_first_schema(monkeypatch, count, **said):
    """Records an event with the code of then."""
    with monkeypatch.context() as then:
        then.setitem(events._types, "tally.counted", FIRST_SCHEMA)
        return log.append([replace(counted(**said), payload=CountedOnce(sources=SOURCES, count=count))])[0]


def test_an_event_of_an_older_schema_is_upcast_when_read_and_its_bytes_stay(monkeypatch):
    old = append_first_schema(monkeypatch, count=3)
    found = log.read()[0]
    assert (found.schema, found.data["count"]) == (1, 3)
    assert found.payload == tallies.Counted(sources=SOURCES, amount=3)
    assert (found.entry, found.leaf_hash) == (old.entry, old.leaf_hash)


def test_an_event_of_a_newer_schema_or_type_is_readable_but_not_interpreted(monkeypatch):
    with monkeypatch.context() as future:
        future.setitem(events._types, "tally.counted", replace(TYPES["tally.counted"], schema=99))
        count(amount=7)
    found = log.read()[0]
    assert found.data["amount"] == 7
    with pytest.raises(FutureSchema):
        _ = found.payload
    monkeypatch.delitem(events._types, "tally.counted")
    with pytest.raises(UnknownEventType):
        _ = log.read()[0].payload


def test_an_unregistered_type_cannot_be_appended(monkeypatch):
    monkeypatch.delitem(events._types, "tally.counted")
    with pytest.raises(UnknownEventType, match=r"'tally\.counted' is not a registered event type"):
        count()
    assert log.head().position == 0


def test_reading_is_by_position_stream_category_type_and_known_day_in_both_directions():
    log.append([counted("tally/a"), counted("tally/b", known="2025-06-11")])
    log.append([replace(counted("tally/a"), payload=tallies.Closed(sources=SOURCES))])

    def positions(**by):
        return [event.position for event in log.read(**by)]

    assert positions() == [1, 2, 3]
    assert positions(after=1) == [2, 3]
    assert positions(upto=2) == [1, 2]
    assert positions(limit=2) == [1, 2]
    assert positions(backwards=True, limit=2) == [3, 2]
    assert positions(stream="tally/a") == [1, 3]
    assert positions(streams=["tally/b", "tally/c"]) == [2]
    assert positions(category="tally") == [1, 2, 3]
    assert positions(category="tall") == []
    assert positions(type="tally.closed") == [3]
    assert positions(positions=[3, 1]) == [1, 3]
    assert positions(known_from=date(2025, 6, 11)) == [2]


@pytest.mark.parametrize(
    ("after", "limit", "end"), [(0, 1, 3), (0, 3, 3), (0, 4, 7), (3, 1, 7), (7, 5, 8), (8, 5, None)]
)
def test_a_page_of_batches_never_cuts_one(after, limit, end):
    for size in (3, 4, 1):
        log.append([counted() for _ in range(size)])
    page = log.read_batches(after, limit)
    assert [event.position for event in page] == list(range(after + 1, (end or after) + 1))


def test_the_ordered_pass_reads_stream_by_stream():
    log.append([counted("tally/b"), counted("tally/a"), counted("tally/b"), counted("tally/a")])
    found = [(event.stream, event.version) for event in log.read_by_stream(["tally"], upto=3)]
    assert found == [("tally/a", 1), ("tally/b", 1), ("tally/b", 2)]
    assert log.count(["tally"], upto=3) == 3
    assert log.count(["measure", "case"], upto=3) == 0


# Visible positions


def test_a_position_inside_a_batch_resolves_down_to_the_last_batch_end():
    ends = {}
    for size in (2, 3, 1):
        last = log.append([counted() for _ in range(size)])[-1]
        ends[last.position] = Position(last.position, last.recorded_at)
    resolved = [log.resolve(position=position) for position in range(8)]
    assert resolved == [BEGINNING, BEGINNING, ends[2], ends[2], ends[2], ends[5], ends[6], ends[6]]


def test_an_instant_resolves_to_the_last_batch_recorded_by_then():
    set_clock("2025-06-10 12:00Z")
    log.append([counted(), counted()])
    set_clock("2025-06-10 13:00Z")
    count()
    noon, one = (datetime(2025, 6, 10, hour, tzinfo=UTC) for hour in (12, 13))
    instant = timedelta(microseconds=1)
    assert log.resolve(recorded_at=noon - instant) == BEGINNING
    assert log.resolve(recorded_at=noon) == log.resolve(recorded_at=one - instant) == Position(2, noon)
    assert log.resolve(recorded_at=one) == log.resolve(recorded_at=one + timedelta(days=1)) == Position(3, one)


def test_before_the_first_entry_the_log_stands_at_its_beginning():
    assert log.resolve() == log.resolve(position=5) == BEGINNING
    assert log.head() == BEGINNING


# Attachments


def test_an_attachment_is_stored_once_under_its_hash_and_named_by_events():
    digest = attachments.store(b"8505.11\n", media_type="text/csv")
    assert digest == attachments.store(b"8505.11\n", media_type="text/csv") == sha256(b"8505.11\n").hexdigest()
    stored = attachments.stored(digest)
    assert stored
    assert bytes(stored.content) == b"8505.11\n"
    assert attachments.stored("0" * 64) is None
    count(list=AttachmentRef(sha256=digest, media_type="text/csv"))


def test_an_event_cannot_name_an_attachment_that_is_not_stored():
    with pytest.raises(EventError, match=f"attachment {'0' * 64} is not stored; attach it first") as refused:
        count(list=AttachmentRef(sha256="0" * 64, media_type="text/csv"))
    assert refused.value.field == "data/attachment"
    assert log.head().position == 0


# What it costs


def test_an_append_is_one_statement(django_assert_num_queries):
    """It is its own transaction; within one of a test, a savepoint comes around it."""
    with django_assert_num_queries(3) as asked:
        log.append([counted(), counted("tally/b")], expected={"tally/a": 0})
    assert [query["sql"].split()[0] for query in asked.captured_queries] == ["SAVEPOINT", "SELECT", "RELEASE"]


def test_an_append_refuses_to_hold_the_log_for_as_long_as_somebody_elses_transaction():
    with pytest.raises(RuntimeError, match="durable atomic block cannot be nested"), transaction.atomic():
        count()
    assert log.head().position == 0


def test_an_append_waits_for_the_head_no_longer_than_five_seconds():
    with connection.cursor() as cursor:
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'tracker_append'")
        assert "lock_timeout=5s" in cursor.fetchone()[0]


def test_the_head_row_has_room_for_its_next_versions_and_is_vacuumed_early():
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'tracker_head'")
        options = cursor.fetchone()[0] or []
    early = {"autovacuum_vacuum_threshold=500", "autovacuum_vacuum_scale_factor=0"}
    assert early | {"fillfactor=10"} <= set(options)


def test_no_append_scans_the_log_however_small_it_was_when_the_session_planned():
    def scans():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'tracker_event'")
            return cursor.fetchone()[0]

    before = scans()
    for number in range(40):
        event = counted(f"tally/{number % 3}")
        log.append([event], expected={event.stream: number // 3})
        log.append([event])
    assert scans() == before


def test_the_versions_of_many_streams_are_asked_together(django_assert_num_queries):
    log.append([counted("tally/a"), counted("tally/b"), counted("tally/a")])
    with django_assert_num_queries(1):
        assert log.versions(["tally/a", "tally/b", "tally/none"]) == {"tally/a": 2, "tally/b": 1, "tally/none": 0}


def test_the_latest_of_some_types_come_newest_first_in_one_query(django_assert_num_queries):
    log.append([counted("tally/a"), counted("tally/b"), counted("tally/a")])
    with django_assert_num_queries(1):
        assert [item.position for item in log.latest(["tally.counted", "entry.corrected"], 2)] == [3, 2]


def test_the_newest_of_streams_and_types_are_found_each_by_an_index_of_its_own():
    log.append([counted("tally/a"), counted("tally/b"), counted("tally/a"), counted("tally/a")])
    assert sorted(log.places_of_newest(["tally/a", "tally/b"], [], 2)) == [("tally/a", 4), ("tally/b", 2)]
    assert log.places_of_newest([], ["tally.counted"], 2) == [("tally.counted", 4), ("tally.counted", 3)]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    for statement, values in (
        (reading.NEWEST, [["tally/a"], 2, ["x"], 2, 2]),
        (f"SELECT 1 {reading.LATEST}", [["x"], 2, 2]),
    ):
        plan = str(prepared.rows(f"EXPLAIN {statement}", values))
        assert "event_type" in plan
        assert "tracker_event_pkey" not in plan


def test_what_hangs_on_its_values_is_planned_for_them():
    said = prepared.rows("EXPLAIN SELECT * FROM tracker_event WHERE stream = %s", ["dispute/one"], kept=False)
    assert "'dispute/one'" in str(said)


def test_only_reading_along_the_log_keeps_its_plan():
    """A plan for any stream or type, made once, would go through the whole log for each."""
    for asked in ({}, {"stream": "dispute/one"}, {"streams": ["dispute/one"]}, {"type": "dispute.noted"}):
        log.read(0, upto=10, limit=9, **asked)
    kept = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s"
    plans = [plan for (plan,) in prepared.rows(kept, ["%position > $1 AND position <= $2%"], kept=False)]
    assert any("position <= $2 ORDER BY" in plan for plan in plans)
    assert not any("position <= $2 AND" in plan for plan in plans)
