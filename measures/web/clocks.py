"""The clocks of a page: what its address asks, the point that this means, and the addresses of other points."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from tracker import log, replay
from tracker.clocks import FAR, LAST_DAY, Point
from tracker.projections import projections
from tracker.replay import NotProjectedYet, PointError

CLOCKS = ("valid_at", "known_at", "position", "recorded_at")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
POSITION = re.compile(r"\d{1,18}")
RETRY_SECONDS = 2


@dataclass(frozen=True)
class Travel:
    """Where a reader stands: the point that is answered, how it was asked, and how to get elsewhere.

    `head` is the newest position of the log, `others` are the parameters of the page that are no clocks.
    """

    point: Point
    head: int
    asked: Mapping[str, str]
    others: tuple[tuple[str, str], ...] = ()

    @property
    def typed(self) -> Mapping[str, str]:
        return self.asked

    @property
    def lag(self) -> int:
        """How many recorded events the newest answer leaves out, because they are not projected yet."""
        return 0 if {"position", "recorded_at"} & self.asked.keys() else self.head - self.point.position

    @property
    def permalink(self) -> str:
        """This page with all three clocks explicit: its answer never changes."""
        return as_query((*self.others, *self.explicit.items()))

    @property
    def explicit(self) -> dict[str, str]:
        """The point in explicit clocks. Nothing known after its day can be recorded at a position."""
        known = self.point.known_limit or self.point.recorded_at.date()
        return {
            "valid_at": self.point.valid_at.isoformat(),
            "known_at": known.isoformat(),
            "position": str(self.point.position),
        }

    def to(self, **clocks: date | str | None) -> str:
        """The query of this page with some clocks set anew; None leaves one unsaid."""
        wanted = {**self.asked, **{name: str(value) for name, value in clocks.items() if value is not None}}
        return as_query((*self.others, *((name, wanted[name]) for name in wanted if clocks.get(name, "") is not None)))


@dataclass(frozen=True)
class Asked:
    """The clocks as typed, what they mean, and a message for each that cannot be read."""

    typed: dict[str, str]
    values: dict[str, Any]
    errors: dict[str, str]


def as_query(pairs: Iterable[tuple[str, str]]) -> str:
    text = urlencode(list(pairs))
    return f"?{text}" if text else ""


def _day(text: str) -> date:
    if DAY.fullmatch(text):
        day = date.fromisoformat(text)
        if day < FAR:
            return day
    raise ValueError


def _position(text: str) -> int:
    if POSITION.fullmatch(text):
        return int(text)
    raise ValueError


def _instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC. In an address a plus sign arrives as a space."""
    instant = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "valid_at": (_day, f"a day; write YYYY-MM-DD, such as 2025-06-10, up to {LAST_DAY}"),
    "known_at": (_day, f"a day; write YYYY-MM-DD, such as 2025-06-10, up to {LAST_DAY}"),
    "position": (_position, "a position of the log; write a whole number, such as 120"),
    "recorded_at": (_instant, "an instant; write YYYY-MM-DDThh:mm, such as 2026-11-24T12:00 (UTC)"),
}


def read(parameters: Mapping[str, str]) -> Asked:
    """The clocks among the parameters of an address."""
    typed = {name: parameters[name].strip() for name in CLOCKS if parameters.get(name, "").strip()}
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, text in typed.items():
        reader, form = READERS[name]
        try:
            values[name] = reader(text)
        except ValueError:
            errors[name] = f"“{text}” is not {form}."
    if "as_of" in parameters:
        errors["valid_at"] = "“as_of” means something else in every system; ask with valid_at, known_at or position."
    return Asked(typed, values, errors)


View = Callable[..., HttpResponse]
ANY = r"[^\0]*"
NUMBER = r"0*[1-9]\d{0,8}"


def takes(**forms: str | Iterable[str]) -> Callable[[View], View]:
    """Declares the parameters of a page beside the clocks: a pattern for each, or the words that it may be."""

    def declare(view: View) -> View:
        view.parameters = forms  # type: ignore[attr-defined]
        return view

    return declare


