"""Dates that move: postponed, confirmed, extended and shortened entries, and instruments against announcements."""

from __future__ import annotations

from tests.measures.given import (
    adopted,
    announced,
    confirmed,
    extended,
    given,
    on,
    postponed,
    rate_changed,
    revoked,
    shortened,
)


def test_a_postponed_step_never_takes_its_old_date():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01"), rate_changed("25%", "2025-04-01")),
        on("2025-03-20", postponed(2, "2025-06-01")),
    )
    assert story.rates("2025-04-01", "2025-05-31", "2025-06-01") == [10, 10, 25]
    assert story.rate("2025-04-01", known="2025-03-19") == 25
    assert story.rate("2025-04-01", at=2) == 25


def test_a_step_is_postponed_too_by_what_was_known_before_it():
    """As where the known day of either was entered wrongly."""
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-10", rate_changed("25%", "2025-04-01")),
        on("2025-03-05", postponed(2, "2025-06-01")),
    )
    assert story.rates("2025-04-01", "2025-05-31", "2025-06-01") == [10, 10, 25]


def test_a_step_postponed_again_takes_the_last_date_and_earlier_answers_stay():
    story = given(
        on("2025-01-10", adopted("10%", "2025-04-01")),
        on("2025-03-01", postponed(1, "2025-06-01")),
        on("2025-05-01", postponed(2, "2025-08-01")),
        on("2025-07-01", postponed(1, "2025-09-01")),
    )
    assert story.rates("2025-04-01", "2025-06-01", "2025-08-01", "2025-09-01") == [0, 0, 0, 10]
    assert story.rate("2025-06-01", known="2025-04-30") == 10
    assert story.rate("2025-08-01", known="2025-06-30") == 10
    assert story.legal("2025-08-15") == "adopted"


def test_a_step_postponed_without_a_new_date_does_not_come():
    story = given(
        on("2025-01-10", adopted("10%", "2025-04-01")),
        on("2025-03-01", postponed(1)),
    )
    assert (story.rate("2030-01-01"), story.legal("2030-01-01")) == (0, "adopted")


def test_a_postponement_without_a_date_is_settled_by_the_confirmed_entry_into_force():
    story = given(
        on("2025-01-10", adopted("10%", "2025-04-01")),
        on("2025-03-01", postponed(1)),
        on("2025-10-01", confirmed("2025-10-01")),
    )
    assert story.rates("2025-09-30", "2025-10-01") == [0, 10]


def test_a_revoked_postponement_gives_the_old_date_back():
    story = given(
        on("2025-01-10", adopted("10%", "2025-04-01")),
        on("2025-03-01", postponed(1, "2025-08-01")),
        on("2025-04-10", revoked(2, "2025-04-20")),
    )
    assert story.rates("2025-04-01", "2025-04-19", "2025-04-20", "2025-08-01") == [0, 0, 10, 10]
    assert story.rate("2025-04-20", known="2025-04-09") == 0


def test_a_postponement_from_a_day_on_leaves_the_days_before_it():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-01", postponed(1, "2025-06-01", start="2025-03-05")),
    )
    assert story.rates("2025-02-01", "2025-03-04", "2025-03-05", "2025-05-31", "2025-06-01") == [10, 10, 0, 0, 10]


def test_a_postponed_adoption_is_not_brought_into_force_by_the_announcement_before_it():
    story = given(
        on("2025-01-10", announced("10%", "2025-04-01")),
        on("2025-02-10", adopted("10%", "2025-04-01")),
        on("2025-03-20", postponed(2, "2025-06-01")),
    )
    assert story.rates("2025-04-01", "2025-05-31", "2025-06-01") == [0, 0, 10]


def test_where_announcement_and_instrument_differ_the_instrument_wins():
    story = given(
        on("2025-01-10", announced("10%", "2025-03-04")),
        on("2025-02-20", adopted("12%", "2025-03-06", "2025-07-01")),
    )
    assert story.rates("2025-03-04", "2025-03-06", "2025-06-30", "2025-07-01") == [0, 12, 12, 0]
    assert story.rates("2025-03-04", "2025-07-01", known="2025-02-19") == [10, 10]


def test_a_postponed_raise_leaves_the_rate_that_was_announced_before_it():
    story = given(
        on("2025-01-10", announced("34%", "2025-04-10")),
        on("2025-02-10", rate_changed("84%", "2025-04-10")),
        on("2025-03-20", postponed(2, "2025-06-01")),
    )
    assert story.rates("2025-04-10", "2025-06-01") == [34, 84]


def test_what_was_announced_and_then_adopted_stays_announced_before_its_adoption():
    story = given(
        on("2025-01-10", announced("10%", "2025-04-01")),
        on("2025-02-10", adopted("10%", "2025-04-01")),
    )
    days = ["2025-01-09", "2025-01-10", "2025-02-10", "2025-04-01"]
    assert [story.legal(day) for day in days] == ["not_announced", "announced", "adopted", "in_force"]


def test_an_announcement_that_has_begun_stands_until_the_instrument_begins():
    story = given(
        on("2025-01-10", announced("10%", "2025-02-01")),
        on("2025-05-20", adopted("25%", "2025-06-01")),
    )
    assert story.rates("2025-02-01", "2025-05-31", "2025-06-01") == [10, 10, 25]


def test_a_step_announced_for_later_survives_the_instrument_that_starts_before_it():
    story = given(on("2025-04-02", announced("34%", "2025-04-09"), adopted("10%", "2025-04-05")))
    assert story.rates("2025-04-05", "2025-04-08", "2025-04-09") == [10, 10, 34]


def test_an_extension_known_only_after_the_old_end_fills_the_gap_for_those_who_know_it():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", "2025-07-01")),
        on("2025-07-20", extended(1, "2025-12-01")),
    )
    assert story.rates("2025-06-30", "2025-07-10", "2025-11-30", "2025-12-01") == [10, 10, 10, 0]
    assert story.rate("2025-07-10", known="2025-07-19") == 0
    assert story.legal("2025-07-10", known="2025-07-19") == "expired"
    assert story.rate("2025-07-10", at=1) == 0


def test_an_extension_before_the_end_counts_from_the_end_and_each_names_what_it_extends():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", "2025-07-01")),
        on("2025-05-20", extended(1, "2025-12-01")),
        on("2025-11-20", extended(2, "2026-06-01")),
    )
    assert story.rates("2025-07-01", "2025-12-01", "2026-05-31", "2026-06-01") == [10, 10, 10, 0]
    assert story.rate("2025-12-01", known="2025-11-19") == 0


def test_a_shortened_measure_ends_on_the_earlier_day():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", "2025-07-01")),
        on("2025-03-20", shortened(1, "2025-04-01")),
    )
    assert story.rates("2025-03-31", "2025-04-01") == [10, 0]


def test_a_revoked_extension_gives_the_old_end_back():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", "2025-07-01")),
        on("2025-06-20", extended(1, "2025-12-01")),
        on("2025-08-01", revoked(2, "2025-08-10")),
    )
    assert story.rates("2025-07-01", "2025-08-09", "2025-08-10") == [10, 10, 0]
