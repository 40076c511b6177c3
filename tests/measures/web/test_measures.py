"""The list of measures, and the page of a measure."""

from __future__ import annotations

import pytest
from django.test import Client

from measures.events import measures
from measures.events.common import Codes, Coverage
from tests.measures.given import (
    Told,
    adopted,
    corrected,
    given,
    on,
    retracted,
    reviewed,
    revoked,
    suspended,
    suspension_extended,
    terminated,
    voided,
)
from tests.measures.web.asking import Page, ask, project

TRUCE = given(
    on("2025-04-02", adopted("34%", "2025-04-09")),
    on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="10")),
    on("2025-08-11", suspension_extended("2025-08-12", "2025-11-10")),
)


def told(*stories) -> None:
    for story in stories:
        story.record()
    project()


RENAMED = Told(measures.Renamed, {"slug": "renamed"}, known="2025-09-01")
MERGED = Told(measures.Merged, {"into": "example"}, known="2025-09-01")


@pytest.mark.django_db
class TestAMeasureUnderAnotherSlug:
    def test_a_former_slug_leads_to_the_page_under_the_new_one_with_its_whole_history(self):
        told(given(*TRUCE.batches, RENAMED))
        moved = Client().get("/measures/example/?valid_at=2025-06-10")
        assert (moved.status_code, moved["Location"]) == (302, "/measures/renamed/?valid_at=2025-06-10")
        page = ask("/measures/renamed/")
        assert "Adopted 34% from 9 April 2025." in page.words
        assert "/api/v1/measures/renamed/timeline/" in page.html

    def test_a_later_slug_leads_to_the_page_of_an_earlier_day(self):
        told(given(*TRUCE.batches, RENAMED))
        assert Client().get("/measures/renamed/?known_at=2025-06-10")["Location"].startswith("/measures/example/")
        assert "not yet" in ask("/measures/renamed/?position=2").words.lower()

    def test_a_measure_recorded_twice_leads_to_the_one_it_was_merged_into(self):
        told(TRUCE, given(on("2025-04-03", adopted("30%", "2025-04-09")), MERGED, stream="measure/twice"))
        assert Client().get("/measures/twice/")["Location"] == "/measures/example/"
        assert "An example" in ask("/measures/twice/?known_at=2025-06-10").words
        assert "1 of 1" in ask("/measures/").words


