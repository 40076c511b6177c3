"""Canonical JSON: the exact bytes that are hashed.

The subset of RFC 8785 in which sorting keys and dropping spaces is all there is to do: no floats, integers below
2^53, ASCII keys, valid UTF-8 without NUL. Decimals travel as strings.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from hashlib import sha256
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

MAX_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """A value that has no canonical form; the message names its place, the value and what is accepted."""


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value (dict, list, str, int, bool, None).

    Raises NotCanonical for floats, integers of 2^53 or more, keys that are not ASCII strings, NUL and lone surrogates.
    """
    if not _is_plain(value):
        _check(value, "")
    try:
        text = msgspec.json.encode(value, order="sorted")  # writes every character as json.dumps does; a test says so
    except UnicodeEncodeError:
        _check(value, "")
        raise
    if b"\\u0000" in text:
        _check(value, "")
    return text


def canonical_struct(value: msgspec.Struct) -> bytes:
    """The canonical bytes of a struct's JSON values, defaults left out; raises NotCanonical as `canonical` does."""
    if _holds_plain(value):
        try:
            text = msgspec.json.encode(value, order="sorted")
        except UnicodeEncodeError:
            return canonical(msgspec.to_builtins(value))
        if b"\\u0000" not in text:
            return text
    return canonical(msgspec.to_builtins(value))


@cache
def _always_plain(hint: Any) -> bool:
    """Whether every value of a type is text, true, false, null, or lists and structs of these: nothing but its text can
    keep it from being canonical."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return all(_always_plain(item.type) for item in msgspec.structs.fields(hint))
    if get_origin(hint) is Annotated:
        return _always_plain(get_args(hint)[0])
    if get_origin(hint) is Literal:
        return all(isinstance(item, str) for item in get_args(hint))
    if get_origin(hint) in (tuple, list, Union, UnionType):
        return all(item is ... or _always_plain(item) for item in get_args(hint))
    return hint in (str, bool, type(None), Decimal)


def _holds_plain(value: Any) -> bool:
    """Whether nothing but its text can keep what a struct says from being canonical; only what its type leaves open is
    looked at. Decimals are said as text."""
    kind: Any = type(value)
    if kind is tuple or kind is list:
        return all(map(_holds_plain, value))
    if isinstance(value, msgspec.Struct):
        return _always_plain(kind) or all(_holds_plain(getattr(value, name)) for name in _open(kind))
    return kind is Decimal or _is_plain(value)


@cache
def _open(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(item.name for item in msgspec.structs.fields(struct) if not _always_plain(item.type))


def _is_plain(value: Any) -> bool:
    """Whether nothing but text can keep a value from being canonical; quicker than telling where it is not."""
    kind = type(value)
    if kind is dict:
        return all(type(key) is str and key.isascii() for key in value) and all(map(_is_plain, value.values()))
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))
    return kind is str or value is None or kind is bool or (kind is int and -MAX_INTEGER <= value <= MAX_INTEGER)


def _check(value: Any, where: str) -> None:
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise NotCanonical(f"{where or 'value'}: {value} is beyond 2^53; write it as a string")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical(f"{where or 'value'}: key {key!r} is not an ASCII string")
            _check(item, f"{where}/{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{where}/{index}")
    else:
        raise NotCanonical(f"{where or 'value'}: {value!r} is a {type(value).__name__}; decimals are strings here")


def _check_text(value: str, where: str) -> None:
    if "\0" in value:
        raise NotCanonical(f"{where or 'value'}: text may not hold the character NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotCanonical(f"{where or 'value'}: {value!r} is not valid Unicode text") from None


def leaf_hash(entry: bytes) -> bytes:
    """The RFC 6962 section 2.1 hash of a leaf: SHA-256 of 0x00 and the entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The RFC 6962 section 2.1 hash of an inner node: SHA-256 of 0x01 and both children."""
    return sha256(b"\x01" + left + right).digest()
