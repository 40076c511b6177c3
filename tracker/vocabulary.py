"""The three entries that may stand in any stream: a correction, a retraction, a review of sources.

A correction is not a change. "The world changed" is an event of the domain; "we were wrong" is one of these, moves
only the recorded clock, and has no known time of its own.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from tracker.events import ExactDay, Payload, Text, event

ReasonCode = Literal[
    "effective-date-error",
    "known-date-error",
    "rate-error",
    "scope-error",
    "source-misread",
    "source-superseded",
    "duplicate",
    "wrong-stream",
    "other",
]


@event("entry.corrected", categories=("*",), group="correction")
class EntryCorrected(Payload):
    """Corrected entry {corrects}: {reason}"""

    patch: Annotated[dict[str, Any], msgspec.Meta(min_length=1)]
    """Top-level fields of the entry's data, and `known_from`, `known_seq`, `occurred_on`, with their right values."""
    reason_code: ReasonCode
    reason: Text


@event("entry.retracted", categories=("*",), group="correction")
class EntryRetracted(Payload):
    """Retracted entry {corrects}: {reason}"""

    reason_code: ReasonCode
    reason: Text


@event("sources.reviewed", categories=("*",), group="review")
class SourcesReviewed(Payload):
    """Looked at the sources through {through}."""

    through: ExactDay