@pytest.mark.django_db
class TestAMeasure:
    def test_the_banner_says_what_holds_until_when_and_what_follows(self):
        told(TRUCE)
        words = ask("/measures/example/?valid_at=2025-06-10&known_at=2025-06-10").words
        assert "10% In force in part: 10% applies, 24 points suspended until 11 August 2025" in words
        assert "returns to 34% on 12 August 2025 unless extended." in words

    def test_the_banner_gives_its_reasons_as_links_to_the_events(self):
        told(TRUCE)
        page = ask("/measures/example/?valid_at=2025-06-10&position=4&known_at=2025-06-10")
        reasons = page.part("Because:", "Over time")
        assert "Adopted 34% from 9 April 2025." in reasons
        assert "Suspended from 14 May 2025 until 12 August 2025." in reasons
        assert page.link("10%").startswith("/events/3/")

    def test_past_the_last_source_the_answer_is_not_confirmed(self):
        told(TRUCE)
        assert "Confirmed by a source" in ask("/measures/example/?valid_at=2025-08-11").words
        assert "not confirmed after 11 August 2025" in ask("/measures/example/?valid_at=2025-08-12").words

    def test_a_review_of_sources_confirms(self):
        told(given(on("2025-02-10", adopted("25%", "2025-03-04")), reviewed("2025-09-01")))
        assert "Confirmed by a source" in ask("/measures/example/?valid_at=2025-09-01").words

    def test_before_its_first_event_it_is_not_yet_announced_and_says_since_when_it_is_known(self):
        told(TRUCE)
        page = ask("/measures/example/?valid_at=2025-01-01")
        assert "Not yet announced on 1 January 2025; first known 2 April 2025." in page.words
        assert page.link("2 April 2025") == "/measures/example/?valid_at=2025-04-02"

    def test_before_it_was_known_it_is_not_yet_announced_even_in_name(self):
        told(TRUCE)
        page = ask("/measures/example/?known_at=2025-01-01&valid_at=2025-06-10")
        assert "Not yet announced on 1 January 2025; first known 2 April 2025." in page.words
        assert "An example" not in page.words

    def test_before_it_was_recorded_it_says_at_which_position_it_was(self):
        told(given(on("2025-01-01", adopted("5%", "2025-01-01")), stream="measure/first"), TRUCE)
        page = ask("/measures/example/?position=2")
        assert "Not yet in our record at position 2; first recorded at position 3" in page.words
        assert page.link("position 3") == "/measures/example/?position=3"

    def test_what_was_never_recorded_is_a_404_of_our_own(self):
        told(TRUCE)
        page = ask("/measures/nothing/", 404)
        assert "There is no measure 'nothing' in our record." in page.words
        assert page.link("Our record") == "/events/"

    def test_history_tells_who_recorded_what_when_from_which_source(self):
        told(TRUCE)
        history = ask("/measures/example/").part("History", "This page answers")
        assert (
            "11 August 2025 Extended the suspension from 12 August 2025 until 10 November 2025. #4, recorded" in history
        )
        assert "imported with the data · The gazette" in history

    def test_history_says_for_whom_a_ruling_was_and_what_its_stay_took_back(self):
        ruled = voided("2025-05-28", parties=("the plaintiffs",))
        told(
            given(
                on("2025-04-02", adopted("34%", "2025-04-09")),
                on("2025-05-28", ruled),
                on("2025-05-29", revoked(2, "2025-05-29")),
            )
        )
        words = ask("/measures/example/").words
        assert "Held unlawful from 28 May 2025, for the plaintiffs alone; it changes nothing for others." in words
        assert "Took back entry #3: it has no effect from 29 May 2025." in words

    def test_history_leaves_out_what_was_not_known_and_says_so(self):
        told(TRUCE)
        page = ask("/measures/example/?known_at=2025-06-10")
        assert "1 later event was not known on 10 June 2025 and is left out." in page.words
        assert "Extended the suspension" not in page.words

    def test_what_follows_next_are_the_changes_that_can_be_seen(self):
        told(TRUCE)
        follows = ask("/measures/example/?valid_at=2025-06-10").part("What follows next", "What it covers")
        assert follows.strip() == "10 November 2025 34%"

    def test_every_period_is_a_row_and_the_day_asked_is_marked(self):
        told(TRUCE)
        page = ask("/measures/example/?valid_at=2025-06-10&known_at=2025-06-10")
        periods = page.part("Every period From", "History")
        assert "14 May 2025 11 August 2025 In force Partly suspended, 24 points off 34% 10% 34%" in periods
        assert [row for row in page.tags("tr") if row.get("aria-current") == "date"]

    def test_a_corrected_figure_is_marked_with_a_link_to_the_correction(self):
        told(given(on("2025-02-10", adopted("25%", "2025-03-04")), corrected(1, obligation="20%")))
        page = ask("/measures/example/?valid_at=2025-06-10")
        assert page.link("20%").startswith("/events/2/")
        assert page.link("corrected").startswith("/events/3/")
        before = ask("/measures/example/?valid_at=2025-06-10&position=2")
        assert "25% In force at 25%." in before.words
        assert "corrected" not in before.words

    def test_a_retracted_entry_stays_in_the_history_marked_as_such(self):
        story = given(
            on("2025-02-10", adopted("25%", "2025-03-04")), on("2025-05-01", terminated("2025-05-02")), retracted(2)
        )
        told(story)
        page = ask("/measures/example/?valid_at=2025-06-10")
        assert "25% In force at 25%." in page.words
        assert "Terminated from 2 May 2025. retracted" in page.words

    def test_the_drawing_comes_wide_and_narrow_and_leads_to_the_events(self):
        told(TRUCE)
        page = ask("/measures/example/?valid_at=2025-06-10")
        assert [item["class"] for item in page.tags("svg")] == ["drawing wide", "drawing narrow"]
        drawn = page.html.split("<svg", 1)[1].split("</svg>", 1)[0]
        assert '<a href="/events/3/?valid_at=2025-06-10" tabindex="-1"><title>10%, partly suspended' in drawn

    def test_the_page_asks_11_times(self, django_assert_num_queries):
        """The point, the head. The measure, its terms, its next change, its scopes;
        its events; the timeline; the slugs of what was merged into it; related measures; cases."""
        told(TRUCE)
        ask("/measures/example/")
        with django_assert_num_queries(11):
            ask("/measures/example/?valid_at=2025-06-10")

    def test_a_parked_stream_says_that_the_answer_lacks_something(self):
        from tracker.models import Parked

        told(TRUCE)
        Parked.objects.create(projection="measures", generation=1, stream="measure/example", position=4, error="…")
        assert "could not be read into the answer yet" in ask("/measures/example/").words
        assert "could not be read into the answer yet" not in ask("/measures/example/?position=3").words


