"""The three clocks: coarse days and the boxes that hold over valid, known and recorded."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from tests.tracker.tallies import Tally
from tracker.clocks import DAWN, FAR, LAST_DAY, NEVER, Point, span


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2025-06-09", date(2025, 6, 9), date(2025, 6, 9)),
        ("2025-06", date(2025, 6, 1), date(2025, 6, 30)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31)),
        ("2025-Q1", date(2025, 1, 1), date(2025, 3, 31)),
        ("2025-Q2", date(2025, 4, 1), date(2025, 6, 30)),
        ("2025-Q4", date(2025, 10, 1), date(2025, 12, 31)),
        ("2024-H1", date(2024, 1, 1), date(2024, 6, 30)),
        ("2024-H2", date(2024, 7, 1), date(2024, 12, 31)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_a_coarse_day_means_all_its_days(text, earliest, latest):
    assert (span(text).earliest, span(text).latest) == (earliest, latest)
    assert span(text).exact == (earliest == latest)


@pytest.mark.parametrize(
    "text",
    ["", "2025-13", "2025-02-30", "2025-6", "2025-06-9", "20250609", "2025-W23-1", "2025-06-09\n", " 2025", "0000"],
)
def test_what_is_no_day_is_refused_by_value_and_accepted_form(text):
    with pytest.raises(ValueError, match="is not a date; write YYYY-MM-DD, YYYY-MM, YYYY-Q1, YYYY-H1 or YYYY"):
        span(text)


@pytest.mark.parametrize(
    "text",
    [
        "٢٠٢٥",
        "2025-Q5",
        "2025-Q",
        "2025-q1",
        "2025-H0",
        "2025-H3",
        "2025-Q1-01",
        "0000-Q1",
        "2025-06-09T12:00",
        "25-06-09",
        "2025-06-",
        "tomorrow",
    ],
)
def test_what_only_resembles_a_day_is_refused_too(text):
    with pytest.raises(ValueError, match="is not a date; write YYYY-MM-DD, YYYY-MM, YYYY-Q1, YYYY-H1 or YYYY"):
        span(text)


def point(valid_at: str, known_at: str, position: int, generation: int = 1) -> Point:
    return Point(
        valid_at=date.fromisoformat(valid_at),
        known_at=date.fromisoformat(known_at),
        position=position,
        recorded_at=datetime(2025, 6, 10, tzinfo=UTC),
        generations={"tallies": generation},
        fold_versions={"tallies": 1},
    )


@pytest.fixture
def box(db, tallies):
    """In force from 9 to 19 June, known from 5 to 24 June, recorded from position 3 to position 6."""
    return Tally.objects.create(
        generation=1,
        stream="tally/a",
        valid_from=date(2025, 6, 9),
        valid_until=date(2025, 6, 20),
        known_from=date(2025, 6, 5),
        known_until=date(2025, 6, 25),
        recorded_from=3,
        recorded_until=7,
        digest=b"",
        total=1,
        label="",
    )


@pytest.mark.parametrize(
    ("valid_at", "known_at", "position", "found"),
    [
        ("2025-06-09", "2025-06-05", 3, True),
        ("2025-06-19", "2025-06-24", 6, True),
        ("2025-06-08", "2025-06-05", 3, False),
        ("2025-06-20", "2025-06-05", 3, False),
        ("2025-06-09", "2025-06-04", 3, False),
        ("2025-06-09", "2025-06-25", 3, False),
        ("2025-06-09", "2025-06-05", 2, False),
        ("2025-06-09", "2025-06-05", 7, False),
    ],
)
def test_a_box_holds_from_each_first_until_just_before_each_end(box, valid_at, known_at, position, found):
    assert Tally.objects.at(point(valid_at, known_at, position)).exists() == found


def test_known_looks_over_all_valid_days_and_recorded_over_all_known_ones(box):
    assert Tally.objects.known(point("1999-01-01", "2025-06-05", 3)).exists()
    assert Tally.objects.recorded(point("1999-01-01", "1999-01-01", 3)).exists()
    assert not Tally.objects.known(point("2025-06-09", "2025-06-04", 3)).exists()


def test_a_point_sees_the_boxes_of_its_own_generation_only(box):
    assert not Tally.objects.at(point("2025-06-09", "2025-06-05", 3, generation=2)).exists()


def test_open_ends_are_far_days_that_every_asked_day_lies_before():
    assert DAWN < LAST_DAY < FAR == date.max
    assert point("2025-06-09", LAST_DAY.isoformat(), 3).known_limit is None
    assert point("2025-06-09", "2025-06-05", 3).known_limit == date(2025, 6, 5)
    assert NEVER == 2**63 - 1


@pytest.mark.parametrize("end", ["valid_until", "known_until", "recorded_until"])
def test_the_database_refuses_a_box_that_is_empty_on_any_clock(box, end):
    box.pk = None
    setattr(box, end, getattr(box, end.replace("until", "from")))
    with pytest.raises(IntegrityError, match="tally_not_empty"), transaction.atomic():
        box.save(force_insert=True)
