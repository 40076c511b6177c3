"""Disputes: the umbrella's title and parties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from measures import models
from measures.events import disputes as vocabulary
from measures.projections.common import known_periods, latest, positions_of, slug_of
from tracker.corrections import settle
from tracker.log import Recorded
from tracker.projections import Projection, Row


def fold(history: Sequence[Recorded]) -> Iterator[Row]:
    entries = settle(history)
    slug = slug_of(history[0].stream)
    for known, known_from, known_until in known_periods(entries):
        described = latest(known, vocabulary.Described)
        yield Row(
            models.Dispute,
            {
                "slug": slug,
                "known_from": known_from,
                "known_until": known_until,
                "title": described.title if described else slug,
                "parties": list(described.parties) if described else [],
                "about": (described.about if described else None) or "",
                "first_known": min(entry.known_from for entry in known),
                "set_by": positions_of(known, vocabulary.Described),
            },
        )


PROJECTION = Projection("disputes", 1, ("dispute",), (models.Dispute,), fold)
