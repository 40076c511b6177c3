"""What the folds share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from tracker.clocks import span
from tracker.corrections import Entry


def slug_of(stream: str) -> str:
    return stream.partition("/")[2]


def happened_on(entry: Entry) -> str:
    """The day something happened, as said; the day it was known where that is not said."""
    return entry.occurred_on or entry.known_from.isoformat()


def happened_from(entry: Entry) -> date:
    """The day from which something counts on the valid clock: the earliest that it may have happened on."""
    return span(happened_on(entry)).earliest


def latest(entries: Sequence[Entry], kind: type) -> Any:
    """The payload of the last entry of a type, or None."""
    return next((entry.payload for entry in reversed(entries) if isinstance(entry.payload, kind)), None)


def positions_of(entries: Sequence[Entry], *kinds: type) -> list[int]:
    """The positions of the entries of some types, corrections included."""
    return sorted({place for entry in entries if isinstance(entry.payload, kinds) for place in entry.positions})


def plain(value: Any) -> Any:
    """A payload value as JSON values."""
    return msgspec.to_builtins(value)
