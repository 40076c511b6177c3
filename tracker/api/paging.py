"""Keyset pages: a cursor names the last row seen, so that pages neither skip nor repeat rows and cost the same."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Any, Protocol, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from tracker.api.parameters import Form, Parameter, pattern, whole
from tracker.api.problems import wrong
from tracker.api.shapes import Page, ProblemError
from tracker.clocks import Point

MOST = 200
USUAL = 50
NOT_OF_THE_QUERY = ("cursor", "limit", "valid_at", "known_at", "recorded_at", "position", "receipt")
PIECE = 500
"""Rows of a table that are built at once."""

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")

CURSOR: Form = pattern(r"[A-Za-z0-9_-]+", "a cursor as `next` or `previous` gives it", most=1000)
PAGING = (
    Parameter(
        name="limit",
        form=whole(1, MOST),
        default=USUAL,
        example=USUAL,
        description=f"Rows on a page, {USUAL} by default.",
    ),
    Parameter(
        name="cursor",
        form=CURSOR,
        code="malformed-cursor",
        description="Where to go on: taken from `next` or `previous`, never made.",
    ),
)


@dataclass(frozen=True)
class Cursor:
    """The keys of a row, and whether the page ends before it rather than begins after it."""

    keys: tuple[Any, ...]
    backwards: bool = False

    def encode(self, scope: str) -> str:
        keys = [str(key) if isinstance(key, date | Decimal) else key for key in self.keys]
        text = json.dumps([int(self.backwards), *keys], separators=(",", ":"))
        return urlsafe_b64encode(f"{_digest(text)}{scope}{text}".encode()).decode().rstrip("=")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


def decode(text: str, scope: str, kinds: Sequence[type]) -> Cursor:
    """The cursor of a query whose scope and kinds of keys are these. Raises Problem."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        checksum, found, body = raw[:8], raw[8:16], raw[16:]
        backwards, *keys = json.loads(body)
        cursor = Cursor(tuple(_key(kind, key) for kind, key in zip(kinds, keys, strict=True)), bool(backwards))
    except (ValueError, TypeError, RecursionError):
        raise _refused("malformed-cursor", text, "is no cursor of this list") from None
    if checksum != _digest(body):
        raise _refused("malformed-cursor", text, "was altered")
    if found != scope:
        raise _refused("cursor-of-another-query", text, "belongs to another query or other clocks")
    return cursor


def _key(kind: type, value: Any) -> Any:
    if kind is date:
        return date.fromisoformat(value)
    if kind is Decimal:
        return _decimal(value)
    fits = type(value) is kind and (abs(value) < 2**63 if isinstance(value, int) else "\0" not in str(value))
    if not fits:
        raise ValueError(value)
    return value


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,12}(\.\d{1,12})?", value, re.ASCII):
        raise ValueError(value)
    return Decimal(value)


def _refused(code: str, text: str, why: str) -> Exception:
    accepted = "the cursor in `next` or `previous` of the page before"
    detail = f"cursor {text[:20]!r} {why}; take {accepted}"
    return wrong([ProblemError(code=code, detail=detail, parameter="cursor", value=text, accepted=accepted)])


@dataclass(frozen=True)
class Order:
    """A unique order: the columns, a minus before those that descend, and the Python kinds of their values."""

    columns: tuple[str, ...]
    kinds: tuple[type, ...]

    def keys(self, row: Any) -> tuple[Any, ...]:
        return tuple(_value(row, column.lstrip("-")) for column in self.columns)

    def reversed(self) -> Order:
        return Order(tuple(_turned(column) for column in self.columns), self.kinds)

    def after(self, keys: Sequence[Any]) -> Q:
        """The condition of the rows that stand after one with these keys."""
        found, equal = Q(), Q()
        for column, key in zip(self.columns, keys, strict=True):
            name = column.lstrip("-")
            found |= equal & Q(**{f"{name}__{'lt' if column.startswith('-') else 'gt'}": key})
            equal &= Q(**{name: key})
        return found


def _turned(column: str) -> str:
    return column[1:] if column.startswith("-") else f"-{column}"


def _value(row: Any, path: str) -> Any:
    """A column, or with `__0` the first of an array column."""
    name, _, index = path.partition("__")
    value = getattr(row, name)
    return value[int(index)] if index else value


