"""What holds for some parties alone: a court's relief, a suspension in a name, a term or exclusion for named firms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from measures.models import Scope, Segment
from measures.queries import MeasureState


@dataclass(frozen=True)
class ForParties:
    """A set of parties, and what holds for them under a term on the day; `differs` from what holds for everybody."""

    parties: Sequence[str]
    segment: Segment
    differs: bool


def for_parties(state: MeasureState, asked: Collection[str] = ()) -> list[ForParties]:
    """What holds for parties that are named, the same for several together; only those asked about, if any are."""
    found = [*_of_acts(state), *_of_scopes(state)]
    return [item for item in found if not asked or not set(asked).isdisjoint(item.parties)]


def _of_acts(state: MeasureState) -> Iterator[ForParties]:
    """Those for whom alone an act counts."""
    together: dict[tuple[object, ...], list[Segment]] = defaultdict(list)
    for segment in state.own:
        together[_said(segment)].append(segment)
    general = {segment.term: segment for segment in state.terms}
    for same in together.values():
        first, others = same[0], general.get(same[0].term)
        differs = others is None or _answer(first) != _answer(others)
        yield ForParties([segment.party for segment in same], first, differs)


def _of_scopes(state: MeasureState) -> Iterator[ForParties]:
    """Those whom the scope of a term or an exclusion names."""
    terms = {segment.term: segment for segment in state.terms}
    for scope in state.scopes:
        if (segment := terms.get(scope.term)) and (firms := _companies(scope)):
            yield ForParties(firms, segment, not segment.headline)


def _companies(scope: Scope) -> list[str]:
    named = [firm for item in (scope.coverage, *scope.added) for firm in (item or {}).get("companies", ())]
    gone = {firm for item in scope.removed for firm in item.get("companies", ())}
    return [firm for firm in dict.fromkeys(named) if firm not in gone]


def _answer(segment: Segment) -> tuple[object, ...]:
    return (*segment.answer, segment.rate_min, segment.rate_max, segment.unknown)


def _said(segment: Segment) -> tuple[object, ...]:
    return (segment.term, segment.valid_from, segment.valid_until, *_answer(segment), *segment.set_by)
