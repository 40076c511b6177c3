"""Query parameters, declared once: they are read, checked, refused and documented from the same lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from django.http import QueryDict

from tracker.api.problems import wrong
from tracker.api.shapes import ProblemError
from tracker.clocks import LAST_DAY, NEVER

MAX_TEXT = 200


@dataclass(frozen=True)
class Form:
    """An accepted form: in words, as JSON Schema, and as a function that reads it or raises ValueError."""

    accepted: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError(text)
    day = date.fromisoformat(text)
    if day > LAST_DAY:
        raise ValueError(text)
    return day


def _instant(text: str) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", text, re.ASCII):
        raise ValueError(text)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        raise ValueError(text) from None


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text]


DAY = Form(f"a day, YYYY-MM-DD, up to {LAST_DAY}", {"type": "string", "format": "date"}, _day)
INSTANT = Form(
    "an RFC 3339 instant with its zone, such as 2025-06-10T12:00:00Z (a + is written %2B)",
    {"type": "string", "format": "date-time"},
    _instant,
)
FLAG = Form("true or false", {"type": "boolean"}, _flag)


UUID_TEXT = Form("a UUID", {"type": "string", "format": "uuid"}, UUID)


def whole(low: int, high: int) -> Form:
    """A whole number from low to high."""

    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return Form(f"a whole number from {low} to {high}", {"type": "integer", "minimum": low, "maximum": high}, read)


def one_of(values: Iterable[str]) -> Form:
    """One of some words."""
    words = sorted(values)

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return Form(f"one of {', '.join(words)}", {"type": "string", "enum": words}, read)


def pattern(expression: str, accepted: str, most: int = MAX_TEXT) -> Form:
    """Text of at most so many characters that matches an expression as a whole."""

    def read(text: str) -> str:
        if len(text) > most or not re.fullmatch(expression, text, re.ASCII):
            raise ValueError(text)
        return text

    return Form(accepted, {"type": "string", "maxLength": most, "pattern": f"^{expression}$"}, read)


POSITION = whole(0, NEVER - 1)
TEXT = pattern(
    r"[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*", f"1 to {MAX_TEXT} characters, no control characters"
)
SLUG = pattern(r"[a-z0-9]+(-[a-z0-9]+)*", "a slug: lower-case letters, digits and hyphens")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A query parameter. A repeated one takes several values and means any of them."""

    name: str
    form: Form
    description: str
    example: Any = None
    repeated: bool = False
    default: Any = None
    code: str = "malformed-parameter"

    def read(self, values: Sequence[str]) -> Any:
        """The value, or the values of a repeated one. Raises Malformed."""
        read = [self._one(value) for value in values]
        return read if self.repeated else read[0]

    def _one(self, value: str) -> Any:
        try:
            return self.form.read(value)
        except (ValueError, KeyError):
            detail = f"{self.name} is {value!r}; write {self.form.accepted}"
            error = ProblemError(
                code=self.code, detail=detail, parameter=self.name, value=value, accepted=self.form.accepted
            )
            raise Malformed(error) from None


class Malformed(Exception):
    def __init__(self, error: ProblemError) -> None:
        super().__init__(error.detail)
        self.error = error


def read(query: QueryDict, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The values of all parameters, defaults filled in. Raises a Problem that lists everything that is wrong."""
    known = {parameter.name: parameter for parameter in parameters}
    errors = [_unknown(name, query, known) for name in query if name not in known]
    values = {parameter.name: parameter.default for parameter in parameters}
    for name in (name for name in query if name in known):
        try:
            values[name] = _read(known[name], query.getlist(name))
        except Malformed as malformed:
            errors.append(malformed.error)
    errors += _inverted(values)
    if errors:
        raise wrong(errors)
    return values


def _inverted(values: Mapping[str, Any]) -> Iterator[ProblemError]:
    """An error for each window of days, `_from` and `_until`, in which no day lies."""
    for name, until in values.items():
        first = values.get(f"{name.removesuffix('until')}from") if name.endswith("until") else None
        if first and until and until <= first:
            yield not_after(name, until, f"{name.removesuffix('until')}from", first)


def not_after(name: str, until: date, other: str, first: date) -> ProblemError:
    """That a window ends before it begins; its last day is the one before `until`."""
    detail = f"{name} {until} is not after {other} {first}: no day lies between them"
    return ProblemError(
        code="contradictory-parameters",
        detail=detail,
        parameter=name,
        value=str(until),
        accepted=f"a day after {first}",
    )


def _read(parameter: Parameter, given: Sequence[str]) -> Any:
    if len(given) > 1 and not parameter.repeated:
        detail = f"{parameter.name} is given {len(given)} times; give it once"
        values = ", ".join(given)
        raise Malformed(
            ProblemError(
                code="repeated-parameter", detail=detail, parameter=parameter.name, value=values, accepted="one value"
            )
        )
    return parameter.read(given)


def _unknown(name: str, query: QueryDict, known: Iterable[str]) -> ProblemError:
    accepted = ", ".join(known) or "no parameters"
    if name == "as_of":
        return ProblemError(
            code="as-of-refused",
            detail="as_of means another thing in every system: write valid_at for the day in the world, known_at "
            "for what the public knew, recorded_at or position for what this log said",
            parameter=name,
            value=str(query[name]),
            accepted=accepted,
        )
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; accepted are {accepted}"
    return ProblemError(
        code="unknown-parameter",
        detail=f"there is no parameter {name!r} here{hint}",
        parameter=name,
        value=str(query[name]),
        accepted=accepted,
    )
