"""What pages show of the log: events as sentences with their sources, and what was corrected."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, get_args

import msgspec

from measures import obligations
from measures.disagreements import Opposite, by_position
from measures.wording import official_first
from tracker import log
from tracker.clocks import LAST_DAY, Point
from tracker.corrections import ENVELOPE_FIELDS, Entry, settle
from tracker.events import EventError
from tracker.log import Recorded
from tracker.sentences import say

OBLIGATIONS = get_args(obligations.Obligation)


@dataclass(frozen=True)
class Item:
    """An event in words, with the corrections and retractions that concern it, and what it disagrees with."""

    event: Recorded
    sentence: str
    touched_by: tuple[Recorded, ...] = ()
    apart: tuple[Opposite, ...] = ()

    @property
    def sources(self) -> list[dict[str, Any]]:
        """Official ones first."""
        return official_first(self.event.data.get("sources", []))

    @property
    def summary(self) -> str:
        """The editor's own words, where the sentence does not hold them already."""
        summary = self.event.data.get("summary") or ""
        return "" if summary in self.sentence else summary

    @property
    def retracted(self) -> bool:
        return any(event.type == "entry.retracted" for event in self.touched_by)

    @property
    def corrected(self) -> bool:
        return any(event.type == "entry.corrected" for event in self.touched_by)


def sentence(event: Recorded, positions: Mapping[str, int] | None = None) -> str:
    """The sentence of an event; its type where this code does not know it."""
    try:
        return say(event, positions)
    except EventError:
        return event.type


def items(history: Sequence[Recorded], known_at: date = LAST_DAY) -> list[Item]:
    """The events of one stream in words, oldest first; entries that they name by id are given by position."""
    positions = {str(event.id): event.position for event in history}
    touched, apart = _live_corrections(history), by_position(settle(history), known_at)
    return [
        Item(
            event,
            sentence(event, positions),
            tuple(touched[event.id]),
            tuple(apart[event.position]),
        )
        for event in history
    ]


def listed(events: Sequence[Recorded]) -> list[Item]:
    """Events of any streams in words, in the order given."""
    named = [str(event.corrects) for event in events if event.corrects]
    named += [event.data["entry"] for event in events if isinstance(event.data.get("entry"), str)]
    positions = log.places(named)
    return [Item(event, sentence(event, positions)) for event in events]


def patch(event: Recorded, history: Sequence[Recorded]) -> list[tuple[str, str, str]]:
    """For a correction, each field with what our record said before and what it says since, in words."""
    if event.type != "entry.corrected":
        return []
    before = [item for item in history if item.position < event.position]
    was, now = (_entry(part, event.corrects) for part in (before, [*before, event]))
    return [(name, _field(was, name), _field(now, name)) for name in event.data["patch"]]


def _entry(history: Sequence[Recorded], id: Any) -> Entry | None:
    return next((entry for entry in settle(history) if entry.id == id), None)


def _field(entry: Entry | None, name: str) -> str:
    """A field of an entry or of its payload in words; of what was retracted in between there is none."""
    holder = entry if name in ENVELOPE_FIELDS else getattr(entry, "payload", None)
    value = getattr(holder, name, None)
    if isinstance(value, OBLIGATIONS):
        return obligations.sentence(value)
    if isinstance(value, str | int | None):
        return "" if value is None else str(value)
    return msgspec.json.encode(value).decode().strip('"')


def _live_corrections(history: Sequence[Recorded]) -> dict[Any, list[Recorded]]:
    """For each entry the corrections and retractions that hold: those that no later retraction took out."""
    gone: set[Any] = set()
    touched: dict[Any, list[Recorded]] = defaultdict(list)
    for event in sorted(history, key=lambda event: event.position, reverse=True):
        if event.corrects is None or event.id in gone:
            continue
        touched[event.corrects].insert(0, event)
        if event.type == "entry.retracted":
            gone.add(event.corrects)
    return touched


def known(found: Iterable[Item], point: Point) -> list[Item]:
    """Those known on the point's known day. A correction is shown with the entry that it concerns."""
    seen: set[Any] = set()
    shown = []
    for item in found:
        event = item.event
        if event.corrects in seen or (event.known_from is not None and event.known_from <= point.known_at):
            seen.add(event.id)
            shown.append(item)
    return shown


def corrections_among(*groups: Iterable[Any]) -> set[int]:
    """Which of the positions that set some rows are corrections."""
    positions = {position for rows in groups for row in rows for position in row.set_by}
    return {event.position for event in log.read(type="entry.corrected", positions=positions)}


@dataclass(frozen=True)
class Cited:
    """The sources of some rows, each once, the one that most rows rest on first."""

    events: Sequence[Recorded]

    @cached_property
    def sources(self) -> list[dict[str, Any]]:
        sources = [source for event in self.events for source in event.data.get("sources", [])]
        named = Counter((source["title"], source.get("url", "")) for source in sources)
        first = {(source["title"], source.get("url", "")): source for source in reversed(sources)}
        return official_first(first[key] for key, _ in named.most_common())


def cited(rows: Iterable[Any]) -> Cited:
    """The sources of the events that set some rows, in one query."""
    return Cited(log.read(positions={position for row in rows for position in row.set_by}))
