"""What each side has in force at a point, and what changes next, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from measures.models import Segment
from measures.queries import MeasureState
from measures.web import words
from measures.wording import LEGAL, percent
from tracker.clocks import FAR

BEFORE = ("threatened", "under_investigation", "proposed", "announced", "adopted", "unknown")
CHARGED = ("applied", "partly_suspended", "unknown")
KIND_ORDER = tuple(words.KINDS)


@dataclass(frozen=True)
class Group:
    """Measures of one kind, the highest rate first."""

    kind: str
    states: Sequence[MeasureState]


@dataclass
class Side:
    """One implementer's measures: in force by kind, not yet in force, and ended."""

    party: str
    in_force: list[MeasureState] = field(default_factory=list)
    ahead: list[MeasureState] = field(default_factory=list)
    ended: list[MeasureState] = field(default_factory=list)

    @property
    def groups(self) -> list[Group]:
        by_kind: dict[str, list[MeasureState]] = defaultdict(list)
        for state in sorted(self.in_force, key=_by_rate):
            by_kind[state.measure.kind].append(state)
        return [Group(kind, by_kind[kind]) for kind in sorted(by_kind, key=_kind_place)]

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
        elif state.headline is not None:
            side.ended.append(state)
    others = [side for name, side in found.items() if name not in parties and (side.in_force or side.ahead)]
    return [found[party] for party in parties], sorted(others, key=lambda side: side.party)


def _by_rate(state: MeasureState) -> tuple[float, str]:
    rate = state.headline.rate if state.headline else None
    return (-float(rate) if rate is not None else 1.0, state.measure.title)


def _kind_place(kind: str) -> int:
    return KIND_ORDER.index(kind) if kind in KIND_ORDER else len(KIND_ORDER)


def rates(segment: Segment) -> str:
    """The rate, or the range in which it lies."""
    if segment.rate is not None:
        return percent(segment.rate)
    if segment.rate_min is not None and segment.rate_max is not None:
        return f"{percent(segment.rate_min)} to {percent(segment.rate_max)}"
    return ""


def figure(segment: Segment) -> str:
    """What the segment comes to in a few characters: its rate, or its obligation where that is no rate."""
    return rates(segment) or segment.sentence or ("unknown" if segment.unknown else "")


def change(before: Segment | None, after: Segment) -> str:
    """What a later segment brings, beside the one before it: `34%`, `expired`, `suspended`."""
    legal = None if before is None else before.legal
    if after.legal != legal and after.legal != "in_force":
        return LEGAL[after.legal].lower()
    was = figure(before) if before else ""
    if (now := figure(after)) != was and now:
        return now if after.application != "suspended" else f"suspended, {now}"
    if before is None or after.application != before.application:
        return words.APPLICATIONS[after.application].lower()
    return "changed terms"


def runs_on(segment: Segment) -> bool:
    return segment.valid_until == FAR
