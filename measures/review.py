"""Review: how a draft gets into the log. Every step says who may take it and from which state.

    draft -> submitted -> approved -> recorded          sent_back -> submitted

Approving fixes the decision, recording follows it through the commands; the ids of the events are fixed with the
draft, so that however often it is repeated, after a crash too, it is recorded once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from measures import commands, rules
from measures.drafts import Draft, as_data
from measures.rules import RuleViolated
from measures.steps import WrongState as WrongState
from measures.steps import move, require, require_author, require_seen, say_so
from measures.uploads import Upload
from tracker import log
from tracker.actors import pseudonym
from tracker.events import EventError
from tracker.log import LogBusy, Meta, NewEvent, Recorded
from tracker.sentences import say

State = Draft.State
THOUGHT = Meta(actor="draft", approval="emergency", origin="admin")
"""The meta of events that are only thought of, for rules and previews."""


def save(
    id: UUID,
    *,
    author: Any,
    type: str,
    stream: str,
    typed: Mapping[str, Sequence[str]],
    batch: Sequence[NewEvent],
    fixed: bool = False,
    origin: str = "admin",
    request_digest: str = "",
) -> Draft:
    """Keeps what was typed, with the events that come of it (none while it is not complete). Repeating changes nothing.

    Events that are `fixed`, as rows of a file are, keep the ids and the origin that they have. Raises PermissionDenied
    for another's draft and WrongState for one that was submitted.
    """
    require(author, "measures.write_draft")
    with transaction.atomic():
        draft, _ = Draft.objects.select_for_update().get_or_create(id=id, defaults={"author": author, "type": type})
        if draft.author != author:
            raise PermissionDenied(f"draft {id} is another author's")
        if not draft.is_open:
            raise WrongState(draft, "changed")
        draft.type, draft.stream, draft.typed = type, stream, {name: list(value) for name, value in typed.items()}
        draft.events = [as_data(event, fixed=fixed) for event in batch]
        draft.origin, draft.request_digest = origin, request_digest
        draft.expected = log.versions(item.stream for item in batch)
        draft.sentence = _sentence(draft, batch)
        draft.save()
        return draft


def _sentence(draft: Draft, batch: Sequence[NewEvent]) -> str:
    if not batch:
        return f"{draft.type}, not complete yet"
    rows = f"{len(batch)} row{'s' if len(batch) > 1 else ''}"
    return f"{rows} of {draft.typed['file'][0]}: {draft.type}" if draft.is_import else sentence(batch[-1])


def sentence(event: NewEvent) -> str:
    """A new event in words, with the entries that it names by their places in the log."""
    named = [name for name in (event.corrects, getattr(event.payload, "entry", None)) if name]
    return say(rules.provisional(event, [], 0), log.places(named))


def submit(draft: Draft, *, by: Any, now: datetime, seen: Mapping[str, int], confirmed: Mapping[str, str]) -> Draft:
    """Hands a draft to a second person, as of the versions of the streams that its author has seen.

    Raises WrongExpectedVersion when somebody recorded since then, and RuleViolated for a hard rule, or a soft one that
    was not confirmed.
    """

    def step(draft: Draft) -> None:
        require_author(draft, by)
        if not draft.events:
            raise EventError("this draft is not complete yet: fill what is missing, then preview it", field="events")
        require_seen(seen)
        draft.expected, draft.confirmed = dict(seen), _reasons(confirmed)
        _require_rules(draft, now.date())
        draft.state, draft.submitted_at, draft.reviewer = State.SUBMITTED, now, None

    return move(draft, (State.DRAFT, State.SENT_BACK), "submitted", step)


def take_back(draft: Draft, *, by: Any) -> Draft:
    """Returns a submitted draft to its author's desk."""

    def step(draft: Draft) -> None:
        require_author(draft, by)
        draft.state = State.DRAFT

    return move(draft, (State.SUBMITTED,), "taken back", step)


