"""Entries in order of the known clock, a page at a time: the same as settling everything and sorting."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.measures.given import (
    adopted,
    corrected,
    given,
    in_place,
    on,
    rate_changed,
    retracted,
    suspended,
    terminated,
)
from tracker import log
from tracker.corrections import settle
from tracker.known import Line

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS = ("measure/one", "measure/two")


@pytest.fixture(autouse=True)
def told() -> None:
    """Entries recorded out of order, within days, moved, taken out and taken in again."""
    given(
        on("2025-04-02", adopted("10%", "2025-04-05")),
        on("2025-03-01", rate_changed("20%", "2025-05-01")),
        on("2025-04-02", in_place(2, suspended("2025-06-01")), in_place(1, rate_changed("30%", "2025-06-01"))),
        on("2025-07-01", terminated("2025-08-01")),
        corrected(1, known_from="2025-07-02"),
        retracted(2),
        retracted(5),
        retracted(8),
        stream="measure/one",
    ).record()
    given(on("2025-04-02", adopted("5%", "2025-04-05")), corrected(1, known_seq=9), stream="measure/two").record()


def everything(known_by: date | None = None, upto: int = 2**62) -> list[int]:
    entries = [entry for name in STREAMS for entry in settle([i for i in log.read(stream=name) if i.position <= upto])]
    shown = (entry for entry in entries if known_by is None or entry.known_from <= known_by)
    return [entry.position for entry in sorted(shown, key=lambda entry: entry.order)]


def walked(size: int, *, backwards: bool = False, known_by: date | None = None, upto: int = 2**62) -> list[int]:
    line, after, found = Line(STREAMS, upto=upto, known_by=known_by), None, []
    while page := line.take(after, backwards=backwards, count=size):
        found += [item.position for item in page]
        after = (page[-1].known_from, page[-1].known_seq, page[-1].position)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_pages_of_any_size_give_every_standing_entry_once_in_order(size: int) -> None:
    assert walked(size) == everything()
    assert walked(size, backwards=True) == everything()[::-1]


def test_what_is_known_later_is_left_out_at_its_right_day() -> None:
    day = date(2025, 7, 1)
    assert walked(2, known_by=day) == everything(day)
    assert len(everything(day)) < len(everything())


def test_at_an_earlier_position_later_corrections_have_moved_nothing() -> None:
    upto = next(item.position for item in log.read() if item.type == "entry.corrected") - 1
    assert walked(2, upto=upto) == everything(upto=upto) != everything()


def test_a_page_takes_three_queries_and_the_next_one_more(django_assert_num_queries: Any) -> None:
    line = Line(STREAMS, upto=2**62, known_by=None)
    with django_assert_num_queries(3):  # what was corrected; the entries concerned; the page
        first = line.take(None, backwards=False, count=2)
    with django_assert_num_queries(1):  # the page
        line.take((first[-1].known_from, first[-1].known_seq, first[-1].position), backwards=False, count=2)
