"""A draft on the desk: what it would do, what the rules say, and the next step of its review."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from measures import review
from measures.admin import corrections, picture, record, words
from measures.admin.bulk import pages
from measures.admin.mending import CorrectionSheet, sheet_of
from measures.admin.pages import page, require, today
from measures.admin.sheets import Sheet
from measures.beside import near
from measures.drafts import Draft
from measures.preview import Effect, Preview, preview
from measures.rules import RuleViolated, Violation
from measures.uploads import Upload
from tracker import log
from tracker.admin import names_of
from tracker.events import EventError, event_type
from tracker.log import LogBusy, Recorded
from tracker.sentences import say


def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """The sheet of a draft again, as it was left."""
    require(request, "measures.write_draft")
    found = get_object_or_404(Draft, pk=id)
    if found.author != request.user or not (found.is_open or request.method == "POST"):
        return redirect("admin:draft", id=id)
    if found.is_import:
        return redirect("admin:upload", id=id)
    if found.origin == "api":
        messages.info(request, "A program sent this draft: discard it, and let the program send what is right.")
        return redirect("admin:draft", id=id)

    def make(data: QueryDict | None, quiet: bool) -> Sheet:
        if data is not None:
            found.typed = record.typed(data)
        return sheet_of(found, today=today(), quiet=quiet)

    if request.method == "POST":
        return record.take(request, make, id, show)
    return show(request, make(None, not found.events), id)


def show(request: HttpRequest, sheet: Sheet, draft: UUID) -> HttpResponse:
    shown = corrections.show if isinstance(sheet, CorrectionSheet) else record.show_record
    return shown(request, sheet, draft)


def draft(request: HttpRequest, id: UUID) -> HttpResponse:
    """The draft's page; a step that is refused leaves the page as it was, with the reason."""
    require(request, "measures.view_draft")
    found = get_object_or_404(Draft.objects.select_related("author", "reviewer", "assignee"), pk=id)
    if request.method == "POST":
        try:
            return _stepped(request, STEPS[request.POST.get("step", "")](request, found))
        except (EventError, LogBusy) as error:
            messages.error(request, _refusal(error))
            found.refresh_from_db()
    return page(request, "draft", f"{_name(found)}: {_about(found)}", **context(request, found))


def _refusal(error: EventError | LogBusy) -> str:
    """Why a step was refused, and where it is soft rules alone, how they are confirmed."""
    if not isinstance(error, RuleViolated) or any(item.hard for item in error.violations):
        return str(error)
    rules = " and ".join(dict.fromkeys(item.rule for item in error.violations))
    return f"{error}. If it is right all the same, tick {rules} under “What next” and say why."


def context(request: HttpRequest, found: Draft) -> dict[str, Any]:
    upload = Upload.objects.get(pk=found.pk) if found.is_import else None
    seen, refused = (_as_checked(upload), "") if upload else _previewed(found)
    user: Any = request.user
    mine = found.author_id == user.pk
    rows = pages.shown(upload) if upload else {}
    return rows | {
        "upload": upload,
        "draft": found,
        "name": _name(found),
        "mine": mine,
        "preview": seen,
        "refused": refused,
        "effects": [_drawn(effect) for effect in seen.effects] if seen else [],
        "soft": _soft(found, seen, request.POST),
        "since": _since(found) if found.state in UNDECIDED else [],
        "recorded": _told(log.read(positions=found.positions[:FEW])) if found.positions else [],
        "more_recorded": max(len(found.positions) - FEW, 0),
        "may_write": mine and user.has_perm("measures.write_draft"),
        "may_review": not mine and user.has_perm("measures.review_draft"),
        "may_publish": mine and user.has_perm("measures.publish_draft"),
        "may_comment": mine or user.has_perm("measures.review_draft"),
        "reviewers": review.reviewers(found) if found.state == Draft.State.SUBMITTED else (),
        "posted": request.POST,
    }


def _previewed(found: Draft) -> tuple[Preview | None, str]:
    """What the draft would do; or why its data is refused today, as when the vocabulary has changed since."""
    if not found.events or found.state in (Draft.State.RECORDED, Draft.State.DISCARDED):
        return None, ""
    try:
        return preview(found.batch(review.THOUGHT), today=today()), ""
    except EventError as error:
        return None, str(error)


def _as_checked(upload: Upload) -> Preview:
    """What the rules said of the rows of a file; they are asked again before anything is recorded."""
    soft = [Violation(**item) for row in upload.fresh for item in row["soft"]]
    return Preview(violations=soft, effects=[], versions={})


def _drawn(effect: Effect) -> dict[str, Any]:
    steps, past = near(effect.steps, MOST), effect.past_changes
    changed, same = ([step for step in steps if step.changed is so] for so in (True, False))
    return {
        "told": effect,
        "changed": changed[:MOST],
        "more_changed": len(changed[MOST:]),
        "same": same[:MOST],
        "more_same": len(effect.steps) - len(changed) - len(same[:MOST]),
        "past": past[:MOST],
        "more_past": max(len(past) - MOST, 0),
        "mended": [(words.label(name), words.told(now), words.told(right)) for name, now, right in effect.mended],
        "doubles": _told(effect.duplicates),
        "picture": picture.of_steps(steps, effect.today),
        "terms": len({step.term for step in effect.steps}) > 1,
    }


MOST = 100
"""More rows than this of what changes are not shown: they are counted."""


def _told(entries: Sequence[Recorded]) -> list[tuple[str, Recorded]]:
    """Entries with their sentences."""
    places = log.places(named for item in entries for named in names_of(item))
    return [(say(item, places), item) for item in entries]


