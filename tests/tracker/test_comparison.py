"""Comparing two readings of the boxes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from tracker.comparison import Difference, differences

START = date(2025, 1, 1)


@dataclass(frozen=True)
class Rectangle:
    valid_from: date
    valid_until: date
    known_from: date
    known_until: date
    rate: int


def day(number: int) -> date:
    return START + timedelta(days=number)


def rectangle(valid: tuple[int, int], known: tuple[int, int], rate: int) -> Rectangle:
    return Rectangle(day(valid[0]), day(valid[1]), day(known[0]), day(known[1]), rate)


def compared(old: list[Rectangle], new: list[Rectangle]) -> list[Difference]:
    """Rectangles stand for boxes here: only their four days and their rate are looked at."""
    return differences(cast(Any, old), cast(Any, new), rate)


def rate(box: Any) -> int:
    return int(box.rate)


def read(boxes: list[Rectangle], valid: date, known: date) -> int | None:
    covering = (
        box for box in boxes if box.valid_from <= valid < box.valid_until and box.known_from <= known < box.known_until
    )
    return next((box.rate for box in covering), None)


def test_a_changed_end_is_one_range_with_the_old_and_the_new_rate() -> None:
    old = [rectangle((0, 10), (0, 99), 10), rectangle((10, 99), (0, 99), 34)]
    new = [rectangle((0, 8), (0, 99), 10), rectangle((8, 99), (0, 99), 34)]
    assert compared(old, new) == [Difference(day(8), day(10), day(0), day(99), 10, 34)]


def test_the_same_answer_in_other_boxes_is_no_difference() -> None:
    assert (
        compared([rectangle((0, 10), (0, 9), 5)], [rectangle((0, 4), (0, 9), 5), rectangle((4, 10), (0, 9), 5)]) == []
    )


def test_what_only_one_reading_answers_differs_from_no_answer() -> None:
    assert compared([], [rectangle((0, 5), (2, 9), 7)]) == [Difference(day(0), day(5), day(2), day(9), None, 7)]


numbers = st.lists(st.integers(0, 12), min_size=2, max_size=5, unique=True).map(sorted)


@st.composite
def tilings(draw: st.DrawFn) -> list[Rectangle]:
    """Boxes that do not overlap: a grid over two clocks, with holes."""
    valid, known = draw(numbers), draw(numbers)
    return [
        rectangle((first, until), (since, to), draw(st.integers(0, 2)))
        for first, until in pairwise(valid)
        for since, to in pairwise(known)
        if draw(st.booleans())
    ]


@given(tilings(), tilings())
def test_every_day_of_both_clocks_is_told_apart_exactly(old: list[Rectangle], new: list[Rectangle]) -> None:
    found = compared(old, new)
    for valid in map(day, range(13)):
        for known in map(day, range(13)):
            told = [
                (item.old, item.new)
                for item in found
                if item.valid_from <= valid < item.valid_until and item.known_from <= known < item.known_until
            ]
            before, after = read(old, valid, known), read(new, valid, known)
            assert told == ([(before, after)] if before != after else [])
