"""What happened in a stream, in words."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from msgspec import Meta

from measures.api.shapes.common import DisagreementShape, Why
from tracker.api.shapes import CoarseDay, Shape, SourceShape, Url


class Change(Shape):
    """A field that a correction set right; the value that was first written, and the right one."""

    field: str
    was: Any
    now: Any


class CorrectionShape(Shape):
    """A correction or retraction: we were wrong, the world did not change."""

    position: int
    url: Url
    type: str
    recorded_at: str
    sentence: str | None
    reason_code: str
    changes: list[Change]
    sources: list[SourceShape]
    retracted: Annotated[bool, Meta(description="Whether it was itself taken out again.")]
    corrections: list[CorrectionShape]


class HistoryItem(Shape):
    """An event as it reads after corrections, in words, with its sources."""

    position: int
    url: Url
    id: str
    type: str
    known_from: date | None
    known_seq: int | None
    occurred_on: CoarseDay | None
    recorded_at: str
    sentence: str | None
    summary: Annotated[str | None, Meta(description="The editor's own words.")]
    note: str | None
    chosen_because: Annotated[
        str | None,
        Meta(description="Where sources disagree: why the entry says what it says; see says of each source."),
    ]
    sources: Annotated[list[SourceShape], Meta(description="Official ones first.")]
    disagrees_with: Annotated[
        list[DisagreementShape],
        Meta(description="An announcement and an instrument that differ; both stay."),
    ]
    corrected: bool
    retracted: bool
    corrections: list[CorrectionShape]


class HistoryShape(Shape):
    """Everything that happened in a stream, by the day it was known."""

    stream: str
    unknown: Why
    results: list[HistoryItem]
