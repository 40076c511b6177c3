"""Attachments: bytes beside the log that an event names by their SHA-256, such as a long list of product codes."""

from __future__ import annotations

from hashlib import sha256

from tracker.models import Attachment


def store(content: bytes, *, media_type: str) -> str:
    """Stores bytes by their SHA-256 and returns it; the same bytes are stored once."""
    digest = sha256(content).hexdigest()
    Attachment.objects.bulk_create(
        [Attachment(sha256=digest, media_type=media_type, content=content)], ignore_conflicts=True
    )
    return digest


def stored(digest: str) -> Attachment | None:
    return Attachment.objects.filter(sha256=digest).first()
