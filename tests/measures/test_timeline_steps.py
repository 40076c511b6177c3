"""Rates and steps: what applies when acts are announced, changed, ended, postponed and stated again."""

from __future__ import annotations

from datetime import date

from measures.acts import acts
from measures.timeline import NOTHING, state
from tests.measures.given import (
    adopted,
    announced,
    expired,
    given,
    in_place,
    on,
    rate_changed,
    replaced,
    revoked,
    shortened,
    suspended,
    terminated,
    threatened,
    withdrawn,
)


def test_before_its_first_entry_a_measure_is_not_announced():
    story = given(on("2025-03-01", adopted("10%", "2025-04-01")))
    assert story.legal("2025-02-28") == "not_announced"
    assert story.on("2025-05-01", known="2025-02-28") == NOTHING
    assert state(acts(story.entries()), date(2025, 2, 28)).rate == 0


def test_a_measure_is_adopted_from_its_signing_and_in_force_from_its_effective_day():
    story = given(on("2025-03-01", adopted("10%", "2025-04-01"), occurred="2025-02-27"))
    days = ["2025-02-27", "2025-03-31", "2025-04-01"]
    assert [story.legal(day) for day in ("2025-02-26", *days)] == ["not_announced", "adopted", "adopted", "in_force"]
    assert story.rates(*days) == [0, 0, 10]
    assert [story.application(day) for day in days] == ["not_applied", "not_applied", "applied"]


def test_the_calendar_alone_brings_a_scheduled_step_into_force():
    story = given(on("2025-04-02", adopted("10%", "2025-04-05"), rate_changed("34%", "2025-04-09")))
    assert story.rates("2025-04-04", "2025-04-05", "2025-04-08", "2025-04-09", "2031-01-01") == [0, 10, 10, 34, 34]


def test_two_steps_on_the_same_day_go_by_the_later_announcement():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-04-08", rate_changed("84%", "2025-04-09")),
    )
    assert story.rate("2025-04-09", known="2025-04-07") == 34
    assert story.rate("2025-04-09", known="2025-04-08") == 84


def test_an_open_ended_raise_of_a_measure_with_an_end_ends_with_it():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", "2025-07-01")),
        on("2025-03-10", rate_changed("25%", "2025-04-01")),
    )
    assert story.rates("2025-02-01", "2025-03-31", "2025-04-01", "2025-06-30", "2025-07-01") == [10, 10, 25, 25, 0]
    assert story.legal("2025-07-01") == "expired"
    assert story.rate("2025-05-01", known="2025-03-09") == 10
    assert story.rate("2025-05-01", at=1) == 10


def test_a_raise_announced_for_a_measure_with_an_end_gives_it_no_life_of_its_own():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", "2025-07-01")),
        on("2025-03-10", announced("25%", "2025-04-01")),
    )
    assert story.rates("2025-03-31", "2025-04-01", "2025-06-30", "2025-07-01") == [10, 25, 25, 0]
    assert story.legal("2025-08-01") == "expired"


def test_a_temporary_adoption_covers_a_raise_that_stands_before_it_and_takes_its_life():
    story = given(
        on("2025-01-10", announced("25%", "2025-04-01"), adopted("10%", "2025-02-01", "2025-07-01")),
    )
    assert story.rates("2025-02-01", "2025-04-01", "2025-07-01") == [10, 10, 0]


def test_an_announcement_for_days_after_the_end_brings_the_measure_back():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", "2025-07-01")),
        on("2025-06-10", announced("15%", "2025-09-01")),
    )
    assert story.rates("2025-06-30", "2025-07-01", "2025-08-31", "2025-09-01") == [10, 0, 0, 15]
    assert [story.legal(day) for day in ("2025-08-01", "2025-09-01")] == ["announced", "in_force"]


def test_a_raise_falls_with_a_measure_that_is_shortened_before_it():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", "2025-07-01")),
        on("2025-02-10", announced("25%", "2025-04-01")),
        on("2025-03-10", shortened(1, "2025-03-15")),
    )
    assert story.rates("2025-03-14", "2025-03-15", "2025-04-01") == [10, 0, 0]
    assert story.rate("2025-04-01", known="2025-03-09") == 25


