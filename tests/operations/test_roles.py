"""The database's roles, on a real PostgreSQL: what each can and, above all, cannot do."""

import psycopg
import pytest
from psycopg import errors

from tests.operations.servers import Own

LOST = "import django; django.setup(); from tracker.roles import lost; print(lost())"
INSERT = """
INSERT INTO tracker_event SELECT position + 1, gen_random_uuid(), stream, version + 1, type, schema, known_from,
  known_seq, occurred_on, recorded_at, corrects, entry, leaf_hash FROM tracker_event
"""
ROWS = """[{"id": "11111111-1111-4111-8111-111111111111", "stream": "dispute/x", "nth": 1,
  "type": "sources.reviewed", "schema": 1, "known_from": "2025-06-10", "open": "{", "close": ""}]"""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """The application has recorded with its own role, which every test below then tries to get round."""
    own = Own(tmp_path_factory.mktemp("roles") / "postgres")
    own.manage("migrate", "--verbosity=0")
    assert own.record() == 1
    yield own
    own.stop()


@pytest.fixture
def application(database):
    with psycopg.connect(database.addresses["DATABASE_URL"], autocommit=True) as connection:
        yield connection


def as_group(database: Own, group: str) -> psycopg.Connection:
    connection = psycopg.connect(database.addresses["DATABASE_OWNER_URL"], autocommit=True)
    connection.execute(f"SET ROLE {group}")
    return connection


def test_the_application_projects_what_it_recorded(database):
    database.project()
    assert set(database.ask("SELECT position FROM tracker_checkpoint")) == {
        (database.ask("SELECT size FROM tracker_head")[0])
    }


def test_the_application_verifies_what_it_may_read_and_keeps_the_result(database):
    database.project()
    assert "FAIL" not in database.manage("verify")
    assert database.ask("SELECT passed FROM tracker_verification") == [(True,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tracker_event SET type = 'entry.retracted'",
        "DELETE FROM tracker_event",
        "TRUNCATE tracker_event",
        INSERT,
        "UPDATE tracker_head SET size = size + 1",
        "DELETE FROM tracker_head",
        "SELECT * FROM tracker_head FOR UPDATE",
        "UPDATE tracker_attachment SET content = ''",
        "DELETE FROM tracker_attachment",
        "TRUNCATE tracker_attachment",
        "UPDATE tracker_receipt SET path = ''",
        "DELETE FROM tracker_receipt",
        "UPDATE tracker_verification SET passed = true",
        "DELETE FROM django_migrations",
        "ALTER TABLE tracker_event DISABLE TRIGGER ALL",
        "DROP TRIGGER event_no_change ON tracker_event",
        "ALTER FUNCTION tracker_append(jsonb, jsonb) SECURITY INVOKER",
        "CREATE OR REPLACE FUNCTION tracker_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "CREATE TABLE public.tracker_note (x int)",
        "SET ROLE postgres",
    ],
)
def test_the_application_is_refused(application, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        application.execute(statement)


def test_no_table_and_no_setting_of_a_caller_comes_between_the_function_and_the_log(application):
    for table in ("tracker_head", "tracker_event"):
        application.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM public.{table}")
    application.execute("SET search_path = pg_temp, public")
    application.execute("SET standard_conforming_strings = off")
    (before,) = application.execute("SELECT size FROM public.tracker_head").fetchone()
    with application.transaction(force_rollback=True):
        application.execute("SELECT * FROM tracker_append(%s::jsonb, '{}')", [ROWS])
        assert application.execute("SELECT size FROM public.tracker_head").fetchone() == (before + 1,)
        application.execute("SET standard_conforming_strings = on")
        leaf = r"SELECT leaf_hash = sha256('\x00'::bytea || entry) FROM public.tracker_event ORDER BY position DESC"
        assert application.execute(leaf).fetchone() == (True,)


def test_the_application_may_tell_the_planner_of_read_models_alone(application):
    told: list[str] = []
    application.add_notice_handler(lambda notice: told.append(notice.message_primary))
    application.execute("ANALYZE measures_segment")
    assert told == []
    application.execute("ANALYZE tracker_event")
    assert "permission denied to analyze" in told[0]


@pytest.mark.parametrize("group", ["tracker_reader", "tracker_sealer"])
def test_others_read_the_log_and_neither_append_nor_write(database, group):
    with as_group(database, group) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM tracker_event").fetchone() == (True,)
        for statement in ("SELECT tracker_append('[]', '{}')", INSERT, "UPDATE tracker_head SET size = 0"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)


def test_readers_see_read_models_but_neither_people_nor_sessions(database):
    with as_group(database, "tracker_reader") as connection:
        connection.execute("SELECT * FROM measures_measure")
        for table in ("auth_user", "django_session", "tracker_pseudonym"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {table}")


def test_one_role_for_everything_is_told_with_what_it_gives_away(database):
    one_role = {"DATABASE_URL": database.addresses["DATABASE_OWNER_URL"], "DATABASE_OWNER_URL": ""}
    assert "postgres owns the log's tables" in database.python("-c", LOST, **one_role)
    assert database.python("-c", LOST).strip() == "[]"


def test_the_server_gives_up_on_an_application_that_was_cut_off_in_a_transaction(database):
    database.manage("roles")
    [(settings,)] = database.ask("SELECT rolconfig FROM pg_roles WHERE rolname = 'lancaster'")
    assert "idle_in_transaction_session_timeout=2min" in settings


def test_the_password_in_an_address_is_set_by_command_and_never_sent_in_the_clear(database):
    place = database.addresses["DATABASE_URL"].partition("@")[2]
    stored: set[str] = set()
    for password in ("first", "second"):
        address = f"postgresql://signer:{password}@{place}"
        assert "tracker_sealer: signer" in database.manage("roles", DATABASE_SEALER_URL=address)
        with psycopg.connect(database.addresses["DATABASE_OWNER_URL"]) as owner:
            stored.update(*owner.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'signer'"))
    assert len(stored) == 2
    assert all(secret.startswith("SCRAM-SHA-256$") for secret in stored)
