"""The canonical bytes: the subset of RFC 8785 that is hashed for ever."""

import json
import sys
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.ledger.canonical import MAX_INTEGER, NotCanonical, canonical, canonical_struct, leaf_hash, node_hash

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
keys = st.text(st.characters(codec="ascii", exclude_characters="\0"))
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner))


def test_keys_are_sorted_and_no_space_is_left():
    assert canonical({"b": [1, True, None], "a": {"d": "x", "c": -1}}) == b'{"a":{"c":-1,"d":"x"},"b":[1,true,null]}'


def test_text_is_utf8_and_only_what_must_be_is_escaped():
    assert canonical('é "\\" \n \x1f / € 𝄞') == '"é \\"\\\\\\" \\n \\u001f / € 𝄞"'.encode()


@given(values)
def test_parsing_gives_the_value_back_and_canonising_that_the_same_bytes(value):
    entry = canonical(value)
    assert json.loads(entry) == value
    assert canonical(json.loads(entry)) == entry


@given(st.dictionaries(keys, scalars))
def test_the_order_of_insertion_leaves_no_trace(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"rate": [1, 2.5]}, "/rate/1: 2.5 is a float; decimals are strings here"),
        ({"size": 2**53}, "/size: 9007199254740992 is beyond 2^53; write it as a string"),
        ({"a": {"ключ": 1}}, "/a: key 'ключ' is not an ASCII string"),
        ({1: "one"}, "value: key 1 is not an ASCII string"),
        ("a\0b", "value: text may not hold the character NUL"),
        (["\ud800"], "/0: '\\ud800' is not valid Unicode text"),
        ({"a": b"bytes"}, "/a: b'bytes' is a bytes; decimals are strings here"),
        ({"a": float("nan")}, "/a: nan is a float; decimals are strings here"),
    ],
)
def test_what_has_no_canonical_form_is_refused_by_place_and_value(value, words):
    with pytest.raises(NotCanonical) as refused:
        canonical(value)
    assert str(refused.value) == words


def test_leaves_and_nodes_are_hashed_apart_as_in_rfc_6962():
    assert leaf_hash(b"entry") == sha256(b"\x00entry").digest()
    assert node_hash(b"left", b"right") == sha256(b"\x01leftright").digest()


def test_every_character_is_written_as_the_standard_library_writes_it():
    """`verify.py`, which has nothing else, must arrive at the same bytes."""
    surrogates = range(0xD800, 0xE000)
    every = "".join(chr(point) for point in range(1, sys.maxunicode + 1) if point not in surrogates)
    assert canonical(every) == json.dumps(every, ensure_ascii=False).encode()


class Inner(msgspec.Struct, omit_defaults=True):
    rate: Decimal
    rows: int | None = None
    names: tuple[str, ...] = ()


class Outer(msgspec.Struct):
    title: str
    parts: tuple[Inner, ...]
    free: dict[str, Any] = {}


@pytest.mark.parametrize(
    "value",
    [
        Outer("é", (Inner(Decimal("7.5")), Inner(Decimal(1), 2**53 - 1, ("a",)))),
        Outer("a", (), {"z": [1, None, True], "a": {"b": "c"}}),
    ],
)
def test_a_struct_has_the_bytes_of_its_json_values(value: Outer) -> None:
    assert canonical_struct(value) == canonical(msgspec.to_builtins(value))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Outer("a", (Inner(Decimal(1), 2**53),)), "/parts/0/rows: 9007199254740992 is beyond"),
        (Outer("a", (), {"z": 1.5}), "/free/z: 1.5 is a float"),
        (Outer("a", (), {"ü": 1}), "/free: key 'ü' is not an ASCII string"),
        (Outer("a", (Inner(Decimal(1), 1, ("\0",)),)), "/parts/0/names/0: text may not hold"),
    ],
)
def test_what_has_no_canonical_form_is_found_deep_in_a_struct(value: Outer, said: str) -> None:
    with pytest.raises(NotCanonical, match=said):
        canonical_struct(value)
