"""The three entries that may stand in any stream: a correction, a retraction, a review of sources; and what the
tracker says of itself in the streams `ledger/...`.

A correction is not a change. "The world changed" is an event of the domain; "we were wrong" is one of these, moves
only the recorded clock, and has no known time of its own.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from tracker.events import ExactDay, Line, Payload, Sha256, Source, Withheld, event

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
    """Corrected entry {corrects}: {reason_code}"""

    patch: Annotated[dict[str, Any], msgspec.Meta(min_length=1)]
    """Top-level fields of the entry's data, and `known_from`, `known_seq`, `occurred_on`, with their right values."""
    schema: Annotated[int, msgspec.Meta(ge=1)]
    """The schema of the corrected entry's type in which the patch is written."""
    reason_code: ReasonCode
    reason: Withheld


@event("entry.retracted", categories=("*",), group="correction")
class EntryRetracted(Payload):
    """Retracted entry {corrects}: {reason_code}"""

    reason_code: ReasonCode
    reason: Withheld


@event("sources.reviewed", categories=("*",), group="review")
class SourcesReviewed(Payload):
    """Looked at the sources through {through}."""

    through: ExactDay


class OfLedger(Payload):
    """What the tracker says of itself; it is its own source."""

    sources: tuple[Source, ...] = ()


@event("projection.attested", categories=("ledger",), group="attestation")
class ProjectionAttested(OfLedger):
    """Attested the read model {projection} at position {position}: {rows} rows, {digest}."""

    projection: Line
    position: int
    fold_version: int
    rows: int
    digest: Sha256


@event("fold.changed", categories=("ledger",), group="attestation")
class FoldChanged(OfLedger):
    """Changed the fold of {projection} from version {from_version} to {to_version}."""

    projection: Line
    position: int
    """Where both folds are compared."""
    from_version: int
    to_version: int
    before: Sha256
    after: Sha256


@event("key.published", categories=("ledger",), group="keys")
class KeyPublished(OfLedger):
    """Published the key {vkey}, which signs checkpoints."""

    vkey: Line


@event("key.retired", categories=("ledger",), group="keys")
class KeyRetired(OfLedger):
    """Retired the key {vkey}, which signs no more."""

    vkey: Line
    reason: Withheld


@event("text.erased", categories=("ledger",), group="privacy")
class TextErased(OfLedger):
    """Erased the text behind {commitment}: {reason_code}"""

    commitment: Line
    reason_code: Line
