"""Two timelines of a measure side by side: what differs on the valid clock, and known day by known day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import count, pairwise
from operator import attrgetter
from typing import Any

from measures import models, wording
from measures.growing import Growing
from measures.timeline import NOTHING, Segment, State
from tracker.clocks import DAWN, FAR
from tracker.corrections import Entry


@dataclass(frozen=True)
class Step:
    """A run of days `[start, until)` of a term, and what holds before and after the batch."""

    term: str
    start: date
    until: date
    before: State
    after: State
    said_before: str
    said_after: str

    @property
    def changed(self) -> bool:
        return self.said_before != self.said_after


@dataclass(frozen=True)
class Answer:
    """A run of valid days and of known days, both half-open, in which the answer changes, and what it says."""

    term: str
    valid_from: date
    valid_until: date
    known_from: date
    known_until: date
    before: str
    after: str


def joined(old: Sequence[Segment], new: Sequence[Segment]) -> Iterator[Step]:
    """The segments side by side, term by term, days on which both say the same joined."""
    for term in dict.fromkeys(_name(segment) for segment in [*old, *new]):
        yield from _joined(term, _of(term, old), _of(term, new))


BESIDE = 5


def near(steps: Sequence[Step], most: int) -> Sequence[Step]:
    """Of more steps than so many those that change, with a few on either side."""
    if len(steps) <= most:
        return steps
    changed = [place for place, step in enumerate(steps) if step.changed]
    shown = {place for at in changed for place in range(at - BESIDE, at + BESIDE + 1)}
    return [step for place, step in enumerate(steps) if place in shown]


def answers(before: Sequence[Entry], after: Sequence[Entry]) -> list[Answer]:
    """The answers that differ on the valid and the known clock, known day by known day, equal neighbours joined."""
    found: dict[int, Answer] = {}
    still: dict[tuple[Any, ...], tuple[int, date]] = {}
    number = count()
    for known, old, new in [*_apart(before, after), (FAR, (), ())]:
        steps = [step for step in joined(old, new) if step.changed]
        now = dict.fromkeys((step.term, step.start, step.until, step.said_before, step.said_after) for step in steps)
        for said_so in still.keys() - now.keys():
            place, since = still.pop(said_so)
            term, start, until, was, will_be = said_so
            found[place] = Answer(term, start, until, since, known, was, will_be)
        still |= {said_so: (next(number), known) for said_so in now if said_so not in still}
    return [found[place] for place in sorted(found)]


Apart = tuple[date, Sequence[Segment], Sequence[Segment]]


def _apart(before: Sequence[Entry], after: Sequence[Entry]) -> Iterator[Apart]:
    """For each known day from the first difference on the segments that one side alone has: both grow day by day."""
    first = _first_difference(before, after)
    sides = [_Side(before, first), _Side(after, first)]
    for day in sorted({*sides[0].later, *sides[1].later}):
        for own, other in (sides, sides[::-1]):
            own.grow(day, other)
        yield day, sides[0].alone, sides[1].alone


class _Side:
    """The segments of some entries, those known before a day taken as one."""

    def __init__(self, entries: Sequence[Entry], first: date) -> None:
        self.later: dict[date, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.known_from >= first:
                self.later[entry.known_from].append(entry)
        self._growing = Growing()
        self._growing.add(entry for entry in entries if entry.known_from < first)
        self._alone: set[Segment] = set()

    def grow(self, day: date, other: _Side) -> None:
        """Takes the entries of a known day; what both sides have, or neither, is not alone."""
        gone, came = self._growing.add(self.later.get(day, ()))
        self._turn(gone, other, self._alone)
        self._turn(came, self, other._alone)

    @staticmethod
    def _turn(segments: Iterable[Segment], side: _Side, there: set[Segment]) -> None:
        for segment in segments:
            if segment in there:
                there.remove(segment)
            else:
                side._alone.add(segment)

    @property
    def alone(self) -> list[Segment]:
        return sorted(self._alone, key=lambda item: (not item.headline, item.term, item.party, item.valid_from))


def _first_difference(before: Sequence[Entry], after: Sequence[Entry]) -> date:
    """The first known day on which the entries differ."""
    old, new = ({entry.position: entry for entry in side} for side in (before, after))
    places = {place for place in {**old, **new} if old.get(place) != new.get(place)}
    return min((side[place].known_from for side in (old, new) for place in places if place in side), default=FAR)


def past(changed: Sequence[Answer], today: date) -> list[Answer]:
    """Those of the changed answers that are about days before today, or as the public knew before today."""
    return [item for item in changed if item.valid_from < today or item.known_until <= today]


def _name(segment: Segment) -> str:
    """The term, and for whom alone where it is not for everybody."""
    return " for ".join(filter(None, [segment.term, segment.party]))


def _of(name: str, segments: Sequence[Segment]) -> list[Segment]:
    return [segment for segment in segments if _name(segment) == name]


def _joined(term: str, old: Sequence[Segment], new: Sequence[Segment]) -> Iterator[Step]:
    days = sorted({day for segment in [*old, *new] for day in (segment.valid_from, segment.valid_until)})
    last: Step | None = None
    for start, until in pairwise(days):
        before, after = _on(start, old), _on(start, new)
        words = said(before), said(after)
        if last and (last.said_before, last.said_after) == words:
            last = replace(last, until=until)
            continue
        if last:
            yield last
        last = Step(term, start, until, before, after, *words)
    if last:
        yield last


def _on(day: date, segments: Sequence[Segment]) -> State:
    """The state on a day; a term's segments stand in order, and no two of them hold on one day."""
    place = bisect_right(segments, day, key=attrgetter("valid_from")) - 1
    return segments[place].state if place >= 0 and day < segments[place].valid_until else NOTHING


@lru_cache(maxsize=10_000)
def said(state: State) -> str:
    """A state in a few words: `In force at 25%`, `In force but suspended`."""
    if state.unknown and state.rate is None:
        return f"{wording.LEGAL[state.legal]}; {state.unknown}"
    sentence = str(state.obligation) if state.obligation is not None and state.rate is None else ""
    words = wording.standing(as_row(Segment("", True, DAWN, FAR, state)))
    return f"{words}: {sentence}" if sentence and state.application != "not_applied" else words


SHARED = ("legal", "application", "operational", "rate", "suspended_points", "unknown")


def as_row(segment: Segment) -> models.Segment:
    """A segment in the shape in which the read model words it; never saved."""
    values = {name: getattr(segment.state, name) for name in SHARED}
    said = str(segment.state.obligation or "")
    days = {"valid_from": segment.valid_from, "valid_until": segment.valid_until}
    return models.Segment(term=segment.term, sentence=said, **days, **values)
