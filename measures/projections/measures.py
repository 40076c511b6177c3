"""Measures: what each is, and its segments over the valid clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from measures import models
from measures.events import measures as vocabulary
from measures.growing import Growing
from measures.obligations import Obligation, sentence
from measures.projections.common import plain, slug_of
from measures.projections.scopes import RunningScopes, scope_rows
from measures.timeline import Segment, first_day_after, timeline
from tracker.clocks import DAWN, FAR
from tracker.corrections import Entry
from tracker.projections import Projection
from tracker.running import Difference, Row, difference
from tracker.vocabulary import SourcesReviewed


def fold(stream: str, entries: Sequence[Entry]) -> Iterator[Row]:
    identity = _Identity(stream)
    for entry in entries:
        identity.add(entry)
    yield identity.row()
    if identity.merged_into:
        return  # the measure that it was found to be answers for it
    for segment in timeline(entries):
        yield _row(identity.slug, segment)
    yield from scope_rows(identity.slug, entries)


class RunningMeasure:
    """The same rows as a measure grows: its identity, and the segments and scopes that entries change."""

    def __init__(self, stream: str) -> None:
        self._identity = _Identity(stream)
        self._growing = Growing()
        self._scopes = RunningScopes()
        self._rows: dict[tuple[str, str, date], Row] = {}
        self._head: Row | None = None

    def add(self, entries: Sequence[Entry]) -> Difference:
        head, before = self._head, self._name()
        for entry in entries:
            self._identity.add(entry)
        self._head, name = self._identity.row(), self._name()
        named = list(self._rows.values()) if name != before else []
        gone, came = self._segments(entries)
        if name != before:
            gone, came = ([] if before[1] else named), self._rows_anew()
        elif self._identity.merged_into:
            gone, came = [], []
        went, come = self._scopes.add(entries, name)
        return difference(_by_digest([*filter(None, [head]), *gone, *went]), _by_digest([self._head, *came, *come]))

    def _name(self) -> tuple[str, str]:
        return self._identity.slug, self._identity.merged_into

    def _segments(self, entries: Sequence[Entry]) -> tuple[list[Row], list[Row]]:
        went, came = self._growing.add(entries)
        gone = [self._rows.pop(_place(segment)) for segment in went]
        fresh = {_place(segment): _row(self._identity.slug, segment) for segment in came}
        self._rows |= fresh
        return gone, list(fresh.values())

    def _rows_anew(self) -> list[Row]:
        """Every row bears the measure's name; of one that was found to be another there are none."""
        slug = self._identity.slug
        self._rows = {place: Row(row.model, row.values | {"slug": slug}) for place, row in self._rows.items()}
        return [] if self._identity.merged_into else list(self._rows.values())


def _place(segment: Segment) -> tuple[str, str, date]:
    return segment.term, segment.party, segment.valid_from


def _by_digest(rows: Iterable[Row]) -> dict[bytes, Row]:
    return {row.digest: row for row in rows}


class _Identity:
    """What a measure is, entry by entry."""

    def __init__(self, stream: str) -> None:
        self.slug = slug_of(stream)
        self.described: vocabulary.Described | None = None
        self.slugs = [self.slug]
        self.merged_into = ""
        self.coverage: Any = None
        self.instruments: dict[Any, Any] = {}
        self.first_known = FAR
        self.confirmed_until = DAWN
        self.corrected = False
        self.set_by: set[int] = set()

    def add(self, entry: Entry) -> None:
        payload: Any = entry.payload
        if isinstance(payload, vocabulary.Described):
            self.described = payload
            self.set_by.update(entry.positions)
        elif isinstance(payload, vocabulary.Renamed):
            self.slug = payload.slug
            self.slugs.append(payload.slug)
        elif isinstance(payload, vocabulary.Merged):
            self.merged_into = payload.into
        if (coverage := getattr(payload, "coverage", None)) is not None:
            self.coverage = plain(coverage)
        if (instrument := getattr(payload, "instrument", None)) is not None:
            self.instruments.setdefault(instrument, plain(instrument))
        self.first_known = min(self.first_known, entry.known_from)
        self.confirmed_until = max(self.confirmed_until, _confirmed_until(entry))
        self.corrected = self.corrected or bool(entry.corrected_by)

    def row(self) -> Row:
        described = self.described
        return Row(
            models.Measure,
            {
                "slug": self.slug,
                "aliases": tuple(name for name in dict.fromkeys(self.slugs) if name != self.slug),
                "merged_into": self.merged_into,
                "title": described.title if described else self.slug,
                "kind": described.kind if described else "other",
                "direction": described.direction if described else "other",
                "implementer": described.implementer if described else "",
                "targets": described.targets if described else (),
                "authority": (described.authority if described else None) or "",
                "dispute": (described.dispute if described else None) or "",
                "retaliation_for": described.retaliation_for if described else (),
                "part_of": (described.part_of if described else None) or "",
                "successor_of": (described.successor_of if described else None) or "",
                "coverage": self.coverage,
                "instruments": tuple(self.instruments.values()),
                "first_known": self.first_known,
                "confirmed_until": self.confirmed_until,
                "corrected": self.corrected,
                "set_by": tuple(sorted(self.set_by)),
            },
        )


def confirmed_until(known: Sequence[Entry]) -> date:
    """The first day past the last event or review of sources: from then on an answer is a projection of the texts."""
    return max(map(_confirmed_until, known))


def _confirmed_until(entry: Entry) -> date:
    reviewed = date.fromisoformat(entry.payload.through) if isinstance(entry.payload, SourcesReviewed) else DAWN
    return first_day_after(max(entry.known_from, reviewed))


def _row(slug: str, segment: Segment) -> Row:
    state = segment.state
    obligation, said = _in_words(msgspec.json.encode(state.obligation))
    values = {
        "slug": slug,
        "term": segment.term,
        "headline": segment.headline,
        "party": segment.party,
        "valid_from": segment.valid_from,
        "valid_until": segment.valid_until,
        "legal": state.legal,
        "application": state.application,
        "operational": state.operational,
        "obligation": obligation,
        "sentence": said,
        "rate": state.rate,
        "rate_min": state.rate_min,
        "rate_max": state.rate_max,
        "statutory_rate": state.statutory_rate,
        "suspended_points": state.suspended_points,
        "applies_by": state.applies_by,
        "in_transit": state.in_transit,
        "legal_causes": state.legal_causes,
        "rate_causes": state.rate_causes,
        "unknown": state.unknown,
    }
    return Row(models.Segment, values)


@lru_cache(10_000)
def _in_words(text: bytes) -> tuple[dict[str, Any] | None, str]:
    """An obligation as JSON values and as its sentence: few are stated, and each again and again."""
    obligation = msgspec.json.decode(text, type=Obligation | None)
    return plain(obligation), sentence(obligation) if obligation else ""


PROJECTION = Projection(
    "measures", 5, ("measure",), (models.Measure, models.Segment, models.Scope), fold, RunningMeasure
)
