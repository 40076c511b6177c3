"""The rates of the shipped data, on every day on which something changed and the day before, on two clocks.

`data/expected_rates.csv` is made from the facts by a plain rule: of what was known by the day asked, in effect by the
day and not ended on it, the one announced last, then the one effective last; nothing: 0.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from measures.obligations import rate
from measures.timeline import NOTHING, State
from tests.measures.shipped import FIXTURES, entries, histories, state
from tracker.clocks import NEVER

DIFFERENT: dict[tuple[str, str, str], tuple[str | None, str]] = {
    ("us-s201-solar", "2019-02-07", "2020-02-07"): ("25", "the proclamation steps down every year"),
    ("us-s201-solar", "2020-02-07", "2021-02-07"): ("20", "the proclamation steps down every year"),
    ("us-s201-solar", "2021-02-07", "2022-02-07"): ("15", "the proclamation steps down every year"),
    ("us-s201-solar", "2022-02-07", "2026-02-07"): (None, "extended at rates that are not in the sources"),
    ("us-s201-washers", "2019-02-07", "2023-02-08"): (
        None,
        "falls, and extended, at rates that are not in the sources",
    ),
    ("cn-s301-retaliation-autos", "2018-07-06", "2019-01-01"): ("25", "what is suspended had been in force"),
    ("us-de-minimis-cn", "2026-07-24", "9999-12-30"): (None, "a rate tied to a total that is gone does not come back"),
    ("us-s301-lists-1-3-30pct", "2019-10-01", "9999-12-30"): ("0", "a step that was never applied charges nothing"),
    ("us-s301-4yr-gloves", "2025-01-01", "2026-01-01"): (None, "a correction seems to have removed the step"),
    ("us-s301-legacy-chips", "2027-06-23", "9999-12-30"): (None, "a step is due at a rate that is still open"),
    ("cn-retaliation-2025-04", "2026-11-10", "2027-01-10"): ("34", "one side's word on the other's measure is a claim"),
}
"""Where the answer is rightly another than the plain rule gives: the days, the answer, and why."""


@cache
def expected() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in csv.DictReader((FIXTURES / "expected_rates.csv").read_text("utf-8").splitlines()):
        found[row["slug"]].append(row)
    return found


def _different(slug: str, valid_at: str) -> tuple[str, str, str] | None:
    return next((key for key in DIFFERENT if key[0] == slug and key[1] <= valid_at < key[2]), None)


def _states_a_rate(slug: str, known_at: str) -> bool:
    said = (getattr(entry.payload, "obligation", None) for entry in entries(f"measure/{slug}", known_at))
    return any(obligation is not None and rate(obligation) is not None for obligation in said)


def _right(slug: str, row: dict[str, str], found: State) -> bool:
    plain = Decimal(row["rate"])
    if found.rate == plain:
        return True
    if found == NOTHING:
        return plain == 0
    if key := _different(slug, row["valid_at"]):
        answer = DIFFERENT[key][0]
        return found.rate == (None if answer is None else Decimal(answer))
    return found.rate is None and plain == 0 and not _states_a_rate(slug, row["known_at"])


@pytest.mark.parametrize(
    "slug", sorted({row["slug"] for row in csv.DictReader((FIXTURES / "expected_rates.csv").open())})
)
def test_the_rate_is_that_of_the_facts_on_every_day_of_change(slug: str):
    if f"measure/{slug}" not in histories():
        assert {row["rate"] for row in expected()[slug]} == {"0"}, "only cases and talks have no measure"
        return
    for row in expected()[slug]:
        found = state(slug, row["valid_at"], row["known_at"])
        assert _right(slug, row, found), (row, found)


@pytest.mark.parametrize(
    ("slug", "valid_at", "known_at", "answer"),
    [
        ("us-ieepa-reciprocal-cn", "2025-05-01", "", "125"),
        ("us-ieepa-reciprocal-cn", "2025-08-20", "2025-05-15", "34"),
        ("us-ieepa-reciprocal-cn", "2025-08-20", "2025-08-12", "10"),
        ("us-ieepa-fentanyl-cn", "2025-03-03", "", "10"),
        ("us-ieepa-fentanyl-cn", "2025-03-04", "", "20"),
        ("us-s301-list-4a", "2020-02-13", "", "15"),
        ("us-s301-list-4a", "2020-02-14", "", "7.5"),
        ("us-ieepa-transshipment", "2026-02-24", "", "0"),
    ],
)
def test_the_rate_on_a_day_as_known_on_a_day(slug: str, valid_at: str, known_at: str, answer: str):
    assert state(slug, valid_at, known_at).rate == Decimal(answer)


def test_a_ruling_is_void_in_law_while_its_duty_is_collected():
    first, next_day = state("us-ieepa-fentanyl-cn", "2025-05-28"), state("us-ieepa-fentanyl-cn", "2025-05-29")
    assert (first.legal, first.rate, next_day.legal, next_day.rate) == ("void", 20, "in_force", 20)
    days = ("2026-02-19", "2026-02-20", "2026-02-23", "2026-02-24")
    found = [(state("us-ieepa-reciprocal-cn", day).legal, state("us-ieepa-reciprocal-cn", day).rate) for day in days]
    assert found == [("in_force", 10), ("void", 10), ("void", 10), ("terminated", 0)]


def test_a_planned_step_that_was_called_off_was_never_in_force():
    days = ("2019-09-30", "2019-10-01", "2019-10-10", "2019-10-11", "2019-10-15", "2026-07-05")
    found = [state("us-s301-lists-1-3-30pct", day) for day in days]
    assert [item.legal for item in found] == ["announced"] * 3 + ["withdrawn"] * 3
    assert {item.rate for item in found} == {Decimal(0)}
    assert state("us-s301-lists-1-3-30pct", "2019-10-15", "2019-10-10").rate == 30


@pytest.mark.parametrize(
    ("day", "lanes", "why"),
    [
        ("2025-08-11", ("in_force", "suspended"), ""),
        (
            "2025-08-12",
            ("in_force", "unknown"),
            "whether the pause of 90 days was carried on",
        ),
        (
            "2025-11-09",
            ("in_force", "unknown"),
            "whether the pause of 90 days was carried on",
        ),
        (
            "2025-11-10",
            ("unknown", "unknown"),
            "how the listing was adjusted from 10 November 2025",
        ),
        (
            "2026-07-05",
            ("unknown", "unknown"),
            "how the listing was adjusted from 10 November 2025",
        ),
    ],
)
def test_whether_a_listing_stands_after_its_pause_is_unknown_where_no_source_says(
    day: str, lanes: tuple[str, str], why: str
):
    found = state("cn-uel-2025-04-04", day)
    assert (found.legal, found.application) == lanes
    assert found.unknown.startswith(why)


def test_a_truce_leaves_ten_of_thirty_four_points():
    found = state("us-ieepa-reciprocal-cn", "2025-10-01")
    assert (found.application, found.statutory_rate, found.suspended_points, found.rate) == (
        "partly_suspended", 34, 24, 10,
    )  # fmt: skip


def test_the_tables_answer_as_the_fold_does(loaded: None):
    from measures.models import Segment

    for slug in ("us-ieepa-reciprocal-cn", "us-s301-list-3", "us-de-minimis-cn", "cn-retaliation-2025-04"):
        for row in expected()[slug]:
            valid, known = (date.fromisoformat(row[name] or "9999-12-30") for name in ("valid_at", "known_at"))
            found = Segment.objects.filter(
                slug=slug, headline=True, valid_from__lte=valid, valid_until__gt=valid,
                known_from__lte=known, known_until__gt=known, recorded_until=NEVER,
            )  # fmt: skip
            rates = [segment.rate for segment in found]
            pure = state(slug, row["valid_at"], row["known_at"])
            assert rates == ([] if pure == NOTHING else [pure.rate]), row
