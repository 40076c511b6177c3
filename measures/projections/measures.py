"""Measures: what each is, and its segments over the valid clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from measures import models
from measures.events import measures as vocabulary
from measures.obligations import sentence
from measures.projections.common import latest, plain, positions_of, slug_of
from measures.timeline import Segment, first_day_after, timeline
from tracker.corrections import Entry
from tracker.projections import Projection, Row
from tracker.vocabulary import SourcesReviewed


def fold(stream: str, entries: Sequence[Entry]) -> Iterator[Row]:
    slug, aliases = _slugs(slug_of(stream), entries)
    merged = latest(entries, vocabulary.Merged)
    names = {"slug": slug, "aliases": aliases, "merged_into": merged.into if merged else ""}
    yield Row(models.Measure, names | _identity(slug, entries))
    for segment in timeline(entries):
        yield Row(models.Segment, {"slug": slug} | _row(segment))


def _slugs(slug: str, known: Sequence[Entry]) -> tuple[str, list[str]]:
    """The slug of the day, and those that the measure had before."""
    slugs = [slug, *(entry.payload.slug for entry in known if isinstance(entry.payload, vocabulary.Renamed))]
    return slugs[-1], [name for name in dict.fromkeys(slugs) if name != slugs[-1]]


def _identity(slug: str, known: Sequence[Entry]) -> dict[str, Any]:
    described = latest(known, vocabulary.Described)
    return {
        "title": described.title if described else slug,
        "kind": described.kind if described else "other",
        "direction": described.direction if described else "other",
        "implementer": described.implementer if described else "",
        "targets": list(described.targets) if described else [],
        "authority": (described.authority if described else None) or "",
        "dispute": (described.dispute if described else None) or "",
        "retaliation_for": list(described.retaliation_for) if described else [],
        "part_of": (described.part_of if described else None) or "",
        "successor_of": (described.successor_of if described else None) or "",
        "coverage": _coverage(known),
        "instruments": _instruments(known),
        "first_known": min(entry.known_from for entry in known),
        "confirmed_until": confirmed_until(known),
        "corrected": any(entry.corrected_by for entry in known),
        "set_by": positions_of(known, vocabulary.Described),
    }


def confirmed_until(known: Sequence[Entry]) -> date:
    """The first day past the last event or review of sources: from then on an answer is a projection of the texts."""
    reviewed = [
        date.fromisoformat(entry.payload.through) for entry in known if isinstance(entry.payload, SourcesReviewed)
    ]
    return first_day_after(max([entry.known_from for entry in known] + reviewed))


def _coverage(known: Sequence[Entry]) -> Any:
    stated = (getattr(entry.payload, "coverage", None) for entry in reversed(known))
    return plain(next((coverage for coverage in stated if coverage is not None), None))


def _instruments(known: Sequence[Entry]) -> list[Any]:
    stated = [getattr(entry.payload, "instrument", None) for entry in known]
    return [plain(instrument) for instrument in dict.fromkeys(item for item in stated if item is not None)]


def _row(segment: Segment) -> dict[str, Any]:
    state = segment.state
    return {
        "term": segment.term,
        "headline": segment.headline,
        "valid_from": segment.valid_from,
        "valid_until": segment.valid_until,
        "legal": state.legal,
        "application": state.application,
        "operational": state.operational,
        "obligation": plain(state.obligation),
        "sentence": sentence(state.obligation) if state.obligation else "",
        "rate": state.rate,
        "rate_min": state.rate_min,
        "rate_max": state.rate_max,
        "statutory_rate": state.statutory_rate,
        "suspended_points": state.suspended_points,
        "legal_causes": list(state.legal_causes),
        "rate_causes": list(state.rate_causes),
        "unknown": state.unknown,
    }


PROJECTION = Projection("measures", 1, ("measure",), (models.Measure, models.Segment), fold)