def test_an_entry_effective_earlier_never_wipes_one_effective_later_that_was_announced_before():
    story = given(
        on("2025-04-02", adopted("10%", "2025-04-05"), rate_changed("125%", "2025-04-10")),
        on("2025-04-07", rate_changed("20%", "2025-04-08")),
    )
    assert story.rates("2025-04-07", "2025-04-08", "2025-04-09", "2025-04-10") == [10, 20, 20, 125]


def test_an_entry_that_replaces_later_ones_wipes_them():
    story = given(
        on("2025-04-02", adopted("10%", "2025-04-05"), rate_changed("125%", "2025-04-10")),
        on("2025-04-07", rate_changed("20%", "2025-04-08", replaces_later=True)),
        on("2025-05-01", rate_changed("30%", "2025-06-01")),
    )
    assert story.rates("2025-04-07", "2025-04-08", "2025-04-10", "2025-05-31", "2025-06-01") == [10, 20, 20, 20, 30]


def test_a_rate_with_an_end_covers_its_period_and_gives_way_to_what_was_before():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01"), rate_changed("30%", "2025-03-01")),
        on("2025-02-01", rate_changed("5%", "2025-02-10", "2025-04-01")),
    )
    assert story.rates("2025-02-09", "2025-02-10", "2025-03-01", "2025-03-31", "2025-04-01") == [10, 5, 5, 5, 30]


def test_a_step_announced_after_a_temporary_rate_applies_inside_its_period():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01")),
        on("2025-02-01", rate_changed("5%", "2025-02-10", "2025-06-01")),
        on("2025-03-01", rate_changed("40%", "2025-04-01")),
    )
    assert story.rates("2025-03-31", "2025-04-01", "2025-06-01") == [5, 40, 40]


def test_shortening_an_open_rate_does_not_make_it_cover_a_later_step():
    story = given(
        on("2025-01-01", adopted("10%", "2025-01-01"), rate_changed("25%", "2025-06-01")),
        on("2025-02-01", rate_changed("15%", "2025-03-01")),
        on("2025-02-15", shortened(3, "2025-09-01")),
    )
    assert story.rates("2025-03-01", "2025-05-31", "2025-06-01", "2025-09-01") == [15, 15, 25, 25]


def test_an_end_takes_away_scheduled_steps_and_what_is_imposed_again_must_be_stated_again():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01"), rate_changed("25%", "2025-06-01")),
        on("2025-03-20", terminated("2025-04-01")),
        on("2025-07-10", adopted("15%", "2025-08-01")),
    )
    assert story.rates("2025-03-31", "2025-04-01", "2025-06-01", "2025-07-31", "2025-08-01") == [10, 0, 0, 0, 15]
    days = ["2025-03-31", "2025-04-01", "2025-07-09", "2025-07-10", "2025-08-01"]
    assert [story.legal(day) for day in days] == ["in_force", "terminated", "terminated", "adopted", "in_force"]
    assert story.rate("2025-06-15", known="2025-03-19") == 25
    assert story.rate("2025-06-15", known="2025-03-20") == 0
    assert story.rate("2025-06-15", at=2) == 25


def test_an_announcement_after_a_termination_imposes_the_measure_anew():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-20", terminated("2025-04-01")),
        on("2025-05-10", announced("15%", "2025-06-01")),
    )
    assert story.rates("2025-05-31", "2025-06-01") == [0, 15]
    assert [story.legal(day) for day in ("2025-05-09", "2025-05-10", "2025-06-01")] == [
        "terminated",
        "announced",
        "in_force",
    ]


def test_an_end_takes_away_a_suspension_too():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-02-10", suspended("2025-03-01")),
        on("2025-03-20", terminated("2025-04-01"), adopted("15%", "2025-05-01")),
    )
    assert [story.application(day) for day in ("2025-03-31", "2025-04-01", "2025-05-01")] == [
        "suspended",
        "not_applied",
        "applied",
    ]


def test_a_cancelled_termination_folds_as_if_it_were_not_there():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01"), rate_changed("25%", "2025-06-01")),
        on("2025-03-20", terminated("2025-04-01")),
        on("2025-03-28", revoked(3, "2025-03-28")),
    )
    assert story.rates("2025-04-01", "2025-06-01") == [10, 25]
    assert story.legal("2025-04-01") == "in_force"
    assert story.rates("2025-04-01", "2025-06-01", known="2025-03-27") == [0, 0]


