"""Cases and what happened in them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import Any

from measures import models
from measures.events import cases as vocabulary
from measures.projections.common import (
    happened_from,
    happened_on,
    latest,
    positions_of,
    slug_of,
)
from tracker.corrections import Entry
from tracker.projections import Projection
from tracker.running import WHOLE, Parted, Row


def fold(stream: str, entries: Sequence[Entry]) -> Iterator[Row]:
    slug = slug_of(stream)
    yield Row(models.Case, {"slug": slug} | _identity(slug, entries))
    for entry in entries:
        if _happened(entry):
            yield _proceeding(slug, entry, entry.payload)


def _happened(entry: Entry) -> bool:
    return isinstance(entry.payload, vocabulary.InCase) and not isinstance(entry.payload, vocabulary.Described)


def parts(entry: Entry) -> list[Hashable]:
    """A proceeding depends on its own entry alone, everything else on all others."""
    return [entry.id] if _happened(entry) else [WHOLE]


def _identity(slug: str, known: Sequence[Entry]) -> dict[str, Any]:
    described = latest(known, vocabulary.Described)
    return {
        "title": described.title if described else slug,
        "forum": (described.forum if described else None) or "",
        "number": (described.number if described else None) or "",
        "authority": (described.authority if described else None) or "",
        "parties": list(described.parties) if described else [],
        "measures": list(described.measures) if described else [],
        "dispute": (described.dispute if described else None) or "",
        "first_known": min(entry.known_from for entry in known),
        "set_by": positions_of(known, vocabulary.Described),
    }


def _proceeding(slug: str, entry: Entry, payload: Any) -> Row:
    words = (getattr(payload, name, None) for name in ("holding", "scope", "terms", "summary"))
    return Row(
        models.Proceeding,
        {
            "slug": slug,
            "valid_from": happened_from(entry),
            "set_by": list(entry.positions),
            "kind": entry.type.partition(".")[2],
            "occurred_on": happened_on(entry),
            "forum": payload.forum or "",
            "number": payload.number or "",
            "outcome": getattr(payload, "outcome", None) or "",
            "text": next((word for word in words if word), ""),
            "measures": list(payload.measures),
        },
    )


PROJECTION = Projection(
    "cases", 1, ("case",), (models.Case, models.Proceeding), fold, partial(Parted, parts, fold, models.Case)
)
