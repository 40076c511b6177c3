"""Drafts: what editors prepare apart from the log, until a second person approves it.

A draft keeps what was typed (whole or not), the events that it would record with their ids fixed, and the versions
of the streams that its author saw. `measures.review` moves it from state to state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tracker import envelope, events
from tracker.envelope import NewEvent


class DraftQuerySet(models.QuerySet["Draft"]):
    def awaiting_review(self, reviewer: Any) -> DraftQuerySet:
        """Submitted and not yet decided: first what a reviewer was asked for, then the oldest."""
        asked = models.Case(models.When(assignee=reviewer, then=0), default=1)
        return self.filter(state=Draft.State.SUBMITTED).order_by(asked, "submitted_at")

    def in_hand(self, author: Any) -> DraftQuerySet:
        """What an author has still to finish or to mend."""
        return self.filter(author=author, state__in=[Draft.State.DRAFT, Draft.State.SENT_BACK]).order_by("-updated_at")

    def due(self, now: Any) -> DraftQuerySet:
        """Approved and not recorded, with no embargo or one that is over."""
        over = models.Q(embargo_until=None) | models.Q(embargo_until__lte=now)
        return self.filter(over, state=Draft.State.APPROVED)


class Draft(models.Model):
    """One batch of events in the making; the last of them is what happened, those before it open its stream."""

    class State(models.TextChoices):
        DRAFT = "draft"
        SUBMITTED = "submitted"
        SENT_BACK = "sent_back", "Sent back"
        APPROVED = "approved"
        RECORDED = "recorded"
        DISCARDED = "discarded"

    id = models.UUIDField(primary_key=True, default=uuid4)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="drafts")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviewed_drafts", null=True
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    stream = models.TextField(blank=True, default="")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="assigned_drafts"
    )
    """Who was asked to review it; any other reviewer may all the same."""
    type = models.TextField()
    sentence = models.TextField(blank=True, default="")
    """What happened, in words."""
    typed = models.JSONField(default=dict)
    """The fields of the form as they were typed: name to list of values."""
    events = models.JSONField(default=list)
    """What would be recorded; empty while the form is not complete."""
    expected = models.JSONField(default=dict)
    """The version of each stream that the author saw."""
    confirmed = models.JSONField(default=dict)
    """Soft rules that a person confirmed: rule to reason."""
    comments = models.JSONField(default=list)
    approval = models.CharField(max_length=10, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    embargo_until = models.DateTimeField(null=True)
    origin = models.CharField(max_length=10, default="admin")
    """The door that it came through: admin or api."""
    request_digest = models.CharField(max_length=64, blank=True, default="")
    """The SHA-256 of the request that made it, where a program did: with its key it is the same again."""
    positions = ArrayField(models.BigIntegerField(), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("write_draft", "Can draft events and submit them for review"),
            ("review_draft", "Can approve drafts of others or send them back"),
            ("publish_draft", "Can publish a draft alone in an emergency"),
        ]
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["state", "submitted_at"], name="draft_state")]

    def __str__(self) -> str:
        return f"{self.type} {self.stream}"

    @property
    def is_open(self) -> bool:
        """Whether its author may still change it."""
        return self.state in (self.State.DRAFT, self.State.SENT_BACK)

    def event_id(self, place: int) -> UUID:
        """The id of the event at a place of the batch, the same however often it is made: it is recorded once."""
        return uuid5(self.id, str(place))

    @property
    def is_import(self) -> bool:
        """Whether it came of a file: the upload of the same id has its rows."""
        return "file" in self.typed

    def batch(self, meta: envelope.Meta) -> list[NewEvent]:
        """The events that it would record. Raises EventError where its data no longer fits the vocabulary."""
        return [_event(data, self.event_id(place), meta) for place, data in enumerate(self.events)]


def as_data(event: NewEvent, *, fixed: bool = False) -> dict[str, Any]:
    """A new event as JSON values, without its id and meta: a draft gives those.

    One that is `fixed` keeps its id and where it came from, as a row of a file does.
    """
    kind = events.type_of(event.payload)
    own = {"id": str(event.id), "origin": event.meta.origin} if fixed else {}
    return own | {
        "stream": event.stream,
        "type": kind.name,
        "schema": kind.schema,
        "data": events.encode(event.payload),
        "known_from": event.known_from.isoformat() if event.known_from else None,
        "known_seq": event.known_seq,
        "occurred_on": event.occurred_on,
        "corrects": str(event.corrects) if event.corrects else None,
    }


def new_events(data: Iterable[Mapping[str, Any]], meta: envelope.Meta) -> list[NewEvent]:
    """The events of fixed data. Raises EventError where it no longer fits the vocabulary."""
    return [_event(item, UUID(item["id"]), meta) for item in data]


def _event(data: Mapping[str, Any], id: UUID, meta: envelope.Meta) -> NewEvent:
    meta = replace(meta, origin=data.get("origin", meta.origin))
    return NewEvent(
        id=UUID(data["id"]) if "id" in data else id,
        stream=data["stream"],
        payload=events.event_type(data["type"]).decode(data["schema"], data["data"]),
        meta=meta,
        known_from=date.fromisoformat(data["known_from"]) if data["known_from"] else None,
        known_seq=data["known_seq"],
        occurred_on=data["occurred_on"],
        corrects=UUID(data["corrects"]) if data["corrects"] else None,
    )
