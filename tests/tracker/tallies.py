"""A vocabulary and a projection for the tests of the core, which knows nothing of trade: somebody counts things.

They are registered by the fixture `tallies` alone, so that no other test meets them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db import models

from tracker import envelope, events, log
from tracker.clocks import Box
from tracker.corrections import Entry
from tracker.events import AttachmentRef, Day, EventType, Line, Payload, Source, event
from tracker.log import Meta, NewEvent, Recorded
from tracker.projections import Projection, Row

SOURCES = (Source(title="Ledger", url="https://example.org/ledger"),)
META = Meta(actor="ed-test", approval="imported", origin="command")

broken: set[int] = set()
"""Amounts that the fold cannot stand; `None` in it breaks the fold for every stream."""


def _name_the_amount(data: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 said `count` where schema 2 says `amount`."""
    return {"amount" if key == "count" else key: value for key, value in data.items()}


@event("tally.counted", schema=2, upcasters={1: _name_the_amount})
class Counted(Payload):
    """Counted {amount} on {counted_on}."""

    amount: Annotated[int, msgspec.Meta(ge=0)]
    label: Line | None = None
    counted_on: Day | None = None
    list: AttachmentRef | None = None


@event("tally.closed")
class Closed(Payload):
    """Closed the tally."""


class CountedOnce(Payload):
    """Counted {count}."""

    count: int


TYPES: dict[str, EventType] = {name: events._types.pop(name) for name in ("tally.counted", "tally.closed")}
FIRST_SCHEMA = EventType("tally.counted", 1, CountedOnce, "Counted {count}.", ("tally",), "tally")
CountedOnce.event_type = "tally.counted"  # type: ignore[attr-defined]


class Tally(Box):
    """What a tally adds up to; a label has room for ten characters."""

    projection = "tallies"

    total = models.IntegerField()
    label = models.CharField(max_length=10)

    class Meta(Box.Meta):
        app_label = "tests"


def fold(stream: str, entries: Sequence[Entry]) -> Iterator[Row]:
    counted = [entry.payload for entry in entries if isinstance(entry.payload, Counted)]
    for payload in counted:
        if payload.amount in broken:
            raise ArithmeticError(f"{payload.amount} cannot be added")
    label = next((payload.label for payload in reversed(counted) if payload.label), "")
    yield Row(Tally, {"total": sum(payload.amount for payload in counted), "label": label})


PROJECTION = Projection("tallies", 1, ("tally",), (Tally,), fold)


def counted(stream: str = "tally/a", amount: Any = 1, known: str = "2025-06-10", **said: Any) -> NewEvent:
    """A new event; `label`, `counted_on` and `list` go into its payload, the rest into its envelope."""
    inside = {name: said.pop(name) for name in ("label", "counted_on", "list") if name in said}
    payload = Counted(sources=SOURCES, amount=amount, **inside)
    said = {"meta": META, "known_from": date.fromisoformat(known), **said}
    return NewEvent(stream=stream, payload=payload, **said)


def count(stream: str = "tally/a", amount: int = 1, known: str = "2025-06-10", **said: Any) -> Recorded:
    """Records one event."""
    return log.append([counted(stream, amount, known, **said)])[0]


def composed(event: NewEvent) -> str:
    """The event as `tracker_append` takes it, for tests that call it themselves."""
    return msgspec.json.encode([envelope.compose(event) | {"nth": 1}]).decode()


def correcting(target: UUID, payload: Payload, stream: str = "tally/a") -> NewEvent:
    return NewEvent(stream=stream, payload=payload, meta=META, known_from=None, corrects=target)


def totals(*, generation: int = 1) -> dict[str, int]:
    """What each tally adds up to, as known and recorded by now."""
    rows = Tally.objects.filter(generation=generation, recorded_until=2**63 - 1, known_until=date.max)
    return dict(rows.values_list("stream", "total"))
