"""How much of an obligation applies on a day: in full, in part, nothing, or nobody can say; as fields of a state.

Rates are additional ad valorem percentages.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from measures.lanes import APPLIED, Act, Stop
from measures.obligations import Unknown, rate_range
from measures.standing import Standing

Fields = dict[str, Any]
"""Fields of a state."""


def rated(lanes: Standing, act: Act | None, possible: Sequence[Act]) -> Fields:
    """What an obligation of the day comes to by itself; `possible` are all that may be it."""
    if act is None:
        return {"unknown": "no obligation is stated for this day"}
    low, high = rate_range(act.value)
    value = low if low == high else None
    unknown = _undecided(possible) or (_not_said(lanes, act.value) if isinstance(act.value, Unknown) else "")
    return {"obligation": act.value, "statutory_rate": value, "unknown": unknown} | _between(low, high)


def _not_said(lanes: Standing, obligation: Unknown) -> str:
    what = "what it asks for" if _nothing(lanes) is None else "the rate"
    return f"{what} is unknown: {obligation.reason}"


def applied(lanes: Standing, due: Fields, stops: Sequence[Act], doubts: Sequence[Act]) -> Fields:
    """What applies of an obligation, under the stop that holds, or where it is not known what does."""
    if doubts:
        unsure = {"application": "unknown"} | _between(_nothing(lanes), due.get("rate_max"))
        return because(due | unsure, doubts)
    return _stopped(due, stops[0].value if stops else APPLIED, lanes)


def idle(lanes: Standing, doubts: Sequence[Act]) -> Fields:
    """What is due where nothing lives, unless it is not known whether anything is applied."""
    nothing = _nothing(lanes)
    if doubts:
        return because({"application": "unknown"} | _between(nothing, None), doubts)
    return _between(nothing, nothing)


def because(fields: Fields, doubts: Sequence[Act]) -> Fields:
    """Some fields, with the reasons of doubts beside what is unknown in them."""
    if not doubts:
        return fields
    reasons = [fields.get("unknown"), *(doubt.value.reason for doubt in doubts)]
    return fields | {"unknown": "; ".join(dict.fromkeys(filter(None, reasons)))}


def _between(low: Decimal | None, high: Decimal | None) -> Fields:
    return {"rate": low if low == high else None, "rate_min": low, "rate_max": high}


def _undecided(possible: Sequence[Act]) -> str:
    """The reason where coarse first days leave open which obligation holds."""
    if len(possible) < 2 or len({act.value for act in possible}) < 2:
        return ""
    entries = " and ".join(str(act.entry.position) for act in possible)
    return f"which of the entries {entries} begins last is not known: their first days are too coarse"


def _nothing(lanes: Standing) -> Decimal | None:
    """What is due where nothing is: 0, or None where no rate was ever stated."""
    bounds = (bound for act in lanes.stated() for bound in rate_range(act.value))
    return None if all(bound is None for bound in bounds) else Decimal(0)


def _stopped(due: Fields, stop: Stop, lanes: Standing) -> Fields:
    """The rate under a suspension, whole or in part, or while nothing is collected."""
    if stop == APPLIED:
        return due | {"application": "applied"}
    if stop.partial:
        return due | _partly_stopped(due, stop)
    nothing = _nothing(lanes)
    return due | _between(nothing, nothing) | {"application": stop.application}


def _partly_stopped(due: Fields, stop: Stop) -> Fields:
    """A suspension never leaves more than the obligation asks for, and never less than nothing."""
    left = _between(*(stop.leaves(due.get(name)) for name in ("rate_min", "rate_max")))
    value, before = left["rate"], due.get("rate")
    points = before - value if before is not None and value is not None else stop.points
    return left | {"application": "partly_suspended", "suspended_points": points}
