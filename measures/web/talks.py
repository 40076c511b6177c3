"""Talks as rounds: who met when and where, what each side wanted, and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from measures.models import Agreement, Commitment, Delegation, Meeting, Position
from measures.queries import overdue
from measures.web.words import minutes, plain
from tracker.clocks import span
from tracker.sentences import day_in_words

HELD = ("round_opened", "session_held", "call_held", "round_concluded")
PLANNED = ("round_scheduled", "round_postponed")
STANCES = ("demand_made", "offer_made", "concession_made", "statement_made", "accusation_made")


@dataclass
class Round:
    """What happened in one round of a negotiation, in order of its days."""

    negotiation: str
    slug: str
    meetings: list[Meeting] = field(default_factory=list)
    delegations: list[Delegation] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)

    @property
    def rows(self) -> list[Any]:
        return [*self.meetings, *self.delegations, *self.positions, *self.agreements, *self.commitments]

    @property
    def held(self) -> list[Meeting]:
        return [row for row in self.meetings if row.kind in HELD]

    @property
    def first(self) -> date:
        return min((row.valid_from for row in self.held or self.rows), default=date.min)

    @property
    def last(self) -> date:
        return max((row.valid_from for row in self.held or self.rows), default=date.min)

    @property
    def latest(self) -> date:
        """The last day on which anything of the round happened."""
        return max(row.valid_from for row in self.rows)

    @property
    def days(self) -> str:
        """`9–10 June 2025`, or as coarse as the source has it."""
        stated = [day for row in self.held for day in (row.starts_on or row.occurred_on, row.ends_on) if day]
        return period(stated or [row.occurred_on for row in self.meetings])

    @property
    def city(self) -> str:
        return _first(row.city for row in self.held or self.meetings)

    @property
    def venue(self) -> str:
        return _first(row.venue for row in [*self.held, *self.meetings])

    @property
    def parties(self) -> list[str]:
        return next((row.parties for row in self.held or self.meetings if row.parties), [])

    @property
    def is_call(self) -> bool:
        return bool(self.held) and all(row.kind == "call_held" for row in self.held)

    @property
    def name(self) -> str:
        """Where it was held, or what else it was."""
        if self.is_call:
            return "Call"
        return self.city or plain(self.slug) or "Outside any round"

    @property
    def title(self) -> str:
        return f"{self.name}, {self.days}" if self.days else self.name

    @property
    def lengths(self) -> list[str]:
        """How long each session is said to have lasted, and the whole round."""
        return [_length(row) for row in self.held if row.minutes]

    @property
    def course(self) -> list[tuple[Meeting, str]]:
        """The meetings, each with those who took part and are in no delegation."""
        known = {name for row in self.delegations for name in (row.head, *_names(row.members))}
        return [(row, ", ".join(name for name in _names(row.people) if name not in known)) for row in self.meetings]

    @property
    def sides(self) -> list[Side]:
        """Who wanted and said what, side by side: the parties of the round first."""
        stances: dict[str, list[Position]] = defaultdict(list)
        for row in self.positions:
            if row.kind in STANCES:
                stances[row.by].append(row)
        order = [*self.parties, *(name for name in stances if name not in self.parties)]
        teams = {row.party: row for row in self.delegations}
        named = [name for name in order if name in stances or name in teams]
        return [Side(name, teams.get(name), stances[name]) for name in named]

    @property
    def wanted(self) -> list[Side]:
        """The sides of which a delegation, a demand or an offer is known."""
        return [side for side in self.sides if side.delegation or side.wants]

    @property
    def said(self) -> list[Side]:
        return [side for side in self.sides if side.says]

    @property
    def notes(self) -> list[Position]:
        return [row for row in self.positions if row.kind not in STANCES]


@dataclass(frozen=True)
class Side:
    """One party in a round: its delegation, and its positions with demands before offers before statements."""

    party: str
    delegation: Delegation | None
    positions: Sequence[Position]

    @property
    def wants(self) -> list[Position]:
        return [row for row in self.positions if row.kind in ("demand_made", "offer_made", "concession_made")]

    @property
    def says(self) -> list[Position]:
        return [row for row in self.positions if row.kind in ("statement_made", "accusation_made")]


@dataclass(frozen=True)
class Promise:
    """A commitment with what follows from the day asked: whether it is overdue."""

    row: Commitment
    day: date

    @property
    def made(self) -> date:
        return span(self.row.made_on).earliest

    @property
    def overdue(self) -> bool:
        return overdue(self.row, self.day)


def rounds(*tables: Iterable[Any]) -> list[Round]:
    """Rows of a negotiation gathered by round, the latest round first."""
    found: dict[tuple[str, str], Round] = {}
    for row in (row for table in tables for row in table):
        place = found.setdefault((row.slug, row.round), Round(row.slug, row.round))
        _shelf(place, row).append(row)
    return sorted(found.values(), key=lambda item: (item.first, item.last, item.slug), reverse=True)


def _shelf(place: Round, row: Any) -> list[Any]:
    shelves: dict[type, list[Any]] = {
        Meeting: place.meetings,
        Delegation: place.delegations,
        Position: place.positions,
        Agreement: place.agreements,
        Commitment: place.commitments,
    }
    return shelves[type(row)]


def period(days: Sequence[str]) -> str:
    """Days in words from first to last: `9–10 June 2025`, `30 April – 2 May 2025`."""
    ordered = sorted(set(days), key=lambda text: span(text).earliest)
    if not ordered:
        return ""
    first, last = day_in_words(ordered[0]), day_in_words(ordered[-1])
    if first == last:
        return first
    if first.split()[1:] == last.split()[1:] and len(first.split()) == 3:
        return f"{first.split()[0]}–{last}"
    same_year = first.split()[-1] == last.split()[-1] and len(first.split()) > 1
    return f"{first.rsplit(' ', 1)[0] if same_year else first} – {last}"


def _length(row: Meeting) -> str:
    words = minutes(row.minutes or 0)
    if row.kind == "session_held":
        return f"{words} on {day_in_words(row.occurred_on)}"
    return f"{words} in all" if row.kind == "round_concluded" else words


def _names(people: Sequence[Mapping[str, str]]) -> list[str]:
    return [person["name"] for person in people]


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")
