"""The acts on a term as they stand on one day: revoked ones gone, postponed ones moved, ended ones cut off.

Coarse dates are settled by a guess that the caller makes for each: has it come by the day, or not? `asked` holds the
coarse dates that mattered and that nobody guessed; the fold tries both ways.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice, takewhile
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from measures.events import measures as vocabulary
from measures.lanes import Act, Lane
from tracker.clocks import FAR, Span

NO_ORDER = (date.min, 0, 0)
"""Before the order of every entry."""


class Coarse(NamedTuple):
    """A coarse date of an entry: which entry, which of its dates, the days that it may be, and by when it matters."""

    position: int
    which: str
    span: Span
    by: date

    def __str__(self) -> str:
        if self.span.latest == FAR:
            return f"{self.which} of entry {self.position} is not stated"
        between = f"{self.span.earliest} and {self.span.latest}"
        return f"{self.which} of entry {self.position} is only known to lie between {between}"


class Term:
    """The acts on one term in order, by lane; and those on other entries, by lane and the entry they name.

    The obligations with an exact first day that nothing moves also stand in order of that day, so that the one of a
    day is found without going through all.
    """

    def __init__(self, acts: Iterable[Act] = ()) -> None:
        self.lanes: dict[Lane, list[Act]] = {}
        self.on: dict[Lane, dict[UUID, list[Act]]] = {}
        self.by_entry: dict[UUID, list[Act]] = defaultdict(list)
        self.whole: list[Act] = []
        """The obligations that hold for their whole period over those before them."""
        self.by_day: list[Act] = []
        self.by_no_day: list[Act] = []
        self.promotes = False
        """Whether some act rests on an announcement."""
        for act in acts:
            self.add(act)

    def add(self, act: Act) -> None:
        """Takes one more act, in order."""
        self.by_entry[act.entry.id].append(act)
        self.promotes = self.promotes or promoted(act)
        if act.target:
            self.on.setdefault(act.lane, {}).setdefault(act.target, []).append(act)
            self._moved(act)
            return
        self.lanes.setdefault(act.lane, []).append(act)
        if act.lane == Lane.OBLIGATION and act.start is not None:
            self.whole += [act] if act.covers else []
            if act.start.exact and not self.naming(Lane.MOVE, act.entry.id):
                insort(self.by_day, act, key=_day_and_order)
            else:
                self.by_no_day.append(act)

    def _moved(self, move: Act) -> None:
        if move.lane == Lane.MOVE:
            for act in [act for act in self.by_day if act.entry.id == move.target]:
                self.by_day.remove(act)
                insort(self.by_no_day, act, key=attrgetter("entry.order"))

    def of(self, lane: Lane) -> Sequence[Act]:
        return self.lanes.get(lane, ())

    def naming(self, lane: Lane, entry: UUID) -> Sequence[Act]:
        named = self.on.get(lane)
        return named.get(entry, ()) if named else ()

    def begun_by(self, day: date) -> Iterator[Act]:
        """The obligations that stand in order of their first day and have begun, the latest first."""
        for place in reversed(range(bisect_right(self.by_day, day, key=first_day))):
            yield self.by_day[place]


first_day = attrgetter("start.earliest")


def _day_and_order(act: Act) -> tuple[date, tuple[date, int, int]]:
    assert act.start is not None
    return act.start.earliest, act.entry.order


class Standing:
    """The lanes of a term on one day, under some guesses about coarse dates."""

    def __init__(self, term: Term, day: date, guesses: Mapping[Coarse, bool]) -> None:
        self.term, self.day, self.guesses = term, day, guesses
        self.asked: list[Coarse] = []
        self._judging: set[UUID] = set()
        ends = term.of(Lane.END)
        come = (act for act in ends if self.stands(act) and self.started(act))
        self.end = max(come, key=attrgetter("entry.order"), default=None) if ends else None
        """The last end that has come: it takes everything before it in order out of all lanes."""
        self._all_left = not (self.end or term.on or term.promotes)
        """Whether nothing is there that may take an act out."""

    def lane(self, lane: Lane) -> Iterable[Act]:
        """What is left of a lane, the last in order first."""
        return self._left_of(self.term.of(lane))

    def covering(self, lane: Lane) -> Iterable[Act]:
        """What covers the day in a lane, the last in order first."""
        acts = self.term.of(lane)
        return filter(self.covers, self._left_of(acts)) if acts else ()

    def covers(self, act: Act) -> bool:
        return self.started(act) and not self.over(act)

    def obligations(self) -> list[Act]:
        """What may be the obligation of the day, in order: one, several where coarse first days leave it open, or none.

        The last covering entry in order that holds for its whole period replaces everything before it; of it and those
        after it the one with the latest first day wins, ties by order. So an entry effective earlier never wipes one
        effective later that was announced no later than it.
        """
        if not (self.term.whole or self.term.by_no_day):
            return list(islice(self._begun(), 1))
        whole = filter(self.covers, self._left_of(self.term.whole))
        after = next((act.entry.order for act in whole), NO_ORDER)
        rivals = list(filter(self.covers, self._left_of(self.term.by_no_day)))
        begun = list(islice((act for act in self._begun() if act.entry.order >= after), 1))
        if not rivals:
            return begun
        rivals += begun
        starts = [(first, act) for act in rivals if (first := self.start(act)[0]) and act.entry.order >= after]
        certain = max(((first.earliest, act.entry.order) for first, act in starts), default=None)
        found = [act for first, act in starts if certain and (min(first.latest, self.day), act.entry.order) >= certain]
        return sorted(found, key=attrgetter("entry.order"))

    def _begun(self) -> Iterator[Act]:
        """The obligations with an exact first day that cover the day, the latest first."""
        left = self.term.begun_by(self.day) if self._all_left else filter(self._left, self.term.begun_by(self.day))
        return (act for act in left if not self.over(act))

    def stated(self) -> Iterator[Act]:
        """Every obligation that was stated for the term, whether or not it ever applies."""
        return (act for act in self.term.of(Lane.OBLIGATION) if self.stands(act))

    def _left_of(self, acts: Sequence[Act]) -> Iterable[Act]:
        """What is left of acts in order, the last first; behind the last end nothing is."""
        if self._all_left or not acts:
            return reversed(acts)
        found = takewhile(self._after_the_end, reversed(acts)) if self.end else reversed(acts)
        return filter(self._left, found)

    def _left(self, act: Act) -> bool:
        if self.end and not self._after_the_end(act):
            return False
        return self.stands(act) and not (promoted(act) and self._gives_way(act))

    def _after_the_end(self, act: Act) -> bool:
        return self.end is None or act.entry.order > self.end.entry.order

    def stands(self, act: Act) -> bool:
        """Whether no revocation of the act's entry counts on the day. Entries that revoke each other both stand."""
        if not self.term.on:
            return True
        entry = act.entry.id
        revocations = self.term.naming(Lane.REVOKE, entry)
        if not revocations or entry in self._judging:
            return True
        self._judging.add(entry)
        revoked = any(self.stands(item) and self.started(item) for item in revocations)
        self._judging.discard(entry)
        return not revoked

    def start(self, act: Act) -> tuple[Span | None, int]:
        """The first day after postponements, None where there is none, and the position of who says so."""
        if self.term.on and (named := self.term.naming(Lane.MOVE, act.entry.id)):
            moves = [move for move in named if self._counts(move)]
            if moves and act.lane != Lane.STAGE and act.start is not None:
                return moves[-1].value, moves[-1].entry.position
        return act.start, act.entry.position

    def _counts(self, act: Act) -> bool:
        """Whether an act on another entry counts on the day; it does from its effective day, or ever."""
        return self.stands(act) and (act.start is None or self._come(act.start, act.entry.position, "the first day"))

    def started(self, act: Act) -> bool:
        first, position = self.start(act)
        moved = position != act.entry.position
        which = "the new first day" if moved else "the day" if act.lane == Lane.STAGE else "the first day"
        return self._come(first, position, which)

    def over(self, act: Act, by: date | None = None) -> bool:
        """Whether the act's period has ended by a day, after extensions, shortenings and conditions."""
        over = act.until is not None and self._come(act.until, act.entry.position, "the end", by)
        if not self.term.on:
            return over
        for change in self._ends_set(act):
            new = self._come(change.until, change.entry.position, "the end", by)
            over = over or new if change.value == "earlier" else new
        return over

    def _ends_set(self, act: Act) -> list[Act]:
        return [change for change in self.term.naming(Lane.UNTIL, act.entry.id) if self.stands(change)]

    def _come(self, when: Span | None, position: int, which: str, by: date | None = None) -> bool:
        """Whether a date has come by a day; where it is coarse, as guessed, and noted where nobody did."""
        day = by or self.day
        if when is None or when.earliest > day:
            return False
        if when.latest <= day:
            return True
        coarse = Coarse(position, which, when, day)
        if coarse not in self.guesses:
            self.asked.append(coarse)
        return self.guesses.get(coarse, False)

    def positions(self, found: Sequence[Act]) -> tuple[int, ...]:
        """The log positions behind some acts: the entries, their corrections, and what moved their start or end."""
        behind = self._behind(found)
        if len(behind) == 1:
            return behind[0].entry.positions
        return tuple(sorted({position for act in behind for position in act.entry.positions}))

    def _behind(self, found: Sequence[Act]) -> Sequence[Act]:
        if not self.term.on:
            return found
        behind = [*found]
        for act in found:
            behind += [move for move in self.term.naming(Lane.MOVE, act.entry.id) if self._counts(move)][-1:]
            behind += self._ends_set(act)
        return behind

    def doubts(self, lane: str, found: Sequence[Act]) -> list[Act]:
        """The last entry that says a status not to be known, where it comes after the acts that give it and what moved
        their start or end; none where a later act says it again."""
        if not self.term.of(Lane.DOUBT):
            return []
        said = max((act.entry.order for act in self._behind(found)), default=NO_ORDER)
        doubts = (act for act in self.covering(Lane.DOUBT) if act.value.of(lane))
        return [act for act in islice(doubts, 1) if act.entry.order > said]

    # An announcement is promoted by the calendar; these two rules say when something binding stands in its place.

    def _gives_way(self, act: Act) -> bool:
        return self._replaced(act) or (act.lane == Lane.LIFE and self._changes_only(act))

    def _replaced(self, act: Act) -> bool:
        """The instrument wins: a dated adoption takes the place of the announcements before it that are effective no
        later than itself, wholly where they had not begun when it became known, else from its own first day."""
        first, _ = self.start(act)
        if first is None:
            return False
        return any(
            first.latest >= other.entry.known_from or self.started(other)
            for other in self._others(act)
            if isinstance(other.entry.payload, vocabulary.Adopted) and other.entry.order > act.entry.order
            if other.start and other.start.latest < FAR and first.earliest <= other.start.earliest
        )

    def _changes_only(self, act: Act) -> bool:
        """An announcement for a day on which its term lives already changes the rate; it gives no life of its own."""
        day = act.start.earliest if act.start else FAR
        earlier = (
            other
            for other in self._others(act)
            if not announces(other) or (other.entry.order < act.entry.order and not self._gives_way(other))
        )
        return any(self._stated_for(other, day) and not self._ended_between(other, act, day) for other in earlier)

    def _others(self, act: Act) -> list[Act]:
        return [other for other in self.term.of(act.lane) if other.entry.id != act.entry.id and self.stands(other)]

    def _stated_for(self, act: Act, day: date) -> bool:
        """Whether a day lies for certain in the longest period that was ever stated for the act."""
        untils = [act.until, *(change.until for change in self._ends_set(act))]
        longest = max(until.latest if until else FAR for until in untils)
        return act.start is not None and act.start.latest <= day < longest

    def _ended_between(self, before: Act, after: Act, day: date) -> bool:
        ends = (end for end in self.term.of(Lane.END) if end.start and end.start.earliest <= day)
        return any(before.entry.order < end.entry.order < after.entry.order and self.stands(end) for end in ends)


def promoted(act: Act) -> bool:
    """Whether the calendar brings the act about on the strength of an announcement alone."""
    return act.lane in (Lane.LIFE, Lane.OBLIGATION) and announces(act)


def announces(act: Act) -> bool:
    """Whether the act rests on an announcement, which is not binding by itself."""
    return isinstance(act.entry.payload, vocabulary.Announced)
