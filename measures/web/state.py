"""What each side has in force at a point, and what changes next, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from measures.models import Segment
from measures.queries import MeasureState
from measures.web import words
from measures.wording import LEGAL, percent
from tracker.clocks import FAR

BEFORE = ("threatened", "under_investigation", "proposed", "announced", "adopted")
FIGURE_CHARACTERS = 22
SHOWN = 8
CHARGED = ("applied", "partly_suspended", "unknown")
KIND_ORDER = tuple(words.KINDS)


@dataclass(frozen=True)
class Group:
    """Measures of one kind, what covers everything first, then the higher rate."""

    kind: str
    states: Sequence[MeasureState]

    @property
    def first(self) -> Sequence[MeasureState]:
        """What is seen at once; of long lists the rest is folded away."""
        return self.states if len(self.states) <= SHOWN + 2 else self.states[:SHOWN]

    @property
    def rest(self) -> Sequence[MeasureState]:
        return self.states[len(self.first) :]


@dataclass
class Side:
    """One implementer's measures: in force by kind, not yet in force, of unknown status, and ended."""

    party: str
    in_force: list[MeasureState] = field(default_factory=list)
    ahead: list[MeasureState] = field(default_factory=list)
    unknown: list[MeasureState] = field(default_factory=list)
    ended: list[MeasureState] = field(default_factory=list)

    @property
    def groups(self) -> list[Group]:
        by_kind: dict[str, list[MeasureState]] = defaultdict(list)
        for state in sorted(self.in_force, key=_by_weight):
            by_kind[state.measure.kind].append(state)
        return [Group(kind, by_kind[kind]) for kind in sorted(by_kind, key=_kind_place)]

    @property
    def shown(self) -> bool:
        """Whether there is more than what has ended."""
        return bool(self.in_force or self.ahead or self.unknown)

    @property
    def suspended(self) -> int:
        return sum(state.application in ("suspended", "partly_suspended") for state in self.in_force)


def is_in_force(state: MeasureState) -> bool:
    """In force in law, or held unlawful and collected all the same."""
    if state.legal in ("void", "stayed"):
        return state.application in CHARGED
    return state.legal == "in_force"


def sides(states: Iterable[MeasureState], parties: Sequence[str]) -> tuple[list[Side], list[Side]]:
    """The measures by implementer: the parties of the dispute in their order, and everybody else."""
    found = {party: Side(party) for party in parties}
    for state in states:
        side = found.setdefault(state.measure.implementer, Side(state.measure.implementer))
        if is_in_force(state):
            side.in_force.append(state)
        elif state.legal in BEFORE:
            side.ahead.append(state)
        elif state.legal == "unknown":
            side.unknown.append(state)
        elif state.headline is not None:
            side.ended.append(state)
    others = [side for name, side in found.items() if name not in parties and side.shown]
    return [found[party] for party in parties], sorted(others, key=lambda side: side.party)


def _by_weight(state: MeasureState) -> tuple[bool, float, str]:
    """What covers everything first, then the higher rate."""
    rate = state.headline.rate if state.headline else None
    broad = bool((state.measure.coverage or {}).get("everything"))
    return (not broad, -float(rate) if rate is not None else 1.0, state.measure.title)


def _kind_place(kind: str) -> int:
    return KIND_ORDER.index(kind) if kind in KIND_ORDER else len(KIND_ORDER)


def rates(segment: Segment) -> str:
    """The rate, or the range in which it lies."""
    one: Decimal | None = segment.rate
    bounds: list[Decimal | None] = [segment.rate_min, segment.rate_max]
    if one is not None:
        return percent(one)
    return "" if None in bounds else " to ".join(percent(bound) for bound in bounds)


def figure(segment: Segment) -> str:
    """What the segment comes to in a few characters: its rate, or its obligation where that is no rate."""
    return rates(segment) or _short(segment.sentence) or ("unknown" if segment.unknown else "")


def _short(sentence: str) -> str:
    """The kind of a long obligation: `licence`, `listing`; its words stand beside it."""
    return sentence if len(sentence) <= FIGURE_CHARACTERS else sentence.partition(":")[0].partition(" (")[0]


def details(segment: Segment) -> str:
    """The words of an obligation that its figure leaves out, unless they are why it is unknown."""
    if rates(segment) or len(segment.sentence) <= FIGURE_CHARACTERS or segment.unknown:
        return ""
    words = segment.sentence.removeprefix("other: ")
    return f"{words[:1].upper()}{words[1:]}"


def change(before: Segment | None, after: Segment) -> str:
    """What a later segment brings, beside the one before it: `34%`, `expired`, `suspended`."""
    legal = None if before is None else before.legal
    if after.legal != legal and after.legal != "in_force":
        return LEGAL[after.legal].lower()
    was = figure(before) if before else ""
    if (now := figure(after)) != was and now:
        return now if after.application != "suspended" else f"suspended, {now}"
    if before is not None and before.application == "suspended" and after.application == "applied":
        return "applies again"
    if before is None or after.application != before.application:
        return words.APPLICATIONS[after.application].lower()
    return "changed terms"


def same(before: Segment | None, after: Segment) -> bool:
    """Whether a later segment reads like the one before it: only the events that set it differ."""
    return before is not None and _seen(before) == _seen(after)


def _seen(row: Segment) -> tuple[object, ...]:
    return row.legal, row.application, row.operational, row.rate, row.statutory_rate, row.sentence, row.unknown


def is_plain(segment: Segment | None) -> bool:
    """Whether it is in force and applied without an end: nothing more has to be said."""
    if segment is None:
        return False
    return (segment.legal, segment.application, segment.valid_until) == ("in_force", "applied", FAR)
