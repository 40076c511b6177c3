"""The feed, its events, the vocabulary and the list of problems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from rest_framework.request import Request

from tracker import events, log
from tracker.api import parameters
from tracker.api.clocks import Question
from tracker.api.parameters import POSITION, Parameter, pattern, whole
from tracker.api.problems import CODES, Problem, wrong
from tracker.api.reading import FOREVER, Read, ReadAt, conditional, reply
from tracker.api.shapes import (
    EventShape,
    EventTypeDetail,
    EventTypes,
    EventTypeShape,
    Feed,
    ProblemCode,
    ProblemCodes,
    ProblemError,
)
from tracker.corrections import Entry
from tracker.events import EventError, EventType
from tracker.log import Recorded
from tracker.sentences import say

MOST_EVENTS = 1000
NAMES_ANOTHER = b'"entry":'
IDENTITY = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
NAME = pattern(r"[a-z]+\.[a-z_]+", "a name such as measure.adopted", most=100)
STREAM = pattern(r"[a-z]+/[a-z0-9]+(-[a-z0-9]+)*", "a stream such as measure/example")
CODE = pattern(r"[a-z]+(-[a-z]+)*", "a code such as malformed-clock", most=100)


def rendered(found: Sequence[Recorded], base: str) -> list[bytes]:
    """Events as JSON with their sentences, in one query for the entries that they name.

    Each is the entry as it was hashed, with what is said about it behind.
    """
    positions = log.places(named(found))
    return [_rendered(item, positions, base) for item in found]


def named(found: Iterable[Recorded]) -> set[str]:
    """The ids of the entries that events name: what they correct, extend, postpone, revoke."""
    ids = {str(item.corrects) for item in found if item.corrects}
    naming = (item for item in found if NAMES_ANOTHER in item.entry)
    return ids | {entry for item in naming if IDENTITY.match(entry := str(item.data.get("entry", "")))}


def _rendered(item: Recorded, positions: dict[str, int], base: str) -> bytes:
    said = msgspec.json.encode(sentence(item, positions))
    about = b',"leaf_hash":"%b","sentence":%b,"url":"%b/api/v1/events/%d/"}'
    return item.entry[:-1] + about % (item.leaf_hash.hex().encode(), said, base.encode(), item.position)


def sentence(item: Recorded | Entry, positions: dict[str, int]) -> str | None:
    """The event in words; None where it was written by newer code."""
    try:
        return say(item, positions)
    except EventError:
        return None


class Events(ReadAt):
    """The feed: every event in the order of the log.

    Complete, ordered and without gaps. A page holds whole batches, so it may be a little longer than `limit`. To
    follow the log, ask again with the answer's `after`. `known_at` leaves out what was known later and keeps
    corrections, which have no known day; an event has no valid day, so `valid_at` is echoed and selects nothing.
    """

    tag = "events"
    shape = Feed
    problems = ("unknown-value",)
    parameters = (
        Parameter(name="after", form=POSITION, default=0, example=0, description="Events after this position."),
        Parameter(
            name="limit", form=whole(1, MOST_EVENTS), default=100, example=100, description="Events on a page, about."
        ),
        Parameter(name="type", form=NAME, example="measure.adopted", description="Events of this type alone."),
        Parameter(
            name="stream",
            form=STREAM,
            example="measure/example",
            description="Events of this stream alone.",
        ),
    )

    def answer_at(self, question: Question, **path: Any) -> Feed:
        after, upto, limit = question.values["after"], question.point.position, question.values["limit"]
        check_type(question.values["type"])
        check_reached("after", question)
        found = self._read(question, after, limit)
        more = bool(found) and found[-1].position < upto and len(found) >= limit
        last = found[-1].position if more else upto
        written: Any = [msgspec.Raw(item) for item in rendered(found, question.base)]
        return Feed(
            results=written,
            after=last,
            next=question.address(after=last) if more else None,
        )

    def _read(self, question: Question, after: int, limit: int) -> list[Recorded]:
        upto = question.point.position
        filters = {name: question.values[name] for name in ("type", "stream")}
        if not any(filters.values()) and question.values["known_at"] is None:
            return log.read_batches(after, limit, upto=upto)
        return log.read(after, upto=upto, limit=limit, known_by=question.values["known_at"], **filters)


def known_types() -> set[str]:
    return {kind.name for kind in events.event_types()}


def check_type(name: str | None) -> None:
    """Raises a Problem for a type that is not in the vocabulary."""
    if name and name not in known_types():
        detail = f"type {name!r} is not a registered event type; event-types/ lists them all"
        error = ProblemError(code="unknown-value", detail=detail, parameter="type", value=name)
        raise wrong([error])


def check_reached(name: str, question: Question) -> None:
    """Raises a Problem where a parameter is a position beyond the one that is asked about."""
    given, upto = question.values[name], question.point.position
    if given is not None and given > upto:
        detail = f"{name} {given} is beyond position {upto}, which the log is asked up to"
        raise wrong([ProblemError(code="position-beyond-head", detail=detail, parameter=name, value=str(given))])


class EventAt(Read):
    """One event, for ever the same."""

    tag = "events"
    shape = EventShape
    problems = ("position-beyond-head",)
    path_parameters = (
        Parameter(name="position", form=whole(1, 2**63 - 1), example=1, description="The event's place in the log."),
    )

    def get(self, request: Request, **path: Any) -> HttpResponseBase:
        asked = request._request
        parameters.read(asked.GET, self.parameters)
        event = _event(path["position"])
        (body,) = rendered([event], asked.build_absolute_uri("/")[:-1])
        return conditional(asked, f'"{event.leaf_hash.hex()}"', FOREVER, lambda: reply(body))


def _event(position: int) -> Recorded:
    found = log.get(position=position) if position < 2**63 else None
    if found is None:
        detail = f"position {position} is not in the log; it reaches from 1 to {log.head().position}"
        error = ProblemError(code="position-beyond-head", detail=detail, parameter="position", value=str(position))
        raise wrong([error])
    return found


class EventTypeList(Read):
    """The vocabulary: every type of event."""

    tag = "vocabulary"
    shape = EventTypes

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> EventTypes:
        return EventTypes(results=[EventTypeShape(**_kind(kind, request)) for kind in events.event_types()])


class EventTypeByName(Read):
    """One type of event, with the JSON Schema of its payload."""

    tag = "vocabulary"
    shape = EventTypeDetail
    problems = ("never-recorded",)
    path_parameters = (
        Parameter(name="type", form=NAME, example="measure.adopted", description="The name of the type."),
    )

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> EventTypeDetail:
        kind = next((kind for kind in events.event_types() if kind.name == path["type"]), None)
        if kind is None:
            raise Problem("never-recorded", f"{path['type']!r} is not a registered event type; event-types/ lists them")
        return EventTypeDetail(**_kind(kind, request), json_schema=events.json_schema(kind))


def _kind(kind: EventType, request: HttpRequest) -> dict[str, Any]:
    return {
        "name": kind.name,
        "schema": kind.schema,
        "group": kind.group,
        "categories": list(kind.categories),
        "sentence": kind.sentence,
        "url": request.build_absolute_uri(reverse("api:event-type", args=[kind.name])),
    }


class Problems(Read):
    """Every code that a problem document may carry."""

    tag = "problems"
    shape = ProblemCodes

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> ProblemCodes:
        return ProblemCodes(results=[_code(code, request) for code in CODES])


class ProblemByCode(Read):
    """One kind of problem: what it means and when it comes."""

    tag = "problems"
    shape = ProblemCode
    problems = ("not-found",)
    path_parameters = (
        Parameter(name="code", form=CODE, example="malformed-clock", description="The code of a problem document."),
    )

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> ProblemCode:
        if path["code"] not in CODES:
            raise Problem("not-found", f"there is no problem {path['code']!r}; problems/ lists them")
        return _code(path["code"], request)


def _code(code: str, request: HttpRequest) -> ProblemCode:
    status, title, explanation = CODES[code]
    url = request.build_absolute_uri(reverse("api:problem", args=[code]))
    return ProblemCode(code=code, status=status, title=title, explanation=explanation, url=url)
