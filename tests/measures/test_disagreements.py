"""Where an announcement and the instrument that followed it differ, both stay, are linked, and the instrument holds."""

from __future__ import annotations

from typing import Any

import pytest

from measures.disagreements import disagreements
from measures.events.common import Codes, Coverage
from tests.measures.api.asking import STREAM, answer, told
from tests.measures.given import Story, adopted, announced, given, on, rate_changed, retracted
from tests.measures.web.asking import ask as page


def found(story: Story) -> list[tuple[Any, ...]]:
    return [
        (
            item.announcement.position,
            item.instrument.position,
            *((one.field, one.announced, one.adopted) for one in item.fields),
        )
        for item in disagreements(story.entries())
    ]


SAID = on("2025-04-01", announced("20%", "2025-05-01", "2026-05-01"))


@pytest.mark.parametrize(
    ("instrument", "fields"),
    [
        (adopted("25%", "2025-05-01"), [("obligation", "20%", "25%")]),
        (adopted("20%", "2025-05-15"), [("effective_from", "1 May 2025", "15 May 2025")]),
        (adopted("20%", "2025-05-01", "2025-11-01"), [("effective_until", "1 May 2026", "1 November 2025")]),
        (rate_changed("20%", "2025-06-01"), [("effective_from", "1 May 2025", "1 June 2025")]),
    ],
    ids=["rate", "first day", "end", "a change of the rate"],
)
def test_what_differs_is_said_field_by_field(instrument: Any, fields: list[tuple[str, str, str]]) -> None:
    assert found(given(SAID, on("2025-04-20", instrument))) == [(1, 2, *fields)]


def test_scopes_differ_in_the_parts_that_both_state() -> None:
    said, done = (Coverage(products=Codes(codes=codes), origins=("CN",)) for codes in (("72", "73"), ("72",)))
    story = given(
        on("2025-04-01", announced("20%", "2025-05-01", coverage=said)),
        on("2025-04-20", adopted("20%", "2025-05-01", coverage=done)),
    )
    assert found(story) == [(1, 2, ("products", "72, 73", "72"))]


@pytest.mark.parametrize(
    "story",
    [
        given(SAID, on("2025-04-20", adopted("20%", "2025-05-01", "2026-05-01"))),
        given(SAID, on("2025-04-20", adopted(start="2025-05-01"))),
        given(SAID, on("2025-04-20", adopted("25%", "2025-05-01", term="list-2"))),
        given(SAID, on("2025-04-20", adopted("unknown: annex not published", "2025-05-01"))),
        given(on("2025-04-01", announced("20%", "2025-05")), on("2025-04-20", adopted("20%", "2025-05-12"))),
        given(SAID, on("2025-04-20", adopted("25%", "2025-05-01")), retracted(2)),
        given(on("2025-04-20", adopted("25%", "2025-05-01")), on("2025-06-01", announced("30%", "2025-07-01"))),
    ],
    ids=[
        "the same",
        "nothing stated",
        "another term",
        "not known",
        "within a coarse date",
        "retracted",
        "announced later",
    ],
)
def test_what_does_not_differ_is_no_disagreement(story: Story) -> None:
    assert found(story) == []


def test_only_the_first_instrument_after_an_announcement_answers_it() -> None:
    story = given(SAID, on("2025-04-20", adopted("25%", "2025-05-01")), on("2026-01-01", adopted("50%", "2026-02-01")))
    assert [item[:2] for item in found(story)] == [(1, 2)]


@pytest.mark.django_db
def test_the_link_stands_in_the_history_the_explanation_and_the_pages_once_both_are_known() -> None:
    _, said, done = told(given(SAID, on("2025-04-20", adopted("25%", "2025-05-15")), stream=STREAM))
    fields = [
        {"field": "obligation", "announced": "20%", "adopted": "25%"},
        {"field": "effective_from", "announced": "1 May 2025", "adopted": "15 May 2025"},
    ]
    for path, rows in (("history/", "results"), ("explain/", "entries")):
        by_position = {
            row["position"]: row for row in answer(f"measures/us-example/{path}", valid_at="2025-05-20")[rows]
        }
        [there], [here] = (by_position[item.position]["disagrees_with"] for item in (said, done))
        assert (there["position"], there["holds"], there["fields"]) == (done.position, True, fields)
        assert (here["position"], here["holds"], here["fields"]) == (said.position, False, fields)
    assert answer("measures/us-example/", valid_at="2025-05-20")["rate"] == 25
    early = answer("measures/us-example/history/", known_at="2025-04-10")["results"]
    assert [row["disagrees_with"] for row in early] == [[], []]
    words = f"Event {done.position}, the instrument, differs from this announcement and holds: 25% instead of 20%"
    assert words in page("/measures/us-example/?valid_at=2025-05-20").words
    assert words in page(f"/events/{said.position}/").words
    assert "the instrument, differs" not in page("/measures/us-example/?valid_at=2025-05-20&known_at=2025-04-10").words
