"""Pages: keyset cursors, with links that keep to the point at which the first page was read."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests.measures.api.asking import answer, ask, problem, project, talks, told
from tests.measures.given import adopted, given, on

pytestmark = pytest.mark.django_db

SLUGS = [f"m{number:02}" for number in range(7)]


@pytest.fixture(autouse=True)
def _seven_measures() -> None:
    told(*(story(slug) for slug in SLUGS))


def story(slug: str, known: str = "2025-01-01") -> Any:
    return given(on(known, adopted("5%", "2025-02-01")), stream=f"measure/{slug}")


def walk(url: str, relation: str = "next") -> list[list[str]]:
    pages = []
    at: str | None = url
    while at:
        found = Client().get(at).json()
        pages.append([item["slug"] for item in found["results"]])
        at = found[relation]
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("order", ["slug", "-slug", "first_known", "-first_known"])
def test_following_next_gives_every_row_once_in_order(limit: int, order: str) -> None:
    pages = walk(f"/api/v1/measures/?limit={limit}&order={order}")
    expected = SLUGS[::-1] if order == "-slug" else SLUGS
    assert [slug for page in pages for slug in page] == expected
    assert all(len(page) == limit for page in pages[:-1])


def test_following_previous_leads_back_through_the_same_pages() -> None:
    there = walk("/api/v1/measures/?limit=3")
    last = answer("measures/", limit=3)
    while last["next"]:
        last = Client().get(last["next"]).json()
    assert [[item["slug"] for item in last["results"]], *walk(last["previous"], "previous")] == there[::-1]


def test_what_is_recorded_between_two_pages_moves_nothing() -> None:
    first = answer("measures/", limit=3)
    told(story("m00a"), story("m99"))
    rest = walk(first["next"])
    assert [slug for page in rest for slug in page] == SLUGS[3:]


def test_the_links_carry_the_clocks_of_the_first_page() -> None:
    first = answer("measures/", limit=3, known_at="2025-06-01")
    query = parse_qs(urlsplit(first["next"]).query)
    assert query["position"] == [str(first["position"])]
    assert (query["valid_at"], query["known_at"]) == ([first["valid_at"]], ["2025-06-01"])


def test_an_instant_becomes_its_position_in_the_links() -> None:
    at = answer("measures/")["recorded_at"]
    first = answer("measures/", limit=3, recorded_at=at)
    assert walk(first["next"])[-1] == SLUGS[-1:]


def test_the_header_link_says_the_same() -> None:
    first = answer("measures/", limit=3)
    response = Client().get(first["next"])
    found = response.json()
    assert response["Link"] == f'<{found["next"]}>; rel="next", <{found["previous"]}>; rel="prev"'
    assert "Link" not in ask("measures/")


def test_the_first_page_has_no_previous_and_the_last_no_next() -> None:
    first = answer("measures/", limit=4)
    last = Client().get(first["next"]).json()
    assert (first["previous"], last["next"]) == (None, None)


def cursor(url: str) -> str:
    (text,) = parse_qs(urlsplit(url).query)["cursor"]
    return text


@pytest.mark.parametrize(
    "query",
    [
        {"valid_at": "2025-03-01"},
        {"known_at": "2025-03-01"},
        {"position": 9},
        {"order": "-slug"},
        {"implementer": "US"},
    ],
)
def test_a_cursor_of_another_query_is_refused(query: dict[str, Any]) -> None:
    text = cursor(answer("measures/", limit=3)["next"])
    assert problem(ask("measures/", cursor=text, **query)) in [
        (400, "cursor-of-another-query"),
        (400, "malformed-cursor"),
    ]


def test_a_cursor_of_another_list_is_refused() -> None:
    talks()
    text = cursor(answer("measures/", limit=3)["next"])
    assert problem(ask("indicators/", cursor=text)) == (400, "cursor-of-another-query")


def test_the_page_may_change_its_size_on_the_way() -> None:
    text = cursor(answer("measures/", limit=3)["next"])
    assert [item["slug"] for item in answer("measures/", cursor=text, limit=2)["results"]] == SLUGS[3:5]


@pytest.mark.parametrize("text", ["x", "AAAA", "e30", "W10", "bm90aGluZw", "MDAwMDAwMDAwMDAwMDAwMFsw", "_" * 900])
def test_a_made_up_cursor_is_refused(text: str) -> None:
    assert problem(ask("measures/", cursor=text)) == (400, "malformed-cursor")


def test_an_altered_cursor_is_refused() -> None:
    text = cursor(answer("measures/", limit=3)["next"])
    for place in range(len(text)):
        other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert ask("measures/", cursor=other).status_code == 400


def test_positions_of_one_day_are_paged_in_the_order_of_the_log() -> None:
    talks()
    project()
    first = answer("negotiations/talks/positions/", limit=1)
    second = Client().get(first["next"]).json()
    assert [item["by"] for item in first["results"] + second["results"]] == ["US", "CN"]
    assert second["next"] is None
    assert Client().get(second["previous"]).json()["results"] == first["results"]


def test_the_line_of_a_dispute_is_paged_both_ways() -> None:
    talks()
    line = answer("disputes/quarrel/")["results"]
    first = answer("disputes/quarrel/", limit=5)
    second = Client().get(first["next"]).json()
    assert first["results"] + second["results"] == line[:10]
    assert Client().get(second["previous"]).json()["results"] == first["results"]
