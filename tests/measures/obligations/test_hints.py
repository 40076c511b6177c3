"""Whatever is not understood is refused by an error that names the part and teaches the accepted form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.obligations import EXAMPLES, ObligationError, parse

# what is refused, the part that was not understood, words of the lesson
REFUSED = [
    ("25 %%", "25 %%", 'write the rate alone, as in "25%"'),
    ("a tariff of 25%", "a tariff of 25%", 'write the rate alone, as in "25%"'),
    ("about a quarter", "about a quarter", 'write for example "25%", "10% + 45 EUR/100 kg MAX 18%"'),
    ("7,5%", "7,5%", "use 7.5, not 7,5"),
    ("quota 18,125 t", "quota 18,125 t", "18125, not 18,125"),
    ("10% + 7,5 EUR/kg", "7,5 EUR/kg", "use 7.5, not 7,5"),
    ("25", "25", 'a number of what? Write "25%"'),
    ("50 USD", "50 USD", 'Write the unit, as in "50 USD/item"'),
    ("$50/kg", "$50/kg", "the three letters of the currency"),
    ("10% + 45 EURO/kg", "EURO", "not an ISO 4217 currency code; did you mean EUR?"),
    ("10 USD/ton", "ton", "not a unit; did you mean t or net ton? One of: g, kg, t,"),
    ("45 EUR/2.5 kg", ".5 kg", "not a unit"),
    ("1 GBP/0 kg", "1 GBP/0 kg", "per: 0 is out of bounds; write a whole number from 1 to 1000000"),
    ("0 GBP/kg", "0 GBP/kg", 'amount: 0 is nothing; write "free"'),
    ("25% to 50%", "25% to 50%", '"between 25% and 50%" for one that differs by line'),
    ("5-50%", "5-50%", '"between 25% and 50%"'),
    ("between 50% and 5%", "between 50% and 5%", "the lower percentage stands first"),
    ("-5%", "-5%", "a rate is not negative"),
    ("24 points", "24 points", "write the rate that the points lead to"),
    ("nan%", "nan%", "a rate is a number"),
    ("inf", "inf", "a rate is a number"),
    ("10000.1%", "10000.1%", "percent: 10000.1 is out of bounds; write a number from 0 to 10000"),
    ("0.1234567%", "0.1234567%", "has more than 6 decimals"),
    ("10% + 5%", "10% + 5%", "add them up and write one"),
    ("0% + 5 EUR/kg", "0% + 5 EUR/kg", "adds nothing; leave it out"),
    ("10% +", "10% +", "a rate is missing"),
    ("10% MAX 5% MAX 7%", "10% MAX 5% MAX 7%", "write each once"),
    ("5 EUR/kg MIN 5% MAX 3%", "5 EUR/kg MIN 5% MAX 3%", "MIN is not below MAX"),
    ("10% MAX 5% - 1 EUR/kg", "5% - 1 EUR/kg", "a sum without minus"),
    ("MFN + 10%", "MFN", "rates add to the base duty"),
    ("15% incl. VAT", "VAT", "not a base duty. One of: MFN,"),
    ("15% incl", "15% incl", 'write "15% incl. MFN"'),
    ("0% incl. MFN", "0% incl. MFN", "write free"),
    ("10% or 10%", "10% or 10%", "2 to 8 different options"),
    ("minimum price", "minimum price", 'write "minimum price 21 USD/kg"'),
    ("doubled", "doubled", 'relative words need what they come to: "doubled" to 50%'),
    ("quota", "quota", "say how much, as in quota 18125 t"),
    ("quota 18125", "quota 18125", 'write "quota 18125 t"'),
    ("quota 5 t/decade", "decade", "not one of: year, half year, quarter"),
    ("quota 5 t: 10%", "10%", "in or out of the quota"),
    ("quota 5 t: 10% in, 20% in", "10% in, 20% in", "one rate in and one out"),
    ("ban on exports", "ban on exports", 'write "ban"'),
    ("special licence", "special", "not one of: individual, general, bulk"),
    ("licence (maybe)", "maybe", "not one of: presumption of approval"),
    ("licence (45 days, 30 days)", "45 days, 30 days", "one number of days"),
    ("licence (99999 days)", "licence (99999 days)", "days: 99999 is out of bounds"),
    ("listing: 25%", "25%", "the effect ban, licence or reporting"),
    ("formula", "formula", 'write "formula: as the text says"'),
    ("unknown", "unknown", 'say why: "unknown: rates not published"'),
    ("TBD", "TBD", "say why"),
    ("other", "other", "say what"),
    ("unknown: a\0b", "unknown: a\0b", "reason: a control character; write plain text"),
]


@pytest.mark.parametrize(("typed", "part", "lesson"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_sentence_that_is_refused_teaches_the_accepted_form(typed, part, lesson):
    with pytest.raises(ObligationError) as refused:
        parse(typed)
    assert lesson in refused.value.hint
    assert (refused.value.text, refused.value.part) == (typed, part)
    assert str(refused.value).startswith(f'"{typed}" is not an obligation I know')


def test_an_error_says_at_which_character_the_part_begins():
    with pytest.raises(ObligationError, match='see "EURO" at character 10: currency: "EURO" is not') as refused:
        parse("10% + 45 EURO/kg")
    assert refused.value.position == 10


@pytest.mark.parametrize("nothing", ["", " \n "])
def test_an_empty_sentence_is_told_what_to_write(nothing):
    with pytest.raises(ObligationError, match=r'^a rate is missing; write for example "25%"'):
        parse(nothing)


def test_a_sentence_has_bounds_and_its_error_does_not_repeat_all_of_it():
    with pytest.raises(ObligationError, match="more than 1500 characters") as refused:
        parse("unknown: " + "x" * 1492)
    assert len(str(refused.value)) < 300
    with pytest.raises(ObligationError, match="reason: 501 characters; write 1 to 500"):
        parse("unknown: " + "x" * 501)


@given(
    st.text(max_size=80) | st.lists(st.sampled_from([*EXAMPLES, "or", "+", "MIN", ":", ",", "to", "5"])).map(" ".join)
)
def test_any_text_is_either_understood_or_refused_by_our_own_error(text):
    try:
        obligation = parse(text)
    except ObligationError:
        return
    assert parse(str(obligation)) == obligation
