"""Courts and collection: void but collected, stayed rulings, relief for some, and what is really charged."""

from __future__ import annotations

from tests.measures.given import (
    adopted,
    collection_resumed,
    collection_stopped,
    expired,
    given,
    on,
    operation_reported,
    postponed,
    rate_changed,
    revoked,
    stayed,
    suspended,
    terminated,
    voided,
)

IMPOSED = on("2025-02-01", adopted("20%", "2025-03-04"))


def test_a_voided_measure_is_collected_until_collection_ends_by_an_event_of_its_own():
    story = given(
        IMPOSED,
        on("2026-02-20", voided("2026-02-20")),
        on("2026-02-22", collection_stopped("2026-02-24")),
    )
    days = ["2026-02-19", "2026-02-20", "2026-02-23", "2026-02-24"]
    assert [story.legal(day) for day in days] == ["in_force", "void", "void", "void"]
    assert [story.application(day) for day in days] == ["applied", "applied", "applied", "not_collected"]
    assert story.rates(*days) == [20, 20, 20, 0]
    assert story.rate("2026-02-24", known="2026-02-20") == 20
    assert story.legal("2026-02-24", known="2026-02-19") == "in_force"
    assert story.rate("2026-02-24", at=2) == 20


def test_a_voiding_stayed_the_next_day_leaves_one_day_void():
    story = given(
        IMPOSED,
        on("2025-05-28", voided("2025-05-28")),
        on("2025-05-29", revoked(2, "2025-05-29")),
    )
    assert [story.legal(day) for day in ("2025-05-27", "2025-05-28", "2025-05-29")] == ["in_force", "void", "in_force"]
    assert story.rates("2025-05-28", "2025-05-29") == [20, 20]
    assert story.legal("2025-05-29", known="2025-05-28") == "void"


def test_a_lifted_stay_of_a_ruling_makes_the_measure_void_again():
    story = given(
        IMPOSED,
        on("2025-05-28", voided("2025-05-28")),
        on("2025-05-29", revoked(2, "2025-05-29")),
        on("2025-08-29", revoked(3, "2025-09-01")),
    )
    assert [story.legal(day) for day in ("2025-05-29", "2025-08-31", "2025-09-01")] == ["in_force", "in_force", "void"]


def test_a_postponed_ruling_bites_on_its_new_day():
    story = given(
        IMPOSED,
        on("2025-05-28", voided("2025-06-07")),
        on("2025-06-05", postponed(2, "2025-10-14")),
    )
    assert [story.legal(day) for day in ("2025-06-07", "2025-10-13", "2025-10-14")] == ["in_force", "in_force", "void"]


def test_a_postponed_stay_of_a_ruling_leaves_it_void_until_then():
    story = given(
        IMPOSED,
        on("2025-05-28", voided("2025-05-28")),
        on("2025-05-29", revoked(2, "2025-05-30")),
        on("2025-05-30", postponed(3, "2025-06-10")),
    )
    assert [story.legal(day) for day in ("2025-05-30", "2025-06-09", "2025-06-10")] == ["void", "void", "in_force"]


def test_a_voiding_can_reach_back_before_the_ruling_for_those_who_know_it():
    story = given(IMPOSED, on("2026-02-20", voided("2025-03-04")))
    assert story.legal("2025-04-01") == "void"
    assert story.legal("2025-04-01", known="2026-02-19") == "in_force"
    assert story.rate("2025-04-01") == 20


def test_relief_for_some_parties_leaves_the_lanes_of_everybody_else_alone():
    story = given(IMPOSED, on("2025-05-29", voided("2025-05-29", parties=("Learning Resources Inc.",))))
    assert (story.legal("2025-06-01"), story.rate("2025-06-01")) == ("in_force", 20)


def test_a_measure_stayed_by_a_court_is_stayed_for_the_time_that_it_says():
    story = given(IMPOSED, on("2025-05-28", stayed("2025-06-01", "2025-07-01")))
    assert [story.legal(day) for day in ("2025-05-31", "2025-06-01", "2025-07-01")] == [
        "in_force",
        "stayed",
        "in_force",
    ]
    assert story.rate("2025-06-01") == 20


def test_a_stay_ends_with_the_measure_and_a_voiding_does_not():
    short = on("2025-02-01", adopted("20%", "2025-03-04", "2025-06-01"))
    assert given(short, on("2025-04-01", stayed("2025-04-01"))).legal("2025-06-01") == "expired"
    assert given(short, on("2025-04-01", voided("2025-04-01"))).legal("2025-06-01") == "void"


def test_an_end_takes_a_voided_measure_out_of_the_legal_lane_too():
    story = given(
        IMPOSED,
        on("2025-05-28", voided("2025-05-28")),
        on("2025-06-10", terminated("2025-06-15")),
    )
    assert [story.legal(day) for day in ("2025-06-14", "2025-06-15")] == ["void", "terminated"]


def test_collection_that_is_resumed_charges_the_rate_again():
    story = given(
        IMPOSED,
        on("2025-05-28", collection_stopped("2025-05-29")),
        on("2025-06-10", collection_resumed("2025-06-11")),
    )
    assert story.rates("2025-05-28", "2025-05-29", "2025-06-10", "2025-06-11") == [20, 0, 0, 20]
    assert story.legal("2025-06-01") == "in_force"


def test_a_step_while_nothing_is_collected_changes_the_statutory_rate_alone():
    story = given(
        IMPOSED,
        on("2025-05-28", collection_stopped("2025-05-29")),
        on("2025-06-10", rate_changed("30%", "2025-06-15", resumes=False)),
    )
    state = story.on("2025-06-15")
    assert (state.rate, state.statutory_rate, state.application) == (0, 30, "not_collected")


def test_what_is_open_by_law_may_not_be_operational():
    story = given(
        on("2025-02-01", adopted("licence", "2025-03-04")),
        on("2025-04-01", operation_reported("2025-04-01", "no")),
        on("2025-06-01", operation_reported("2025-06-01", "yes")),
    )
    days = ["2025-03-31", "2025-04-01", "2025-06-01"]
    assert [story.on(day).operational for day in days] == ["unknown", "no", "yes"]
    assert [story.legal(day) for day in days] == ["in_force"] * 3
    assert story.on("2025-06-01", known="2025-05-31").operational == "no"


def test_an_answer_names_the_entries_behind_each_lane():
    story = given(
        IMPOSED,
        on("2025-05-01", suspended("2025-05-10", "2025-08-01", stays="5")),
        on("2025-05-20", rate_changed("30%", "2025-06-01", resumes=False)),
        on("2025-06-20", voided("2025-06-25")),
        on("2025-07-01", postponed(4, "2025-07-10")),
        on("2025-09-01", expired("2025-09-02")),
    )
    state = story.on("2025-07-10", known="2025-08-31")
    assert (state.legal, state.legal_causes) == ("void", (4, 5))
    assert (state.rate, state.rate_causes) == (5, (2, 3))
    assert (story.on("2025-09-02").legal_causes, story.on("2025-09-02").rate_causes) == ((6,), (6,))
