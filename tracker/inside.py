"""What a payload holds: the values inside it, and the days that they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, get_args

import msgspec

from tracker.clocks import span
from tracker.events import Day, EventError, ExactDay, Payload


def structs(value: Any, where: str = "/data") -> Iterator[tuple[str, msgspec.Struct]]:
    """A payload and every value inside it, each with its JSON pointer."""
    if isinstance(value, msgspec.Struct):
        yield where, value
        inner: Iterable[tuple[str | int, Any]] = [(name, getattr(value, name)) for name in _holding(type(value))]
    else:
        inner = enumerate(value)
    for name, item in inner:
        if isinstance(item, (msgspec.Struct, tuple, list)):
            yield from structs(item, f"{where}/{name}")


@cache
def _holding(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that may hold a struct: most are plain, and are never looked at."""
    return tuple(item.name for item in msgspec.structs.fields(struct) if _kinds(item.type))


@cache
def kinds_in(struct: type[msgspec.Struct]) -> frozenset[type[msgspec.Struct]]:
    """Every kind of struct that a value of this kind may be or hold."""
    found = {struct}
    for item in msgspec.structs.fields(struct):
        for kind in _kinds(item.type) - found:
            found |= kinds_in(kind)
    return frozenset(found)


def _kinds(hint: Any) -> set[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return {hint}
    return set().union(*map(_kinds, get_args(hint)))


def check_days(payload: Payload) -> None:
    """Raises EventError for a day that no calendar has, such as 2025-02-30."""
    try:
        _read_days(payload)
    except ValueError:
        for where, value in structs(payload):
            _check_days_of(value, where)
        raise


def _read_days(value: Any) -> None:
    """Reads every day inside a payload; where one is wrong is left to those who look again."""
    if isinstance(value, msgspec.Struct):
        kind = type(value)
        for name in _day_fields(kind):
            if day := getattr(value, name):
                _read(day)
        value = [getattr(value, name) for name in _holding(kind)]
    for item in value:
        if item and isinstance(item, (msgspec.Struct, tuple, list)):
            _read_days(item)


def _read(day: str | tuple[str, ...]) -> None:
    for each in (day,) if isinstance(day, str) else day:
        span(each)


def _check_days_of(value: msgspec.Struct, where: str) -> None:
    for name in _day_fields(type(value)):
        try:
            _read(getattr(value, name) or ())
        except ValueError as error:
            raise EventError(str(error), field=f"{where}/{name}", code="malformed-date") from None


@cache
def _day_fields(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(item.name for item in msgspec.structs.fields(struct) if _is_day(item.type))


def _is_day(hint: Any) -> bool:
    return hint in (Day, ExactDay) or any(_is_day(part) for part in get_args(hint))
