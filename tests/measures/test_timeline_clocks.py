"""The known and the recorded clock of a measure: late entries, corrections, retractions, with their answers."""

from __future__ import annotations

from tests.measures.given import (
    adopted,
    corrected,
    given,
    in_place,
    on,
    rate_changed,
    retracted,
    revoked,
    suspended,
    suspension_extended,
    terminated,
)


def test_the_truce_answers_differently_on_each_clock():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="10")),
        on("2025-08-11", suspension_extended("2025-08-12", "2025-11-10")),
    )
    assert story.rate("2025-08-20") == 10
    assert story.rate("2025-08-20", known="2025-05-15") == 34
    assert story.rate("2025-08-20", at=2) == 34
    assert story.rate("2025-08-20", known="2025-05-11", at=3) == 34
    assert story.on("2025-05-20", known="2025-05-11").application == "applied"


def test_a_late_entry_effective_before_a_later_step_leaves_that_step():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-10", rate_changed("25%", "2025-06-01")),
        on("2025-02-10", rate_changed("15%", "2025-04-01")),
    )
    assert story.rates("2025-03-31", "2025-04-01", "2025-06-01") == [10, 15, 25]
    assert story.rates("2025-03-31", "2025-04-01", "2025-06-01", known="2025-02-10") == [10, 15, 15]
    assert story.rates("2025-03-31", "2025-04-01", "2025-06-01", at=2) == [10, 10, 25]


def test_a_late_entry_takes_its_place_on_the_known_clock_for_later_positions_only():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-06-10", terminated("2025-07-01")),
        on("2025-03-10", rate_changed("25%", "2025-04-01")),
    )
    assert story.rate("2025-05-01", known="2025-03-10") == 25
    assert story.rate("2025-05-01", known="2025-03-10", at=2) == 10
    assert story.rate("2025-07-01") == 0


def test_a_corrected_date_moves_the_recorded_clock_alone():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-04-09", rate_changed("125%", "2025-04-09")),
        corrected(2, effective_from="2025-04-10"),
    )
    assert story.rates("2025-04-09", "2025-04-10") == [34, 125]
    assert story.rate("2025-04-09", known="2025-04-09") == 34
    assert story.rate("2025-04-09", at=2) == 125
    assert story.on("2025-04-10").rate_causes == (2, 3)


def test_the_last_correction_by_position_wins_field_by_field():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        corrected(1, effective_from="2025-04-10", obligation="35%"),
        corrected(1, effective_from="2025-04-11"),
    )
    assert story.rates("2025-04-10", "2025-04-11") == [0, 35]
    assert story.rate("2025-04-10", at=2) == 35


def test_a_correction_can_take_a_field_away():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09", "2025-07-01")),
        corrected(1, effective_until=None),
    )
    assert (story.rate("2025-07-01", at=1), story.rate("2025-07-01")) == (0, 34)


def test_a_corrected_known_day_moves_the_entry_on_the_known_clock():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-04-10", rate_changed("25%", "2025-04-01")),
        corrected(2, known_from="2025-03-20"),
    )
    assert story.rate("2025-04-01", known="2025-03-20") == 25
    assert story.rate("2025-04-01", known="2025-03-19") == 10
    assert story.rate("2025-04-01", known="2025-03-20", at=2) == 10


def test_a_corrected_known_day_changes_the_order_too():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-10", rate_changed("25%", "2025-06-01")),
        on("2025-04-10", rate_changed("30%", "2025-06-01")),
        corrected(3, known_from="2025-03-01"),
    )
    assert (story.rate("2025-06-01", at=3), story.rate("2025-06-01")) == (30, 25)


def test_a_corrected_place_within_the_day_changes_the_order():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on(
            "2025-03-10", in_place(1, rate_changed("25%", "2025-06-01")), in_place(2, rate_changed("30%", "2025-06-01"))
        ),
        corrected(2, known_seq=3),
    )
    assert (story.rate("2025-06-01", at=3), story.rate("2025-06-01")) == (30, 25)


def test_a_retracted_entry_brings_back_what_it_hid():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01"), rate_changed("25%", "2025-06-01")),
        on("2025-03-10", terminated("2025-04-01")),
        retracted(3),
    )
    assert story.rates("2025-04-01", "2025-06-01", at=3) == [0, 0]
    assert story.rates("2025-04-01", "2025-06-01") == [10, 25]
    assert story.rate("2025-04-01", known="2025-03-10") == 10


def test_a_retracted_correction_gives_the_first_reading_back():
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        corrected(1, obligation="35%"),
        retracted(2),
    )
    assert [story.rate("2025-04-09", at=position) for position in (1, 2, 3)] == [34, 35, 34]
    assert story.boxes(1) == story.boxes(3)


def test_a_retracted_retraction_takes_the_entry_in_again():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-10", rate_changed("25%", "2025-04-01")),
        retracted(2),
        retracted(3),
    )
    assert [story.rate("2025-04-01", at=position) for position in (2, 3, 4)] == [25, 10, 25]
    assert story.boxes(2) == story.boxes(4)


def test_a_correction_of_a_retracted_entry_counts_once_it_is_taken_in_again():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        retracted(1),
        corrected(1, obligation="12%"),
        retracted(2),
    )
    assert [story.rate("2025-02-01", at=position) for position in (1, 2, 3, 4)] == [10, None, None, 12]


def test_an_act_on_a_retracted_entry_acts_on_nothing():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01")),
        on("2025-03-10", terminated("2025-04-01")),
        on("2025-03-20", revoked(2, "2025-04-01")),
        retracted(2),
        retracted(4),
    )
    assert [story.rate("2025-04-01", at=position) for position in (2, 3, 4, 5)] == [0, 10, 10, 10]


def test_a_stream_whose_entries_are_all_retracted_says_nothing():
    story = given(on("2025-01-10", adopted("10%", "2025-02-01")), retracted(1))
    assert story.boxes() == []


def test_acts_of_one_batch_are_folded_together():
    story = given(
        on("2025-05-12", adopted("34%", "2025-05-14"), suspended("2025-05-14", "2025-08-12", points="24")),
    )
    assert story.rates("2025-05-14", "2025-08-12") == [10, 34]
