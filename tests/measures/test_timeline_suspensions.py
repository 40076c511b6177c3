"""Suspensions: whole and partial, restated, extended, before their term has started, and while rates change."""

from __future__ import annotations

from tests.measures.given import (
    adopted,
    exclusion_granted,
    extended,
    given,
    on,
    rate_changed,
    resumed,
    revoked,
    shortened,
    suspended,
    suspension_extended,
    terminated,
)


def test_a_suspension_with_an_end_returns_on_the_day_after_it_by_the_calendar_alone():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12")),
    )
    assert story.rates("2025-05-13", "2025-05-14", "2025-08-11", "2025-08-12") == [34, 0, 0, 34]
    assert [story.application(day) for day in ("2025-05-13", "2025-05-14", "2025-08-12")] == [
        "applied",
        "suspended",
        "applied",
    ]
    assert story.legal("2025-06-01") == "in_force"


def test_a_suspension_from_its_announcement_day_covers_the_step_it_stops():
    story = given(
        on("2025-04-02", adopted("10%", "2025-04-05"), rate_changed("34%", "2025-04-12")),
        on("2025-04-09", suspended("2025-04-09", "2025-07-09", stays="10")),
    )
    assert story.rates("2025-04-09", "2025-04-12", "2025-07-08", "2025-07-09") == [10, 10, 10, 34]
    assert story.on("2025-04-12").statutory_rate == 34
    assert story.rate("2025-04-12", known="2025-04-08") == 34
    assert story.rate("2025-04-12", at=2) == 34


def test_an_open_suspension_lasts_until_resumed_and_covers_scheduled_steps():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01"), rate_changed("25%", "2025-06-01")),
        on("2025-03-10", suspended("2025-03-15")),
        on("2025-08-20", resumed("2025-09-01")),
    )
    assert story.rates("2025-03-14", "2025-03-15", "2025-06-01", "2025-08-31", "2025-09-01") == [10, 0, 0, 0, 25]
    assert story.rate("2025-09-01", known="2025-08-19") == 0


def test_a_restated_suspension_goes_over_the_scheduled_return():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on(
            "2025-05-12",
            suspended("2025-05-14", "2025-08-12", points="24"),
            rate_changed("34%", "2025-08-12", resumes=True),
        ),
        on("2025-08-11", suspended("2025-08-12", "2025-11-10", points="24")),
    )
    assert story.rates("2025-08-11", "2025-08-12", "2025-11-09", "2025-11-10") == [10, 10, 10, 34]
    assert story.rate("2025-08-20", known="2025-05-15") == 34
    assert story.rate("2025-08-20", known="2025-08-11") == 10
    assert story.rate("2025-08-20", at=3) == 34


def test_an_extension_restates_what_the_suspension_left():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12", points="24")),
        on("2025-08-11", suspension_extended("2025-08-12", "2025-11-10")),
    )
    state = story.on("2025-09-01")
    assert (state.rate, state.statutory_rate, state.suspended_points) == (10, 34, 24)
    assert state.application == "partly_suspended"


def test_an_extension_without_a_first_day_moves_the_end_of_the_suspension_it_names():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12")),
        on("2025-08-11", suspension_extended(until="2025-11-10", entry=2)),
        on("2025-11-05", suspension_extended(until="2026-11-10", entry=3)),
    )
    assert story.rates("2025-08-12", "2025-11-10", "2026-11-09", "2026-11-10") == [0, 0, 0, 34]
    assert story.rate("2025-11-10", known="2025-11-04") == 34


def test_an_extension_that_names_no_suspension_means_the_last_one():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09", term="list-1")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12", term="list-1")),
        on("2025-08-11", suspension_extended(until="2025-11-10")),
    )
    assert story.rates("2025-08-12", "2025-11-09", "2025-11-10") == [0, 0, 34]


