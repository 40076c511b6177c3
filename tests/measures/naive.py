"""What the log says of a measure, read naively: the entries that stand, their terms, and their days as written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from measures.events import measures as said
from tracker import events
from tracker.envelope import Recorded
from tracker.events import Payload

FAR = date(9999, 12, 31)
ENDS: dict[Any, str] = {
    said.Terminated: "terminated",
    said.Expired: "expired",
    said.Withdrawn: "withdrawn",
    said.Replaced: "terminated",
    said.ExclusionEnded: "terminated",
}
STAGES: dict[Any, int] = {
    said.Threatened: 0,
    said.Proposed: 2,
    said.Announced: 3,
    said.Adopted: 4,
    said.ExclusionGranted: 4,
}
"""What is said before a measure is in force, by how far it has come."""
RATES: tuple[Any, ...] = (said.RateChanged, said.FormulaValuePublished)


@dataclass(frozen=True)
class Fact:
    """A domain entry after corrections and retractions."""

    position: int
    id: UUID
    known: date
    seq: int
    payload: Any

    @property
    def order(self) -> tuple[date, int, int]:
        return (self.known, self.seq, self.position)


def facts(history: Sequence[Recorded]) -> list[Fact]:
    """What the log says: retracted entries out, corrected fields in their place, in order."""

    def out(item: Recorded) -> bool:
        return any(r.type == "entry.retracted" and r.corrects == item.id and not out(r) for r in history)

    found = []
    for item in history:
        if item.type.startswith("entry.") or out(item):
            continue
        data: dict[str, Any] = {**item.data, "known_from": str(item.known_from), "known_seq": item.known_seq}
        for other in sorted(history, key=lambda one: one.position):
            if other.type == "entry.corrected" and other.corrects == item.id and not out(other):
                data |= other.data["patch"]
        known, seq = date.fromisoformat(data.pop("known_from")), data.pop("known_seq")
        data.pop("occurred_on", None)
        payload = msgspec.convert(
            {k: v for k, v in data.items() if v is not None}, events.event_type(item.type).payload
        )
        found.append(Fact(item.position, item.id, known, seq or 0, payload))
    return sorted(found, key=lambda fact: fact.order)


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def term_of(payload: Payload) -> str | None:
    """The term that an entry is about; None is every term."""
    if isinstance(payload, said.ExclusionGranted | said.ExclusionExtended | said.ExclusionEnded):
        return f"exclusion-{payload.exclusion}"
    term: str | None = getattr(payload, "term", None)
    if isinstance(payload, (said.Adopted, *RATES)):
        return term or "main"
    if isinstance(payload, said.Announced) and payload.effective_from:
        return term or "main"
    return term


def terms(known: Sequence[Fact]) -> list[str]:
    """The terms in the order of their first mention, by what is said, imposed, changed or excluded."""
    naming = (*STAGES, *RATES)
    named = [
        term_of(fact.payload)
        for fact in known
        if isinstance(fact.payload, naming) or (isinstance(fact.payload, said.ExclusionExtended) and begins(fact))
    ]
    return list(dict.fromkeys(term for term in named if term)) or ["main"]


def begins(fact: Fact) -> Any:
    return day(getattr(fact.payload, "effective_from", None))
