"""The auditor's pages: the state of the chain, replay, corrections with their reasons, the bundle, check it yourself.

Nothing here writes; whoever may see checkpoints may see them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from measures.admin.checks import commands
from measures.admin.pages import now_point, page, require
from measures.admin.replaying import ReplayForm, Result
from measures.preview import as_read
from tracker import log
from tracker.actors import users
from tracker.corrections import settle
from tracker.events import EventError
from tracker.ledger import bundle
from tracker.ledger.models import Receipt, Seal, Verification
from tracker.ledger.openings import texts_of
from tracker.ledger.sealing import published_keys
from tracker.log import Recorded
from tracker.sentences import say

SEE = "tracker.view_seal"
PAGE = 50
MOST_BUNDLED = 50_000
"""Entries of a bundle that is made while somebody waits; more are for the command."""
TYPES = ("entry.corrected", "entry.retracted", "measure.withdrawn")


@require_safe
def chain(request: HttpRequest) -> HttpResponse:
    """Head, newest checkpoint, last verification."""
    require(request, SEE)
    head, seal = log.head(), Seal.objects.order_by("-size").first()
    return page(
        request,
        "audit",
        "Audit",
        head=head,
        seal=seal,
        unsealed=head.position - (seal.size if seal else 0),
        keys=published_keys(),
        verification=Verification.objects.order_by("-verified_at").first(),
        receipts=Receipt.objects.count(),
        bundled=bool(seal and seal.size <= MOST_BUNDLED),
        types=TYPES,
    )


@require_safe
def replay(request: HttpRequest) -> HttpResponse:
    """Folds the log again to a point, and compares with the read model row by row."""
    require(request, SEE)
    form = ReplayForm(request.GET if "projection" in request.GET else None, point=now_point(request))
    result = form.replay() if form.is_bound and form.is_valid() else None
    return page(request, "audit_replay", "Replay", form=form, result=result, lines=_lines(form, result))


def _lines(form: ReplayForm, result: Result | None) -> str:
    """The address of the same replay as JSON lines."""
    if result is None:
        return ""
    days = {name: form.cleaned_data[name] for name in ("valid_at", "known_at", "stream")}
    asked = {"projection": result.projection, "position": result.position} | days
    return "/api/v1/replay/?" + urlencode({name: str(value) for name, value in asked.items() if value})


@dataclass(frozen=True)
class Mended:
    """A correction, retraction or withdrawal with what it concerns; `fields` are name, was, is."""

    event: Recorded
    sentence: str
    concerned: Recorded | None
    concerned_sentence: str
    fields: Sequence[tuple[str, Any, Any]]
    reason: str
    """Empty where there is none, or its text has been erased."""
    actor: str
    approver: str


@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """Corrections, retractions and withdrawals with their reasons, newest first."""
    require(request, SEE)
    before = request.GET.get("before", "")
    upto = int(before) - 1 if before.isdigit() and len(before) < 19 else log.head().position
    kind = request.GET.get("type", "")
    wanted = [kind] if kind in TYPES else list(TYPES)
    found = [item for name in wanted for item in log.read(upto=upto, type=name, limit=PAGE + 1, backwards=True)]
    found.sort(key=lambda item: -item.position)
    shown = found[:PAGE]
    return page(
        request,
        "audit_corrections",
        "Corrections and withdrawals",
        items=list(_mended(shown)),
        older=shown[-1].position if len(found) > PAGE else None,
        types=TYPES,
        chosen=kind if kind in TYPES else "",
    )


def _mended(events: Sequence[Recorded]) -> Iterator[Mended]:
    streams = {item.stream for item in events}
    histories: dict[str, list[Recorded]] = {stream: [] for stream in streams}
    for item in log.read(streams=streams):
        histories[item.stream].append(item)
    names = {str(event.meta[role]) for event in events for role in ("actor", "approver") if event.meta.get(role)}
    people = users(names)
    texts = texts_of(event.data["reason"] for event in events if event.corrects)
    for event in events:
        history = histories[event.stream]
        places = {str(item.id): item.position for item in history}
        concerned = next((item for item in history if item.id == event.corrects), None)
        yield Mended(
            event=event,
            sentence=_said(event, places),
            concerned=concerned,
            concerned_sentence=_said(concerned, places) if concerned else "",
            fields=_fields(event, history),
            reason=texts.get(event.data.get("reason", ""), ""),
            actor=people.get(event.meta["actor"], event.meta["actor"]),
            approver=people.get(event.meta.get("approver") or "", event.meta.get("approver") or ""),
        )


def _said(event: Recorded, places: dict[str, int]) -> str:
    try:
        return say(event, places)
    except EventError as error:
        return str(error)


def _fields(event: Recorded, history: Sequence[Recorded]) -> list[tuple[str, Any, Any]]:
    """For a correction each field with what the entry said just before it, and what it says since."""
    if event.type != "entry.corrected":
        return []
    before = settle([item for item in history if item.position < event.position])
    entry = next((entry for entry in before if entry.id == event.corrects), None)
    was = as_read(entry) if entry else {}
    return [(name, was.get(name), value) for name, value in event.data["patch"].items()]


@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    """The audit bundle at the newest checkpoint, made now; the same checkpoint gives the same bytes."""
    require(request, SEE)
    seal = Seal.objects.order_by("-size").first()
    if seal is None or seal.size > MOST_BUNDLED:
        response = page(request, "audit_no_bundle", "No bundle here", seal=seal, most=MOST_BUNDLED)
        response.status_code = 404
        return response
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / name_of(seal)
        bundle.write(target, bundle.Wanted(upto=seal.size))
        made = open(target, "rb")  # noqa: SIM115 - the response closes it; its name goes with the folder
    return FileResponse(made, as_attachment=True, filename=name_of(seal), content_type="application/gzip")


def name_of(seal: Seal) -> str:
    return f"audit-{settings.LEDGER_ORIGIN.replace('/', '-').replace(':', '-')}-{seal.size}.tar.gz"


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """The commands by which anybody checks the log without us."""
    require(request, SEE)
    seal = Seal.objects.order_by("-size").first()
    base = request.build_absolute_uri("/")[:-1]
    steps = commands(base, name_of(seal), published_keys()) if seal else []
    return page(request, "audit_check", "Check it yourself", steps=steps, seal=seal)
