"""Entries that say a status not to be known: it is unknown from their day until a later act says it again."""

from __future__ import annotations

import pytest

from tests.measures.given import (
    Story,
    adopted,
    became_unknown,
    extended,
    given,
    on,
    resumed,
    revoked,
    suspended,
    suspension_extended,
    terminated,
    voided,
)

WHY = "whether the pause was carried on is not in the sources seen"


def lanes(story: Story, day: str, **asked: str) -> tuple[str, str]:
    state = story.on(day, **asked)  # type: ignore[arg-type]
    return state.legal, state.application


PAUSED = (
    on("2025-04-04", adopted("25%", "2025-04-05")),
    on("2025-05-14", suspended("2025-05-14", "2025-08-12")),
)


def test_both_lanes_are_unknown_from_the_day_with_the_reason_and_the_position():
    story = given(*PAUSED, on("2025-08-12", became_unknown("2025-08-12", WHY)))
    state = story.on("2025-08-12")
    assert (state.legal, state.application, state.unknown) == ("unknown", "unknown", WHY)
    assert (state.rate, state.rate_min, state.rate_max, state.statutory_rate) == (None, 0, 25, 25)
    assert 3 in set(state.legal_causes) & set(state.rate_causes)
    assert lanes(story, "2025-08-11") == ("in_force", "suspended")
    assert lanes(story, "2025-08-12", known="2025-08-11") == ("in_force", "applied")


@pytest.mark.parametrize(
    ("which", "expected"), [("legal", ("unknown", "applied")), ("application", ("in_force", "unknown"))]
)
def test_one_lane_alone_may_be_unknown(which: str, expected: tuple[str, str]):
    story = given(*PAUSED, on("2025-08-12", became_unknown("2025-08-12", WHY, lanes=which)))
    assert lanes(story, "2025-08-12") == expected
    assert story.on("2025-08-12").unknown == WHY
    assert story.rate("2025-08-12") == (25 if which == "legal" else None)


@pytest.mark.parametrize(
    "known_again",
    [suspension_extended(until="2025-11-10"), suspension_extended("2025-08-12", "2025-11-10")],
    ids=["moving the end", "stating it anew"],
)
def test_a_later_act_says_it_again(known_again):
    story = given(*PAUSED, on("2025-08-12", became_unknown("2025-08-12", WHY, lanes="application")))
    later = given(*story.batches, on("2025-09-01", known_again))
    assert lanes(later, "2025-08-20", known="2025-08-31") == ("in_force", "unknown")
    assert lanes(later, "2025-08-20") == ("in_force", "suspended")


def test_a_later_resumption_says_it_again_from_its_own_day():
    story = given(
        *PAUSED,
        on("2025-08-12", became_unknown("2025-08-12", WHY, lanes="application")),
        on("2025-09-01", resumed("2025-09-05")),
    )
    assert [lanes(story, day)[1] for day in ("2025-09-04", "2025-09-05")] == ["unknown", "applied"]


def test_whether_it_still_lives_is_known_again_by_an_extension_an_end_or_a_ruling():
    story = given(
        on("2020-01-01", adopted("25%", "2020-02-01", "2025-02-01")),
        on("2025-01-15", became_unknown("2025-02-01", "whether it was prolonged is not published")),
    )
    assert lanes(story, "2025-02-01") == ("unknown", "unknown")
    assert story.on("2025-02-01").rate_max is None
    assert story.on("2025-02-01").unknown == "whether it was prolonged is not published"
    for act, expected in (
        (extended(1, "2030-02-01"), ("in_force", "applied")),
        (terminated("2025-02-01"), ("terminated", "not_applied")),
    ):
        assert lanes(given(*story.batches, on("2025-03-01", act)), "2025-02-01") == expected
    void = given(*story.batches, on("2025-03-01", voided("2025-02-01")))
    assert lanes(void, "2025-02-01") == ("void", "unknown")


def test_it_may_be_known_again_from_a_stated_day_and_taken_back():
    story = given(*PAUSED, on("2025-08-12", became_unknown("2025-08-12", WHY, "2025-10-01")))
    assert [lanes(story, day)[0] for day in ("2025-09-30", "2025-10-01")] == ["unknown", "in_force"]
    back = given(*story.batches, on("2025-09-01", revoked(3, "2025-08-12")))
    assert lanes(back, "2025-08-12") == ("in_force", "applied")


def test_it_may_be_unknown_for_some_parties_alone():
    story = given(*PAUSED, on("2025-08-12", became_unknown("2025-08-12", WHY, parties=("A Ltd",))))
    assert story.on("2025-08-12", party="A Ltd").legal == "unknown"
    assert lanes(story, "2025-08-12") == ("in_force", "applied")
