"""Limits: told before they are reached, by address and by token; a broker that is down stops no reader."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine

from tests.measures.admin.hands import person
from tests.measures.api.asking import ask, problem
from tests.processes import Broker
from tracker.api import limits
from tracker.api.tokens import issue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_a_minute(settings: Any) -> None:
    settings.API_PER_MINUTE = {"anonymous": 3, "token": 5}


@pytest.fixture(autouse=True)
def at() -> Any:
    """A clock that stands in the middle of a minute that nobody else counts in."""
    with time_machine.travel(1_893_456_030, tick=False) as traveller:
        limits.counter.cache_clear()
        yield traveller
        limits.counter.cache_clear()


@pytest.fixture(autouse=True)
def _counted_from_zero(own_counter: None) -> None:
    """Each test counts under a prefix of its own."""


@pytest.fixture
def own_counter(settings: Any, request: Any) -> None:
    settings.BROKER_KEY_PREFIX = f"{settings.BROKER_KEY_PREFIX}{request.node.name}:"


def test_what_is_left_is_told_with_every_answer() -> None:
    said = [ask("event-types/") for _ in range(3)]
    assert [item["RateLimit"] for item in said] == [f'"anonymous";r={left};t=30' for left in (2, 1, 0)]
    assert said[0]["RateLimit-Policy"] == '"anonymous";q=3;w=60'


def test_beyond_the_limit_is_a_429_that_says_when_to_come_again(at: Any) -> None:
    for _ in range(3):
        ask("event-types/")
    refused = ask("event-types/")
    assert problem(refused) == (429, "too-many-requests")
    assert refused["Retry-After"] == "30"
    assert refused["RateLimit"] == '"anonymous";r=0;t=30'
    at.shift(30)
    assert ask("event-types/").status_code == 200


def test_each_token_has_a_limit_of_its_own() -> None:
    headers = [{"Authorization": f"Bearer {issue(person(name))[1]}"} for name in ("one", "other")]
    for one in headers:
        said = [ask("event-types/", headers=one) for _ in range(5)]
        assert said[-1]["RateLimit"] == '"token";r=0;t=30'
        assert problem(ask("event-types/", headers=one)) == (429, "too-many-requests")
    assert ask("event-types/").status_code == 200


def test_guessing_tokens_ends_where_asking_too_often_does() -> None:
    guesses = [ask("event-types/", headers={"Authorization": f"Bearer tmt_{number:064x}"}) for number in range(5)]
    assert [guess.status_code for guess in guesses] == [401, 401, 401, 429, 429]
    right = {"Authorization": f"Bearer {issue(person('one'))[1]}"}
    assert ask("event-types/", headers=right).status_code == 200


def test_addresses_are_counted_apart() -> None:
    from django.test import Client

    for _ in range(4):
        ask("event-types/")
    assert Client().get("/api/v1/event-types/", REMOTE_ADDR="192.0.2.7").status_code == 200


def test_a_cached_answer_counts_too() -> None:
    tag = ask("event-types/")["ETag"]
    assert re.search("r=1;", ask("event-types/", headers={"If-None-Match": tag})["RateLimit"])


def test_no_limit_is_no_header(settings: Any) -> None:
    settings.API_PER_MINUTE = {"anonymous": 0, "token": 0}
    assert "RateLimit" not in ask("event-types/")


def test_with_a_dead_broker_everybody_reads(own_broker: Broker, settings: Any) -> None:
    settings.CELERY_BROKER_URL = own_broker.url
    assert "RateLimit" in ask("event-types/")
    own_broker.kill()
    for _ in range(5):
        answer = ask("event-types/")
        assert answer.status_code == 200
        assert "RateLimit" not in answer


def test_a_broker_that_came_back_counts_again(own_broker: Broker, settings: Any, at: Any) -> None:
    settings.CELERY_BROKER_URL = own_broker.url
    own_broker.kill()
    assert "RateLimit" not in ask("event-types/")
    own_broker.start()
    settings.CELERY_BROKER_URL = own_broker.url
    at.shift(limits.PAUSE_SECONDS)
    assert "RateLimit" in ask("event-types/")
