"""Streams in words: what happened, by the day it was known, with sources and corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from measures import queries
from measures.api import building, filters
from measures.api.shapes.history import Change, CorrectionShape, HistoryItem, HistoryShape
from tracker import events, log
from tracker.api.clocks import Question
from tracker.api.parameters import Parameter
from tracker.api.reading import ReadAt
from tracker.api.views import named, sentence
from tracker.corrections import ENVELOPE_FIELDS, Entry, settle
from tracker.known import Placed
from tracker.log import Recorded


class Told:
    """The events of some streams in words, with what corrected or retracted each."""

    def __init__(self, found: Sequence[Recorded], question: Question) -> None:
        self.question = question
        self.settled = {entry.id: entry for entry in _settled(found)}
        self.touching: dict[UUID | None, list[Recorded]] = defaultdict(list)
        for item in found:
            self.touching[item.corrects].append(item)
        self.positions = log.places(named(found))
        self.apart = building.disagreements(self.settled.values(), question)
        """Where an announcement and an instrument differ, by position of either."""

    def known(self, known_at: date | None) -> list[Placed]:
        """The events known by a day in order of the known clock; those retracted stand where they stood."""
        placed = (self._placed(item) for item in self.touching[None])
        return sorted(item for item in placed if known_at is None or item.known_from <= known_at)

    def items(self, known_at: date | None) -> list[HistoryItem]:
        return [self.item(placed.event) for placed in self.known(known_at)]

    def item(self, event: Recorded) -> HistoryItem:
        entry = self.settled.get(event.id)
        data = events.encode(entry.payload) if entry else event.data
        said: Any = entry or event
        return HistoryItem(
            position=event.position,
            url=self.question.link(event.position).url,
            id=str(event.id),
            type=event.type,
            known_from=said.known_from,
            known_seq=said.known_seq,
            occurred_on=said.occurred_on,
            recorded_at=event.envelope["recorded_at"],
            sentence=sentence(said, self.positions),
            summary=data.get("summary"),
            note=data.get("note"),
            chosen_because=data.get("chosen_because"),
            sources=building.sources(data.get("sources", ())),
            disagrees_with=self.apart.get(event.position, []),
            corrected=bool(entry and entry.corrected_by),
            retracted=entry is None,
            corrections=self._corrections(event),
        )

    def _corrections(self, event: Recorded) -> list[CorrectionShape]:
        return [self._correction(item, event) for item in self.touching[event.id]]

    def _correction(self, item: Recorded, of: Recorded) -> CorrectionShape:
        return CorrectionShape(
            position=item.position,
            url=self.question.link(item.position).url,
            type=item.type,
            recorded_at=item.envelope["recorded_at"],
            sentence=sentence(item, self.positions),
            reason_code=item.data["reason_code"],
            changes=_changes(item.data.get("patch", {}), of),
            sources=building.sources(item.data["sources"]),
            retracted=self._is_retracted(item),
            corrections=self._corrections(item),
        )

    def _is_retracted(self, item: Recorded) -> bool:
        """Whether a retraction that stands takes the entry out."""
        takers = (other for other in self.touching[item.id] if other.type == "entry.retracted")
        return any(not self._is_retracted(other) for other in takers)

    def _placed(self, event: Recorded) -> Placed:
        said: Entry | Recorded = self.settled.get(event.id) or event
        return Placed(said.known_from or date.max, said.known_seq or 0, event.position, event)


def _settled(found: Sequence[Recorded]) -> list[Entry]:
    streams: dict[str, list[Recorded]] = defaultdict(list)
    for item in found:
        streams[item.stream].append(item)
    return [entry for history in streams.values() for entry in settle(history)]


def _changes(patch: Mapping[str, Any], of: Recorded) -> list[Change]:
    """What a correction sets, beside what was first written."""
    first = {name: msgspec.to_builtins(getattr(of, name)) for name in ENVELOPE_FIELDS} | of.data
    return [Change(field=name, was=first.get(name), now=now) for name, now in sorted(patch.items())]


class History(ReadAt):
    """The base of the histories: a stream read from the log alone."""

    category: ClassVar[str]
    shape = HistoryShape
    problems = ("never-recorded",)

    def stream(self, slug: str, question: Question) -> str:
        return f"{self.category}/{slug}"

    def answer_at(self, question: Question, **path: Any) -> HistoryShape:
        stream = self.stream(path["slug"], question)
        found = log.read(stream=stream, upto=question.point.position)
        if not found:
            filters.check_recorded(*stream.split("/"))
        items = Told(found, question).items(question.values["known_at"])
        return HistoryShape(stream=stream, unknown=None if found else building.not_yet(None, date.max), results=items)


def _slug(what: str, example: str) -> tuple[Parameter, ...]:
    return (filters.path_slug(what, example),)


class MeasureHistory(History):
    """What happened to a measure, in words, with the sources.

    Events by the day they were known; `known_at` leaves out later ones. A correction is not a change: it stands with
    the entry that it concerns, which reads as corrected. What was retracted stays readable and is marked.
    """

    tag = "measures"
    category = "measure"
    projections = ("measures",)
    path_parameters = _slug("measure", "us-ieepa-reciprocal-cn")

    def stream(self, slug: str, question: Question) -> str:
        """The stream of the measure that answers to the slug; what was merged away keeps its own in the feed."""
        row = queries.named(slug, question.point)
        return (row.stream if row else queries.stream_of(slug, question.point)) or super().stream(slug, question)


class NegotiationHistory(History):
    """What happened in a negotiation, in words, with the sources.

    Events by the day they were known; `known_at` leaves out later ones. A correction is not a change: it stands with
    the entry that it concerns, which reads as corrected. What was retracted stays readable and is marked.
    """

    tag = "negotiations"
    category = "negotiation"
    path_parameters = _slug("negotiation", "us-cn-2025")
