"""What was recorded stays: the database refuses every other way in, and every way to change or remove."""

import pytest
from django.core.checks import run_checks
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.tracker.tallies import count
from tracker import attachments, checks, log
from tracker.models import Attachment, Event, Head

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tallies")]

COPY_OF_THE_LAST = """
    INSERT INTO tracker_event
    SELECT {position}, gen_random_uuid(), stream, version + 1, type, schema, known_from, known_seq, occurred_on,
           recorded_at, corrects, entry, leaf_hash
    FROM tracker_event ORDER BY position DESC LIMIT 1
"""


@pytest.fixture(autouse=True)
def two_entries(db, tallies):
    count(label="first")
    count(label="second")
    attachments.store(b"8505.11", media_type="text/csv")


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def refusal(statement: str) -> str:
    before = [event.entry for event in log.read()], Head.objects.values().get()
    with pytest.raises(DatabaseError) as refused:
        execute(statement)
    assert ([event.entry for event in log.read()], Head.objects.values().get()) == before
    return str(refused.value)


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tracker_event SET type = 'tally.closed' WHERE position = 1",
        "UPDATE tracker_event SET type = type WHERE false",
        "DELETE FROM tracker_event WHERE position = 2",
        "TRUNCATE tracker_event",
        "TRUNCATE tracker_event CASCADE",
        "MERGE INTO tracker_event AS event USING (SELECT 1) AS one ON event.position = 1 WHEN MATCHED THEN DELETE",
        COPY_OF_THE_LAST.format(position=1) + "ON CONFLICT (position) DO UPDATE SET type = 'tally.closed'",
        "UPDATE tracker_attachment SET media_type = 'text/plain'",
        "DELETE FROM tracker_attachment",
        "TRUNCATE tracker_attachment",
        "DELETE FROM tracker_head",
        "TRUNCATE tracker_head",
    ],
)
def test_sql_cannot_change_or_remove_what_was_recorded_in_any_replication_role(statement, role):
    execute(f"SET LOCAL session_replication_role = {role}")
    assert "is append-only" in refusal(statement)


@pytest.mark.parametrize("position", [4, 0, -1, 2])
def test_a_row_that_does_not_follow_the_last_is_refused(position):
    with pytest.raises(DatabaseError, match=r"positions are dense|event_from_one|duplicate key"), transaction.atomic():
        execute(COPY_OF_THE_LAST.format(position=position))


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_a_row_that_follows_but_that_the_head_does_not_announce_is_refused(role):
    execute(f"SET LOCAL session_replication_role = {role}")
    assert refusal(COPY_OF_THE_LAST.format(position=3)).startswith(
        "positions are dense: 3 to 3 do not lead from 2 to the head, 2"
    )


@pytest.mark.parametrize(
    "assignment",
    [
        "size = size - 1, recorded_at = recorded_at + interval '1 second'",
        "recorded_at = recorded_at + interval '1 second'",
        "size = size + 1, recorded_at = recorded_at - interval '1 second'",
        "size = size + 1",
        "size = size + 1, recorded_at = recorded_at + interval '1 second', log_id = gen_random_uuid()",
    ],
)
def test_the_head_only_grows_and_keeps_its_log(assignment):
    assert "tracker_head is append-only" in refusal(f"UPDATE tracker_head SET {assignment}")


def test_there_is_one_head():
    head = Head.objects.get()
    head.id = 2
    with pytest.raises(IntegrityError, match="head_is_one_row"), transaction.atomic():
        head.save(force_insert=True)


def test_the_orm_cannot_save_update_or_delete():
    first, second = Event.objects.order_by("position")
    first.type = "tally.closed"
    for change in (
        first.save,
        first.delete,
        Event.objects.all().delete,
        lambda: Event.objects.update(type="tally.closed"),
        lambda: Event.objects.bulk_update([first, second], ["type"]),
        lambda: Event.objects.bulk_create(
            [second], update_conflicts=True, update_fields=["type"], unique_fields=["position"]
        ),
        Attachment.objects.all().delete,
    ):
        with pytest.raises(DatabaseError, match="is append-only"), transaction.atomic():
            change()
    second.position, second.version, second.event_id = 3, 3, "00000000-0000-4000-8000-000000000001"
    with pytest.raises(DatabaseError, match="positions are dense"), transaction.atomic():
        second.save(force_insert=True)


def test_bytes_cannot_be_attached_under_another_hash():
    with pytest.raises(IntegrityError, match="attachment_is_named_by_its_hash"), transaction.atomic():
        Attachment.objects.create(sha256="0" * 64, media_type="text/csv", content=b"8505.11")


# The system checks


def found() -> list[str]:
    messages = run_checks(tags=["database"], databases=["default"])
    return [message.msg for message in messages if (message.id or "").startswith("tracker.E")]


def test_the_checks_find_nothing_wrong_with_a_fresh_log():
    assert found() == []


@pytest.mark.parametrize("trigger", ["event_no_change", "event_no_truncate", "event_dense"])
@pytest.mark.parametrize("how", ["DISABLE TRIGGER {}", "ENABLE TRIGGER {}", "ENABLE REPLICA TRIGGER {}"])
def test_the_check_fails_when_a_trigger_is_not_always_on(trigger, how):
    execute(f"ALTER TABLE tracker_event {how.format(trigger)}")
    assert found() == [f"triggers that guard the log are missing or disabled: {trigger}"]


def test_the_check_fails_when_a_trigger_is_gone():
    execute("DROP TRIGGER head_grows ON tracker_head")
    execute("ALTER TABLE tracker_attachment DISABLE TRIGGER USER")
    assert found() == [
        "triggers that guard the log are missing or disabled: attachment_no_change, attachment_no_truncate, head_grows"
    ]


def test_the_check_names_every_trigger_that_the_migrations_install():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE proname IN ('tracker_refuse', 'tracker_dense')"
        )
        assert {name for (name,) in cursor.fetchall()} == set(checks.TRIGGERS)


def test_a_database_that_is_not_migrated_yet_is_no_fault():
    execute("DROP FUNCTION tracker_append")
    execute("ALTER TABLE tracker_event DISABLE TRIGGER USER")
    assert found() == []


def test_the_check_refuses_transactions_that_go_on_reading_what_they_saw_first(monkeypatch):
    monkeypatch.setattr(checks, "_asked", lambda using, query: "repeatable read" if "isolation" in query else False)
    assert found() == ["transactions of default are repeatable read; the log needs read committed"]
