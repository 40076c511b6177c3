"""Receipts: answers that a client asked to have kept, so that nobody can say later that another was given."""

from __future__ import annotations

from hashlib import sha256

from tracker.clocks import Point
from tracker.ledger.models import Receipt


def keep(path: str, point: Point, answer: bytes) -> Receipt:
    """Keeps an answer as it is sent, with the address that asks for it again; the same answer is kept once."""
    said = {
        "valid_at": point.valid_at.isoformat(),
        "known_at": point.known_limit.isoformat() if point.known_limit else None,
        "position": point.position,
        "fold_versions": point.fold_versions,
    }
    columns = {"path": path, "point": said, "position": point.position, "answer": answer}
    return Receipt.objects.get_or_create(sha256=sha256(answer).hexdigest(), defaults=columns)[0]
