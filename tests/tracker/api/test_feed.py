"""The feed: complete, ordered, without gaps, batches uncut."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from tests.measures.api.asking import answer, ask, problem
from tests.measures.given import adopted, corrected, extended, given, on, retracted, suspended
from tracker import events, log
from tracker.envelope import ENVELOPE_FORMAT
from tracker.ledger.canonical import canonical, leaf_hash

pytestmark = pytest.mark.django_db

STREAM = "measure/us-example"
ABOUT = {"leaf_hash", "sentence", "url"}


@pytest.fixture(autouse=True)
def _a_log() -> None:
    """Eight events in six batches, the second batch of three."""
    given(
        on(
            "2025-04-02",
            adopted("34%", "2025-04-09", "2025-12-01"),
            adopted("5%", "2025-04-09", term="list-2"),
            suspended("2025-05-14", "2025-08-12", stays="10"),
        ),
        on("2025-06-01", extended(1, "2026-01-01")),
        corrected(3, effective_until="2025-08-13"),
        retracted(4),
        on("2025-09-01", suspended("2025-09-02")),
        stream=STREAM,
    ).record(today=date(2026, 12, 31))


def walk(**query: Any) -> list[list[dict[str, Any]]]:
    found = answer("events/", **query)
    pages = [found["results"]]
    while found["next"]:
        found = Client().get(found["next"]).json()
        pages.append(found["results"])
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8, 100])
def test_following_next_from_zero_gives_every_event_once_in_order(limit: int) -> None:
    found = [item["position"] for page in walk(limit=limit) for item in page]
    assert found == list(range(1, log.head().position + 1))


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_page_never_cuts_a_batch(limit: int) -> None:
    for page in walk(limit=limit):
        instants = [item["recorded_at"] for item in page]
        following = next(iter(log.read(after=page[-1]["position"], limit=1)), None)
        assert following is None or following.envelope["recorded_at"] != instants[-1]


def test_who_asks_again_with_after_gets_what_is_new_and_nothing_twice() -> None:
    found = answer("events/")
    assert answer("events/", after=found["after"])["results"] == []
    given(on("2025-01-01", adopted("5%", "2025-01-02")), stream="measure/new").record()
    new = answer("events/", after=found["after"])
    assert [item["position"] for item in new["results"]] == [9, 10]
    assert (new["after"], new["next"]) == (10, None)


def test_the_feed_does_not_wait_for_read_models() -> None:
    assert answer("events/")["position"] == log.head().position


def test_it_ends_at_the_position_asked_and_says_the_same_for_ever() -> None:
    before = ask("events/", position=5, valid_at="2025-01-01", known_at="2026-01-01").content
    given(on("2025-01-01", adopted("5%", "2025-01-02")), stream="measure/new").record()
    assert ask("events/", position=5, valid_at="2025-01-01", known_at="2026-01-01").content == before


def test_a_position_inside_a_batch_means_the_end_of_the_batch_before() -> None:
    found = answer("events/", position=3)
    assert (found["position"], [item["position"] for item in found["results"]]) == (1, [1])


def test_beyond_the_head_there_is_nothing_to_wait_for() -> None:
    assert problem(ask("events/", after=9)) == (404, "position-beyond-head")
    assert problem(ask("events/", after=4, position=1)) == (404, "position-beyond-head")


@pytest.mark.parametrize(
    ("query", "positions"),
    [
        ({"type": "measure.suspended"}, [4, 8]),
        ({"stream": STREAM}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"stream": "measure/other"}, []),
        ({"known_at": "2025-05-01"}, [1, 2, 3, 4, 6, 7]),
        ({"type": "measure.suspended", "limit": 1}, [4, 8]),
    ],
)
def test_it_can_be_narrowed(query: dict[str, Any], positions: list[int]) -> None:
    assert [item["position"] for page in walk(**query) for item in page] == positions


def test_an_event_says_what_happened_in_words_and_names_others_by_position() -> None:
    said = [item["sentence"] for item in answer("events/")["results"]]
    assert said[1] == "Adopted 34% from 9 April 2025 until 1 December 2025."
    assert said[4] == "Extended entry #2 until 1 January 2026."
    assert said[5].startswith("Corrected entry #4")


def test_an_event_of_newer_code_is_passed_on_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(events._types, "measure.extended")
    found = answer("events/")["results"][4]
    assert (found["type"], found["sentence"]) == ("measure.extended", None)
    assert found["data"]["effective_until"] == "2026-01-01"


def test_the_event_alone_is_the_event_of_the_feed() -> None:
    for item in answer("events/")["results"]:
        assert answer(f"events/{item['position']}/") == item


def test_without_what_is_said_about_it_an_event_is_the_entry_that_was_hashed() -> None:
    for item in answer("events/")["results"]:
        entry = canonical({name: value for name, value in item.items() if name not in ABOUT})
        recorded = log.get(id=UUID(item["id"]))
        assert recorded is not None
        assert entry == recorded.entry
        assert leaf_hash(entry).hex() == item["leaf_hash"] == sha256(b"\0" + entry).hexdigest()
        assert item["format"] == ENVELOPE_FORMAT


@pytest.mark.parametrize("limit", [2, 8])
def test_a_page_costs_the_same_queries_whatever_its_size(limit: int, django_assert_num_queries: Any) -> None:
    # the head; events; the rest of the last batch; the entries that they name by id
    with django_assert_num_queries(4, exact=False):
        answer("events/", limit=limit)
