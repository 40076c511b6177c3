"""Histories in words: a correction is not a change, and nothing that was taken back disappears."""

from __future__ import annotations

import pytest

from tests.measures.api.asking import STREAM, answer, told, truce
from tests.measures.given import adopted, corrected, given, in_place, on, rate_changed, retracted, suspended

pytestmark = pytest.mark.django_db

HISTORY = "measures/us-example/history/"


def test_events_are_told_in_order_of_the_known_clock_with_their_sources() -> None:
    told(truce())
    found = answer(HISTORY)["results"]
    assert [item["sentence"] for item in found] == [
        "Described as An example.",
        "Adopted 34% from 9 April 2025.",
        "Suspended from 14 May 2025 until 12 August 2025.",
        "Extended the suspension from 12 August 2025 until 10 November 2025.",
    ]
    assert all(item["sources"][0]["citation"] == "No. 1" for item in found)


def test_what_is_recorded_late_stands_where_it_was_known() -> None:
    told(
        given(
            on("2025-05-01", adopted("5%", "2025-05-02")), on("2025-04-01", adopted("4%", "2025-04-02")), stream=STREAM
        )
    )
    assert [item["position"] for item in answer(HISTORY)["results"]] == [1, 3, 2]


def test_acts_of_one_day_keep_the_place_that_they_were_given() -> None:
    first, second = in_place(2, adopted("5%", "2025-05-02")), in_place(1, rate_changed("6%", "2025-05-03"))
    told(given(on("2025-05-01", first, second), stream=STREAM))
    assert [item["position"] for item in answer(HISTORY)["results"]] == [1, 3, 2]


def test_later_knowledge_is_left_out() -> None:
    told(truce())
    assert len(answer(HISTORY, known_at="2025-05-11")["results"]) == 2


def test_a_position_before_the_first_entry_has_a_history_without_events() -> None:
    told(truce())
    found = answer(HISTORY, position=0)
    assert (found["results"], found["unknown"]) == ([], "Not recorded at this position.")


def test_a_corrected_event_reads_as_corrected_and_says_what_it_said_before() -> None:
    told(
        given(on("2025-04-02", adopted("34%", "2025-04-09")), corrected(1, effective_from="2025-04-10"), stream=STREAM)
    )
    (_, item) = answer(HISTORY)["results"]
    assert item["sentence"] == "Adopted 34% from 10 April 2025."
    assert (item["corrected"], item["retracted"]) == (True, False)
    (correction,) = item["corrections"]
    assert correction["changes"] == [{"field": "effective_from", "was": "2025-04-09", "now": "2025-04-10"}]
    assert (correction["position"], correction["reason_code"]) == (3, "source-misread")


def test_before_the_correction_was_recorded_the_event_reads_as_it_did() -> None:
    told(
        given(on("2025-04-02", adopted("34%", "2025-04-09")), corrected(1, effective_from="2025-04-10"), stream=STREAM)
    )
    (_, item) = answer(HISTORY, position=2)["results"]
    assert (item["sentence"], item["corrections"]) == ("Adopted 34% from 9 April 2025.", [])


def test_a_corrected_known_day_moves_the_event_on_the_known_clock() -> None:
    told(given(on("2025-04-02", adopted("34%", "2025-04-09")), corrected(1, known_from="2025-04-20"), stream=STREAM))
    assert len(answer(HISTORY, known_at="2025-04-10")["results"]) == 1
    (_, item) = answer(HISTORY, known_at="2025-04-20")["results"]
    assert item["corrections"][0]["changes"] == [{"field": "known_from", "was": "2025-04-02", "now": "2025-04-20"}]


def test_a_retracted_event_stays_readable_and_is_marked() -> None:
    told(given(on("2025-04-02", adopted("34%", "2025-04-09"), suspended("2025-05-01")), retracted(2), stream=STREAM))
    (_, adopted_, suspended_) = answer(HISTORY)["results"]
    assert (adopted_["retracted"], suspended_["retracted"]) == (False, True)
    assert suspended_["sentence"] == "Suspended from 1 May 2025."
    assert suspended_["corrections"][0]["type"] == "entry.retracted"


def test_a_correction_that_was_taken_back_is_marked_and_the_event_reads_as_before() -> None:
    told(
        given(
            on("2025-04-02", adopted("34%", "2025-04-09")),
            corrected(1, effective_from="2025-04-10"),
            retracted(2),
            stream=STREAM,
        )
    )
    (_, item) = answer(HISTORY)["results"]
    assert (item["sentence"], item["corrected"]) == ("Adopted 34% from 9 April 2025.", False)
    (correction,) = item["corrections"]
    assert correction["retracted"] is True
    assert correction["corrections"][0]["type"] == "entry.retracted"
