"""The fold, pure: the entries of a measure → what holds for each of its terms on each day.

Each term has three lanes (life, obligation, application) and a legal status; `state` answers for one day. A segment
is a run of days with one answer for one reason. See docs/architecture.md for the rules in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any, NamedTuple

import msgspec

from measures.acts import acts
from measures.lanes import Act, Lane
from measures.obligations import Obligation
from measures.rated import Fields, applied, because, idle, rated
from measures.standing import Coarse, Standing, Term
from measures.terms import parties, terms
from tracker.clocks import FAR, Span
from tracker.corrections import Entry

MAX_UNCERTAIN = 6
"""More coarse dates that matter on one day are not tried out: the day is unknown."""

STAGES = ("threatened", "under_investigation", "proposed", "announced", "adopted")


class State(msgspec.Struct, frozen=True, gc=False):
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
    applies_by: str = ""
    """The act whose day fixes what is due: entry, loading, registration."""
    in_transit: str = ""
    """What is due for goods that were on their way."""
    legal_causes: tuple[int, ...] = ()
    rate_causes: tuple[int, ...] = ()
    unknown: str = ""
    """Why something is unknown; empty where nothing is."""


NOTHING = State("not_announced")
ANYTHING = State("unknown", "unknown", unknown="too many dates are not known well enough")


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A run of days `[valid_from, valid_until)` of a term with one state: for everybody, or for one party alone."""

    term: str
    headline: bool
    valid_from: date
    valid_until: date
    state: State
    party: str = ""


def timeline(entries: Sequence[Entry]) -> list[Segment]:
    """The segments of every term, from entries in order. The first term mentioned is the headline.

    A party for whom alone some act counts has segments of its own: of these acts and those for everybody.
    """
    found = acts(entries)
    segments: list[Segment] = []
    for index, term in enumerate(terms(found)):
        segments += _term_timeline(Part(term, index == 0), found)
        for party in parties(found, term):
            segments += _term_timeline(Part(term, False, party), found)
    return segments


class Part(NamedTuple):
    """A term as it is for everybody, or for one party alone."""

    term: str
    headline: bool
    party: str = ""


def of_term(found: Sequence[Act], term: str, party: str = "") -> list[Act]:
    """The acts on one term: its own, and those on every term; of acts for some alone those for the party."""
    return [act for act in found if act.term in (term, None) and (not act.parties or party in act.parties)]


def _term_timeline(part: Part, found: Sequence[Act]) -> list[Segment]:
    segments: list[Segment] = []
    mine = of_term(found, part.term, part.party)
    extend(segments, part, Term(mine), [*boundaries(mine), FAR])
    return segments


def extend(segments: list[Segment], part: Part, term: Term, days: Iterable[date]) -> None:
    """Adds the segments of a term from the first of some days to the last; days with one answer are one segment."""
    for first, until in pairwise(days):
        now = _state(term, first)
        if now == NOTHING:
            continue
        if segments and segments[-1].state == now and segments[-1].valid_until == first:
            segments[-1] = msgspec.structs.replace(segments[-1], valid_until=until)
        else:
            segments.append(Segment(part.term, part.headline, first, until, now, part.party))


def boundaries(found: Sequence[Act]) -> list[date]:
    """Every day on which the answer may change: where something may begin or end.

    And the day after, where dates are coarse: only from then on may a coarse step be later than one of that day.
    """
    spans = [item for act in found for item in spans_of(act)]
    days = {day for item in spans for day in (item.earliest, item.latest) if day < FAR}
    if not all(item.exact for item in spans):
        days |= {first_day_after(day) for day in days}
    return sorted(days)


def spans_of(act: Act) -> list[Span]:
    return [item for item in (act.start, act.until, act.value) if isinstance(item, Span)]


def state(found: Sequence[Act], day: date) -> State:
    """What holds on a day for the term whose acts these are.

    Where coarse dates leave several answers possible, what they differ in is unknown.
    """
    return _state(Term(found), day)


def _state(term: Term, day: date) -> State:
    lanes = Standing(term, day, {})
    answers = _answers(lanes)
    if len(answers) == 1 and not lanes.asked:
        return answers[0]
    possible, reasons = _possible(lanes, answers)
    return _common(possible, reasons) if len(possible) > 1 else next(iter(possible))


def _possible(lanes: Standing, answers: Sequence[State]) -> tuple[set[State], list[Coarse]]:
    """The answers that are possible under some guesses about coarse dates, and the dates on which it depends."""
    if not lanes.asked:
        return set(answers), []
    if len(lanes.guesses) == MAX_UNCERTAIN:
        return {ANYTHING}, []
    guessed = (Standing(lanes.term, lanes.day, {**lanes.guesses, lanes.asked[0]: guess}) for guess in (True, False))
    (come, behind_one), (still_to_come, behind_other) = (_possible(each, _answers(each)) for each in guessed)
    matters = [lanes.asked[0]] if _apart_from_causes(come) != _apart_from_causes(still_to_come) else []
    return come | still_to_come, list(dict.fromkeys([*matters, *behind_one, *behind_other]))