def discard(draft: Draft, *, by: Any) -> Draft:
    """Puts a draft away that will not be needed; it is kept, and can no longer be changed."""

    def step(draft: Draft) -> None:
        require_author(draft, by)
        draft.state = State.DISCARDED

    return move(draft, (State.DRAFT, State.SENT_BACK), "discarded", step)


def forget(draft: Draft) -> None:
    """Deletes a draft that nobody has ever submitted; one that was stays."""
    Draft.objects.filter(pk=draft.pk, state=State.DRAFT, submitted_at=None).delete()


def comment(draft: Draft, *, by: Any, now: datetime, text: str) -> Draft:
    """Adds a word for author and reviewers."""

    def step(draft: Draft) -> None:
        if not by.has_perm("measures.review_draft"):
            require_author(draft, by)
        say_so(draft, by, now, text)

    return move(draft, tuple(State), "commented", step)


def reviewers(draft: Draft) -> QuerySet[Any]:
    """Who may review a draft: everybody with that permission but its author."""
    found = get_user_model().objects.with_perm(
        "measures.review_draft", backend="django.contrib.auth.backends.ModelBackend", include_superusers=False
    )
    return found.exclude(pk=draft.author_id).order_by("username")


def assign(draft: Draft, *, by: Any, now: datetime, to: str) -> Draft:
    """Asks a reviewer, by user name, to look at a submitted draft; nobody where the name is empty.

    Raises EventError for a name that is no reviewer's, or is the author's.
    """

    def step(draft: Draft) -> None:
        if not by.has_perm("measures.review_draft"):
            require_author(draft, by)
        found = reviewers(draft).filter(username=to).first()
        if to and found is None:
            raise EventError(f"{to!r} is not somebody else who may review", field="assignee")
        draft.assignee = found
        say_so(draft, by, now, f"Asked {to} to review it." if to else "Asked nobody in particular to review it.")

    return move(draft, (State.SUBMITTED,), "assigned", step)


def send_back(draft: Draft, *, by: Any, now: datetime, text: str) -> Draft:
    """Returns a draft to its author with what should be mended."""

    def step(draft: Draft) -> None:
        require(by, "measures.review_draft")
        if not text.strip():
            raise EventError("say what should be mended: the author reads it", field="comment")
        say_so(draft, by, now, text)
        draft.state, draft.reviewer = State.SENT_BACK, by

    return move(draft, (State.SUBMITTED, State.APPROVED), "sent back", step)


def look_again(draft: Draft, *, by: Any, now: datetime, seen: Mapping[str, int]) -> Draft:
    """Says that author or reviewer looked at what was recorded since the draft was submitted."""

    def step(draft: Draft) -> None:
        if by != draft.author:
            require(by, "measures.review_draft")
        require_seen(seen)
        moved = {stream: version for stream, version in seen.items() if draft.expected.get(stream) != version}
        versions = ", ".join(f"{stream} at version {version}" for stream, version in moved.items())
        draft.expected = dict(seen)
        say_so(draft, by, now, f"Looked at what was recorded since: {versions}.")

    return move(draft, (State.SUBMITTED,), "looked at again", step)


def approve(
    draft: Draft,
    *,
    by: Any,
    now: datetime,
    confirmed: Mapping[str, str] | None = None,
    embargo_until: datetime | None = None,
) -> Draft:
    """Approves a draft of somebody else, and records it unless it waits for an instant.

    Raises what `commands.record` raises, with the draft submitted as before; that the approver is not the author is
    enforced by the append.
    """

    def step(draft: Draft) -> None:
        require(by, "measures.review_draft")
        draft.state, draft.reviewer, draft.approval = State.APPROVED, by, "two_person"
        _meta(draft)  # refuses the author before anything is kept
        draft.confirmed = draft.confirmed | _reasons(confirmed or {})
        draft.embargo_until = embargo_until

    approved = move(draft, (State.SUBMITTED,), "approved", step)
    return approved if embargo_until and embargo_until > now else record(approved, today=now.date())


