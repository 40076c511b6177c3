"""Indicators and their dated observations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from measures import models
from measures.events import indicators as vocabulary
from measures.projections.common import known_periods, latest, plain, positions_of, slug_of
from tracker.clocks import span
from tracker.corrections import Entry, settle
from tracker.log import Recorded
from tracker.projections import Projection, Row


def fold(history: Sequence[Recorded]) -> Iterator[Row]:
    entries = settle(history)
    slug = slug_of(history[0].stream)
    for known, known_from, known_until in known_periods(entries):
        described = latest(known, vocabulary.Described)
        yield Row(
            models.Indicator,
            {
                "slug": slug,
                "known_from": known_from,
                "known_until": known_until,
                "title": described.title if described else slug,
                "kind": described.kind if described else "other",
                "area": list(described.area) if described else [],
                "items": list(described.items) if described else [],
                "dispute": (described.dispute if described else None) or "",
                "measures": list(described.measures) if described else [],
                "first_known": min(entry.known_from for entry in known),
                "set_by": positions_of(known, vocabulary.Described),
            },
        )
    for entry in entries:
        if isinstance(entry.payload, vocabulary.Observed):
            yield _observation(slug, entry, entry.payload)


def _observation(slug: str, entry: Entry, payload: vocabulary.Observed) -> Row:
    return Row(
        models.Observation,
        {
            "slug": slug,
            "valid_from": span(payload.period_until).earliest,
            "known_from": entry.known_from,
            "set_by": list(entry.positions),
            "period_from": payload.period_from or "",
            "period_until": payload.period_until,
            "values": plain(payload.values),
            "summary": payload.summary or "",
            "round": payload.round or "",
        },
    )


PROJECTION = Projection("indicators", 1, ("indicator",), (models.Indicator, models.Observation), fold)
