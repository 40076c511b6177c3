"""Two points beside each other: what changed in law, what became known, what our record changed its mind on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.measures.given import adopted, corrected, given, on, suspended
from tests.measures.web.asking import ask, project

TODAY = date(2026, 12, 31)
STORY = given(
    on("2025-04-02", adopted("34%", "2025-04-09")),
    on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="10")),
    corrected(2, effective_until="2025-11-10"),
    stream="measure/us-example",
)


@pytest.fixture
def told(db: None) -> None:
    STORY.record(today=TODAY)
    project()


def test_without_clocks_it_asks_for_two_points(told: None):
    page = ask("/compare/")
    assert "What differs" in page.words
    assert page.field("from_valid_at")["type"] == page.field("to_valid_at")["type"] == "date"


def test_two_days_tell_what_changed_in_law_and_by_which_entry(told: None):
    page = ask("/compare/?from_valid_at=2025-05-01&to_valid_at=2025-06-01")
    assert "1 measure differs." in page.words
    assert "In force at 34%" in page.words
    assert "24 points suspended" in page.words
    assert page.link("3") == "/events/3/"
    assert "Suspended from 14 May 2025" in page.words


def test_two_positions_tell_what_our_record_changed_its_mind_on(told: None):
    page = ask("/compare/?from_valid_at=2025-09-01&to_valid_at=2025-09-01&from_position=3&to_position=4")
    assert "Corrected entry #3" in page.words
    assert page.link("4") == "/events/4/"


def test_nothing_differs_between_equal_points(told: None):
    assert "Nothing differs." in ask("/compare/?from_valid_at=2025-06-01&to_valid_at=2025-07-01").words


def test_it_leads_to_the_same_comparison_as_json_and_csv(told: None):
    page = ask("/compare/?from_valid_at=2025-05-01&to_valid_at=2025-06-01")
    found: dict[str, Any] = Client().get(page.link("As JSON")).json()
    assert [item["slug"] for item in found["results"]] == ["us-example"]
    assert "us-example" in Client().get(page.link("As CSV")).content.decode()


def test_clocks_that_cannot_be_read_are_told_at_their_fields(told: None):
    page = ask("/compare/?from_valid_at=yesterday&to_position=99", 400)
    assert "“yesterday” is not a day" in page.words
    assert "Position 99 is beyond the head of the log" in page.words
    assert page.field("from_valid_at")["value"] == "yesterday"


def test_empty_clocks_are_left_out_of_the_address(told: None):
    response = Client().get("/compare/?from_valid_at=2025-05-01&to_valid_at=&from_known_at=")
    assert response.headers["Location"] == "/compare/?from_valid_at=2025-05-01"


def test_it_is_paged(told: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("measures.web.views.compare.PAGE", 1)
    given(on("2025-04-02", adopted("5%", "2025-05-20")), stream="measure/cn-example").record(today=TODAY)
    project()
    page = ask("/compare/?from_valid_at=2025-05-01&to_valid_at=2025-06-01")
    assert "2 measures differ." in page.words
    assert page.link("After") == "/compare/?from_valid_at=2025-05-01&to_valid_at=2025-06-01&page=2"
    assert "us-example" in ask(page.link("After")).html
