"""Rounds: what happened in a negotiation, gathered by round in order of its first day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from measures.api import building
from measures.api.shapes.talks import AgreementShape, DelegationShape, MeetingShape, RoundShape
from measures.models import Agreement, Delegation, Meeting
from tracker.api.clocks import Question

HELD = ("round_opened", "session_held", "call_held", "round_concluded")


def round_shapes(
    meetings: Iterable[Meeting], delegations: Iterable[Delegation], agreements: Iterable[Agreement], question: Question
) -> list[RoundShape]:
    """One shape for each round, and one for each meeting or agreement outside any round."""
    found: dict[Any, dict[type, list[Any]]] = {}
    for row in (*meetings, *delegations, *agreements):
        tables = found.setdefault(row.round or row.set_by[0], {Meeting: [], Delegation: [], Agreement: []})
        tables[type(row)].append(row)
    groups = sorted(found.values(), key=lambda tables: min(_order(row) for rows in tables.values() for row in rows))
    return [_round(tables[Meeting], tables[Delegation], tables[Agreement], question) for tables in groups]


def _order(row: Any) -> tuple[Any, int]:
    return (row.valid_from, row.set_by[0])


def _round(
    meetings: list[Meeting], delegations: list[Delegation], agreements: list[Agreement], question: Question
) -> RoundShape:
    first = [*meetings, *delegations, *agreements][0]
    held = [row for row in meetings if row.kind in HELD] or meetings
    return RoundShape(
        round=first.round or None,
        starts_on=min((row.starts_on or row.occurred_on for row in held), default=None),
        ends_on=max((row.ends_on or row.starts_on or row.occurred_on for row in held), default=None),
        city=_last(row.city for row in meetings),
        venue=_last(row.venue for row in meetings),
        minutes=_minutes(meetings),
        state=meetings[-1].kind if meetings else None,
        meetings=[_meeting(row, question) for row in meetings],
        delegations=[_delegation(row, question) for row in delegations],
        agreements=[_agreement(row, question) for row in agreements],
    )


def _minutes(meetings: list[Meeting]) -> int | None:
    """How long a round took: as its conclusion says, else its sessions together."""
    whole = [row.minutes for row in meetings if row.minutes and row.kind == "round_concluded"]
    sessions = [row.minutes for row in meetings if row.minutes and row.kind != "round_concluded"]
    return whole[-1] if whole else sum(sessions) or None


def _last(values: Iterable[str]) -> str | None:
    return next((value for value in reversed([*values]) if value), None)


def _meeting(row: Meeting, question: Question) -> MeetingShape:
    return MeetingShape(
        kind=row.kind,
        occurred_on=row.occurred_on,
        starts_on=row.starts_on or None,
        ends_on=row.ends_on or None,
        parties=row.parties,
        venue=row.venue or None,
        city=row.city or None,
        format=row.format or None,
        level=row.level or None,
        minutes=row.minutes,
        summary=row.summary or None,
        measures=row.measures,
        figures=building.figures(row.figures),
        people=building.people(row.people),
        known_from=row.known_from,
        set_by=question.links(row.set_by),
    )


def _delegation(row: Delegation, question: Question) -> DelegationShape:
    return DelegationShape(
        party=row.party,
        head=row.head,
        members=building.people(row.members),
        summary=row.summary or None,
        occurred_on=row.occurred_on,
        known_from=row.known_from,
        set_by=question.links(row.set_by),
    )


def _agreement(row: Agreement, question: Question) -> AgreementShape:
    return AgreementShape(
        kind=row.kind,
        parties=row.parties,
        text=row.text,
        wordings=building.wordings(row.wordings),
        instrument=row.instrument,
        effective_from=row.effective_from or None,
        effective_until=row.effective_until or None,
        binding=row.binding,
        occurred_on=row.occurred_on,
        summary=row.summary or None,
        measures=row.measures,
        known_from=row.known_from,
        set_by=question.links(row.set_by),
    )
