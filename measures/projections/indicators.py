"""Indicators and their dated observations."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import partial

from measures import models
from measures.events import indicators as vocabulary
from measures.projections.common import latest, plain, positions_of, slug_of
from tracker.clocks import span
from tracker.corrections import Entry
from tracker.projections import Projection
from tracker.running import WHOLE, Parted, Row


def fold(stream: str, entries: Sequence[Entry]) -> Iterator[Row]:
    slug = slug_of(stream)
    yield _identity(slug, entries)
    for entry in entries:
        if isinstance(entry.payload, vocabulary.Observed):
            yield _observation(slug, entry, entry.payload)


def parts(entry: Entry) -> list[Hashable]:
    """An observation depends on its own entry alone, everything else on all others."""
    return [entry.id] if isinstance(entry.payload, vocabulary.Observed) else [WHOLE]


def _identity(slug: str, entries: Sequence[Entry]) -> Row:
    described = latest(entries, vocabulary.Described)
    return Row(
        models.Indicator,
        {
            "slug": slug,
            "title": described.title if described else slug,
            "kind": described.kind if described else "other",
            "area": list(described.area) if described else [],
            "items": list(described.items) if described else [],
            "dispute": (described.dispute if described else None) or "",
            "measures": list(described.measures) if described else [],
            "first_known": min(entry.known_from for entry in entries),
            "set_by": positions_of(entries, vocabulary.Described),
        },
    )


def _observation(slug: str, entry: Entry, payload: vocabulary.Observed) -> Row:
    return Row(
        models.Observation,
        {
            "slug": slug,
            "valid_from": span(payload.period_until).earliest,
            "set_by": list(entry.positions),
            "period_from": payload.period_from or "",
            "period_until": payload.period_until,
            "values": plain(payload.values),
            "summary": payload.summary or "",
            "round": payload.round or "",
        },
    )


PROJECTION = Projection(
    "indicators",
    1,
    ("indicator",),
    (models.Indicator, models.Observation),
    fold,
    partial(Parted, parts, fold, models.Indicator),
)