def _common(possible: Iterable[State], reasons: Sequence[Coarse]) -> State:
    """What all possible answers share, and unknown for the rest."""
    answers = sorted(possible, key=repr)
    merged = State(
        legal=_shared(answers, "legal", "unknown"),
        application=_shared(answers, "application", "unknown"),
        operational=_shared(answers, "operational", "unknown"),
        obligation=_shared(answers, "obligation"),
        rate=_shared(answers, "rate"),
        rate_min=_outermost(min, [answer.rate_min for answer in answers]),
        rate_max=_outermost(max, [answer.rate_max for answer in answers]),
        statutory_rate=_shared(answers, "statutory_rate"),
        suspended_points=_shared(answers, "suspended_points"),
        applies_by=_shared(answers, "applies_by", ""),
        in_transit=_shared(answers, "in_transit", ""),
        legal_causes=_together(answer.legal_causes for answer in answers),
        rate_causes=_together(answer.rate_causes for answer in answers),
        unknown=_shared(answers, "unknown", ""),
    )
    if len(_apart_from_causes(answers)) == 1:
        return merged
    said = [*map(str, reasons), *(answer.unknown for answer in answers if answer.unknown)]
    return msgspec.structs.replace(merged, unknown="; ".join(dict.fromkeys(said)))


def _apart_from_causes(answers: Iterable[State]) -> set[State]:
    return {msgspec.structs.replace(answer, legal_causes=(), rate_causes=()) for answer in answers}


def _shared(answers: Sequence[State], name: str, otherwise: Any = None) -> Any:
    values = {getattr(answer, name) for answer in answers}
    return values.pop() if len(values) == 1 else otherwise


def _outermost(pick: Any, bounds: Sequence[Decimal | None]) -> Decimal | None:
    return None if None in bounds else pick(bounds)


def _together(causes: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted({position for some in causes for position in some}))


def _answers(lanes: Standing) -> list[State]:
    """What holds: one answer, or several where coarse first days leave open which obligation is the later one."""
    alive = list(islice(lanes.covering(Lane.LIFE), 1))
    legal, behind = _legal(lanes, alive)
    doubts = lanes.doubts("legal", behind)
    seen: Fields = {"legal": "unknown" if doubts else legal, "legal_causes": lanes.positions([*behind, *doubts])}
    return [State(**seen, **because(found, doubts)) for found in (_lived(lanes, alive) or [_idle(lanes, behind)])]


def _idle(lanes: Standing, behind: Sequence[Act]) -> Fields:
    """What is due where the term does not live; a court says nothing of that."""
    doubts = lanes.doubts("application", [act for act in behind if act.lane != Lane.COURT])
    return idle(lanes, doubts) | {"rate_causes": lanes.positions([*behind, *doubts])}


def _lived(lanes: Standing, alive: Sequence[Act]) -> list[Fields]:
    """How much applies while a term lives, and by which rules: of each obligation that is possible."""
    if not alive:
        return []
    stops = list(islice(lanes.covering(Lane.APPLICATION), 1))
    doubts = lanes.doubts("application", [*stops, *alive])
    reports = list(islice((act for act in lanes.lane(Lane.OPERATION) if lanes.started(act)), 1))
    possible = lanes.obligations()
    return [
        {
            "operational": reports[0].value if reports else "unknown",
            "rate_causes": lanes.positions([*filter(None, [act]), *stops, *doubts] or list(lanes.covering(Lane.LIFE))),
            "applies_by": _said("applies_by", act, *alive),
            "in_transit": _said("in_transit", act, *alive),
            **applied(lanes, rated(lanes, act, possible), stops, doubts),
        }
        for act in possible or (None,)
    ]


def _said(name: str, *found: Act | None) -> str:
    """What the first of some acts says that says anything."""
    for act in found:
        if act and (value := getattr(act.entry.payload, name, None)):
            return value
    return ""


def _legal(lanes: Standing, alive: Sequence[Act]) -> tuple[str, Sequence[Act]]:
    """The legal lane and the acts behind it: courts, then life; after an end, what was said since, else the end."""
    rulings = list(lanes.covering(Lane.COURT))
    for status in ("void", "stayed") if rulings else ():
        found = [act for act in rulings if act.value == status and (alive or status == "void")]
        if found:
            return status, found[:1]
    if alive:
        return "in_force", alive
    ran_out = [act for act in lanes.lane(Lane.LIFE) if lanes.started(act)]
    stages = [act for act in lanes.lane(Lane.STAGE) if lanes.started(act) and _since(lanes, act, ran_out)]
    if stages:
        top = max(stages, key=lambda act: (STAGES.index(act.value), act.entry.order))
        return top.value, [top]
    if ran_out:
        return "expired", ran_out[:1]
    return (lanes.end.value, [lanes.end]) if lanes.end else (NOTHING.legal, [])


def _since(lanes: Standing, stage: Act, ran_out: Sequence[Act]) -> bool:
    """Whether something was said after the lives that ran out, or has a life that is still to come."""
    if any(act.entry.id == stage.entry.id for act in ran_out):
        return False
    coming = any(act.entry.id == stage.entry.id for act in lanes.lane(Lane.LIFE))
    return coming or (stage.start is not None and all(lanes.over(act, stage.start.earliest) for act in ran_out))


def first_day_after(day: date) -> date:
    """The exclusive end of a period whose last day is `day`."""
    return day + timedelta(days=1)