def test_a_termination_cancelled_after_its_day_leaves_the_days_between():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-20", terminated("2025-04-01")),
        on("2025-04-10", revoked(2, "2025-04-15")),
    )
    assert story.rates("2025-03-31", "2025-04-01", "2025-04-14", "2025-04-15") == [10, 0, 0, 10]


def test_a_revocation_can_be_revoked():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-20", terminated("2025-04-01")),
        on("2025-03-25", revoked(2, "2025-04-01")),
        on("2025-03-30", revoked(3, "2025-05-01")),
    )
    assert story.rates("2025-04-01", "2025-04-30", "2025-05-01") == [10, 10, 0]


def test_a_retroactive_step_changes_only_what_is_known_since():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-06-01", rate_changed("25%", "2025-03-01")),
    )
    assert story.rates("2025-02-28", "2025-03-01") == [10, 25]
    assert story.rate("2025-03-01", known="2025-05-31") == 10


def test_a_withdrawn_announcement_never_takes_effect():
    story = given(
        on("2025-01-10", announced("30%", "2025-10-01")),
        on("2025-09-11", withdrawn("2025-09-11")),
    )
    assert (story.rate("2025-10-01"), story.legal("2025-10-01")) == (0, "withdrawn")
    assert story.rate("2025-10-01", known="2025-09-10") == 30
    assert [story.legal(day) for day in ("2025-09-10", "2025-09-11")] == ["announced", "withdrawn"]


def test_an_announcement_without_a_date_is_never_implemented_by_the_calendar():
    story = given(on("2025-01-10", announced("30%")))
    assert (story.rate("2030-01-01"), story.legal("2030-01-01")) == (0, "announced")


def test_a_threat_states_a_rate_but_nothing_applies():
    story = given(on("2025-10-10", threatened("100%", expected_from="2025-11-01")))
    assert (story.rate("2025-12-01"), story.legal("2025-12-01")) == (0, "threatened")


def test_no_rate_is_given_where_none_was_ever_stated():
    story = given(on("2025-10-10", adopted("licence", "2025-11-01", "2026-01-01")))
    assert story.rates("2025-10-31", "2025-11-01", "2026-01-01") == [None, None, None]


def test_a_secret_measure_is_answered_only_since_its_disclosure():
    story = given(on("2025-06-01", adopted("10%", "2025-02-01"), occurred="2025-01-15"))
    assert story.legal("2025-02-01", known="2025-05-31") == "not_announced"
    assert [story.legal(day) for day in ("2025-01-15", "2025-02-01")] == ["adopted", "in_force"]


def test_a_replaced_measure_is_terminated():
    story = given(
        on("2025-01-10", adopted("ban", "2025-02-01")),
        on("2025-03-20", replaced("2025-04-01", by="example-quota")),
    )
    assert [story.legal(day) for day in ("2025-03-31", "2025-04-01")] == ["in_force", "terminated"]


def test_an_expiry_reported_as_an_event_says_expired():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-04-02", expired("2025-04-01")),
    )
    assert (story.rate("2025-04-01"), story.legal("2025-04-01")) == (0, "expired")


def test_two_acts_known_on_one_day_go_in_the_order_of_recording():
    story = given(
        on("2025-04-02", rate_changed("50%", "2025-05-01"), terminated("2025-04-10"), adopted("10%", "2025-04-05")),
    )
    assert story.rates("2025-04-05", "2025-05-01") == [10, 10]


def test_two_acts_known_on_one_day_go_by_their_stated_place():
    story = given(
        on("2025-04-01", adopted("10%", "2025-04-01")),
        on("2025-04-02", in_place(2, rate_changed("50%", "2025-05-01"))),
        on("2025-04-02", in_place(1, rate_changed("20%", "2025-05-01"))),
    )
    assert story.rate("2025-05-01") == 50
    assert story.rate("2025-05-01", at=2) == 50


def test_acts_without_a_stated_place_come_before_those_that_have_one():
    story = given(
        on("2025-04-01", adopted("10%", "2025-04-01")),
        on("2025-04-02", in_place(1, rate_changed("50%", "2025-05-01"))),
        on("2025-04-02", rate_changed("20%", "2025-05-01")),
    )
    assert story.rate("2025-05-01") == 50
