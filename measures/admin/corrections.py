"""Mending what we got wrong: correct an entry, or take it out. Nothing is ever changed in place."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, QueryDict

from measures.admin import record
from measures.admin.mending import CorrectionSheet
from measures.admin.pages import page, require, sent_id
from measures.admin.sheets import Sheet
from tracker import log
from tracker.events import event_type
from tracker.sentences import say


def correct(request: HttpRequest, position: int) -> HttpResponse:
    """The entry as it reads now, to be mended: what differs afterwards is what is corrected."""
    return _fill(request, position, "entry.corrected")


def retract(request: HttpRequest, position: int) -> HttpResponse:
    """Takes out an entry that should not be there, and brings back what it hid."""
    return _fill(request, position, "entry.retracted")


def _fill(request: HttpRequest, position: int, type: str) -> HttpResponse:
    require(request, "measures.write_draft")
    target = log.get(position=position)
    if target is None:
        raise Http404(f"there is no entry {position}")

    def make(data: QueryDict | None, quiet: bool) -> CorrectionSheet:
        source = None if data else record.last_source(request.user)
        initial = {"sources": [source]} if source else {}
        return CorrectionSheet(event_type(type), target, data=data, initial=initial, quiet=quiet)

    if request.method == "POST":
        return record.take(request, make, sent_id(request, "draft"), show)
    return show(request, make(None, False), uuid4())


def show(request: HttpRequest, sheet: Sheet, draft: UUID) -> HttpResponse:
    assert isinstance(sheet, CorrectionSheet)
    retracts = sheet.kind.name == "entry.retracted"
    places = {str(item.id): item.position for item in sheet.history}
    return page(
        request,
        "correction",
        f"{'Retract' if retracts else 'Correct'} entry {sheet.target.position}",
        sheet=sheet,
        draft=draft,
        retracts=retracts,
        prefilled=record.is_prefilled(sheet),
        sentence=say(sheet.target, places),
    )
