"""The scope of a measure on each day, pure: what its acts cover, with what was added and taken out since.

A statement of the whole scope replaces what was stated and changed before it, save changes that begin later still.
Before the first statement begins a measure is about what it will cover, after the last has ended about what it covered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any

from measures.acts import acts, occurred
from measures.events import measures as vocabulary
from measures.events.common import Coverage
from measures.lanes import Act, Lane
from measures.standing import Standing, Term
from measures.terms import MAIN, exclusion_term
from measures.timeline import boundaries
from tracker.clocks import DAWN, FAR, Span, span
from tracker.corrections import Entry

WHOLE, ADDED, REMOVED = "whole", "added", "removed"
ON_OTHERS = (Lane.MOVE, Lane.REVOKE, Lane.UNTIL)


@dataclass(frozen=True)
class Scope:
    """A run of days `[valid_from, valid_until)` with one scope of a term; `term` is '' for the whole measure."""

    term: str
    valid_from: date
    valid_until: date
    coverage: Coverage | None
    """As it was last stated as a whole."""
    changes: tuple[tuple[str, Coverage], ...]
    """What was `added` or `removed` since, in order."""
    causes: tuple[int, ...]
    unknown: str

    @property
    def added(self) -> list[Coverage]:
        return [coverage for kind, coverage in self.changes if kind == ADDED]

    @property
    def removed(self) -> list[Coverage]:
        return [coverage for kind, coverage in self.changes if kind == REMOVED]

    @property
    def everything(self) -> bool:
        return any(item.everything for item in (self.coverage, *self.added) if item)

    @property
    def codes(self) -> list[str]:
        """The product codes that it covers; a code covers everything below it, save what is excluded."""
        return self._net()[0]

    @property
    def excluded(self) -> list[str]:
        """The product codes that were taken out, with everything below them, save what was put in again."""
        return self._net()[1]

    def _net(self) -> tuple[list[str], list[str]]:
        covered, excluded = _codes(self.coverage), list[str]()
        for kind, coverage in self.changes:
            codes = _codes(coverage)
            into, out_of = (covered, excluded) if kind == ADDED else (excluded, covered)
            out_of[:] = [code for code in out_of if not code.startswith(tuple(codes))]
            into += [code for code in codes if code not in into]
        return covered, excluded


def scopes(entries: Sequence[Entry]) -> Iterator[Scope]:
    """The scopes of a measure and of its terms over the valid clock, from entries in order."""
    stated = [act for entry in entries for act in _statements(entry, entry.payload)]
    if not stated:
        return
    others = [act for act in acts(entries) if act.lane in ON_OTHERS]
    for term in dict.fromkeys(act.term or "" for act in stated):
        mine = [act for act in stated if (act.term or "") == term]
        yield from _of_term(term, [*mine, *(act for act in others if act.term in (None, term or MAIN))])


def bears_on_scope(entry: Entry) -> bool:
    """Whether an entry may change a scope: it states one, or acts on an earlier entry."""
    payload = entry.payload
    return isinstance(payload, ACTING) or any(getattr(payload, name) is not None for name in _stating(type(payload)))


@cache
def _stating(payload: Any) -> list[str]:
    """The fields of a kind of payload that state a scope."""
    return [name for name in ("coverage", ADDED, REMOVED, "codes") if name in payload.__struct_fields__]


ACTING = (
    vocabulary.EntryRevoked,
    vocabulary.Postponed,
    vocabulary.Extended,
    vocabulary.Shortened,
    vocabulary.SuspensionExtended,
    vocabulary.ExclusionExtended,
    vocabulary.ConditionMet,
    vocabulary.ConditionWaived,
    vocabulary.EntryIntoForceConfirmed,
)


def _statements(entry: Entry, payload: Any) -> Iterator[Act]:
    """What an entry says of the scope: as a whole, or as a change."""
    term = getattr(payload, "term", None)
    if isinstance(payload, vocabulary.ExclusionGranted):
        term = exclusion_term(payload.exclusion)
    start, until = _start(entry, payload), getattr(payload, "effective_until", None)
    for kind, name in ((WHOLE, "coverage"), (ADDED, "added"), (REMOVED, "removed")):
        if (coverage := getattr(payload, name, None)) is not None:
            yield Act(entry, Lane.SCOPE, start, span(until) if until else None, (kind, coverage), term)
    if isinstance(payload, vocabulary.CodesRemapped):
        yield Act(entry, Lane.SCOPE, start, None, (ADDED, Coverage(products=payload.codes)), term)


def _start(entry: Entry, payload: Any) -> Span:
    if isinstance(payload, vocabulary.Described):
        return Span(DAWN, DAWN)
    stated = getattr(payload, "effective_from", None)
    return span(stated) if stated else occurred(entry)


def _of_term(name: str, found: Sequence[Act]) -> Iterator[Scope]:
    term, last = Term(found), None
    for first, until in pairwise([DAWN, *(day for day in boundaries(found) if day > DAWN), FAR]):
        now = _on(name, term, first, until)
        if last and replace(now, valid_from=last.valid_from) == replace(last, valid_until=until):
            last = replace(last, valid_until=until)
            continue
        if last:
            yield last
        last = now
    if last:
        yield last


def _on(name: str, term: Term, day: date, until: date) -> Scope:
    lanes = Standing(term, day, {})
    whole = _stated(lanes)
    changes = [act for act in lanes.covering(Lane.SCOPE) if act.value[0] != WHOLE and _counts(act, whole, lanes)]
    changes.sort(key=lambda act: _place(act, lanes))
    coverage = whole.value[1] if whole else None
    causes = lanes.positions([*filter(None, [whole]), *changes])
    unknown = "; ".join(map(str, dict.fromkeys(lanes.asked)))
    return Scope(name, day, until, coverage, tuple(act.value for act in changes), causes, unknown)


def _stated(lanes: Standing) -> Act | None:
    """The statement of the whole that holds: the latest that has begun, else the first that will."""
    stated = [act for act in lanes.lane(Lane.SCOPE) if act.value[0] == WHOLE and lanes.start(act)[0]]
    begun = [act for act in stated if lanes.started(act)]
    going = [act for act in begun if not lanes.over(act)] or begun
    if going:
        return max(going, key=lambda act: _place(act, lanes))
    return min(stated, key=lambda act: _place(act, lanes), default=None)


def _counts(change: Act, whole: Act | None, lanes: Standing) -> bool:
    """A change that is both announced and begun no later than a statement of the whole is part of that."""
    if whole is None:
        return True
    return change.entry.order > whole.entry.order or _place(change, lanes)[0] > _place(whole, lanes)[0]


def _place(act: Act, lanes: Standing) -> tuple[date, tuple[date, int, int]]:
    first = lanes.start(act)[0]
    return (first.latest if first else FAR, act.entry.order)


def _codes(coverage: Coverage | None) -> list[str]:
    return list(coverage.products.codes) if coverage and coverage.products else []