class Asked(Protocol):
    """What a list is asked: a question, or two that are compared."""

    @property
    def request(self) -> HttpRequest: ...
    @property
    def values(self) -> Mapping[str, Any]: ...
    @property
    def coordinates(self) -> tuple[Any, ...]: ...
    @property
    def points(self) -> tuple[Point, ...]: ...
    def address(self, *, pinned: bool = False, **changes: Any) -> str: ...


def page(
    question: Asked, rows: QuerySet[Row], order: Order, build: Callable[[Sequence[Row]], list[Item]]
) -> Page[Item]:
    """One page of rows in an order, as items. One query, whatever the page. Raises Problem for a bad cursor.

    Where a table is asked for, all rows, piece by piece.
    """
    if _is_table(question):
        ordered = rows.order_by(*order.columns)
        return _whole(ordered.iterator(chunk_size=PIECE), build)

    def take(running: Order, cursor: Cursor | None, count: int) -> list[Row]:
        found = rows.filter(running.after(cursor.keys)) if cursor else rows
        return list(found.order_by(*running.columns)[:count])

    return paged(question, order, take, build)


def listed(
    question: Asked, rows: Sequence[Any], order: Order, build: Callable[[Sequence[Any]], list[Item]]
) -> Page[Item]:
    """One page of rows that are at hand, sorted by an ascending order; all where a table is asked for.

    Raises Problem for a bad cursor.
    """
    if _is_table(question):
        return _whole(iter(rows), build)

    def take(running: Order, cursor: Cursor | None, count: int) -> list[Any]:
        backwards = running is not order
        found = rows[::-1] if backwards else rows
        if cursor:
            found = [item for item in found if order.keys(item) != cursor.keys]
            found = [item for item in found if (order.keys(item) < cursor.keys) == backwards]
        return list(found[:count])

    return paged(question, order, take, build)


def _is_table(question: Asked) -> bool:
    """Whether all is asked for, as a table. Raises a Problem where a page is asked for besides."""
    if question.values.get("format", "json") == "json":
        return False
    if name := next((name for name in ("cursor", "limit") if name in question.request.GET), None):
        detail = f"a table is the whole list, {name} is for pages; leave one of them out"
        error = ProblemError(code="contradictory-parameters", detail=detail, parameter=name)
        raise wrong([error])
    return True


def _whole(rows: Iterator[Any], build: Callable[[Sequence[Any]], list[Item]]) -> Page[Item]:
    """All rows as a page whose results are built while they are read."""
    pieces = iter(lambda: list(islice(rows, PIECE)), [])
    items: Any = (item for piece in pieces for item in build(piece))
    return Page(results=items, next=None, previous=None)


Take = Callable[[Order, Cursor | None, int], list[Any]]


def paged(question: Asked, order: Order, take: Take, build: Callable[[Sequence[Any]], list[Item]]) -> Page[Item]:
    """One page of what `take` gives in an order after a cursor, or before it. Raises Problem for a bad cursor."""
    scope = _scope(question)
    text, limit = question.values["cursor"], question.values["limit"]
    cursor = decode(text, scope, order.kinds) if text else None
    backwards = cursor is not None and cursor.backwards
    taken = take(order.reversed() if backwards else order, cursor, limit + 1)
    more, taken = len(taken) > limit, taken[:limit]
    shown = taken[::-1] if backwards else taken
    return Page(
        results=build(shown),
        next=_address(question, scope, order, shown[-1:], False) if (more or backwards) else None,
        previous=_address(question, scope, order, shown[:1], True) if (more if backwards else cursor) else None,
    )


def _address(question: Asked, scope: str, order: Order, edge: Sequence[Any], backwards: bool) -> str | None:
    if not edge:
        return None
    cursor = Cursor(order.keys(edge[0]), backwards)
    return question.address(pinned=True, cursor=cursor.encode(scope))


def _scope(question: Asked) -> str:
    """What a cursor is bound to: the list, its filters and the resolved clocks."""
    query = question.request.GET
    asked = sorted((name, query.getlist(name)) for name in query if not name.endswith(NOT_OF_THE_QUERY))
    return _digest(repr((question.request.path, asked, question.coordinates)))
