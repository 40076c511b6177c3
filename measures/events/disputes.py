"""A dispute: the umbrella that puts measures, talks, cases and indicators on one line of time."""

from __future__ import annotations

from measures.events.common import Fact, Party
from tracker.events import Line, Text, event


@event("dispute.described", group="identity")
class Described(Fact):
    """Described as {title}, between {parties}."""

    title: Line
    parties: tuple[Party, ...]
    about: Text | None = None


@event("dispute.noted", group="reports")
class Noted(Fact):
    """Noted: {summary}"""
