"""Coarse and missing dates, conditions, and how far the sources reach: unknown where it is, and only there."""

from __future__ import annotations

from datetime import date

import pytest

from measures.projections.measures import confirmed_until
from tests.measures.given import (
    adopted,
    announced,
    condition_met,
    condition_waived,
    confirmed,
    extended,
    given,
    on,
    postponed,
    rate_changed,
    reviewed,
    revoked,
    shortened,
    suspended,
    terminated,
    value_published,
)


def test_a_first_day_known_to_the_month_leaves_that_month_unknown():
    story = given(on("2025-03-01", adopted("10%", "2025-06")))
    days = ["2025-05-31", "2025-06-01", "2025-06-29", "2025-06-30", "2025-07-01"]
    assert [story.legal(day) for day in days] == ["adopted", "unknown", "unknown", "in_force", "in_force"]
    assert story.rates(*days) == [0, None, None, 10, 10]
    state = story.on("2025-06-15")
    assert (state.rate_min, state.rate_max) == (0, 10)
    assert state.unknown == "the first day of entry 1 is only known to lie between 2025-06-01 and 2025-06-30"
    assert [story.on(day).unknown for day in ("2025-05-31", "2025-06-30")] == ["", ""]


@pytest.mark.parametrize(
    ("text", "before", "first", "last", "after"),
    [
        ("2025-Q3", "2025-06-30", "2025-07-01", "2025-09-29", "2025-09-30"),
        ("2025-H2", "2025-06-30", "2025-07-01", "2025-12-30", "2025-12-31"),
    ],
)
def test_a_first_day_known_to_the_quarter_or_the_half_leaves_its_days_unknown(
    text: str, before: str, first: str, last: str, after: str
):
    story = given(on("2025-01-10", adopted("10%", text)))
    assert [story.legal(day) for day in (before, first, last, after)] == ["adopted", "unknown", "unknown", "in_force"]
    assert [story.rate(day) for day in (before, first, after)] == [0, None, 10]
    assert "the first day of entry 1 is only known to lie between 2025-07-01 and 2025-" in story.on(last).unknown


def test_an_end_known_to_the_quarter_is_settled_by_a_later_entry():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", "2025-Q4")), on("2025-09-01", shortened(1, "2025-11-01"))
    )
    assert story.legal("2025-10-15", known="2025-08-31") == "unknown"
    assert [story.legal(day) for day in ("2025-10-31", "2025-11-01")] == ["in_force", "expired"]


def test_a_first_day_known_to_the_year_leaves_that_year_unknown():
    story = given(on("2024-12-01", adopted("10%", "2025")))
    assert [story.legal(day) for day in ("2024-12-31", "2025-01-01", "2025-12-30", "2025-12-31")] == [
        "adopted",
        "unknown",
        "unknown",
        "in_force",
    ]


def test_a_binding_act_without_a_first_day_is_unknown_since_its_signing():
    story = given(on("2025-03-05", adopted("10%"), occurred="2025-03-01"))
    state = story.on("2030-01-01")
    assert (state.legal, state.rate, state.rate_min, state.rate_max) == ("unknown", None, 0, 10)
    assert state.unknown == "the first day of entry 1 is not stated"


def test_a_dated_announcement_stands_where_the_binding_act_has_no_date():
    story = given(
        on("2025-02-01", announced("10%", "2025-04-01")),
        on("2025-03-01", adopted("10%")),
    )
    assert [story.rate(day) for day in ("2025-03-31", "2025-04-01")] == [None, 10]
    assert story.legal("2025-04-01") == "in_force"


def test_a_confirmed_entry_into_force_settles_a_coarse_date():
    story = given(
        on("2025-03-01", adopted("10%", "2025-06")),
        on("2025-06-20", confirmed("2025-06-12")),
    )
    assert story.rates("2025-06-11", "2025-06-12") == [0, 10]
    assert story.rate("2025-06-12", known="2025-06-19") is None


def test_a_confirmed_entry_into_force_settles_a_missing_date():
    story = given(
        on("2025-03-01", adopted("10%", term="list-1"), adopted("20%", term="list-2")),
        on("2025-06-20", confirmed("2025-06-12", term="list-1")),
    )
    assert story.rates("2025-06-11", "2025-06-12", term="list-1") == [0, 10]
    assert story.rate("2025-06-12", term="list-2") is None


def test_a_confirmed_step_settles_its_own_date():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-03-01", rate_changed("20%", "2025-06")),
        on("2025-06-20", confirmed("2025-06-12")),
    )
    assert story.rates("2025-06-11", "2025-06-12") == [10, 20]


