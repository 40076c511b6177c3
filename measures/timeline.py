"""The fold, pure: the entries of a measure → segments of the valid clock → boxes over valid and known.

Each term has three lanes (life, obligation, application) and a legal status; `state` answers for one day. A segment
is a run of days with one answer for one reason. See docs/architecture.md for the rules in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise, product
from typing import Any
from uuid import UUID

from measures.acts import Act, Lane, Stop, acts, terms
from measures.obligations import Obligation, Unknown, rate, rate_range
from tracker.clocks import DAWN, FAR, Span
from tracker.corrections import Entry

MAX_UNCERTAIN = 4
"""More coarse dates open on one day than this are not tried out: the day is unknown."""

STAGES = ("threatened", "under_investigation", "proposed", "announced", "adopted")


@dataclass(frozen=True)
class State:
    """What holds for a term on a day. Rates are additional ad valorem percentages; `causes` are log positions."""

    legal: str
    application: str = "not_applied"
    operational: str = "unknown"
    obligation: Obligation | None = None
    rate: Decimal | None = None
    rate_min: Decimal | None = None
    rate_max: Decimal | None = None
    statutory_rate: Decimal | None = None
    suspended_points: Decimal | None = None
    legal_causes: tuple[int, ...] = ()
    rate_causes: tuple[int, ...] = ()
    unknown: str = ""
    """Why something is unknown; empty where nothing is."""


NOTHING = State("not_announced")


@dataclass(frozen=True)
class Segment:
    """A run of days `[valid_from, valid_until)` of a term with one state."""

    term: str
    headline: bool
    valid_from: date
    valid_until: date
    state: State


Key = tuple[UUID, str]
Pick = Callable[[UUID, str, Span], date]


def timeline(entries: Sequence[Entry]) -> list[Segment]:
    """The segments of every term, from entries in order. The first term mentioned is the headline."""
    found = acts(entries)
    segments: list[Segment] = []
    for index, term in enumerate(terms(found)):
        segments += _term_timeline(term, index == 0, [act for act in found if act.term in (term, None)])
    return segments


def boxes(entries: Sequence[Entry]) -> Iterator[tuple[Segment, date, date]]:
    """The segments with the period `[known_from, known_until)` of the known clock in which they are the answer."""
    open_segments: dict[Segment, date] = {}
    for day in sorted({entry.known_from for entry in entries}):
        now = set(timeline([entry for entry in entries if entry.known_from <= day]))
        for segment in [segment for segment in open_segments if segment not in now]:
            yield segment, open_segments.pop(segment), day
        open_segments |= {segment: day for segment in now if segment not in open_segments}
    for segment, known_from in open_segments.items():
        yield segment, known_from, FAR


def _term_timeline(term: str, headline: bool, found: Sequence[Act]) -> list[Segment]:
    segments: list[Segment] = []
    for first, until in pairwise([*_boundaries(found), FAR]):
        now = state(found, first)
        if now == NOTHING:
            continue
        if segments and segments[-1].state == now and segments[-1].valid_until == first:
            segments[-1] = replace(segments[-1], valid_until=until)
        else:
            segments.append(Segment(term, headline, first, until, now))
    return segments


def _boundaries(found: Sequence[Act]) -> list[date]:
    """Every day on which something may begin or end."""
    spans = [item for act in found for item in (act.start, act.until, act.value) if isinstance(item, Span)]
    days = {day for item in spans for day in (item.earliest, item.latest)}
    return sorted(day for day in days if day < FAR)


def state(found: Sequence[Act], day: date) -> State:
    """What holds on a day. Where coarse dates leave several answers possible, what they differ in is unknown."""
    uncertain = _uncertain(found, day)
    if not uncertain:
        return _state(found, day, lambda entry, which, when: when.latest)
    if len(uncertain) > MAX_UNCERTAIN:
        return _unknown([NOTHING], uncertain)
    answers = []
    for choice in product((True, False), repeat=len(uncertain)):
        early = {key for key, yes in zip(uncertain, choice, strict=True) if yes}
        answers.append(_state(found, day, _picker(early)))
    return answers[0] if len(set(answers)) == 1 else _unknown(answers, uncertain)


def _picker(early: set[Key]) -> Pick:
    return lambda entry, which, when: when.earliest if (entry, which) in early else when.latest


def _uncertain(found: Sequence[Act], day: date) -> dict[Key, str]:
    """The coarse dates that may or may not have come by the day, each with its reason."""
    reasons: dict[Key, str] = {}
    for act in found:
        for which, when in (("start", act.start), ("until", act.until), ("moved", act.value)):
            if isinstance(when, Span) and when.earliest <= day < when.latest:
                reasons[act.entry.id, which] = _reason(act, which, when)
    return reasons


def _reason(act: Act, which: str, when: Span) -> str:
    name = {"start": "the first day", "until": "the last day", "moved": "the new first day"}[which]
    if when.latest == FAR:
        return f"{name} of entry {act.entry.position} is not stated"
    return f"{name} of entry {act.entry.position} is only known to lie between {when.earliest} and {when.latest}"


def _unknown(answers: Sequence[State], reasons: Mapping[Key, str]) -> State:
    """What all possible answers share, and unknown for the rest."""
    first = answers[0]

    def shared(name: str, otherwise: Any) -> Any:
        values = {getattr(answer, name) for answer in answers}
        return values.pop() if len(values) == 1 else otherwise

    rates = [bound for answer in answers for bound in (answer.rate_min, answer.rate_max)]
    known = [bound for bound in rates if bound is not None]
    return State(
        legal=shared("legal", "unknown"),
        application=shared("application", "unknown"),
        operational=shared("operational", "unknown"),
        obligation=shared("obligation", None),
        rate=shared("rate", None),
        rate_min=min(known) if len(known) == len(rates) else None,
        rate_max=max(known) if len(known) == len(rates) else None,
        statutory_rate=shared("statutory_rate", None),
        suspended_points=shared("suspended_points", None),
        legal_causes=tuple(sorted({cause for answer in answers for cause in answer.legal_causes})),
        rate_causes=tuple(sorted({cause for answer in answers for cause in answer.rate_causes})),
        unknown="; ".join([*reasons.values(), *filter(None, {first.unknown})]),
    )


class _View:
    """The acts as they stand on one day: revoked ones gone, postponed ones moved, ended ones cut off."""

    def __init__(self, found: Sequence[Act], day: date, pick: Pick) -> None:
        self.day, self.pick = day, pick
        present = self._without_revoked(found)
        self.moves = {act.target: act for act in present if act.lane == Lane.MOVE and self._counts(act)}
        self.untils = {act.target: act for act in present if act.lane == Lane.UNTIL}
        self.end = self._last_end(present)
        cut = self.end.entry.order if self.end else None
        self.all = present
        self.live = [act for act in present if cut is None or act.entry.order > cut]

    def _without_revoked(self, found: Sequence[Act]) -> list[Act]:
        gone: set[UUID] = set()
        present = []
        for act in reversed(found):
            if act.entry.id in gone:
                continue
            if act.lane == Lane.REVOKE and act.target and self._counts(act):
                gone.add(act.target)
            present.append(act)
        return present[::-1]

    def _counts(self, act: Act) -> bool:
        return act.start is None or self.pick(act.entry.id, "start", act.start) <= self.day

    def _last_end(self, present: Sequence[Act]) -> Act | None:
        ends = [act for act in present if act.lane == Lane.END and self.started(act)]
        return max(ends, key=lambda act: act.entry.order, default=None)

    def start(self, act: Act) -> date | None:
        """The first day, after postponements; None where it never starts."""
        moved = self.moves.get(act.entry.id)
        if moved is not None and act.lane in (Lane.LIFE, Lane.OBLIGATION, Lane.APPLICATION, Lane.END):
            return self.pick(moved.entry.id, "moved", moved.value) if moved.value else None
        return self.pick(act.entry.id, "start", act.start) if act.start else None

    def until(self, act: Act) -> date:
        """The first day no longer covered, after extensions, shortenings and conditions met."""
        until = self.pick(act.entry.id, "until", act.until) if act.until else FAR
        changed = self.untils.get(act.entry.id)
        if changed is None:
            return until
        new = self.pick(changed.entry.id, "until", changed.until) if changed.until else FAR
        return min(until, new) if changed.value == "earlier" else new

    def started(self, act: Act) -> bool:
        first = self.start(act)
        return first is not None and first <= self.day

    def covers(self, act: Act) -> bool:
        return self.started(act) and self.day < self.until(act)

    def lane(self, lane: Lane) -> list[Act]:
        return [act for act in self.live if act.lane == lane]

    def positions(self, found: Sequence[Act]) -> tuple[int, ...]:
        """The log positions behind some acts: the entries, their corrections, and what moved their start or end."""
        ids = {act.entry.id for act in found}
        movers = [act for table in (self.moves, self.untils) for target, act in table.items() if target in ids]
        return tuple(sorted({position for act in [*found, *movers] for position in act.entry.positions}))


def _state(found: Sequence[Act], day: date, pick: Pick) -> State:
    view = _View(found, day, pick)
    alive = [act for act in view.lane(Lane.LIFE) if view.covers(act)]
    legal, legal_causes = _legal(view, alive)
    if not alive:
        stated = [act for act in view.all if act.lane == Lane.OBLIGATION and rate(act.value) is not None]
        nothing = Decimal(0) if stated else None
        return State(
            legal,
            rate=nothing,
            rate_min=nothing,
            rate_max=nothing,
            legal_causes=legal_causes,
            rate_causes=legal_causes,
        )
    return _applied(view, State(legal, "applied", legal_causes=legal_causes), alive)


def _applied(view: _View, base: State, alive: Sequence[Act]) -> State:
    """Rate and application of a term that is alive."""
    obligation = _obligation(view)
    application = next((act for act in reversed(view.lane(Lane.APPLICATION)) if view.covers(act)), None)
    operation = next((act for act in reversed(view.lane(Lane.OPERATION)) if view.started(act)), None)
    causes = [act for act in (obligation, application) if act] or list(alive)
    stated = replace(
        base,
        operational=operation.value if operation else "unknown",
        obligation=obligation.value if obligation else None,
        rate_causes=view.positions(causes),
        unknown="" if obligation else "no obligation is stated for this day",
    )
    return _stopped(_rated(stated), application.value if application else None)


def _rated(state: State) -> State:
    if state.obligation is None:
        return state
    low, high = rate_range(state.obligation)
    value = rate(state.obligation)
    reason = f"the rate is unknown: {state.obligation.reason}" if isinstance(state.obligation, Unknown) else ""
    return replace(state, rate=value, rate_min=low, rate_max=high, statutory_rate=value, unknown=reason)


def _stopped(state: State, stop: Stop | None) -> State:
    """The rate under a suspension, whole or in part, or while nothing is collected."""
    if stop is None or stop.application == "applied":
        return state
    statutory = state.statutory_rate
    if stop.application == "suspended" and stop.stays is None and stop.points is None:
        return _at_rate(
            replace(state, application="suspended"),
            None if statutory is None and state.obligation else Decimal(0),
        )
    if stop.application == "not_collected":
        return _at_rate(replace(state, application="not_collected"), Decimal(0))
    stays = (
        stop.stays
        if stop.stays is not None
        else statutory - stop.points
        if statutory is not None and stop.points
        else None
    )
    points = statutory - stays if statutory is not None and stays is not None else stop.points
    return _at_rate(replace(state, application="partly_suspended", suspended_points=points), stays)


def _at_rate(state: State, value: Decimal | None) -> State:
    return replace(state, rate=value, rate_min=value, rate_max=value)


def _obligation(view: _View) -> Act | None:
    """The obligation of the day.

    The last covering entry in order replaces everything before it; of it and the open-ended entries after it the one
    with the latest first day wins, ties by order. So an entry effective earlier never wipes one effective later that
    was announced no later than it.
    """
    candidates = [act for act in view.lane(Lane.OBLIGATION) if view.covers(act)]
    covering = [act for act in candidates if act.covers]
    if covering:
        last = max(covering, key=lambda act: act.entry.order)
        candidates = [act for act in candidates if act.entry.order >= last.entry.order]
    return max(candidates, key=lambda act: (view.start(act) or DAWN, act.entry.order), default=None)


def _legal(view: _View, alive: Sequence[Act]) -> tuple[str, tuple[int, ...]]:
    """The legal lane: courts over life over the stages before it; an end where nothing came after it."""
    for status in ("void", "stayed"):
        rulings = [act for act in view.lane(Lane.COURT) if act.value == status and view.covers(act)]
        if rulings:
            return status, view.positions(rulings[-1:])
    if alive:
        return "in_force", view.positions(alive[-1:])
    stages = [act for act in view.lane(Lane.STAGE) if view.started(act)]
    ended = [act for act in view.lane(Lane.LIFE) if view.started(act)]
    if ended and not _later_stage(view, stages, ended):
        return "expired", view.positions([max(ended, key=view.until)])
    if stages:
        top = max(stages, key=lambda act: (STAGES.index(act.value), act.entry.order))
        return top.value, view.positions([top])
    if view.end:
        return view.end.value, view.positions([view.end])
    return NOTHING.legal, ()


def _later_stage(view: _View, stages: Sequence[Act], ended: Sequence[Act]) -> bool:
    """Whether something was announced or adopted anew after the last life ran out."""
    last = max(view.until(act) for act in ended)
    return any((view.start(act) or DAWN) >= last for act in stages if act.value in ("announced", "adopted"))


def first_day_after(day: date) -> date:
    """The exclusive end of a period whose last day is `day`."""
    return day + timedelta(days=1)
