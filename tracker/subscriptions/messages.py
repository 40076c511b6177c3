"""What is posted: an event as a CloudEvent, signed as Standard Webhooks has it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings

from tracker.log import Recorded
from tracker.subscriptions.models import Delivery, Subscription

MEDIA_TYPE = "application/cloudevents+json"
TEST = "webhook.test"
PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def cloud_event(id: str, type: str, at: datetime, **more: Any) -> dict[str, Any]:
    """A CloudEvent 1.0 in structured mode; its source is the log, by its name for ever."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": f"https://{settings.LEDGER_ORIGIN}",
        "type": type,
        "time": at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        **more,
    }


def of_event(event: Recorded, data: bytes) -> bytes:
    """The message of an event, the same however often it is sent."""
    more = {"subject": event.stream, "position": event.position, "data": msgspec.Raw(data)}
    return msgspec.json.encode(cloud_event(str(event.id), event.type, event.recorded_at, **more))


def of_test(delivery: Delivery) -> bytes:
    said = {"text": "A test: the endpoint takes messages."}
    return msgspec.json.encode(cloud_event(str(delivery.id), TEST, delivery.created_at, data=said))


def headers(subscription: Subscription, id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of one attempt; while a secret is being changed the message is signed with both."""
    stamp = str(int(now.timestamp()))
    held = bool(subscription.former_until and now < subscription.former_until)
    keys = [subscription.secret, *([subscription.former_secret] if held else [])]
    return {
        "Content-Type": MEDIA_TYPE,
        "webhook-id": id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(_signatures(keys, f"{id}.{stamp}.".encode() + body)),
    }


def _signatures(keys: Iterable[str], content: bytes) -> Iterable[str]:
    for key in keys:
        digest = hmac.new(base64.b64decode(key.removeprefix(PREFIX)), content, hashlib.sha256).digest()
        yield f"v1,{base64.b64encode(digest).decode()}"