def test_an_extension_that_names_a_term_means_the_last_suspension_of_that_term():
    story = given(
        on("2025-01-10", adopted("34%", "2025-02-01", term="list-1"), adopted("20%", "2025-02-01", term="list-2")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12", term="list-1", stays="4")),
        on("2025-05-13", suspended("2025-05-14", "2025-08-12", term="list-2", stays="8")),
        on("2025-08-01", suspension_extended("2025-08-12", "2025-11-10", term="list-1")),
    )
    assert story.rates("2025-08-12", "2025-11-10", term="list-1") == [4, 34]
    assert story.rate("2025-08-12", term="list-2") == 20


def test_an_extension_counted_from_its_signature_leaves_the_gap():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12")),
        on("2025-08-20", suspension_extended("2025-08-20", "2025-11-20")),
    )
    assert story.rates("2025-08-11", "2025-08-12", "2025-08-19", "2025-08-20", "2025-11-20") == [0, 34, 34, 0, 34]


def test_a_suspension_can_be_extended_and_shortened_like_any_entry():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12")),
        on("2025-06-01", extended(2, "2025-12-01")),
        on("2025-07-01", shortened(2, "2025-07-10")),
    )
    assert story.rates("2025-07-09", "2025-07-10") == [0, 34]
    assert story.rates("2025-07-10", "2025-11-30", "2025-12-01", known="2025-06-30") == [0, 0, 34]


def test_a_partial_suspension_in_points_leaves_the_rest():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12", points="24")),
    )
    state = story.on("2025-06-01")
    assert (state.rate, state.statutory_rate, state.suspended_points) == (10, 34, 24)
    assert state.application == "partly_suspended"
    assert (state.rate_min, state.rate_max) == (10, 10)


def test_a_partial_suspension_in_what_stays_says_how_many_points_are_off():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="10")),
    )
    state = story.on("2025-06-01")
    assert (state.rate, state.statutory_rate, state.suspended_points) == (10, 34, 24)


def test_points_and_what_stays_part_ways_when_the_rate_is_raised_while_suspended():
    raised = on("2025-06-01", rate_changed("50%", "2025-06-10", resumes=False))
    first = on("2025-04-02", adopted("34%", "2025-04-09"))
    points = given(first, on("2025-05-12", suspended("2025-05-14", "2025-08-12", points="24")), raised)
    stays = given(first, on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="10")), raised)
    assert points.rates("2025-06-09", "2025-06-10", "2025-08-12") == [10, 26, 50]
    assert stays.rates("2025-06-09", "2025-06-10", "2025-08-12") == [10, 10, 50]
    assert stays.on("2025-06-10").suspended_points == 40


def test_a_partial_suspension_never_leaves_more_than_the_rate_nor_less_than_nothing():
    first = on("2025-01-10", adopted("5%", "2025-02-01"))
    stays = given(first, on("2025-02-10", suspended("2025-03-01", stays="10")))
    points = given(first, on("2025-02-10", suspended("2025-03-01", points="24")))
    assert (stays.rate("2025-03-01"), stays.on("2025-03-01").suspended_points) == (5, 0)
    assert (points.rate("2025-03-01"), points.on("2025-03-01").suspended_points) == (0, 5)


def test_a_partial_suspension_of_a_range_of_rates_bounds_it():
    first = on("2025-01-10", adopted("between 5% and 50%", "2025-02-01"))
    stays = given(first, on("2025-02-10", suspended("2025-03-01", stays="10"))).on("2025-03-01")
    points = given(first, on("2025-02-10", suspended("2025-03-01", points="10"))).on("2025-03-01")
    assert (stays.rate, stays.rate_min, stays.rate_max) == (None, 5, 10)
    assert (points.rate, points.rate_min, points.rate_max, points.suspended_points) == (None, 0, 40, 10)


def test_what_stays_of_a_rate_that_nobody_knows_is_known():
    story = given(
        on("2025-01-10", adopted("unknown: annex not published", "2025-02-01")),
        on("2025-02-10", suspended("2025-03-01", stays="10")),
    )
    assert story.rates("2025-02-01", "2025-03-01") == [None, 10]


