"""What a sheet knows of its event type and of its stream."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.events import EventType, event_type
from tracker.log import Recorded
from tracker.sentences import say

ALL_CATEGORIES = ("measure", "negotiation", "case", "indicator", "dispute", "group")
SHORT = 120
"""Values up to this length are offered again."""


def categories(kind: EventType) -> tuple[str, ...]:
    """The kinds of stream that a type belongs in, all of them where it says `*`."""
    return ALL_CATEGORIES if "*" in kind.categories else kind.categories


def description(category: str) -> EventType:
    """The type of a stream's first entry."""
    return event_type(f"{category}.described")


def stream_knowledge(history: Sequence[Recorded]) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """The entries of a stream in sentences, newest first, and the short values that its payloads have used."""
    positions = {str(item.id): item.position for item in history}
    domain = [item for item in reversed(history) if not item.type.startswith("entry.")]
    entries = [(str(item.id), f"#{item.position} · {say(item, positions)} ({item.known_from})") for item in domain]
    used: dict[str, list[str]] = {}
    for item in domain:
        for name, value in item.data.items():
            if isinstance(value, str) and len(value) <= SHORT and value not in used.setdefault(name, []):
                used[name].append(value)
    return entries, used