def test_a_step_known_to_the_month_leaves_only_the_rate_unknown():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-03-01", rate_changed("25%", "2025-06")),
    )
    state = story.on("2025-06-10")
    assert (state.legal, state.application, state.rate) == ("in_force", "applied", None)
    assert (state.rate_min, state.rate_max) == (10, 25)
    assert story.rates("2025-05-31", "2025-06-30") == [10, 25]


def test_a_coarse_date_that_changes_no_answer_leaves_none_unknown():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-03-01", rate_changed("10%", "2025-06")),
    )
    assert (story.rate("2025-06-10"), story.on("2025-06-10").unknown) == (10, "")


def test_only_the_dates_that_matter_are_given_as_reasons():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-03-01", rate_changed("10%", "2025-06"), suspended("2025-06", stays="4")),
    )
    assert "entry 3" in story.on("2025-06-10").unknown
    assert "entry 2" not in story.on("2025-06-10").unknown


def test_two_coarse_steps_in_one_month_leave_open_which_is_the_later_one():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-03-01", rate_changed("20%", "2025-06")),
        on("2025-03-02", rate_changed("30%", "2025-06-15")),
    )
    state = story.on("2025-08-01")
    assert (state.rate, state.rate_min, state.rate_max) == (None, 20, 30)
    assert state.unknown == "which of the entries 2 and 3 begins last is not known: their first days are too coarse"
    assert story.rates("2025-05-31", "2025-06-14", "2025-06-15", "2025-06-16") == [10, None, 30, None]


def test_an_end_known_to_the_month_leaves_that_month_unknown():
    story = given(on("2025-01-01", adopted("10%", "2025-01-01", "2025-06")))
    assert story.rates("2025-05-31", "2025-06-15", "2025-06-30") == [10, None, 0]
    assert story.on("2025-06-15").unknown == (
        "the end of entry 1 is only known to lie between 2025-06-01 and 2025-06-30"
    )


def test_a_termination_known_to_the_month_leaves_that_month_unknown():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-05-01", terminated("2025-06")),
    )
    assert [story.legal(day) for day in ("2025-05-31", "2025-06-15", "2025-06-30")] == [
        "in_force",
        "unknown",
        "terminated",
    ]


def test_a_suspension_known_to_the_month_leaves_the_application_unknown_and_the_law_known():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-05-01", suspended("2025-06", "2025-09-01")),
    )
    state = story.on("2025-06-15")
    assert (state.legal, state.application, state.rate, state.statutory_rate) == ("in_force", "unknown", None, 10)
    assert story.rates("2025-06-30", "2025-09-01") == [0, 10]


def test_a_postponement_to_a_month_moves_the_unknown_days():
    story = given(
        on("2025-01-01", adopted("10%", "2025-04-01")),
        on("2025-03-01", postponed(1, "2025-08")),
    )
    assert story.rates("2025-04-01", "2025-07-31", "2025-08-10", "2025-08-31") == [0, 0, None, 10]
    assert story.on("2025-08-10").unknown.startswith("the new first day of entry 2 is only known")


def test_a_revoked_coarse_entry_makes_nothing_unknown():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-03-01", rate_changed("25%", "2025-06")),
        on("2025-04-01", revoked(2, "2025-04-01")),
    )
    assert (story.rate("2025-06-15"), story.on("2025-06-15").unknown) == (10, "")


def test_a_day_of_signing_known_to_the_month_is_no_later_than_it_was_known():
    story = given(on("2025-03-10", adopted("10%", "2025-06-01"), occurred="2025-03"))
    assert [story.legal(day) for day in ("2025-02-28", "2025-03-05", "2025-03-10")] == [
        "not_announced",
        "unknown",
        "adopted",
    ]


def test_too_many_coarse_dates_on_one_day_are_unknown_as_a_whole():
    steps = [rate_changed(f"{rate}%", "2025-06") for rate in range(11, 19)]
    story = given(on("2025-01-01", adopted("10%", "2025-01-01"), *steps))
    state = story.on("2025-06-15")
    assert (state.legal, state.application, state.rate, state.rate_max) == ("unknown", "unknown", None, None)
    assert state.unknown
    assert story.rate("2025-05-31") == 10


def test_an_unknown_rate_says_why():
    story = given(
        on("2025-01-01", adopted("10%", "2025-02-01")),
        on("2025-02-15", rate_changed("unknown: annex not published", "2025-03-01")),
    )
    state = story.on("2025-03-01")
    assert (state.legal, state.rate, state.unknown) == ("in_force", None, "the rate is unknown: annex not published")


