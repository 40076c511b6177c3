"""Filters of measures by talks, by windows of days, and their order by rate."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from measures import commands
from measures.events import measures, negotiations
from measures.events.common import Codes, Coverage
from tests.measures.api.asking import TALKS, TODAY, answer, ask, happened, problem, project, talks, told, truce
from tests.measures.given import DESCRIPTION, adopted, announced, given, on, terminated

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _measures() -> None:
    told(
        truce(),
        given(on("2024-01-01", adopted("7.5%", "2024-02-01"), terminated("2024-12-01")), stream="measure/old"),
        given(on("2025-07-01", adopted("25%", "2025-08-01")), stream="measure/steel"),
        given(on("2025-07-01", announced("100%", "2026-08-01")), stream="measure/to-come"),
    )
    talks()


def slugs(**query: Any) -> list[str]:
    return [item["slug"] for item in answer("measures/", valid_at="2025-09-01", **query)["results"]]


@pytest.mark.parametrize(
    ("window", "found"),
    [
        ({"first_known_from": "2025-04-03"}, ["steel", "to-come"]),
        ({"first_known_until": "2025-04-02"}, ["old"]),
        ({"first_known_from": "2025-04-02", "first_known_until": "2025-04-03"}, ["us-example"]),
        ({"in_force_until": "2025-01-01"}, ["old"]),
        ({"in_force_from": "2024-11-30", "in_force_until": "2024-12-01"}, ["old"]),
        ({"in_force_from": "2024-12-01", "in_force_until": "2025-04-09"}, []),
        ({"in_force_from": "2025-08-01"}, ["steel", "to-come", "us-example"]),
    ],
)
def test_windows_are_half_open(window: dict[str, str], found: list[str]) -> None:
    assert slugs(**window) == found


def test_a_product_lists_the_measures_of_every_status_unless_one_is_asked_for() -> None:
    cars = DESCRIPTION | {"coverage": Coverage(products=Codes(codes=("8703",)))}
    streams = ("measure/old", "measure/steel", "measure/to-come")
    commands.record([happened(stream, "2024-01-01", measures.Described, **cars) for stream in streams], today=TODAY)
    project()
    assert slugs(product="8703") == ["old", "steel", "to-come"]
    assert slugs(product="8703", legal="in_force") == ["steel"]


@pytest.mark.parametrize(
    ("path", "first", "until"),
    [
        ("measures/", "in_force_from", "in_force_until"),
        ("measures/", "first_known_from", "first_known_until"),
        ("positions/", "said_from", "said_until"),
        ("commitments/", "due_from", "due_until"),
        ("indicators/share/observations/", "from", "until"),
        ("calendar/", "valid_at", "until"),
        ("calendar.ics", "valid_at", "until"),
    ],
)
@pytest.mark.parametrize("day", ["2025-01-01", "2025-02-01"])
def test_a_window_without_a_day_is_refused(path: str, first: str, until: str, day: str) -> None:
    refused = ask(path, **{first: "2025-02-01", until: day})
    assert problem(refused) == (400, "contradictory-parameters")
    [error] = refused.json()["errors"]
    assert (error["parameter"], error["value"], error["accepted"]) == (until, day, "a day after 2025-02-01")


def test_changes_since_a_position_beyond_the_one_asked_about_are_not_found() -> None:
    refused = ask("measures/", changed_since=5, position=4)
    assert problem(refused) == (404, "position-beyond-head")
    assert "changed_since 5 is beyond position 4" in refused.json()["detail"]
    assert problem(ask("measures/", changed_since=9999)) == (404, "position-beyond-head")
    assert answer("measures/", changed_since=4, position=4)["results"] == []


def test_by_rate_those_without_one_stand_below_every_rate() -> None:
    assert slugs(order="-rate") == ["steel", "us-example", "old", "to-come"]
    assert slugs(order="rate")[-1] == "steel"


@pytest.mark.parametrize("order", ["rate", "-rate"])
def test_pages_by_rate_neither_skip_nor_repeat(order: str) -> None:
    page = answer("measures/", valid_at="2025-09-01", order=order, limit=1)
    found = [item["slug"] for item in page["results"]]
    while page["next"]:
        page = Client().get(page["next"]).json()
        found += [item["slug"] for item in page["results"]]
    assert found == slugs(order=order)
    before = Client().get(page["previous"]).json()
    assert [item["slug"] for item in before["results"]] == found[-2:-1]


def test_measures_that_a_negotiation_was_about() -> None:
    assert slugs(negotiation="talks") == []
    said = {"by": "US", "text": "Drop it.", "measures": ("steel",), "round": "london"}
    commands.record([happened(TALKS, "2025-07-02", negotiations.DemandMade, **said)], today=TODAY)
    project()
    assert slugs(negotiation="talks") == ["steel"]
    assert slugs(negotiation="talks", known_at="2025-07-01") == []


def test_a_negotiation_that_is_not_there_is_refused() -> None:
    assert problem(ask("measures/", negotiation="nobody")) == (400, "unknown-value")


def test_positions_within_a_window() -> None:
    def said(**query: str) -> list[str]:
        return [item["text"] for item in answer("negotiations/talks/positions/", **query)["results"]]

    assert said(said_from="2025-06-10") == ["Ease chip controls."]
    assert said(said_until="2025-06-10") == ["Ship rare earths."]