def publish(
    draft: Draft, *, by: Any, now: datetime, reason: str, seen: Mapping[str, int], confirmed: Mapping[str, str]
) -> Draft:
    """Records a draft of one's own at once, alone, in an emergency: it is marked so for ever, with the reason."""

    def step(draft: Draft) -> None:
        require(by, "measures.publish_draft")
        require_author(draft, by)
        if not reason.strip():
            raise EventError("say why it cannot wait for a second person: it stays in the log", field="reason")
        require_seen(seen)
        draft.state, draft.approval, draft.reason = State.APPROVED, "emergency", reason.strip()
        draft.expected, draft.confirmed = dict(seen), draft.confirmed | _reasons(confirmed)

    approved = move(draft, (State.DRAFT, State.SENT_BACK, State.SUBMITTED), "published", step)
    return record(approved, today=now.date())


def record(draft: Draft, *, today: date) -> Draft:
    """Records an approved draft, once however often it is called; what refuses it leaves it submitted as before."""
    if draft.state != State.APPROVED:
        raise WrongState(draft, "recorded")
    batch = draft.batch(_meta(draft))
    try:
        recorded = commands.record(batch, today=today, expected=draft.expected, confirmed=draft.confirmed)
    except (EventError, LogBusy):
        move(draft, (State.APPROVED,), "returned", _returned)
        raise
    return move(draft, (State.APPROVED, State.RECORDED), "recorded", lambda draft: _recorded(draft, recorded))


def record_again(draft: Draft, *, by: Any, now: datetime) -> Draft:
    """Records an approved draft whose recording was cut off, or ends its embargo."""
    require(by, "measures.publish_draft" if draft.approval == "emergency" else "measures.review_draft")
    return record(draft, today=now.date())


def record_due(now: datetime) -> int:
    """Records the approved drafts that wait for nothing; those that are refused go back to review. How many went in."""
    count = 0
    for draft in Draft.objects.due(now):
        with suppress(EventError, LogBusy):
            record(draft, today=now.date())
            count += 1
    return count


def _returned(draft: Draft) -> None:
    alone = draft.approval == "emergency"
    draft.state = State.SUBMITTED if draft.submitted_at else State.DRAFT
    draft.reviewer = draft.reviewer if alone else None
    draft.approval, draft.reason, draft.embargo_until = "", "", None


def _recorded(draft: Draft, recorded: Sequence[Recorded]) -> None:
    """What the log withholds is kept in no draft or file either: a commitment stands there, and an erasure is whole."""
    draft.state, draft.positions = State.RECORDED, [item.position for item in recorded]
    draft.events = [said | {"data": item.data} for said, item in zip(draft.events, recorded, strict=True)]
    draft.typed = {name: value for name, value in draft.typed.items() if name == "file"}
    for upload in Upload.objects.filter(pk=draft.pk) if draft.is_import else ():
        upload.withhold({str(item.id): item.data for item in recorded})
        upload.save()
    reason = recorded[-1].meta.get("reason", "")
    draft.confirmed = dict.fromkeys(draft.confirmed, reason)
    draft.reason = draft.reason and reason


def _meta(draft: Draft) -> Meta:
    """Who stands for the draft in the log. Raises EventError where author and approver are one person."""
    reasons = [draft.reason, *(f"{rule}: {reason}" for rule, reason in sorted(draft.confirmed.items()))]
    return Meta(
        actor=pseudonym(draft.author),
        approval=draft.approval,  # type: ignore[arg-type]
        approver=pseudonym(draft.reviewer) if draft.approval == "two_person" else None,
        reason="; ".join(filter(None, reasons)) or None,
        origin=draft.origin,
        correlation_id=draft.id,
    )


def _require_rules(draft: Draft, today: date) -> None:
    found = [item for items in commands.judge(draft.batch(THOUGHT), today=today) for item in items]
    if refused := [item for item in found if item.hard or item.rule not in draft.confirmed]:
        raise RuleViolated(refused)


def _reasons(confirmed: Mapping[str, str]) -> dict[str, str]:
    for rule, reason in confirmed.items():
        if not reason.strip():
            raise EventError(f"say why {rule} does not matter here", field=f"confirmed/{rule}")
    return {rule: reason.strip() for rule, reason in confirmed.items()}