def listed(page: Page) -> list[str]:
    """The addresses of the measures of a list, without their clocks."""
    rows = [address.partition("?")[0] for _, address in page.links if address.startswith("/measures/")]
    return [address for address in rows if address != "/measures/"]


@pytest.mark.usefixtures("loaded")
class TestTheList:
    def test_it_is_filtered_by_implementer_kind_status_and_words(self):
        page = ask("/measures/?implementer=US&kind=licensing_requirement&legal=in_force&valid_at=2025-06-10&q=H20")
        assert listed(page) == ["/measures/us-h20-licence/"]
        assert page.field("q")["value"] == "H20"

    def test_it_says_how_many_of_how_many(self):
        assert "measures known and recorded at this point" in ask("/measures/").words
        suspended_then = ask("/measures/?application=partly_suspended&valid_at=2025-06-10")
        assert set(listed(suspended_then)) == {"/measures/us-ieepa-reciprocal-cn/", "/measures/cn-retaliation-2025-04/"}

    def test_each_row_says_what_changes_next(self):
        row = ask("/measures/?q=reciprocal&valid_at=2025-06-10&known_at=2025-06-10").part("Reciprocal tariff", "Partly")
        assert "In force" in row
        assert "34% from 12 August 2025" in ask("/measures/?q=reciprocal&valid_at=2025-06-10&known_at=2025-06-10").words

    def test_nothing_found_leads_back_to_everything(self):
        page = ask("/measures/?q=unobtainium&valid_at=2025-06-10")
        assert page.link("Show all") == "/measures/?valid_at=2025-06-10"

    @pytest.mark.parametrize("query", ["", "implementer=US", "kind=ban&valid_at=2025-06-10"])
    def test_the_list_asks_9_times_however_long_it_is(self, django_assert_num_queries, query: str):
        """The point, the head. What there is to choose from; how many fit, the measures of the
        page, their terms, next changes and scopes; corrections among what set them."""
        ask("/about/")
        with django_assert_num_queries(9):
            ask(f"/measures/?{query}" if query else "/measures/")


@pytest.mark.django_db
class TestTheListByProduct:
    def test_what_its_codes_cover_and_what_words_may_cover_are_listed_and_told_apart(self):
        coded, worded = Coverage(products=Codes(codes=("7208",))), Coverage(text="Steel derivatives")
        told(
            given(on("2025-01-01", adopted("25%", "2025-02-01", coverage=coded)), stream="measure/coded"),
            given(on("2025-01-01", adopted("50%", "2025-02-01", coverage=worded)), stream="measure/worded"),
        )
        words = ask("/measures/?product=7208.39&valid_at=2025-06-01").words
        assert "2 of 2" in words
        assert words.count("told in words only: whether it covers 720839 is unknown") == 1
        assert "1 of 2" in ask("/measures/?product=8703&valid_at=2025-06-01").words

    def test_a_code_that_cannot_be_read_is_told_and_finds_nothing(self):
        told(TRUCE)
        words = ask("/measures/?product=720").words
        assert "“720” cannot be read" in words
        assert "0 of 1" in words