def _name(found: Draft) -> str:
    return words.verb(event_type(found.type))


def _about(found: Draft) -> str:
    """The stream, or the file of rows of several."""
    return found.typed["file"][0] if found.is_import else found.stream


def _soft(found: Draft, seen: Preview | None, posted: QueryDict) -> list[dict[str, Any]]:
    """The soft rules that the draft breaks, with what was said to each."""
    rows: dict[str, dict[str, Any]] = {}
    for item in seen.soft if seen else []:
        said = posted.get(f"reason-{item.rule}", found.confirmed.get(item.rule, ""))
        row = rows.setdefault(item.rule, {"rule": item.rule, "sentence": item.sentence, "messages": [], "reason": said})
        row["ticked"] = item.rule in (posted.getlist("confirm") or found.confirmed)
        row["confirmed"] = item.rule in found.confirmed
        row["messages"].append(item.message)
    return list(rows.values())


UNDECIDED = (Draft.State.DRAFT, Draft.State.SENT_BACK, Draft.State.SUBMITTED)


def _since(found: Draft) -> list[tuple[str, Recorded]]:
    """What was recorded in the draft's streams since its author looked."""
    moved = [stream for stream, version in log.versions(found.expected).items() if version != found.expected[stream]]
    history = log.read(streams=moved) if moved else []
    places = {str(item.id): item.position for item in history}
    return [(say(item, places), item) for item in history if item.version > found.expected[item.stream]]


def _stepped(request: HttpRequest, moved: Draft) -> HttpResponse:
    """Says what came of a step and what comes next."""
    said = SAID[Draft.State(moved.state)]
    if moved.state == Draft.State.RECORDED:
        said = said.format(_places(moved.positions))
    messages.success(request, said)
    return redirect("admin:draft", id=moved.pk)


def _places(positions: Sequence[int]) -> str:
    """`#3, #4`; of many, which stand one after the other, the first and the last."""
    if len(positions) > FEW:
        return f"#{positions[0]} to #{positions[-1]}"
    return ", ".join(f"#{position}" for position in positions)


FEW = 5
"""More events of one draft than this are told by the first and the last."""
SAID = {
    Draft.State.DRAFT: "It is on your desk again.",
    Draft.State.SUBMITTED: "It awaits review: somebody else approves it or sends it back.",
    Draft.State.SENT_BACK: "Sent back to its author.",
    Draft.State.APPROVED: "Approved; it is recorded when its embargo is over.",
    Draft.State.RECORDED: "Recorded as {}. Page and API follow within seconds.",
    Draft.State.DISCARDED: "Put away.",
}


def _submit(request: HttpRequest, found: Draft) -> Draft:
    return review.submit(
        found, by=request.user, now=timezone.now(), seen=_seen(request, found), confirmed=_confirmed(request.POST)
    )


def _approve(request: HttpRequest, found: Draft) -> Draft:
    return review.approve(
        found,
        by=request.user,
        now=timezone.now(),
        confirmed=_confirmed(request.POST),
        embargo_until=_instant(request.POST.get("embargo_until", "")),
    )


def _publish(request: HttpRequest, found: Draft) -> Draft:
    return review.publish(
        found,
        by=request.user,
        now=timezone.now(),
        reason=request.POST.get("reason", ""),
        seen=_seen(request, found),
        confirmed=_confirmed(request.POST),
    )


def _send_back(request: HttpRequest, found: Draft) -> Draft:
    return review.send_back(found, by=request.user, now=timezone.now(), text=request.POST.get("comment", ""))


def _comment(request: HttpRequest, found: Draft) -> Draft:
    return review.comment(found, by=request.user, now=timezone.now(), text=request.POST.get("comment", ""))


def _assign(request: HttpRequest, found: Draft) -> Draft:
    return review.assign(found, by=request.user, now=timezone.now(), to=request.POST.get("assignee", ""))


def _look_again(request: HttpRequest, found: Draft) -> Draft:
    seen = log.versions(found.expected) if found.is_import else _seen(request, found)
    return review.look_again(found, by=request.user, now=timezone.now(), seen=seen)


def _unknown(request: HttpRequest, found: Draft) -> Draft:
    raise PermissionDenied("there is no such step")


class _Steps(dict[str, Callable[[HttpRequest, Draft], Draft]]):
    def __missing__(self, step: str) -> Callable[[HttpRequest, Draft], Draft]:
        return _unknown


STEPS = _Steps(
    submit=_submit,
    take_back=lambda request, found: review.take_back(found, by=request.user),
    discard=lambda request, found: review.discard(found, by=request.user),
    comment=_comment,
    assign=_assign,
    send_back=_send_back,
    look_again=_look_again,
    approve=_approve,
    publish=_publish,
    record=lambda request, found: review.record_again(found, by=request.user, now=timezone.now()),
)


def _seen(request: HttpRequest, found: Draft) -> dict[str, int]:
    """The versions of the streams that the page showed: `measure/x@3`; those of a file's rows as they were checked."""
    if found.is_import:
        return found.expected
    pairs = (text.rpartition("@") for text in request.POST.getlist("seen"))
    return {stream: int(version) for stream, _, version in pairs if version.isdigit()}


def _confirmed(data: QueryDict) -> dict[str, str]:
    return {rule: data.get(f"reason-{rule}", "") for rule in data.getlist("confirm")}


def _instant(text: str) -> datetime | None:
    """`2025-06-10T14:00` in UTC; None where nothing was typed. Raises EventError with the accepted form."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        raise EventError(f"“{text}” is no instant; write YYYY-MM-DDTHH:MM, in UTC", field="embargo_until") from None
