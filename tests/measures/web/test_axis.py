"""Days as places on a line."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from measures.web.axis import Axis, split, window


def axis(first: str, last: str, width: float = 800) -> Axis:
    return Axis(date.fromisoformat(first), date.fromisoformat(last), 100, 100 + width)


def test_the_first_day_stands_at_the_left_edge_and_the_last_at_the_right():
    line = axis("2025-01-01", "2025-12-31")
    assert line.x(date(2025, 1, 1)) == 100
    assert line.x(date(2025, 12, 31)) == 900
    assert line.x(date(2025, 7, 2)) == 500


def test_days_outside_stand_at_the_edges():
    line = axis("2025-01-01", "2025-12-31")
    assert line.x(date(1, 1, 1)) == 100
    assert line.x(date(9999, 12, 31)) == 900


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2025-01-15", "2025-06-20", ["Feb 2025", "Mar", "Apr", "May", "Jun"]),
        ("2024-09-01", "2026-02-01", ["Oct 2024", "Jan 2025", "Apr", "Jul", "Oct", "Jan 2026"]),
        ("2017-06-01", "2026-11-24", ["2018", "2019", "2020", "2021", "2022", "2023", "2024", "2025", "2026"]),
    ],
)
def test_ticks_are_firsts_of_months_as_far_apart_as_labels_need(first: str, last: str, labels: list[str]):
    assert [tick.label for tick in axis(first, last).ticks()] == labels


def test_ticks_never_come_closer_than_their_labels_are_wide():
    for last in ("2025-03-01", "2026-01-01", "2030-01-01", "2100-01-01", "2900-01-01"):
        places = [tick.x for tick in axis("2025-01-01", last, width=360).ticks()]
        assert all(b - a >= 60 for a, b in pairwise(places)), last


def test_a_window_stays_inside_the_calendar():
    assert window(date(1, 1, 3), 100, 100)[0] == date(1, 1, 1)
    assert window(date(9998, 12, 30), 100, 100)[1] == date(9998, 12, 31)


def test_a_run_of_days_is_cut_only_where_the_day_lies_inside():
    first, until = date(2025, 1, 1), date(2025, 3, 1)
    assert split(first, until, date(2025, 2, 1)) == [
        (first, date(2025, 2, 1), True),
        (date(2025, 2, 1), until, False),
    ]
    assert split(first, until, date(2024, 1, 1)) == [(first, until, False)]
    assert split(first, until, until) == [(first, until, True)]
