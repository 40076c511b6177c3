"""Cheap polling: ETags over what was asked and what it was answered from."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.measures.api.asking import answer, ask, told, truce
from tests.measures.given import adopted, given, on
from tracker.models import Checkpoint, Parked
from tracker.projections import projection
from tracker.rebuild import rebuild

pytestmark = pytest.mark.django_db

MEASURE = "measures/us-example/"
ALL_CLOCKS: dict[str, Any] = {"valid_at": "2025-06-01", "known_at": "2025-06-01"}
FOREVER = "public, max-age=31536000, immutable"


def later() -> None:
    told(given(on("2025-01-01", adopted("5%", "2025-01-02")), stream="measure/later"))


def test_an_answer_that_the_client_has_is_not_sent_again() -> None:
    told(truce())
    first = ask(MEASURE)
    again = ask(MEASURE, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == first["Cache-Control"] == "public, no-cache"


def test_an_answer_not_modified_costs_the_clocks_alone(django_assert_num_queries: Any) -> None:
    told(truce())
    tag = ask(MEASURE)["ETag"]
    with django_assert_num_queries(1):
        assert ask(MEASURE, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("header", ["*", '"other", {tag}', "W/{tag}"])
def test_if_none_match_is_read_as_the_standard_has_it(header: str) -> None:
    told(truce())
    tag = ask(MEASURE)["ETag"]
    assert ask(MEASURE, headers={"If-None-Match": header.format(tag=tag)}).status_code == 304


def test_the_etag_of_today_is_another_one_tomorrow() -> None:
    told(truce())
    with time_machine.travel("2027-01-10T23:59:00Z", tick=False):
        before = ask(MEASURE)["ETag"]
    with time_machine.travel("2027-01-11T00:01:00Z", tick=False):
        assert ask(MEASURE, headers={"If-None-Match": before}).status_code == 200


def test_a_new_event_makes_a_new_etag() -> None:
    told(truce())
    before = ask(MEASURE)["ETag"]
    later()
    assert ask(MEASURE)["ETag"] != before


def test_a_rebuilt_projection_makes_a_new_etag() -> None:
    told(truce())
    before = ask(MEASURE, position=1)["ETag"]
    rebuild("measures")
    assert ask(MEASURE, position=1)["ETag"] != before


@pytest.mark.parametrize("left_out", ["valid_at", "known_at", "position"])
def test_only_all_three_explicit_clocks_make_an_answer_immutable(left_out: str) -> None:
    clocks = ALL_CLOCKS | {"position": told(truce())[-1].position}
    assert ask(MEASURE, **clocks)["Cache-Control"] == FOREVER
    del clocks[left_out]
    assert ask(MEASURE, **clocks)["Cache-Control"] == "public, no-cache"


def test_an_instant_up_to_the_last_of_the_log_is_as_good_as_a_position() -> None:
    at = told(truce())[-1].envelope["recorded_at"]
    assert ask(MEASURE, **ALL_CLOCKS, recorded_at=at)["Cache-Control"] == FOREVER


def test_an_instant_after_the_last_of_the_log_is_provisional() -> None:
    told(truce())
    with time_machine.travel("2027-06-01T00:00:00Z", tick=False):
        response = ask(MEASURE, **ALL_CLOCKS, recorded_at="2027-05-01T00:00:00Z")
    assert response.json()["provisional"] is True
    assert response["Cache-Control"] == "public, no-cache"


def test_a_parked_stream_is_named_and_makes_the_answer_provisional() -> None:
    clocks = ALL_CLOCKS | {"position": told(truce())[-1].position}
    Parked.objects.create(projection="measures", generation=1, stream="measure/odd", position=2, error="odd")
    response = ask(MEASURE, **clocks)
    assert (response.json()["parked"], response.json()["provisional"]) == (["measure/odd"], True)
    assert response["Cache-Control"] == "public, no-cache"
    assert answer("negotiations/")["parked"] == []


def test_the_fold_version_that_is_echoed_is_the_one_that_made_the_rows() -> None:
    told(truce())
    assert answer(MEASURE)["fold_version"] == {"measures": projection("measures").version}
    Checkpoint.objects.filter(projection="measures").update(fold_version=99)
    assert answer(MEASURE)["fold_version"] == {"measures": 99}


def test_an_event_is_immutable() -> None:
    told(truce())
    response = ask("events/1/")
    assert response["Cache-Control"] == FOREVER
    assert response["ETag"] == f'"{response.json()["leaf_hash"]}"'
    assert ask("events/1/", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_errors_are_not_kept() -> None:
    told(truce())
    assert ask(MEASURE, valid_at="x")["Cache-Control"] == "no-store"


def test_head_answers_with_the_same_headers_and_no_body() -> None:
    told(truce())
    there = Client().head(f"/api/v1/{MEASURE}")
    assert (there.status_code, there.content) == (200, b"")
    assert there["ETag"] == ask(MEASURE)["ETag"]


def test_answers_are_compressed_for_those_who_ask() -> None:
    told(truce())
    response = ask(MEASURE, headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert ask(MEASURE, headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_nobody_is_told_apart_so_that_anybody_may_keep_the_answer() -> None:
    told(truce())
    response = ask(MEASURE)
    assert "Set-Cookie" not in response
    assert "Cookie" not in response["Vary"]


def test_a_page_of_somebody_elses_may_read_it() -> None:
    told(truce())
    response = ask(MEASURE, headers={"Origin": "https://example.org"})
    assert response["Access-Control-Allow-Origin"] == "*"
