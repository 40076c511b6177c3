"""Statements that are planned once."""

import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from tracker import prepared

pytestmark = pytest.mark.django_db

ASKED = "SELECT %s::bigint, %s::text[], %s::bytea, %s::date, %s::uuid, %s::timestamptz"


def kept() -> int:
    [(count,)] = prepared.rows("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%bytea%uuid%"])
    return int(count)


def test_values_come_back_as_they_went_and_the_plan_is_kept() -> None:
    given = (1, ["a", "b"], b"\x00", date(2025, 6, 9), uuid.uuid4(), datetime(2025, 6, 9, 12, tzinfo=UTC))

    assert [prepared.rows(ASKED, given) for _ in range(3)] == [[given]] * 3
    assert kept() == 1


def test_a_statement_whose_plan_hangs_on_its_values_is_not_kept() -> None:
    asked = ASKED.replace("%s::bigint", "%s::bigint + 1")
    given = (1, ["a"], b"\x00", date(2025, 6, 9), uuid.uuid4(), datetime(2025, 6, 9, 12, tzinfo=UTC))

    assert prepared.rows(asked, given, kept=False)[0][0] == 2
    assert kept() == 0


def test_a_statement_is_counted_as_every_query_is() -> None:
    with CaptureQueriesContext(connection) as queries:
        prepared.rows("SELECT %s::int", [1])

    assert [query["sql"] for query in queries] == ["SELECT %s::int"]


def test_names_are_values_too() -> None:
    assert prepared.rows("SELECT %(a)s::int + %(b)s::int", {"a": 1, "b": 2}) == [(3,)]


def test_an_error_is_one_of_djangos() -> None:
    with pytest.raises(DataError):
        prepared.rows("SELECT 1 / %s::int", [0])