def misread(query: QueryDict, forms: Mapping[str, str | Iterable[str]], clocks: Iterable[str] = CLOCKS) -> list[str]:
    """What is wrong with the parameters of an address, in words: those unknown, repeated or of another form."""
    known = (*forms, *clocks)
    faults = []
    for name, values in query.lists():
        if name not in known and not name.endswith("as_of"):
            faults.append(f"“{name}” is no parameter of this page; there are {', '.join(known)}.")
        elif len(values) > 1:
            faults.append(f"“{name}” is given {len(values)} times; give it once.")
        elif name in forms and (accepted := _unfit(values[0], forms[name])):
            faults.append(f"“{values[0]}” is no value of {name}; write {accepted}.")
    return faults


def _unfit(value: str, form: str | Iterable[str]) -> str:
    """The accepted form of a parameter where its value has another one."""
    if isinstance(form, str):
        return "" if re.fullmatch(form, value) else "a whole number from 1" if form == NUMBER else "text"
    return "" if value in (words := list(form)) else f"one of {', '.join(words)}"


Resolve = Callable[..., Point]


def _answering(resolve: Resolve) -> Callable[[View], View]:
    """A decorator that hands a view the `Travel` that its address asks for.

    Empty parameters, which a form without scripts cannot leave out, are dropped by a redirect. A clock that cannot be
    read is answered by a page with the message at its field, a position not yet projected by a page that says so.
    """

    def decorate(view: View) -> View:
        @require_safe
        @wraps(view)
        def answer(request: HttpRequest, **path: Any) -> HttpResponse:
            if "" in request.GET.values():
                return HttpResponseRedirect(request.path + as_query(filled(request.GET)))
            asked = read(request.GET)
            faults = misread(request.GET, getattr(view, "parameters", {}))
            if asked.errors or faults:
                return _refused(request, asked, 400, faults)
            try:
                travel = _travel(request, asked, resolve)
            except PointError as error:
                asked.errors[error.field] = f"{str(error)[:1].upper()}{str(error)[1:]}."
                return _refused(request, asked, 404 if error.missing else 400)
            except NotProjectedYet as error:
                return not_yet(request, error)
            return view(request, travel, **path)

        return answer

    return decorate


def _travel(request: HttpRequest, asked: Asked, resolve: Resolve) -> Travel:
    point = resolve(today=timezone.now().date(), **asked.values)
    others = tuple(pair for pair in filled(request.GET) if pair[0] not in CLOCKS)
    return Travel(point, log.head().position, asked.typed, others)


def projected(**asked: Any) -> Point:
    """The point as the read models answer for it; NotProjectedYet also where they were never begun."""
    point = replay.resolve_point(**asked)
    if any(kind.name not in point.generations for kind in projections()):
        raise NotProjectedYet(log.head().position, 0)
    return point


def _recorded(*, today: date, **asked: Any) -> Point:
    """The point as the log itself has it, whatever the read models have reached."""
    at, provisional = replay.in_the_log(asked.get("position"), asked.get("recorded_at"))
    days = asked.get("valid_at") or today, asked.get("known_at") or LAST_DAY
    return Point(*days, at.position, at.recorded_at, {}, {}, provisional)


at_clocks = _answering(projected)
"""For pages that are made from the read models."""
in_the_log = _answering(_recorded)
"""For pages of the log, which stand as soon as something is recorded."""


def filled(parameters: QueryDict) -> list[tuple[str, str]]:
    return [(name, value) for name, values in parameters.lists() for value in values if value]


def _refused(request: HttpRequest, asked: Asked, status: int, faults: Sequence[str] = ()) -> HttpResponse:
    context = {"travel": {"typed": asked.typed, "errors": asked.errors}, "faults": faults}
    return render(request, "web/unanswerable.html", context, status=status)


def not_yet(request: HttpRequest, error: NotProjectedYet) -> HttpResponse:
    response = render(request, "web/not_yet.html", {"asked": error.asked, "reached": error.reached}, status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
