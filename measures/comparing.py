"""What differs between two points of the three clocks, measure by measure, and which entries make the difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from measures import queries
from measures.models import Scope, Segment
from measures.parties import for_parties
from measures.queries import MeasureState
from measures.selecting import COVERED
from tracker import log
from tracker.clocks import Point
from tracker.log import Recorded

COMPARED = (
    "legal",
    "application",
    "operational",
    "rate",
    "rate_min",
    "rate_max",
    "statutory_rate",
    "suspended_points",
    "obligation",
    "applies_by",
    "in_transit",
)
CORRECTIONS = ("entry.corrected", "entry.retracted")
RATES = ("rate", "rate_min", "rate_max")


@dataclass(frozen=True)
class Changed:
    """A measure at two points; None where it was not known or not recorded then.

    `causes` are, by position, the entries on which one of the two answers rests and the other does not, and the
    corrections and retractions recorded between the two; where only a day has come, the entries that set it.
    """

    slug: str
    before: MeasureState | None
    after: MeasureState | None
    causes: Sequence[Recorded]

    @property
    def title(self) -> str:
        known = self.after or self.before
        return known.measure.title if known else self.slug

    @property
    def differs(self) -> list[str]:
        """The fields that differ; `known` where it stands at one point only, `scope` where it covers something else,
        `for_parties` where it does for some alone, `terms` where only another term does."""
        if self.before is None or self.after is None:
            return ["known"]
        found = [name for name in COMPARED if _said(self.before, name) != _said(self.after, name)]
        found += ["scope"] if _covered(self.before) != _covered(self.after) else []
        found += ["for_parties"] if _own(self.before) != _own(self.after) else []
        return found or ["terms"]


def _said(state: MeasureState, name: str) -> Any:
    """A field of the headline term; of a day before the first act what the API says of it."""
    if state.headline:
        return getattr(state.headline, name)
    nothing = {"legal": state.legal, "application": state.application, "operational": "unknown"}
    return nothing.get(name, state.rate if name in RATES else None)


def _covered(state: MeasureState) -> list[tuple[Any, ...]]:
    """What a measure and its terms cover."""
    return [tuple(getattr(scope, name) for name in COVERED) for scope in state.scopes]


def _own(state: MeasureState) -> list[tuple[Any, ...]]:
    """What holds for parties for whom alone some act counts, where that is not what holds for everybody."""
    return [
        (item.parties, item.segment.term, *(getattr(item.segment, name) for name in COMPARED))
        for item in for_parties(state)
        if item.differs and item.segment.party
    ]


def changes(slugs: Sequence[str], before: Point, after: Point) -> list[Changed]:
    """Some measures at two points, in the order given. A dozen queries, whatever their number."""
    then, now = (_states(slugs, point) for point in (before, after))
    pairs = [(slug, then.get(slug), now.get(slug)) for slug in slugs]
    causes = _causes(pairs, *sorted((before.position, after.position)))
    return [Changed(slug, old, new, causes[slug]) for slug, old, new in pairs]


def _states(slugs: Sequence[str], point: Point) -> dict[str, MeasureState]:
    rows = queries.measures(point).filter(slug__in=slugs)
    return {state.measure.slug: state for state in queries.states(rows, point)}


Pair = tuple[str, MeasureState | None, MeasureState | None]


def _causes(pairs: Sequence[Pair], earlier: int, later: int) -> Mapping[str, list[Recorded]]:
    wanted = {slug: _apart(_rests_on(old, new), _rests_on(new, old)) for slug, old, new in pairs}
    events = {item.position: item for item in log.read(positions=set().union(*wanted.values()))}
    found: dict[str, list[Recorded]] = defaultdict(list)
    corrections = _corrections(pairs, earlier, later)
    for slug, old, new in pairs:
        streams = {state.measure.stream for state in (old, new) if state}
        found[slug] = [events[position] for position in wanted[slug]]
        found[slug] += [item for item in corrections if item.stream in streams]
    return {slug: sorted(items, key=lambda item: item.position) for slug, items in found.items()}


def _apart(old: set[int], new: set[int]) -> set[int]:
    """The entries of one answer alone; where the calendar alone brought the difference, those of both."""
    return old ^ new or old | new


def _rests_on(state: MeasureState | None, other: MeasureState | None) -> set[int]:
    """The entries on which an answer rests: of every term, for whomever, and what it covers; or of the measure itself
    where the other point has none."""
    if state is None:
        return set()
    rows: list[Segment | Scope] = [*state.terms, *state.own, *state.scopes]
    terms = {position for row in rows for position in row.set_by}
    return terms or (set() if other else set(state.measure.set_by))


def _corrections(pairs: Iterable[Pair], earlier: int, later: int) -> list[Recorded]:
    """The corrections and retractions of these measures that the later position has and the earlier has not."""
    if earlier == later:
        return []
    streams = {state.measure.stream for _, old, new in pairs for state in (old, new) if state}
    return [item for kind in CORRECTIONS for item in log.read(earlier, upto=later, streams=streams, type=kind)]
