"""Recording what happened: choose the event, fill its sheet, see what it would do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import getsourcelines
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from measures import commands, review
from measures.admin import annexes, words
from measures.admin.forms import REFUSED
from measures.admin.knowledge import ALL_CATEGORIES, categories
from measures.admin.pages import page, require, sent_id, today
from measures.admin.sheets import RecordSheet, Sheet
from measures.drafts import Draft
from measures.preview import as_read, status
from tracker import log
from tracker.corrections import settle
from tracker.events import EventError, EventType, UnknownEventType, event_type, event_types
from tracker.log import NewEvent

Make = Callable[[QueryDict | None, bool], Sheet]
"""Makes a sheet from what was typed, or an empty one; judged, or quiet."""


def choose(request: HttpRequest) -> HttpResponse:
    """What happened? All types of the vocabulary, or those that fit a stream, by kind of stream and group."""
    require(request, "measures.write_draft")
    stream = request.GET.get("stream", "")
    wanted = [stream.partition("/")[0]] if stream else ALL_CATEGORIES
    return page(
        request,
        "choose",
        "What happened?",
        stream=stream,
        target="admin:record_type",
        kinds=[(category, choices(category)) for category in wanted],
    )


def choices(category: str) -> list[tuple[str, list[dict[str, str]]]]:
    """The types that belong in a kind of stream, by group, in the order of the vocabulary; corrections have pages."""
    kinds = [kind for kind in event_types() if category in categories(kind) and is_recorded_here(kind)]
    kinds.sort(key=_declared)
    return [(group, [choice(kind) for kind in found]) for group, found in groupby(kinds, lambda kind: kind.group)]


def _declared(kind: EventType) -> tuple[str, int]:
    return _place(kind.payload)


@cache
def _place(payload: type) -> tuple[str, int]:
    """The place of a type in the files of the vocabulary, which are read once."""
    return payload.__module__, getsourcelines(payload)[1]


def choice(kind: EventType) -> dict[str, str]:
    return {"type": kind.name, "verb": words.verb(kind), "help": words.in_short(kind)}


def fill(request: HttpRequest, type: str) -> HttpResponse:
    """The sheet of one event type."""
    require(request, "measures.write_draft")
    kind = known_type(type)
    stream = request.GET.get("stream", "")

    def make(data: QueryDict | None, quiet: bool) -> RecordSheet:
        initial = None if data else prefilled(request, kind)
        return RecordSheet(kind, today=today(), stream=stream, data=data, initial=initial, quiet=quiet)

    if request.method == "POST":
        return take(request, make, sent_id(request, "draft"), show_record)
    return show_record(request, make(None, False), uuid4())


def is_prefilled(sheet: Sheet) -> bool:
    """Whether the source stands there without having been typed."""
    return not sheet.payload.is_bound and bool(sheet.payload.initial.get("sources"))


def known_type(name: str) -> EventType:
    """The type of that name, if it is one that editors record: not a correction, nor the tracker's word on itself."""
    try:
        kind = event_type(name)
    except UnknownEventType:
        raise Http404(f"{name} is nothing that can happen.") from None
    if not is_recorded_here(kind):
        raise Http404(f"{name} is not recorded by this form.")
    return kind


def is_recorded_here(kind: EventType) -> bool:
    return not kind.corrects and bool({*categories(kind)} & {*ALL_CATEGORIES})


def show_record(request: HttpRequest, sheet: Sheet, draft: UUID) -> HttpResponse:
    """The sheet to fill; where it is about an earlier entry, the stream is asked first."""
    assert isinstance(sheet, RecordSheet)
    first = sheet.names_entries and not sheet.stream
    return page(
        request,
        "stream_first" if first else "sheet",
        words.verb(sheet.kind),
        sheet=sheet,
        draft=draft,
        help=words.in_short(sheet.kind),
        status=status(sheet.history, today()) if sheet.history and sheet.stream.startswith("measure/") else "",
        prefilled=is_prefilled(sheet),
    )


def prefilled(request: HttpRequest, kind: EventType) -> dict[str, Any]:
    """What an empty sheet begins with: a similar entry where one is named, and the author's last source."""
    source = last_source(request.user)
    begun = {"sources": [source]} if source else {}
    like = request.GET.get("like", "")
    found = log.get(position=int(like)) if like.isdigit() else None
    if found is None or found.type != kind.name:
        return begun
    entry = next((entry for entry in settle(log.read(stream=found.stream)) if entry.id == found.id), None)
    said = as_read(entry) if entry else {}
    return {name: value for name, value in said.items() if name not in ("known_from", "known_seq")} | begun


def last_source(user: Any) -> dict[str, Any] | None:
    """The first source of what the user drafted last."""
    last = Draft.objects.filter(author=user).exclude(events=[]).order_by("-updated_at").first()
    return last.events[-1]["data"]["sources"][0] if last else None


def take(
    request: HttpRequest, make: Make, draft: UUID, show: Callable[[HttpRequest, Sheet, UUID], HttpResponse]
) -> HttpResponse:
    """What becomes of a sent sheet: one more row, a draft kept as it is, a preview, or the sheet with its errors."""
    data = annexes.taken(request.POST, request.FILES)
    if "add" in data:
        return show(request, make(one_more_row(data, str(data["add"])), True), draft)
    sheet = make(data.copy(), False)
    batch = judged(sheet)
    if not batch and "save" not in data:
        return show(request, sheet, draft)
    name, stream = sheet.kind.name, sheet.stream
    try:
        review.save(draft, author=request.user, type=name, stream=stream, typed=typed(data), batch=batch)
    except review.WrongState as error:
        note = '{}. <a href="{}">Take it back</a> and send this again: what you typed stands here.'
        messages.error(request, format_html(note, str(error), reverse("admin:draft", args=[draft])))
        return show(request, sheet, draft)
    if "save" in request.POST:
        more = "It is complete." if batch else "It is not complete yet."
        messages.success(request, f"Saved; you find it under My drafts. {more}")
        return redirect("admin:draft_edit", id=draft)
    return redirect("admin:draft", id=draft)


def judged(sheet: Sheet) -> list[NewEvent]:
    """The batch of a sheet, or none where a form or a hard rule refuses it: the sheet then says why, at its fields."""
    if not sheet.is_valid():
        return []
    try:
        batch = sheet.batch()
        violations = [item for found in commands.judge(batch, today=today()) for item in found]
    except EventError as error:
        sheet.place_one(error.field, str(error))
        return []
    hard = [item for item in violations if item.hard]
    sheet.place(hard)
    return [] if hard else batch


def typed(data: QueryDict) -> dict[str, list[str]]:
    """What was typed, without the machinery of the form."""
    kept = (item for item in data.lists() if item[0] not in MACHINERY)
    return {name: values for name, values in kept if not name.endswith(f"-{REFUSED}")}


MACHINERY = ("csrfmiddlewaretoken", "draft", "preview", "save", "add")


def one_more_row(data: QueryDict, prefix: str) -> QueryDict:
    more, name = data.copy(), f"{prefix}-TOTAL_FORMS"
    more[name] = str(int(more.get(name) or 0) + 1)
    return more
