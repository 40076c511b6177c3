"""The timeline of a measure as its entries come in order: each changes the days that it may reach, and no others.

`timeline` is the definition; this gives the same segments for less, as a property test holds it to.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from operator import attrgetter
from uuid import UUID

import msgspec

from measures import acts, terms
from measures.lanes import Act, Lane
from measures.obligations import rate_range
from measures.standing import Term, announces, first_day
from measures.timeline import Part, Segment, extend, first_day_after, of_term, spans_of
from tracker.clocks import DAWN, FAR
from tracker.corrections import Entry

Change = tuple[list[Segment], list[Segment]]
"""The segments that go, and those that come."""


class Growing:
    """The segments of every term of a measure, entry by entry."""

    def __init__(self) -> None:
        self._found: list[Act] = []
        self._of: dict[str | None, list[tuple[int, Act]]] = defaultdict(list)
        """The acts on each term, and under None those on every term, with their places among all."""
        self._parties: dict[str | None, dict[str, None]] = defaultdict(dict)
        """Those for whom alone some of these acts count, in the order of their first mention."""
        self._names: dict[str, None] = {}
        self._parts: dict[tuple[str, str], _GrowingTerm] = {}
        self._named_more = True
        """Whether the newest acts may name a term or a party for the first time."""

    def add(self, entries: Iterable[Entry]) -> Change:
        fresh = list(self._read(entries))
        gone = self._named(fresh)
        came: list[Segment] = []
        for part in self._parts.values():
            more = part.add(of_term(fresh, *part.key))
            gone += more[0]
            came += more[1]
        for begun in self._missing() if self._named_more else ():
            self._parts[begun.key] = begun
            begun.add(self._so_far(begun))
            came += begun.segments
        return gone, came

    def _named(self, fresh: Iterable[Act]) -> list[Segment]:
        """Notes the terms that are named; the first ends what acts that name none were about, while none was named."""
        before = len(self._names)
        self._names |= {act.term: None for act in fresh if act.term and terms.names_its_term(act)}
        self._named_more = not self._parts or len(self._names) > before or any(act.parties for act in fresh)
        if before or not self._names:
            return []
        nameless, self._parts = self._parts, {}
        return [segment for part in nameless.values() for segment in part.segments]

    def _missing(self) -> Iterator[_GrowingTerm]:
        """Terms, and parties with segments of their own, that are new."""
        for place, name in enumerate(self._names or [terms.MAIN]):
            named = (party for about in terms.named_for(name) for party in self._parties[about])
            for party in dict.fromkeys(("", *named)):
                if (name, party) not in self._parts:
                    yield _GrowingTerm(Part(name, place == 0 and not party, party))

    def _so_far(self, part: _GrowingTerm) -> list[Act]:
        """All acts on a term so far."""
        name, party = part.key
        found = sorted([*self._of[name], *self._of[None]], key=lambda placed: placed[0])
        return of_term([act for _, act in found], name, party)

    def _read(self, entries: Iterable[Entry]) -> Iterator[Act]:
        for entry in entries:
            for act in acts.read(entry, self._found):
                self._of[act.term].append((len(self._found), act))
                self._parties[act.term] |= dict.fromkeys(act.parties)
                self._found.append(act)
                yield act


class _GrowingTerm:
    def __init__(self, part: Part) -> None:
        self._part = part
        self.key = (part.term, part.party)
        self.segments: list[Segment] = []
        self._term = Term()
        self._changing: list[date] = []
        self._coarse = False
        self._rated = False

    def add(self, fresh: Sequence[Act]) -> Change:
        if not fresh:
            return [], []
        begun = self._changing[:1]
        for act in fresh:
            self._term.add(act)
            self._note_days(act)
        first = DAWN if self._changing[:1] != begun else self._first_day_reached(fresh)
        return self._between(first, self._next_rate(fresh) if first > DAWN else FAR) if first < FAR else ([], [])

    def _note_days(self, act: Act) -> None:
        for item in spans_of(act):
            self._coarse = self._coarse or not item.exact
            for day in {item.earliest, item.latest} - {FAR}:
                place = bisect_left(self._changing, day)
                if self._changing[place : place + 1] != [day]:
                    self._changing.insert(place, day)

    def _between(self, first: date, until: date) -> Change:
        """Does the days from one to another anew. A segment that ends or lies there may go on, so it is taken along."""
        place = bisect_left(self.segments, first, key=attrgetter("valid_until"))
        beyond = bisect_left(self.segments, until, place, key=attrgetter("valid_from"))
        old = self.segments[place:beyond]
        new = [msgspec.structs.replace(old[0], valid_until=first)] if old and old[0].valid_from < first else []
        until = max(until, old[-1].valid_until) if old else until
        extend(new, self._part, self._term, self._days(first, until))
        self.segments[place:beyond] = new
        before, after = ({segment.valid_from: segment for segment in some} for some in (old, new))
        gone = [segment for segment in old if after.get(segment.valid_from) != segment]
        return gone, [segment for segment in new if before.get(segment.valid_from) != segment]

    def _days(self, first: date, until: date) -> list[date]:
        """The first day and every later one on which the answer may change; before the very first nothing is said."""
        days = self._changing[bisect_left(self._changing, first) : bisect_left(self._changing, until)]
        if self._changing and self._changing[0] < first and days[:1] != [first]:
            days.insert(0, first)
        if self._coarse:
            days = sorted(day for day in {*days, *map(first_day_after, days)} if day < until)
        return [*days, until]

    # How far new acts reach. To reach too far costs time alone.

    def _next_rate(self, fresh: Sequence[Act]) -> date:
        """The first day that new acts leave as it was. A new rate holds until the next one that began after it, where
        all are of exact days and without an end, nothing ends or moves them, and none rests on an announcement."""
        term = self._term
        if term.on or term.whole or term.by_no_day or term.of(Lane.END) or term.promotes:
            return FAR
        if any(act.lane != Lane.OBLIGATION for act in fresh):
            return FAR
        last = max(act.start.latest for act in fresh if act.start)
        place = bisect_right(term.by_day, last, key=first_day)
        return term.by_day[place].start.earliest if place < len(term.by_day) else FAR  # type: ignore[union-attr]

    def _first_day_reached(self, fresh: Sequence[Act]) -> date:
        if self._first_rate(fresh) or self._term.on.keys() & {Lane.REVOKE, Lane.MOVE}:
            return DAWN
        first = min((day for act in fresh for day in self._own_days(act)), default=FAR)
        if any(act.lane in (Lane.LIFE, Lane.OBLIGATION, Lane.UNTIL) for act in fresh):
            pending = (act for act in self._announced() if self._starts_after(act, first, fresh))
            first = min([first, *(day for act in pending for day in self._days_of(act.entry.id))])
        return first

    def _first_rate(self, fresh: Sequence[Act]) -> bool:
        """Whether a rate is stated for the first time: until then no day has one, from then on idle days have 0."""
        stated = (act.value for act in fresh if act.lane == Lane.OBLIGATION)
        before, self._rated = self._rated, self._rated or any(rate_range(value) != (None, None) for value in stated)
        return self._rated and not before

    def _own_days(self, act: Act) -> Iterator[date]:
        if act.start:
            yield act.start.earliest
        if act.target:
            yield from (item.earliest for item in spans_of(act))
            yield from self._days_of(act.target)

    def _days_of(self, entry: UUID) -> Iterator[date]:
        return (act.start.earliest for act in self._term.by_entry[entry] if act.start)

    def _announced(self) -> Iterator[Act]:
        return (act for act in self._term.of(Lane.LIFE) if announces(act))

    def _starts_after(self, act: Act, first: date, fresh: Sequence[Act]) -> bool:
        """Whether an announcement may give way, or stand again, because of new acts."""
        known = min(other.entry.known_from for other in fresh)
        return act.start is not None and act.start.latest >= min(first, known)
