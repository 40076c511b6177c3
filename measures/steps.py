"""A step of a draft: taken with the draft locked, from a state that allows it, by somebody who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from measures.drafts import Draft
from tracker import log
from tracker.events import EventError
from tracker.log import WrongExpectedVersion


class WrongState(EventError):
    """The step cannot be taken from the state that the draft is in."""

    def __init__(self, draft: Draft, step: str) -> None:
        super().__init__(
            f"this draft is {draft.get_state_display().lower()}: it cannot be {step} now",
            field="state",
            code="wrong-state",
        )


def move(draft: Draft, states: Sequence[str], step_name: str, step: Callable[[Draft], None]) -> Draft:
    """Takes one step with the draft locked; two people at once take turns."""
    with transaction.atomic():
        locked = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
        if locked.state not in states:
            raise WrongState(locked, step_name)
        step(locked)
        locked.save()
        return locked


def say_so(draft: Draft, by: Any, now: datetime, text: str) -> None:
    if text.strip():
        draft.comments = [
            *draft.comments,
            {"by": by.get_username(), "at": now.isoformat(timespec="seconds"), "text": text.strip()},
        ]


def require(user: Any, permission: str) -> None:
    if not user.has_perm(permission):
        raise PermissionDenied(f"{user.get_username()} lacks the permission {permission}")


def require_author(draft: Draft, by: Any) -> None:
    require(by, "measures.write_draft")
    if draft.author != by:
        raise PermissionDenied("only its author may do this")


def require_seen(seen: Mapping[str, int]) -> None:
    for stream, found in log.versions(seen).items():
        if found != seen[stream]:
            raise WrongExpectedVersion(stream, seen[stream], found)
