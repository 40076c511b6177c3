"""An upgrade: a database that the first release left, brought to today's code. `fixtures/README.md` tells of it."""

from __future__ import annotations

import gzip

import pytest

from tests.operations.fixtures.make import CHECKPOINT, DUMP
from tests.operations.servers import Own, tool

ENTRIES = "SELECT position, encode(entry, 'hex'), encode(leaf_hash, 'hex') FROM tracker_event ORDER BY position"
PEOPLE = (
    "SELECT username FROM auth_user",
    "SELECT user_id, name FROM tracker_pseudonym",
    "SELECT id::text, author_id, state FROM measures_draft",
    "SELECT id::text, url, position FROM tracker_subscription",
    "SELECT commitment, text FROM tracker_opening ORDER BY 1",
    "SELECT sha256 FROM tracker_attachment ORDER BY 1",
)
ANSWER = """
import django; django.setup()
from datetime import date
from measures import queries
from tracker.replay import resolve_point
print(queries.measure("another", resolve_point(today=date(2025, 6, 1))).headline.rate.normalize())
"""
# What the release after this one may do: a payload gets a field that no entry of the first release has.
TOMORROW = """
import django; django.setup()
from dataclasses import replace
from tracker import events, log
kind = events.event_type("sources.reviewed")
upcasters = kind.upcasters | {kind.schema: lambda data: data | {"note": "by all"}}
events._types[kind.name] = replace(kind, schema=kind.schema + 1, upcasters=upcasters)
print({item.payload.note for item in log.read(type=kind.name)}, {item.schema for item in log.read(type=kind.name)})
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """As the first release left it."""
    folder = tmp_path_factory.mktemp("upgrade")
    own = Own(folder / "postgres")
    own.manage("roles")
    dump = folder / "dump.sql"
    dump.write_bytes(gzip.decompress(DUMP.read_bytes()))
    tool("psql", "--quiet", "--set=ON_ERROR_STOP=1", "--file", dump, own.addresses["DATABASE_OWNER_URL"])
    yield own
    own.stop()


def test_an_upgrade_keeps_every_entry_serves_meanwhile_and_swaps_what_is_folded_otherwise(database):
    before = database.ask(ENTRIES)
    people = [database.ask(statement) for statement in PEOPLE]
    assert len(before) > 50
    assert all(people)

    database.manage("migrate", "--verbosity=0")
    assert database.ask(ENTRIES) == before, "migrations never touch events"
    assert [database.ask(statement) for statement in PEOPLE] == people
    assert database.python("-c", ANSWER).strip() == "85", "until the swap the rows of the older fold serve"

    said = database.manage("rebuild", "--changed")
    assert "measures: generation 2 is live" in said
    assert database.python("-c", ANSWER).strip() == "84"
    assert database.ask(
        "SELECT generation, status FROM tracker_checkpoint WHERE projection = 'measures' ORDER BY 1"
    ) == [
        (1, "retired"),
        (2, "live"),
    ]

    database.project()
    said = database.manage("verify", "--pin", str(CHECKPOINT))
    assert "FAIL" not in said
    database.manage("attest")
    changed = database.ask("SELECT convert_from(entry, 'UTF8') FROM tracker_event WHERE type = 'fold.changed'")
    assert any('"projection":"measures"' in entry for (entry,) in changed)
    assert database.ask(ENTRIES)[: len(before)] == before
    assert database.record() > len(before)


def test_every_entry_of_the_first_release_is_read_by_todays_vocabulary(database):
    read = "import django; django.setup(); from tracker import log; print(len([item.payload for item in log.read()]))"
    assert int(database.python("-c", read)) > 50


def test_an_older_schema_is_upcast_when_it_is_read_and_stays_as_it_was_stored(database):
    assert database.python("-c", TOMORROW).strip() == "{'by all'} {1}"
