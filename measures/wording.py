"""The status of a measure in one plain sentence, such as "In force but suspended until 14 July 2025"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from measures.queries import MeasureState
from tracker.sentences import day_in_words

LEGAL = {
    "not_announced": "Not yet announced",
    "threatened": "Threatened",
    "under_investigation": "Under investigation",
    "proposed": "Proposed",
    "announced": "Announced, not yet in force",
    "adopted": "Adopted, not yet in force",
    "in_force": "In force",
    "stayed": "Stayed by a court",
    "void": "Held unlawful",
    "expired": "Expired",
    "terminated": "Terminated",
    "withdrawn": "Withdrawn",
    "unknown": "Unknown",
}

COMING = {"expired": "expires on", "terminated": "ends on"}
"""How an end is said that is still to come."""


def official_first(sources: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The sources of an entry, the official ones first, otherwise as they were given."""
    return sorted(sources, key=lambda source: not source.get("official"))


def percent(rate: Decimal | None) -> str:
    """`7.5%`; an unknown rate is said to be unknown."""
    return "unknown" if rate is None else f"{rate.normalize():f}%"


class Said(Protocol):
    """What sentences tell of a segment."""

    @property
    def legal(self) -> str: ...
    @property
    def application(self) -> str: ...
    @property
    def rate(self) -> Decimal | None: ...
    @property
    def suspended_points(self) -> Decimal | None: ...
    @property
    def sentence(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def unknown(self) -> str | None: ...


def status_sentence(state: MeasureState) -> str:
    """What holds, for how long, and what follows from the texts."""
    return status(state.headline, state.next_change, state.point.valid_at, state.measure.first_known)


def status(segment: Said | None, following: Said | None, day: date, first_known: date) -> str:
    """What a headline segment says on a day, for how long, and what follows; None before the first act."""
    return not_announced(day, first_known) if segment is None else holding(segment, following)


def holding(segment: Said, following: Said | None) -> str:
    """What a segment says, for how long, and what follows."""
    parts = [standing(segment) + _until(following), *_following(segment, following)]
    if segment.unknown:
        parts.append(segment.unknown)
    return "; ".join(parts) + "."


def standing(segment: Said) -> str:
    """What holds, without for how long: `In force but suspended`."""
    return LEGAL[segment.legal] + _applied(segment)


def not_announced(day: date, first_known: date | None) -> str:
    """What is said of a measure on a day before its first act, or before it was known or recorded."""
    if first_known is None:
        return "Not recorded at this position."
    if first_known <= day:
        return f"Nothing is announced by {_day(day)}."
    return f"{LEGAL['not_announced']} on {_day(day)}; first known {_day(first_known)}."


def change_sentence(before: Said | None, after: Said) -> str:
    """What a later segment brings, beside the one before it: "Returns to 34% on 12 August 2025 unless extended"."""
    day = _day(after.valid_from)
    if before and _following(before, after):
        words = _following(before, after)[0]
        return f"{words[0].upper()}{words[1:]}."
    if after.application == "applied" and after.rate is not None:
        return f"{percent(after.rate)} applies from {day}."
    return f"{LEGAL[after.legal]}{_applied(after)} from {day}."


def _day(day: date) -> str:
    return day_in_words(day.isoformat())


def _applied(segment: Said) -> str:
    if segment.application == "suspended":
        return " but suspended"
    if segment.application == "partly_suspended":
        applies = "" if segment.rate is None else f": {percent(segment.rate)} applies"
        points = f", {segment.suspended_points.normalize():f} points suspended" if segment.suspended_points else ""
        return f" in part{applies}{points}"
    if segment.application == "not_collected":
        return " but not collected"
    if segment.application == "unknown":
        return "" if segment.legal == "unknown" else "; whether it is applied is unknown"
    if segment.legal in ("void", "stayed") and segment.application == "applied":
        return f", still collected at {percent(segment.rate)}"
    return f" at {percent(segment.rate)}" if segment.application == "applied" and segment.rate is not None else ""


def _until(following: Said | None) -> str:
    """The last day on which this holds."""
    return f" until {_day(following.valid_from - timedelta(days=1))}" if following else ""


def _following(segment: Said, following: Said | None) -> list[str]:
    if following is None:
        return []
    day = _day(following.valid_from)
    if segment.application in ("suspended", "partly_suspended") and following.application == "applied":
        back = "applies again" if following.rate is None else f"returns to {percent(following.rate)}"
        return [f"{back} on {day} unless extended"]
    if following.legal != segment.legal:
        return [f"{COMING.get(following.legal, LEGAL[following.legal].lower() + ' from')} {day}"]
    if following.application != segment.application and following.application != "applied":
        return [f"{_applied(following).removeprefix(' but').strip()} from {day}"]
    if following.rate is not None and following.rate != segment.rate:
        return [f"{percent(following.rate)} from {day}"]
    return [f"{following.sentence} from {day}"] if following.sentence != segment.sentence else []
