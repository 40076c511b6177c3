"""A log that somebody holds: writers are told at once, and told when to come again."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import time_machine
from django.db import connection

from tests.measures.api.asking import problem, told, truce
from tests.measures.api.test_writing import Writer, batch
from tests.processes import database_url
from tracker import log


@pytest.fixture
def held(committed_db: None) -> Any:
    """Somebody else holds the head; nobody waits longer than a moment for it."""
    told(truce())
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION tracker_append_left SET lock_timeout = '50ms'")
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT * FROM tracker_head FOR UPDATE")
        yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION tracker_append_left SET lock_timeout = '5s'")


@time_machine.travel("2026-01-05T12:00:00Z", tick=False)
def test_a_log_that_is_held_is_a_503_that_says_when_to_ask_again(held: None) -> None:
    response = Writer("publisher").post("events/", batch(publish_because="It bites today."))
    assert problem(response) == (503, "log-busy")
    assert response["Retry-After"] == "1"
    assert log.head().position == 4
