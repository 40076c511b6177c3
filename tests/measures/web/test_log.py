"""The record: every event in words, and each entry as it was hashed."""

from __future__ import annotations

import hashlib
import html
from dataclasses import replace
from datetime import date

import pytest

from tests.measures.given import adopted, corrected, given, on, retracted, suspended, terminated
from tests.measures.web.asking import ask
from tracker import log

STORY = given(
    on("2025-02-10", adopted("25%", "2025-03-04"), occurred="2025-02-10"),
    on("2025-05-01", terminated("2025-05-02")),
    corrected(1, obligation="20%"),
    retracted(2),
)


@pytest.fixture
def told(db: None) -> None:
    STORY.record()


@pytest.mark.usefixtures("told")
class TestTheLog:
    def test_it_tells_the_newest_first(self):
        words = ask("/events/").words
        assert words.index("Retracted entry #3") < words.index("Adopted 25% from 4 March 2025.")

    def test_it_is_filtered_by_type_stream_and_day(self):
        assert "Terminated" not in ask("/events/?type=measure.adopted").part("Known since", "This page")
        assert "No event fits." in ask("/events/?stream=negotiation").words
        assert "Adopted 25%" in ask("/events/?stream=measure/example").words
        assert "Adopted 25%" not in ask("/events/?day=2025-05-01").words
        assert "Terminated from 2 May 2025." in ask("/events/?day=2025-05-01").words

    def test_a_filter_that_cannot_be_read_is_told_and_nothing_is_shown(self):
        page = ask("/events/?day=1.5.2025&type=measure.vanished", 400)
        assert "“1.5.2025” is not a day; write YYYY-MM-DD" in page.words
        assert "“measure.vanished” is not a type of event" in page.words
        assert page.field("day")["value"] == "1.5.2025"
        assert "Adopted 25%" not in page.words

    def test_at_a_position_it_ends_there(self):
        page = ask("/events/?position=2")
        assert "up to position 2" in page.words
        assert "Terminated" not in page.part("Known since", "This page")

    def test_it_goes_on_where_a_page_ends(self, monkeypatch):
        monkeypatch.setattr("measures.web.views.log.PAGE", 2)
        first = ask("/events/?stream=measure")
        assert first.link("Older") == "/events/?stream=measure&before=4"
        assert "Adopted 25%" in ask(first.link("Older")).words
        assert ask(first.link("Older")).link("Newest") == "/events/?stream=measure"

    def test_it_asks_4_times(self, django_assert_num_queries):
        """The head twice, for the point and to say how far the log goes; the events; those that they name by id."""
        ask("/events/")
        with django_assert_num_queries(4):
            ask("/events/")


@pytest.mark.usefixtures("told")
class TestAnEvent:
    def test_it_tells_its_three_clocks(self):
        clocks = ask("/events/2/").part("Three clocks", "Who recorded it")
        assert "Happened 10 February 2025" in clocks
        assert "Valid from 4 March 2025" in clocks
        assert "Known since 10 February 2025" in clocks
        assert "position 2" in clocks

    def test_it_tells_who_recorded_it_on_whose_approval_through_which_door(self):
        who = ask("/events/2/").part("Who recorded it", "Sources")
        assert "By editor-1 (a pseudonym)" in who
        assert "Approval Imported" in who
        assert "Through tests" in who

    def test_a_reason_that_may_name_persons_is_withheld(self):
        event = suspended("2025-06-01").event("measure/example", 9)
        with_reason = replace(event, meta=replace(event.meta, reason="Asked by Jane Doe"), known_from=date(2025, 5, 1))
        (item,) = log.append([with_reason])
        page = ask(f"/events/{item.position}/")
        assert f"withheld, it may name persons; commitment {item.meta['reason']}" in page.part("Reason", "Sources")
        assert "Jane" not in page.html

    def test_its_sources_are_named(self):
        assert "The gazette, No. 1 official" in ask("/events/2/").part("Sources", "Before in")

    def test_a_corrected_entry_says_what_corrected_it_and_why(self):
        page = ask("/events/2/")
        assert "Corrected by event 4" in page.words
        assert "source-misread" in page.words
        assert "Corrected by" not in ask("/events/2/?position=3").words

    def test_a_correction_says_what_was_and_what_is(self):
        page = ask("/events/4/")
        assert "This concerns event 2: Adopted 25% from 4 March 2025." in page.words
        assert "obligation 25% 20%" in page.part("What it corrects", "Three clocks")
        assert "moves only our record" in page.words

    def test_a_retracted_entry_says_so(self):
        assert "Retracted by event 5" in ask("/events/3/").words

    def test_the_bytes_shown_are_those_of_the_leaf_hash(self):
        page = ask("/events/2/")
        shown = html.unescape(page.html.split("<pre", 1)[1].split(">", 1)[1].split("</pre>", 1)[0])
        leaf = hashlib.sha256(b"\0" + shown.encode()).hexdigest()
        assert leaf in page.words
        (event,) = log.read(positions=[2])
        assert leaf == event.leaf_hash.hex()

    def test_it_leads_to_its_subject_and_its_neighbours(self):
        page = ask("/events/3/")
        assert page.link("measure/example") == "/measures/example/"
        assert page.link("Before in measure/example Adopted 25% from 4 March 2025.") == "/events/2/"
        assert [item["href"] for item in page.tags("a") if item.get("rel") == "next"] == ["/events/4/"]

    @pytest.mark.parametrize("position", ["99", "0", "9" * 30])
    def test_an_event_that_is_not_there_is_a_404(self, position: str):
        assert f"There is no event {position}; the log ends at 5." in ask(f"/events/{position}/", 404).words

    def test_an_event_after_the_position_asked_is_a_404_that_says_so(self):
        assert "Event 3 was not yet recorded at position 2." in ask("/events/3/?position=2", 404).words
