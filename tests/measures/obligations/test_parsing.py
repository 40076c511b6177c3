"""A sentence is read as its value, a value is printed as its sentence, and back."""

from typing import get_args

import pytest
from hypothesis import given

from measures.obligations import (
    BASES,
    EXAMPLES,
    FREE,
    UNITS,
    Ban,
    Between,
    Ceiling,
    Choice,
    Compound,
    Formula,
    Licence,
    Listing,
    MinimumPrice,
    Obligation,
    Other,
    Quota,
    Relative,
    Reporting,
    Unknown,
    parse,
    sentence,
)

from .values import D, amount, obligations, percent

# what people type, its canonical sentence, its value
ACCEPTED = [
    ("25%", "25%", percent(25)),
    ("7.5 %", "7.5%", percent("7.5")),
    ("7.500%", "7.5%", percent("7.5")),
    (".5%", "0.5%", percent("0.5")),
    ("  10\tpercent ", "10%", percent(10)),
    ("10 per cent", "10%", percent(10)),
    ("+24%", "24%", percent(24)),
    ("10% ad valorem", "10%", percent(10)),
    ("3521.14%", "3521.14%", percent("3521.14")),
    ("free", "free", FREE),
    ("Duty-free", "free", FREE),
    ("0%", "free", FREE),
    ("EUR 12.5/hl", "12.5 EUR/hl", amount("12.5", "EUR", "hl")),
    ("50 USD/net ton", "50 USD/net ton", amount(50, "USD", "net ton")),
    ("400 rmb per net ton", "400 CNY/net ton", amount(400, "CNY", "net ton")),
    ("45 EUR/100kg", "45 EUR/100 kg", amount(45, "EUR", "kg", 100)),
    ("0.044 usd/kgs", "0.044 USD/kg", amount("0.044", "USD", "kg")),
    ("1.2 EUR/% vol/hl", "1.2 EUR/% vol hl", amount("1.2", "EUR", "% vol hl")),
    ("100000 USD per petition", "100000 USD/application", amount(100000, "USD", "application")),
    (
        "9% + 45 GBP / 100 kg MAX 18%",
        "9% + 45 GBP/100 kg MAX 18%",
        Compound((percent(9), amount(45, "GBP", "kg", 100)), maximum=(percent(18),)),
    ),
    (
        "0.3464% max 651.50 USD/entry min 33.58 USD/entry",
        "0.3464% MIN 33.58 USD/entry MAX 651.5 USD/entry",
        Compound(
            (percent("0.3464"),),
            minimum=(amount("33.58", "USD", "entry"),),
            maximum=(amount("651.5", "USD", "entry"),),
        ),
    ),
    (
        "12.8% MAX 18.9% + 16.5 EUR/100 kg",
        "12.8% MAX 18.9% + 16.5 EUR/100 kg",
        Compound((percent("12.8"),), maximum=(percent("18.9"), amount("16.5", "EUR", "kg", 100))),
    ),
    (
        "10% minus 2 EUR/kg plus 1 EUR/l",
        "10% + 1 EUR/l - 2 EUR/kg",
        Compound((percent(10), amount(1, "EUR", "l")), less=(amount(2, "EUR", "kg"),)),
    ),
    ("15% incl. MFN", "15% incl. MFN", Ceiling(D(15), "MFN")),
    ("15% including the base duty", "15% incl. MFN", Ceiling(D(15), "MFN")),
    ("MFN + X = 15%", "15% incl. MFN", Ceiling(D(15), "MFN")),
    ("between 5 and 50%", "between 5% and 50%", Between(D(5), D(50))),
    ("90% or 75 USD/item", "90% or 75 USD/item", Choice((percent(90), amount(75, "USD", "item")))),
    ("minimum import price 21 USD/kg", "minimum price 21 USD/kg", MinimumPrice(D(21), "USD", "kg")),
    (
        "15% + minimum price 21 USD/kg",
        "15% + minimum price 21 USD/kg",
        MinimumPrice(D(21), "USD", "kg", duty=percent(15)),
    ),
    (
        "47.6% or minimum price 0.56 EUR/W",
        "47.6% or minimum price 0.56 EUR/W",
        Choice((percent("47.6"), MinimumPrice(D("0.56"), "EUR", "W"))),
    ),
    ("quota 18125 t", "quota 18125 t", Quota(D(18125), "t")),
    ("quota 7000000000 USD", "quota 7000000000 USD", Quota(D(7_000_000_000), "USD")),
    ("quota 500 tonnes per half-year", "quota 500 t/half year", Quota(D(500), "t", "half_year")),
    (
        "quota 18125 t/year: 10% in, 50% out",
        "quota 18125 t/year: 10% in, 50% out",
        Quota(D(18125), "t", "year", percent(10), percent(50)),
    ),
    (
        "quota: 25% within quota; 50% above quota",
        "quota: 25% in, 50% out",
        Quota(rate_in=percent(25), rate_out=percent(50)),
    ),
    (
        "quota 2.5 GW: 15% incl. MFN out",
        "quota 2.5 GW: 15% incl. MFN out",
        Quota(D("2.5"), "GW", rate_out=Ceiling(D(15), "MFN")),
    ),
    ("ban", "ban", Ban()),
    ("Export prohibition", "ban", Ban()),
    ("licence", "licence", Licence()),
    ("export license required", "licence", Licence()),
    ("Non-automatic import licence", "non automatic licence", Licence("non_automatic")),
    (
        "licence (presumption of denial)",
        "licence (presumption of denial)",
        Licence(review="presumption_of_denial"),
    ),
    (
        "individual licence (45 days, case-by-case)",
        "individual licence (case by case, 45 days)",
        Licence("individual", "case_by_case", 45),
    ),
    ("reporting", "reporting", Reporting()),
    ("reporting: each shipment", "reporting: each shipment", Reporting("each shipment")),
    ("listing", "listing", Listing()),
    (
        "listing: licence (policy of denial)",
        "listing: licence (policy of denial)",
        Listing(Licence(review="policy_of_denial")),
    ),
    (
        "formula: equal to the IEEPA total",
        "formula: equal to the IEEPA total",
        Formula("equal to the IEEPA total"),
    ),
    (
        "formula (base index price, published 2500 RUB/t): 70% above 18,000",
        "formula (base index price, published 2500 RUB/t): 70% above 18,000",
        Formula("70% above 18,000", "index price", amount(2500, "RUB", "t")),
    ),
    ("other: end use  statement", "other: end use statement", Other("end use statement")),
    ("unknown: rates not published", "unknown: rates not published", Unknown("rates not published")),
    ('"doubled" to 50%', '"doubled" to 50%', Relative("doubled", percent(50))),
    ("raised from 25% to 50%", '"raised from 25%" to 50%', Relative("raised from 25%", percent(50))),
]


@pytest.mark.parametrize(("typed", "canonical", "value"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_a_sentence_is_read_as_its_value_and_printed_canonically(typed, canonical, value):
    assert parse(typed) == value
    assert sentence(value) == str(value) == canonical
    assert parse(canonical) == value


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_accepted_as_it_stands(example):
    assert str(parse(example)) == example


def test_the_examples_show_every_kind():
    assert {type(parse(example)) for example in EXAMPLES} == set(get_args(Obligation))


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_can_stand_in_an_amount_and_in_a_quota(unit):
    assert parse(f"5 EUR/{unit}") == amount(5, "EUR", unit)
    assert parse(f"quota 5 {unit}/year: free in, 5% out") == Quota(D(5), unit, "year", FREE, percent(5))


@pytest.mark.parametrize("base", BASES)
def test_every_base_can_stand_in_a_ceiling(base):
    assert parse(f"15% incl. {base}") == Ceiling(D(15), base)


@given(obligations)
def test_every_obligation_is_read_back_from_its_sentence(obligation):
    assert parse(sentence(obligation)) == obligation
