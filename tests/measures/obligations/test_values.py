"""An obligation is one value with one form in JSON, checked wherever it is made."""

import json

import msgspec
import pytest
from hypothesis import given

from measures.obligations import Obligation, ObligationError, decode, encode, parse

from .values import D, obligations, percent


@given(obligations)
def test_every_obligation_is_read_back_from_its_json(obligation):
    data = json.loads(json.dumps(encode(obligation)))
    assert decode(data) == obligation
    assert encode(decode(data)) == data


@given(obligations)
def test_equal_obligations_have_equal_bytes_whatever_wrote_them(obligation):
    """Trailing zeros, exponents and defaults written out leave no trace."""
    wordy = decode(_wordy(encode(obligation)))
    assert wordy == obligation
    assert msgspec.json.encode(wordy) == msgspec.json.encode(obligation)


def _wordy(data):
    if isinstance(data, list):
        return [_wordy(item) for item in data]
    if not isinstance(data, dict):
        return data
    defaults = {"per": 1} if data["kind"] in ("specific", "minimum_price") else {}
    decimals = ("percent", "amount", "volume", "lowest", "highest")
    return defaults | {
        key: f"{D(value) * 100:f}E-2" if key in decimals and isinstance(value, str) else _wordy(value)
        for key, value in data.items()
    }


@given(obligations)
def test_no_number_in_json_has_an_exponent_or_a_trailing_zero_behind_its_point(obligation):
    def strings(data):
        if isinstance(data, dict):
            for key, value in data.items():
                if key in ("percent", "amount", "volume", "lowest", "highest"):
                    yield value
                else:
                    yield from strings(value)
        elif isinstance(data, list):
            for item in data:
                yield from strings(item)

    for number in strings(encode(obligation)):
        assert set(number) <= set("0123456789.")
        assert "." not in number or number[-1] not in "0."


def test_the_json_form_is_small_and_plain():
    assert msgspec.json.encode(parse("10% + 45 EUR/100 kg MAX 18%")) == (
        b'{"kind":"compound","parts":[{"kind":"ad_valorem","percent":"10"},'
        b'{"kind":"specific","amount":"45","currency":"EUR","unit":"kg","per":100}],'
        b'"maximum":[{"kind":"ad_valorem","percent":"18"}]}'
    )


@pytest.mark.parametrize(
    ("data", "lesson"),
    [
        ({"kind": "ad_valorem", "percent": "NaN"}, "percent: NaN is not a number"),
        ({"kind": "ad_valorem", "percent": "sNaN"}, "percent: sNaN is not a number"),
        ({"kind": "ad_valorem", "percent": "Infinity"}, "percent: Infinity is out of bounds"),
        (
            {"kind": "ad_valorem", "percent": "-1"},
            "percent: -1 is out of bounds; write a number from 0 to 10000",
        ),
        ({"kind": "ad_valorem", "percent": "1e999999"}, "out of bounds"),
        ({"kind": "ad_valorem", "percent": "1e-999999"}, "more than 6 decimals"),
        ({"kind": "ad_valorem", "percent": True}, "percent"),
        ({"kind": "ad_valorem"}, "missing required field `percent`"),
        ({"kind": "ad_valorem", "percent": "1", "rate": 1}, "unknown field `rate`"),
        ({"kind": "advalorem", "percent": "1"}, "Invalid value 'advalorem' - at `$.kind`"),
        ({"kind": "quota", "volume": "5"}, "volume and unit go together"),
        (
            {"kind": "quota", "period": "year", "rate_in": {"kind": "ad_valorem", "percent": "1"}},
            "needs a volume",
        ),
        ({"kind": "quota", "rate_in": {"kind": "ban"}}, "at `$.rate_in.kind`"),
        ({"kind": "compound", "parts": [{"kind": "ad_valorem", "percent": "1"}]}, "one part alone is no sum"),
        ({"kind": "compound", "parts": []}, "a sum starts with a rate"),
        (
            {"kind": "relative", "words": 'so "called"', "becomes": {"kind": "ad_valorem", "percent": "1"}},
            "words",
        ),
        ({"kind": "formula", "text": "x", "base": "a, b"}, "base: , cannot stand in it"),
        ({"kind": "formula", "text": " "}, "text: 0 characters; write 1 to 500"),
        ("25%", "Expected `object`"),
    ],
)
def test_json_that_breaks_a_bound_is_refused_with_the_field(data, lesson):
    with pytest.raises(ObligationError) as refused:
        decode(data)
    assert lesson in str(refused.value)


def test_json_numbers_are_accepted_for_decimals():
    assert decode({"kind": "ad_valorem", "percent": 7.5}) == percent("7.5")


def test_obligations_are_immutable_and_can_be_keys():
    with pytest.raises(AttributeError):
        percent(5).percent = D(6)
    assert {percent("5.0"), percent(5)} == {parse("5%")}


def test_the_union_has_a_json_schema_that_names_every_kind():
    schema = msgspec.json.schema(Obligation)
    assert {"ad_valorem", "quota", "licence", "unknown"} < set(schema["discriminator"]["mapping"])
