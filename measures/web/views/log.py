"""The log in words: what was recorded, newest first, and each entry as it stands for ever."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from measures.web import record
from measures.web.clocks import ANY, Travel, as_query, in_the_log, takes
from measures.web.pages import page
from tracker import log
from tracker.events import event_types
from tracker.ledger.openings import commitments_of
from tracker.log import Recorded

PAGE = 50
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@in_the_log
@takes(type=ANY, stream=ANY, day=ANY, before=ANY)
def index(request: HttpRequest, travel: Travel) -> HttpResponse:
    chosen = {name: request.GET.get(name, "").strip() for name in ("type", "stream", "day", "before")}
    errors = _errors(chosen)
    found = [] if errors else _read(travel.point.position, chosen)
    shown = found[:PAGE]
    return page(
        request,
        "web/events.html",
        travel,
        json={"This page": "events/"},
        status=400 if errors else 200,
        items=record.listed(shown),
        older=shown[-1].position if len(found) > PAGE else None,
        chosen=chosen,
        errors=errors,
        groups=_groups(),
    )


def _errors(chosen: dict[str, str]) -> dict[str, str]:
    errors = {}
    if chosen["type"] and chosen["type"] not in {kind.name for kind in event_types()}:
        errors["type"] = f"“{chosen['type']}” is not a type of event; choose one of the list."
    if chosen["day"] and not _is_day(chosen["day"]):
        errors["day"] = f"“{chosen['day']}” is not a day; write YYYY-MM-DD, such as 2025-06-10."
    if chosen["before"] and not re.fullmatch(r"\d{1,18}", chosen["before"]):
        errors["before"] = f"“{chosen['before']}” is not a position of the log; write a whole number, such as 120."
    return errors


def _is_day(text: str) -> bool:
    try:
        return bool(DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _read(upto: int, chosen: dict[str, str]) -> list[Recorded]:
    before = int(chosen["before"]) - 1 if chosen["before"] else upto
    stream = chosen["stream"]
    return log.read(
        upto=min(before, upto),
        type=chosen["type"] or None,
        stream=stream if "/" in stream else None,
        category=stream if stream and "/" not in stream else None,
        known_from=date.fromisoformat(chosen["day"]) if chosen["day"] else None,
        limit=PAGE + 1,
        backwards=True,
    )


def _groups() -> dict[str, list[str]]:
    """The types of event by the kind of stream they belong to."""
    groups: dict[str, list[str]] = defaultdict(list)
    for kind in event_types():
        groups[kind.name.partition(".")[0]].append(kind.name)
    return dict(groups)


@in_the_log
def detail(request: HttpRequest, travel: Travel, position: int) -> HttpResponse:
    event = log.get(position=position) if position < 2**63 else None
    if event is None:
        raise Http404(f"There is no event {position}; the log ends at {travel.head}.")
    if event.position > travel.point.position:
        raise Http404(f"Event {position} was not yet recorded at position {travel.point.position}.")
    history = record.items(log.read(stream=event.stream, upto=travel.point.position), travel.point.known_at)
    place = next(index for index, item in enumerate(history) if item.event.position == position)
    by_id = {item.event.id: item for item in history}
    return page(
        request,
        "web/event.html",
        travel,
        json={"This page": f"events/{position}/"},
        item=history[place],
        event=event,
        corrects=by_id.get(event.corrects) if event.corrects else None,
        earlier=history[place - 1] if place else None,
        later=history[place + 1] if place + 1 < len(history) else None,
        subject=_subject(event.stream, travel),
        patch=record.patch(event, [item.event for item in history]),
        effective=(event.data.get("effective_from"), event.data.get("effective_until")),
        people=event.data.get("people", []) + event.data.get("members", []),
        withheld=commitments_of(event),
        leaf_hash=event.leaf_hash.hex(),
        entry=event.entry.decode(),
    )


def _subject(stream: str, travel: Travel) -> str:
    """The page of a stream's subject; the first page for a dispute."""
    kind, _, slug = stream.partition("/")
    named = {"measure", "negotiation", "indicator", "case"}
    path = reverse(f"web:{kind}", args=[slug]) if kind in named else reverse("web:home")
    return path + as_query(travel.asked.items())
