"""What a subscriber of webhooks sends, and what is told of subscriptions and messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from tracker.api.shapes import Shape, Url

MOST_WORDS = 100

Words = Annotated[list[str], Meta(max_length=MOST_WORDS)]


class WebhookBody(Shape, forbid_unknown_fields=True):
    """Where events are to be posted, and which. An empty list is no limit."""

    endpoint: Annotated[str, Meta(max_length=2000, description="https://host/path, on the public internet.")]
    types: Words = []
    streams: Words = []
    categories: Words = []
    after: Annotated[
        Annotated[int, Meta(ge=0, le=2**53)] | None,
        Meta(description="Events after this position; from now on if it is left out."),
    ] = None


class WebhookShape(Shape):
    """A subscription."""

    id: UUID
    url: Url
    endpoint: str
    types: list[str]
    streams: list[str]
    categories: list[str]
    state: Annotated[
        Literal["active", "paused", "dead"],
        Meta(description="`dead` was paused by itself, for the `reason`; resume it when the endpoint is well again."),
    ]
    reason: str | None
    position: Annotated[int, Meta(description="Events up to here were looked at.")]
    waiting: Annotated[int, Meta(description="Messages that were not delivered yet.")]
    failures: Annotated[int, Meta(description="Attempts in a row that the endpoint did not take.")]
    next_attempt_at: datetime | None
    created_at: datetime
    secret: Annotated[str | None, Meta(description="Shown when it is made, and then never again.")]


class WebhookList(Shape):
    """Your subscriptions, the oldest first."""

    results: list[WebhookShape]


class WebhookStep(Shape, forbid_unknown_fields=True):
    """What is to be done with a subscription."""

    step: Literal["test", "rotate_secret", "pause", "resume"]


class Attempt(Shape):
    at: str
    status: int | None
    error: str
    milliseconds: int


class DeliveryShape(Shape):
    """A message and its last attempts."""

    id: Annotated[UUID, Meta(description="The header `webhook-id`, the same at every attempt.")]
    url: Url
    position: Annotated[int | None, Meta(description="The event's; null for a test.")]
    type: str
    stream: str | None
    state: Literal["waiting", "delivered", "failed"]
    attempts: list[Attempt]
    next_attempt_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None


class WebhookAfter(WebhookShape):
    """A subscription after a step; `tested` is what came of a test."""

    tested: DeliveryShape | None


class DeliveryList(Shape):
    """Messages, the newest first."""

    results: list[DeliveryShape]