def test_a_rate_raised_while_suspended_changes_what_returns_and_not_what_applies():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12")),
        on("2025-06-01", rate_changed("50%", "2025-06-10", resumes=False)),
    )
    assert story.rates("2025-06-10", "2025-08-11", "2025-08-12") == [0, 0, 50]
    assert story.on("2025-06-10").statutory_rate == 50
    assert story.rate("2025-08-12", known="2025-05-31") == 34


def test_a_rate_change_inside_a_suspension_that_says_so_resumes():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12")),
        on("2025-06-01", rate_changed("50%", "2025-06-10", resumes=True)),
    )
    assert story.rates("2025-06-09", "2025-06-10", "2025-08-12") == [0, 50, 50]
    assert story.application("2025-06-10") == "applied"


def test_a_temporary_rate_change_resumes_for_its_own_period_only():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12")),
        on("2025-06-01", rate_changed("50%", "2025-06-10", "2025-07-01", resumes=True)),
    )
    assert story.rates("2025-06-10", "2025-06-30", "2025-07-01", "2025-08-12") == [50, 50, 0, 34]


def test_a_suspension_of_a_measure_that_has_not_started_is_in_force_but_suspended_on_its_first_day():
    story = given(
        on("2025-01-10", adopted("10%", "2025-06-01")),
        on("2025-03-10", suspended("2025-03-15", "2025-09-01")),
    )
    assert [story.application(day) for day in ("2025-05-31", "2025-06-01", "2025-09-01")] == [
        "not_applied",
        "suspended",
        "applied",
    ]
    assert story.rates("2025-05-31", "2025-06-01", "2025-09-01") == [0, 0, 10]


def test_a_suspension_of_one_tranche_leaves_the_other_alone():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", term="list-1"), adopted("15%", "2025-06-01", term="list-2")),
        on("2025-05-10", suspended("2025-05-15", term="list-2")),
    )
    assert story.rate("2025-06-01", term="list-1") == 10
    assert (story.rate("2025-06-01", term="list-2"), story.application("2025-06-01", term="list-2")) == (0, "suspended")


def test_a_suspension_of_the_measure_covers_terms_that_are_adopted_later():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", term="list-1")),
        on("2025-02-10", suspended("2025-03-01", "2025-12-01")),
        on("2025-04-10", adopted("15%", "2025-05-01", term="list-2")),
    )
    assert story.rates("2025-05-01", "2025-12-01", term="list-2") == [0, 15]


def test_a_resumption_known_before_a_new_suspension_does_not_undo_it():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-02-10", suspended("2025-03-01"), resumed("2025-06-01")),
        on("2025-05-10", suspended("2025-05-20", "2025-09-01")),
    )
    assert story.rates("2025-05-31", "2025-06-01", "2025-08-31", "2025-09-01") == [0, 0, 0, 10]


def test_a_revoked_suspension_returns_what_it_stopped():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-02-10", suspended("2025-03-01", "2025-12-01")),
        on("2025-04-10", revoked(2, "2025-05-01")),
    )
    assert story.rates("2025-04-30", "2025-05-01") == [0, 10]


def test_a_suspended_measure_that_is_terminated_does_not_return():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-02-10", suspended("2025-03-01", "2025-08-01")),
        on("2025-07-10", terminated("2025-07-15")),
    )
    assert story.rates("2025-07-14", "2025-07-15", "2025-08-01") == [0, 0, 0]
    assert story.rate("2025-08-01", known="2025-07-09") == 10


def test_a_partial_suspension_charges_nothing_on_what_is_excluded():
    story = given(
        on("2025-01-10", adopted("34%", "2025-02-01")),
        on("2025-01-20", exclusion_granted("medical", "2025-02-01")),
        on("2025-02-10", suspended("2025-03-01", stays="10")),
    )
    assert story.rates("2025-02-28", "2025-03-01", term="exclusion-medical") == [0, 0]
    assert story.rate("2025-03-01") == 10


def test_a_suspended_ban_has_no_rate():
    story = given(
        on("2025-01-10", adopted("ban", "2025-02-01")),
        on("2025-02-10", suspended("2025-03-01")),
    )
    assert (story.rate("2025-03-01"), story.application("2025-03-01")) == (None, "suspended")
