"""What a program sends in order to record, and what comes of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from tracker.api.shapes import CoarseDay, Link, Shape, Url

MOST_EVENTS = 500

Reasons = Annotated[dict[str, str], Meta(description="Soft rules that do not matter here: the rule's id, and why.")]


class EventBody(Shape, forbid_unknown_fields=True):
    """An event to be recorded."""

    stream: Annotated[str, Meta(description="`<category>/<slug>`; a new stream begins with its description.")]
    type: Annotated[str, Meta(description="See event-types/.")]
    data: Annotated[dict[str, Any], Meta(description="As the JSON Schema at event-types/{type}/ has it.")]
    known_from: Annotated[date | None, Meta(description="The day the public could know; none for corrections.")] = None
    known_seq: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    occurred_on: CoarseDay | None = None
    corrects: Annotated[UUID | None, Meta(description="The id of the entry that a correction concerns.")] = None
    expected_version: Annotated[
        Annotated[int, Meta(ge=0, le=2**31 - 1)] | None,
        Meta(description="The version of the stream that you saw; 0 for a new one. Each stream's is given once."),
    ] = None


class _Batch(Shape, forbid_unknown_fields=True):
    confirm: Reasons = {}
    publish_because: Annotated[
        str | None, Meta(description="Why it cannot wait for a second person. Takes the publisher's role.")
    ] = None


class EventsBody(_Batch, forbid_unknown_fields=True):
    """One batch: all of it is recorded, or nothing."""

    events: Annotated[list[EventBody], Meta(min_length=1, max_length=MOST_EVENTS)]


class EventsUnread(_Batch, forbid_unknown_fields=True):
    """The same with its events not read yet: each is read by itself, so that each gets its error."""

    events: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=MOST_EVENTS)]


class StepBody(Shape, forbid_unknown_fields=True):
    """The next step of a draft."""

    step: Annotated[
        Literal["approve", "send_back", "take_back", "discard"],
        Meta(description="Approving and sending back are for somebody else than the author."),
    ]
    comment: Annotated[str, Meta(max_length=2000, description="Read by the author; needed to send back.")] = ""
    confirm: Reasons = {}


class Comment(Shape):
    by: str
    at: str
    text: str


class DraftShape(Shape):
    """What was sent, on its way into the log."""

    id: UUID
    url: Url
    state: Annotated[
        Literal["draft", "submitted", "sent_back", "approved", "recorded", "discarded"],
        Meta(description="`submitted` waits for another person's approval."),
    ]
    author: str
    reviewer: str | None
    sentence: Annotated[str, Meta(description="What happened, in words.")]
    events: list[dict[str, Any]]
    expected: Annotated[dict[str, int], Meta(description="The version of each stream that the author saw.")]
    confirmed: Reasons
    comments: list[Comment]
    submitted_at: datetime | None
    recorded: Annotated[list[Link], Meta(description="Where it stands in the log, once it does.")]


class ViolationShape(Shape):
    """A rule that an event breaks."""

    rule: str
    hard: Annotated[bool, Meta(description="A hard rule refuses; a soft one wants a reason under `confirm`.")]
    sentence: str
    message: str
    pointer: str


class ChangeShape(Shape):
    """Days of a term whose answer changes."""

    term: str
    valid_from: date | None
    valid_until: date | None
    before: str
    after: str


class EffectShape(Shape):
    """What the batch would do to one stream."""

    stream: str
    version: Annotated[int, Meta(description="The version of the stream now.")]
    sentences: list[str]
    status_before: str | None
    status_after: str | None
    changes: list[ChangeShape]
    gone: list[str]
    come: list[str]
    duplicates: Annotated[list[Link], Meta(description="Entries that probably say the same.")]


class PreviewShape(Shape):
    """What a batch would do. Nothing was recorded, nothing kept."""

    accepted: Annotated[bool, Meta(description="Whether no rule stands against it, `confirm` considered.")]
    violations: list[ViolationShape]
    effects: list[EffectShape]
