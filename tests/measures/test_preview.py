"""The preview is pure: the stream's fold with and without what is about to be recorded."""

from __future__ import annotations

from datetime import date

from measures.admin import picture
from measures.beside import answers
from measures.preview import duplicates, status, steps
from tests.measures.given import (
    Story,
    adopted,
    corrected,
    given,
    on,
    rate_changed,
    suspended,
    terminated,
    threatened,
)
from tracker.corrections import settle
from tracker.log import Recorded

DUTY = on("2025-04-02", adopted("10%", "2025-04-05"))


def told(story: Story) -> tuple[list[Recorded], list[Recorded]]:
    """The history without and with its last batch."""
    last = len(story.batches[-1])
    return story.history[:-last], story.history


def changes(story: Story) -> list[tuple[str, str, str, str]]:
    found = [step for step in steps(*told(story)) if step.changed]
    return [(str(step.start), str(step.until), step.said_before, step.said_after) for step in found]


def test_a_partial_suspension_changes_the_days_it_covers() -> None:
    story = given(DUTY, on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="4")))
    assert changes(story) == [
        ("2025-05-14", "2025-08-12", "In force at 10%", "In force in part: 4% applies, 6 points suspended")
    ]


def test_a_first_event_comes_from_nothing() -> None:
    story = given(DUTY)
    assert changes(story)[-1][2:] == ("Not yet announced", "In force at 10%")


def test_a_correction_changes_what_the_entry_said() -> None:
    story = given(DUTY, corrected(1, obligation="12%"))
    assert changes(story) == [("2025-04-05", "9999-12-31", "In force at 10%", "In force at 12%")]


def answered(story: Story) -> list[tuple[str, ...]]:
    before, after = (settle(history) for history in told(story))
    names = ("valid_from", "valid_until", "known_from", "known_until", "before", "after")
    return [tuple(str(getattr(item, name)) for name in names) for item in answers(before, after)]


def test_a_correction_changes_answers_on_the_valid_and_on_the_known_clock() -> None:
    story = given(DUTY, on("2025-05-20", rate_changed("20%", "2025-06-01")), corrected(1, obligation="12%"))
    ten, twelve = "In force at 10%", "In force at 12%"
    assert answered(story) == [
        ("2025-04-05", "9999-12-31", "2025-04-02", "2025-05-20", ten, twelve),
        ("2025-04-05", "2025-06-01", "2025-05-20", "9999-12-31", ten, twelve),
    ]


def test_an_answer_that_later_knowledge_leaves_alone_is_told_once() -> None:
    story = given(DUTY, on("2025-05-20", threatened("50%")), corrected(1, obligation="12%"))
    assert [item[:4] for item in answered(story)] == [("2025-04-05", "9999-12-31", "2025-04-02", "9999-12-31")]


def test_a_change_leaves_answers_as_they_were_known_before_it() -> None:
    story = given(DUTY, on("2025-05-20", rate_changed("20%", "2025-06-01")))
    assert [item[:4] for item in answered(story)] == [("2025-06-01", "9999-12-31", "2025-05-20", "9999-12-31")]


def test_a_corrected_known_day_changes_answers_of_the_days_between_alone() -> None:
    story = given(DUTY, on("2025-05-20", rate_changed("20%", "2025-06-01")), corrected(2, known_from="2025-05-10"))
    assert [item[:4] for item in answered(story)] == [("2025-06-01", "9999-12-31", "2025-05-10", "2025-05-20")]


def test_a_threat_after_adoption_changes_nothing() -> None:
    assert changes(given(DUTY, on("2025-06-01", threatened("50%")))) == []


def test_every_term_is_compared_with_itself() -> None:
    story = given(DUTY, on("2025-06-01", adopted("25%", "2025-07-01", term="steel")))
    assert {step.term for step in steps(*told(story)) if step.changed} == {"steel"}


def test_steps_that_say_the_same_are_one() -> None:
    story = given(DUTY, on("2025-06-01", rate_changed("10%", "2025-07-01")))
    assert changes(story) == []
    assert len(list(steps(*told(story)))) == 2


def test_the_status_sentence_is_that_of_the_day() -> None:
    story = given(DUTY, on("2025-05-12", suspended("2025-05-14", "2025-08-12")))
    before, after = (status(history, date(2025, 6, 1)) for history in told(story))
    assert before == "In force at 10%."
    assert after == "In force but suspended until 11 August 2025; returns to 10% on 12 August 2025 unless extended."


def test_the_same_act_with_the_same_day_is_probably_a_duplicate() -> None:
    story = given(DUTY, on("2025-05-01", adopted("10%", "2025-04-05")))
    assert [item.position for item in duplicates(story.history[1], story.history[:1])] == [1]


def test_the_same_act_of_another_day_is_none() -> None:
    story = given(DUTY, on("2025-05-01", adopted("10%", "2025-06-05")))
    assert duplicates(story.history[1], story.history[:1]) == []


def test_the_picture_has_a_row_before_and_a_row_after() -> None:
    story = given(DUTY, on("2025-06-01", terminated("2025-07-01")))
    drawn = picture.of_steps(steps(*told(story)), date(2025, 6, 10))
    assert drawn is not None
    assert [name for _, name in drawn.rows] == ["before", "after"]
    assert [bar.status for bar in drawn.bars] == ["before", "applied", "before", "applied", "ended"]
    assert all(bar.x >= 0 and bar.x + bar.width <= drawn.width + 0.2 for bar in drawn.bars)


def test_no_days_give_no_picture() -> None:
    assert picture.draw([], date(2025, 6, 10)) is None
