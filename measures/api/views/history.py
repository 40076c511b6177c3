"""Streams in words: what happened, by the day it was known, with sources and corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from measures.api import building, filters
from measures.api.shapes import Change, CorrectionShape, HistoryItem, HistoryShape
from tracker import events, log
from tracker.api.clocks import Question
from tracker.api.parameters import Parameter
from tracker.api.reading import ReadAt
from tracker.api.views import named, sentence
from tracker.corrections import ENVELOPE_FIELDS, Entry, settle
from tracker.log import Recorded


class Told:
    """The events of some streams in words, with what corrected or retracted each."""

    def __init__(self, found: Sequence[Recorded], question: Question) -> None:
        self.question = question
        self.settled = {entry.id: entry for entry in _settled(found)}
        self.applied = {place for entry in self.settled.values() for place in entry.corrected_by}
        self.touching: dict[UUID | None, list[Recorded]] = defaultdict(list)
        for item in found:
            self.touching[item.corrects].append(item)
        self.positions = log.places(named(found))

    def items(self, known_at: date | None) -> list[HistoryItem]:
        """The events known by a day in order of the known clock; those retracted stand where they stood."""
        found = [item for item in self.touching[None] if _is_known(self._known_from(item), known_at)]
        return [self.item(event) for event in sorted(found, key=self._order)]

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
            sources=building.sources(data.get("sources", ())),
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

    def _known_from(self, event: Recorded) -> date:
        entry = self.settled.get(event.id)
        return (entry.known_from if entry else event.known_from) or date.max

    def _order(self, event: Recorded) -> tuple[date, int, int]:
        said: Entry | Recorded = self.settled.get(event.id) or event
        return (self._known_from(event), said.known_seq or 0, event.position)


def _settled(found: Sequence[Recorded]) -> list[Entry]:
    streams: dict[str, list[Recorded]] = defaultdict(list)
    for item in found:
        streams[item.stream].append(item)
    return [entry for history in streams.values() for entry in settle(history)]


def _is_known(day: date, known_at: date | None) -> bool:
    return known_at is None or day <= known_at


def _changes(patch: Mapping[str, Any], of: Recorded) -> list[Change]:
    """What a correction sets, beside what was first written."""
    first = {name: msgspec.to_builtins(getattr(of, name)) for name in ENVELOPE_FIELDS} | of.data
    return [Change(field=name, was=first.get(name), now=now) for name, now in sorted(patch.items())]


class History(ReadAt):
    """The base of the histories: a stream read from the log alone."""

    category: ClassVar[str]
    shape = HistoryShape
    problems = ("never-recorded",)

    def answer_at(self, question: Question, **path: Any) -> HistoryShape:
        stream = f"{self.category}/{path['slug']}"
        found = log.read(stream=stream, upto=question.point.position)
        if not found:
            filters.check_recorded(self.category, path["slug"])
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
    path_parameters = _slug("measure", "us-ieepa-reciprocal-cn")


class NegotiationHistory(History):
    """What happened in a negotiation, in words, with the sources.

    Events by the day they were known; `known_at` leaves out later ones. A correction is not a change: it stands with
    the entry that it concerns, which reads as corrected. What was retracted stays readable and is marked.
    """

    tag = "negotiations"
    category = "negotiation"
    path_parameters = _slug("negotiation", "us-cn-2025")
