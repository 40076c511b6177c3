"""What tests of appends that meet share: somebody else at the database, and little patience."""

import psycopg
import pytest
from django.db import connection

from tests.processes import database_url


@pytest.fixture
def other():
    """A second connection, as of another process."""
    with psycopg.connect(database_url(), autocommit=True) as second:
        yield second


@pytest.fixture
def hurry(committed_tallies):
    """Shortens how long an append waits for the head; what these tests wait for never comes."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION tracker_append_left SET lock_timeout = '100ms'")
        yield
        cursor.execute("ALTER FUNCTION tracker_append_left SET lock_timeout = '5s'")