def test_where_no_rate_was_ever_stated_the_words_for_what_is_unknown_fit_a_listing_too():
    story = given(on("2025-01-01", adopted("unknown: not in the sources seen", "2025-02-01")))
    state = story.on("2025-02-01")
    assert (state.legal, state.unknown) == ("in_force", "what it asks for is unknown: not in the sources seen")


def test_a_measure_in_force_whose_obligation_nobody_stated_says_so():
    story = given(on("2025-01-01", adopted(None, "2025-02-01")))
    assert story.on("2025-02-01").unknown == "no obligation is stated for this day"


def test_a_formula_has_a_rate_in_the_periods_for_which_a_value_is_published():
    story = given(
        on("2025-01-01", adopted("formula: as the wheat price says", "2025-02-01")),
        on("2025-02-25", value_published("12%", "2025-03-01", "2025-04-01")),
        on("2025-03-25", value_published("15%", "2025-04-01", "2025-05-01")),
    )
    assert story.rates("2025-02-28", "2025-03-01", "2025-04-01", "2025-05-01") == [None, 12, 15, None]
    assert story.rate("2025-04-01", known="2025-03-24") is None


# An end on a date or on a condition, whichever comes first


@pytest.mark.parametrize(("met", "ends"), [("2025-05-01", "2025-05-01"), ("2025-09-01", "2025-07-01")])
def test_an_entry_ends_on_its_date_or_its_condition_whichever_comes_first(met, ends):
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01", "2025-07-01", until_condition="18125 t imported")),
        on("2025-04-20", condition_met(1, met)),
    )
    before = date.fromordinal(date.fromisoformat(ends).toordinal() - 1).isoformat()
    assert story.rates(before, ends) == [10, 0]
    assert story.rate("2025-06-30", known="2025-04-19") == 10


def test_a_condition_alone_never_ends_anything_until_it_is_met():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01", until_condition="an act of Congress")),
        on("2026-04-20", condition_met(1, "2026-05-01")),
    )
    assert story.rate("2030-01-01", known="2026-04-19") == 10
    assert story.rates("2026-04-30", "2026-05-01") == [10, 0]


def test_a_condition_met_is_measured_against_the_extended_date():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01", "2025-07-01", until_condition="18125 t imported")),
        on("2025-06-01", extended(1, "2025-12-01")),
        on("2025-09-20", condition_met(1, "2025-10-01")),
    )
    assert story.rates("2025-07-01", "2025-09-30", "2025-10-01") == [10, 10, 0]


def test_an_extension_after_the_condition_was_met_sets_the_end_again():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01", "2025-07-01", until_condition="18125 t imported")),
        on("2025-04-20", condition_met(1, "2025-05-01")),
        on("2025-05-10", extended(1, "2025-12-01")),
    )
    assert story.rates("2025-05-01", "2025-11-30", "2025-12-01") == [10, 10, 0]


def test_a_waived_condition_ends_the_entry_though_it_is_unmet():
    story = given(
        on("2025-01-01", adopted("ban", "2025-01-01", until_condition="stocks above 10 million t")),
        on("2025-04-20", condition_waived(1, "2025-05-01")),
    )
    assert [story.legal(day) for day in ("2025-04-30", "2025-05-01")] == ["in_force", "expired"]


def test_a_suspension_ends_when_its_condition_is_met():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-02-01", suspended("2025-02-10", until_condition="the agreement is signed")),
        on("2025-06-01", condition_met(2, "2025-06-05")),
    )
    assert story.rates("2025-02-10", "2025-06-04", "2025-06-05") == [0, 0, 10]


# How far the sources reach


def test_answers_are_confirmed_through_the_last_event_or_review_of_sources():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-10", shortened(1, "2025-12-01")),
        reviewed("2025-06-30"),
    )
    entries = story.entries()
    assert confirmed_until([entry for entry in entries if entry.known_from <= date(2025, 3, 9)]) == date(2025, 1, 11)
    assert confirmed_until([entry for entry in entries if entry.known_from <= date(2025, 3, 10)]) == date(2025, 3, 11)
    assert confirmed_until(entries) == date(2025, 7, 1)


def test_a_review_of_sources_changes_no_answer():
    story = given(on("2025-01-10", adopted("10%", "2025-02-01")), reviewed("2025-06-30"))
    assert story.boxes(1) == story.boxes(2)
