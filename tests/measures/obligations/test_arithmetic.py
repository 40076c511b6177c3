"""What the text alone says of the percentage, and what a partial suspension leaves of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.obligations import (
    FREE,
    AdValorem,
    Ceiling,
    Licence,
    ObligationError,
    at,
    less_points,
    needs,
    parse,
    rate,
    rate_range,
    span,
    suspended_points,
)

from .values import D, amount, compounds, percent

# sentence, rate, range, needs
COMPUTED = [
    ("25%", D(25), (D(25), D(25)), ()),
    ("free", D(0), (D(0), D(0)), ()),
    ('"doubled" to 50%', D(50), (D(50), D(50)), ()),
    ("45 EUR/100 kg", None, (None, None), ("unit_value",)),
    ("10% + 45 EUR/100 kg", None, (D(10), None), ("unit_value",)),
    ("10% + 45 EUR/100 kg MAX 18%", None, (D(10), D(18)), ("unit_value",)),
    ("45 EUR/100 kg MIN 4%", None, (D(4), None), ("unit_value",)),
    ("5% + 1 EUR/kg MIN 8%", None, (D(8), None), ("unit_value",)),
    ("5% + 1 EUR/kg MAX 3%", D(3), (D(3), D(3)), ()),
    ("25% MIN 5 EUR/kg", None, (D(25), None), ("unit_value",)),
    ("25% MAX 5 EUR/kg", None, (None, D(25)), ("unit_value",)),
    ("25% - 1 EUR/kg", None, (None, D(25)), ("unit_value",)),
    ("45 EUR/100 kg MIN 4% MAX 18%", None, (D(4), D(18)), ("unit_value",)),
    ("12.8% MAX 18.9% + 16.5 EUR/kg", D("12.8"), (D("12.8"), D("12.8")), ()),
    ("15% incl. MFN", None, (D(0), D(15)), ("base_duty",)),
    ("between 7.8% and 35.3%", None, (D("7.8"), D("35.3")), ("line_or_company",)),
    ("90% or 75 USD/item", None, (None, None), ("choice", "unit_value")),
    ("15% + minimum price 21 USD/kg", D(15), (D(15), D(15)), ("unit_value",)),
    ("minimum price 21 USD/kg", None, (None, None), ("unit_value",)),
    ("quota 5 t: 10% in, 50% out", None, (D(10), D(50)), ("quota_state",)),
    ("quota 5 t: 50% in, 10% out", None, (D(10), D(50)), ("quota_state",)),
    ("quota 5 t: 15% incl. MFN in, 50% out", None, (D(0), D(50)), ("quota_state", "base_duty")),
    ("quota 5 t: 50% out", None, (None, None), ("quota_state",)),
    ("quota 5 t", None, (None, None), ("quota_state",)),
    ("formula: as MFN", None, (None, None), ("published_value",)),
    ("formula (published 30%): as MFN", D(30), (D(30), D(30)), ()),
    ("unknown: not published", None, (None, None), ("rate",)),
    ("ban", None, (None, None), ()),
    ("licence", None, (None, None), ()),
]


@pytest.mark.parametrize(("text", "one", "bounds", "missing"), COMPUTED, ids=[row[0] for row in COMPUTED])
def test_what_the_text_alone_says_of_the_percentage(text, one, bounds, missing):
    obligation = parse(text)
    assert rate(obligation) == one
    assert rate_range(obligation) == bounds
    assert needs(obligation) == missing


def _due(parts, value):
    """The percentage that parts come to when each currency unit buys `value` of every unit of quantity."""
    return sum(p.percent if isinstance(p, AdValorem) else 100 * p.amount / p.per / value for p in parts)


@given(compounds(), st.decimals("0.01", 10**6, places=2))
def test_a_sum_computed_with_a_unit_value_stays_within_its_range(compound, value):
    due = _due(compound.parts, value) - _due(compound.less, value)
    due = max(due, _due(compound.minimum, value)) if compound.minimum else due
    due = min(due, _due(compound.maximum, value)) if compound.maximum else due
    lowest, highest = rate_range(compound)
    assert lowest is None or lowest <= due
    assert highest is None or due <= highest


def test_the_company_rates_of_a_measure_span_a_range():
    assert span([parse("17.4%"), parse("7.8%"), parse("35.3%")]) == (D("7.8"), D("35.3"))
    assert span([parse("17.4%"), parse("unknown: not published")]) == (None, None)
    assert span([]) == (None, None)


@pytest.mark.parametrize(("base", "added"), [("2.5", "12.5"), ("15", "0"), ("22", "0")])
def test_a_ceiling_adds_what_the_base_duty_leaves_below_it(base, added):
    assert Ceiling(D(15), "MFN").additional(D(base)) == D(added)


def test_points_are_taken_off_a_percentage():
    assert less_points(parse("34%"), D(24)) == percent(10)
    assert less_points(parse("34%"), D(34)) == FREE
    assert less_points(parse('"doubled" to 50%'), D(20)) == percent(30)


@pytest.mark.parametrize("other", ["10% + 5 EUR/kg", "ban", "15% incl. MFN", "unknown: not published"])
def test_points_are_taken_off_nothing_else(other):
    with pytest.raises(ObligationError, match="points are taken off a percentage, not off"):
        less_points(parse(other), D(5))


@pytest.mark.parametrize("points", ["34.1", "-1"])
def test_no_more_points_are_taken_off_than_there_are(points):
    with pytest.raises(ObligationError, match="cannot be taken off 34%; write 0 to 34"):
        less_points(parse("34%"), D(points))


def test_a_partial_suspension_leaves_what_stays():
    assert at(parse("34%"), D(10)) == percent(10)
    assert at(parse("ban"), parse("licence")) == Licence()
    assert at(parse("10% + 45 EUR/100 kg MAX 18%"), parse("5 EUR/100 kg")) == amount(5, "EUR", "kg", 100)


@pytest.mark.parametrize(("whole", "stays"), [("34%", "35%"), ("15% incl. MFN", "16%"), ("free", "1%")])
def test_no_more_stays_than_there_was(whole, stays):
    with pytest.raises(ObligationError, match="leaves the same or less"):
        at(parse(whole), parse(stays))


def test_the_suspended_points_are_known_where_both_are_one_percentage():
    assert suspended_points(parse("34%"), parse("10%")) == D(24)
    assert suspended_points(parse("34%"), parse("5 EUR/kg")) is None
    assert suspended_points(parse("ban"), parse("10%")) is None
