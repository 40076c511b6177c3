"""Short ways to make obligations, and hypothesis strategies that make every kind of them."""

from decimal import Decimal
from typing import get_args

from hypothesis import strategies as st

from measures.obligations import (
    BASES,
    CURRENCIES,
    UNITS,
    AdValorem,
    Ban,
    Between,
    Ceiling,
    Choice,
    Compound,
    Formula,
    Licence,
    Listing,
    MinimumPrice,
    ObligationError,
    Other,
    Quota,
    Relative,
    Reporting,
    Specific,
    Unknown,
)
from measures.obligations.controls import LicenceType, Period, Review

D = Decimal


def percent(number):
    return AdValorem(D(number))


def amount(number, currency, unit, per=1):
    return Specific(D(number), currency, unit, per)


numbers = st.decimals("0.000001", 10**12, places=6)
percents = st.decimals("0.000001", 10_000, places=6)
units, currencies = st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(CURRENCIES))
texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60).filter(str.strip)
ad_valorem = st.builds(AdValorem, percents | st.just(D(0)))
specific = st.builds(Specific, numbers, currencies, units, st.integers(1, 1_000_000))
part = ad_valorem.filter(lambda duty: duty.percent) | specific


def one_percent(parts):
    return sum(isinstance(part, AdValorem) for part in parts) <= 1


@st.composite
def compounds(draw):
    sums = st.lists(part, max_size=3).map(tuple).filter(one_percent)
    parts, less = draw(sums.filter(len)), draw(sums)
    least, most = draw(sums), draw(sums)
    try:
        return Compound(parts, less, least, most)
    except ObligationError:  # a sum that is none, or MIN above MAX
        return Compound((*(p for p in parts if isinstance(p, Specific)), percent(10), amount(1, "EUR", "kg")))


duty = ad_valorem | specific | compounds() | st.builds(Ceiling, percents, st.sampled_from(sorted(BASES)))
minimum_price = st.builds(MinimumPrice, numbers, currencies, units, st.integers(1, 100), st.none() | duty)
licence = st.builds(
    Licence,
    st.none() | st.sampled_from(get_args(LicenceType)),
    st.none() | st.sampled_from(get_args(Review)),
    st.none() | st.integers(1, 3660),
)
reporting = st.builds(Reporting, st.none() | texts)
obligations = st.one_of(
    duty,
    st.lists(percents, min_size=2, max_size=2, unique=True).map(lambda two: Between(*sorted(two))),
    minimum_price,
    st.lists(duty | minimum_price, min_size=2, max_size=4, unique=True).map(lambda some: Choice(tuple(some))),
    st.builds(
        Quota,
        numbers,
        units | currencies,
        st.none() | st.sampled_from(get_args(Period)),
        st.none() | duty,
        st.none() | duty,
    ),
    st.builds(Quota, rate_in=st.none() | duty, rate_out=duty),
    st.just(Ban()),
    licence,
    reporting,
    st.builds(Listing, st.none() | st.just(Ban()) | licence | reporting),
    st.builds(
        Formula,
        texts,
        st.none() | texts.filter(lambda text: not set(text) & set("(),")),
        st.none() | ad_valorem | specific,
    ),
    st.builds(Other, texts),
    st.builds(Unknown, texts),
    st.builds(Relative, texts.filter(lambda text: '"' not in text), duty),
)
