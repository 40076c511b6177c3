"""The clocks of a page: what an address may ask, what it is told where it may not, and where its links lead."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.http import QueryDict

from measures.web.clocks import Travel, read
from tests.measures.given import adopted, given, on, rate_changed
from tests.measures.web.asking import ask, project
from tracker import replay
from tracker.clocks import LAST_DAY, Point

INSTANT = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)
STORY = given(
    on("2025-02-10", adopted("25%", "2025-03-04")),
    on("2025-05-30", rate_changed("50%", "2025-06-04")),
)


def travel(known_at: date = LAST_DAY, others: tuple[tuple[str, str], ...] = (), **asked: str) -> Travel:
    point = Point(date(2025, 6, 10), known_at, 7, INSTANT, {}, {})
    return Travel(point, 9, asked, others)


def test_an_address_asks_with_days_a_position_or_an_instant():
    asked = read({"valid_at": "2025-06-10", "known_at": " 2025-06-09 ", "recorded_at": "2026-11-24T12:00"})
    assert asked.errors == {}
    assert asked.values == {
        "valid_at": date(2025, 6, 10),
        "known_at": date(2025, 6, 9),
        "recorded_at": datetime(2026, 11, 24, 12, tzinfo=UTC),
    }
    assert read({"position": "120"}).values == {"position": 120}


def test_a_plus_sign_of_an_instant_may_arrive_as_a_space():
    parameters = QueryDict("recorded_at=2026-11-24T12:00:00+02:00")
    assert read(parameters.dict()).values["recorded_at"] == datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("valid_at", "10.6.2025"),
        ("valid_at", "2025-06-31"),
        ("valid_at", "20250610"),
        ("known_at", "yesterday"),
        ("known_at", "9999-12-31"),
        ("position", "-1"),
        ("position", "seven"),
        ("position", "9" * 30),
        ("recorded_at", "noon"),
    ],
)
def test_what_is_no_value_of_a_clock_is_told_at_its_field_with_the_accepted_form(name: str, typed: str):
    asked = read({name: typed})
    assert list(asked.errors) == [name]
    assert f"“{typed}” is not a" in asked.errors[name]
    assert "write" in asked.errors[name]
    assert asked.typed == {name: typed}


def test_a_permalink_says_all_three_clocks():
    assert travel().permalink == "?valid_at=2025-06-10&known_at=2026-11-24&position=7"
    assert travel(date(2025, 6, 9), others=(("kind", "ban"),)).permalink == (
        "?kind=ban&valid_at=2025-06-10&known_at=2025-06-09&position=7"
    )


def test_travelling_keeps_the_other_clocks_and_the_parameters_of_the_page():
    here = travel(others=(("q", "rare earth"),), valid_at="2025-06-10", position="7")
    assert here.to(valid_at=date(2025, 5, 12)) == "?q=rare+earth&valid_at=2025-05-12&position=7"
    assert here.to(position=None, known_at="2025-06-10") == "?q=rare+earth&valid_at=2025-06-10&known_at=2025-06-10"


def test_only_an_answer_at_the_newest_position_lags_behind_the_log():
    assert travel().lag == 2
    assert travel(position="7").lag == 0


@pytest.mark.django_db
class TestPages:
    def test_a_bad_clock_is_a_400_that_keeps_what_was_typed_and_answers_nothing(self):
        STORY.record()
        project()
        page = ask("/measures/example/?valid_at=10.6.2025&position=seven&known_at=2025-06-10", 400)
        assert "“10.6.2025” is not a day; write YYYY-MM-DD, such as 2025-06-10, up to 9999-12-30." in page.words
        assert "“seven” is not a position of the log" in page.words
        assert page.field("valid_at")["value"] == "10.6.2025"
        assert page.field("valid_at")["aria-invalid"] == "true"
        assert page.field("known_at")["value"] == "2025-06-10"
        assert "25%" not in page.words

    @pytest.mark.parametrize(
        ("address", "told"),
        [
            ("/?bogus=1", "“bogus” is no parameter of this page; there are dispute, years, valid_at"),
            ("/?years=99", "“99” is no value of years; write one of 2, 5, all."),
            ("/?valid_at=2025-06-10&valid_at=2025-06-11", "“valid_at” is given 2 times; give it once."),
            ("/measures/?kind=nope", "“nope” is no value of kind; write one of"),
            ("/measures/?page=x", "“x” is no value of page; write a whole number from 1."),
            ("/measures/?q=a&q=b", "“q” is given 2 times; give it once."),
            ("/cases/?kind=ban", "“kind” is no parameter of this page; there are valid_at"),
            ("/events/?kind=ban", "“kind” is no parameter of this page; there are type, stream"),
            (
                "/compare/?from_valid=2025-06-10",
                "“from_valid” is no parameter of this page; there are page, from_",
            ),
        ],
    )
    def test_what_the_page_does_not_take_is_named_with_what_it_takes(self, address: str, told: str):
        project()
        assert told in ask(address, 400).words

    def test_a_dispute_that_is_not_there_is_not_found(self):
        project()
        assert (
            "There is no dispute “nope” at these clocks; dispute may be: none yet." in ask("/?dispute=nope", 404).words
        )

    def test_the_first_day_and_the_empty_record_are_told_in_words(self):
        project()
        page = ask("/?valid_at=0001-01-01&position=0")
        assert "In force on 1 January 1, as the public knew to date" in page.words
        assert "position 0 (before the first entry)" in page.words
        assert "1970" not in page.words

    def test_as_of_is_refused_with_a_hint(self):
        assert "ask with valid_at, known_at or position" in ask("/?as_of=2025-06-10", 400).words

    def test_two_recorded_clocks_are_refused_at_the_field(self):
        page = ask("/?position=0&recorded_at=2026-01-01T00:00", 400)
        assert "Position and recorded_at are two names of one clock; give one of them." in page.words

    def test_an_instant_to_come_is_refused(self):
        assert "is in the future" in ask("/?recorded_at=2999-01-01T00:00", 400).words

    def test_a_position_beyond_the_log_is_a_404_at_the_field(self):
        page = ask("/?position=99", 404)
        assert "Position 99 is beyond the head of the log, 0." in page.words
        assert page.field("position")["value"] == "99"

    def test_fields_left_empty_are_dropped_from_the_address(self):
        page = ask("/measures/?kind=ban&valid_at=2025-06-10&known_at=&position=&recorded_at=", 302)
        assert page.response.headers["Location"] == "/measures/?kind=ban&valid_at=2025-06-10"

    def test_the_bar_says_the_point_in_words(self):
        STORY.record()
        project()
        page = ask("/measures/example/?valid_at=2025-06-10&known_at=2025-06-09")
        assert "In force on 10 June 2025, as the public knew on 9 June 2025, as our record stood at position 3" in (
            page.words
        )
        assert "as the public knew to date" in ask("/measures/example/").words

    def test_as_announced_asks_what_was_known_on_the_day_itself(self):
        STORY.record()
        project()
        page = ask("/measures/example/?valid_at=2025-06-10")
        assert page.link("As announced") == "/measures/example/?valid_at=2025-06-10&known_at=2025-06-10"

    def test_today_leaves_all_clocks_unsaid(self):
        project()
        page = ask("/about/?valid_at=2025-06-10&known_at=2025-06-10")
        assert ask("/?valid_at=2025-06-10&position=0").link("Today") == "/"
        assert page.link("Measures") == "/measures/?valid_at=2025-06-10&known_at=2025-06-10"

    def test_a_position_that_is_recorded_and_not_projected_is_a_503_that_says_when_to_ask_again(self, monkeypatch):
        monkeypatch.setattr(replay, "WAIT_SECONDS", 0.0)
        STORY.record()
        page = ask("/measures/example/?position=3", 503)
        assert page.response.headers["Retry-After"] == "2"
        assert "Position 3 is in our record." in page.words
        assert "have reached position 0" in page.words
        assert page.link("Ask again") == "/measures/example/?position=3"

    def test_the_newest_answer_says_how_many_events_it_leaves_out(self):
        STORY.record()
        project()
        given(on("2025-02-10", adopted("15%", "2025-03-04")), stream="measure/another").record()
        page = ask("/measures/example/")
        assert "2 newer events in our record are not in this answer yet." in page.words
        assert "not in this answer yet" not in ask("/measures/example/?position=3").words

    def test_before_a_worker_ever_ran_the_pages_say_that_nothing_is_ready(self):
        assert "nothing was made ready to be read" in ask("/", 503).words
        STORY.record()
        assert "Position 3 is in our record." in ask("/", 503).words

    def test_the_log_can_be_read_as_soon_as_something_is_recorded(self):
        STORY.record()
        assert "Changed to 50% from 4 June 2025." in ask("/events/").words
        assert ask("/events/3/?position=3").position() == 3

    def test_pages_are_read_never_written(self):
        from django.test import Client

        assert Client().post("/").status_code == 405
