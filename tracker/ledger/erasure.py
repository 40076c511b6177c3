"""Erasing text: deletes salt and text behind a commitment; no entry, leaf, root or proof changes."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

from tracker import log
from tracker.ledger.models import Opening
from tracker.log import Meta, NewEvent, Recorded
from tracker.vocabulary import TextErased

STREAM = "ledger/erasures"
NAMES = UUID("3b0f6d4e-9f39-4a53-9a50-7a3d0c2f5e11")


def erase(commitment: str, *, reason_code: str, meta: Meta, today: date) -> Recorded:
    """Records that a text is erased and deletes it; again after a crash between the two, it deletes what was left.

    Raises LookupError where there is no text behind the commitment.
    """
    if not Opening.objects.filter(commitment=commitment).exists():
        raise LookupError(f"there is no text behind {commitment!r}: no commitment (sha256:...), or erased already")
    event = NewEvent(
        id=uuid5(NAMES, commitment),
        stream=STREAM,
        payload=TextErased(commitment=commitment, reason_code=reason_code),
        meta=meta,
        known_from=today,
    )
    recorded = log.append([event])[0]
    Opening.objects.filter(commitment=commitment).delete()
    return recorded
