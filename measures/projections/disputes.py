"""Disputes: the umbrella's title and parties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from measures import models
from measures.events import disputes as vocabulary
from measures.projections.common import latest, positions_of, slug_of
from tracker.corrections import Entry
from tracker.projections import Projection
from tracker.running import Row


def fold(stream: str, entries: Sequence[Entry]) -> Iterator[Row]:
    slug = slug_of(stream)
    described = latest(entries, vocabulary.Described)
    yield Row(
        models.Dispute,
        {
            "slug": slug,
            "title": described.title if described else slug,
            "parties": list(described.parties) if described else [],
            "about": (described.about if described else None) or "",
            "first_known": min(entry.known_from for entry in entries),
            "set_by": positions_of(entries, vocabulary.Described),
        },
    )


PROJECTION = Projection("disputes", 1, ("dispute",), (models.Dispute,), fold)
