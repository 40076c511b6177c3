"""Talks as rounds."""

from __future__ import annotations

from datetime import date

import pytest

from measures.models import Agreement, Commitment, Delegation, Meeting, Position
from measures.web.talks import Promise, period, rounds


def meeting(kind: str, day: str, **more: object) -> Meeting:
    fields = {"slug": "us-cn-2025", "round": "london-2025-06", "parties": ["US", "CN"]} | more
    return Meeting(kind=kind, occurred_on=day, valid_from=date.fromisoformat(day), **fields)


def position(by: str, kind: str, text: str) -> Position:
    fields = {"slug": "us-cn-2025", "round": "london-2025-06", "occurred_on": "2025-06-09"}
    return Position(by=by, kind=kind, text=text, valid_from=date(2025, 6, 9), **fields)


def delegation(party: str, head: str) -> Delegation:
    fields = {"slug": "us-cn-2025", "round": "london-2025-06", "valid_from": date(2025, 6, 9)}
    return Delegation(party=party, head=head, **fields)


LONDON = [
    meeting("round_scheduled", "2025-06-06", city="London", people=[{"name": "Scott Bessent"}]),
    meeting("round_opened", "2025-06-09", city="London", venue="Lancaster House"),
    meeting("session_held", "2025-06-09", city="London", minutes=360),
    meeting("round_concluded", "2025-06-10", minutes=1200),
]


def test_rows_are_gathered_by_round_the_latest_first():
    call = meeting("call_held", "2025-06-05", round="call-2025-06-05")
    agreed = Agreement(slug="us-cn-2025", round="london-2025-06", valid_from=date(2025, 6, 10))
    found = rounds([*LONDON, call], [agreed])
    assert [item.slug for item in found] == ["london-2025-06", "call-2025-06-05"]
    assert found[0].agreements == [agreed]


def test_a_round_is_named_by_its_city_and_the_days_it_was_held():
    (london,) = rounds(LONDON)
    assert london.title == "London, 9–10 June 2025"
    assert (london.venue, london.city) == ("Lancaster House", "London")
    assert london.parties == ["US", "CN"]


def test_a_round_of_calls_alone_is_a_call():
    (call,) = rounds([meeting("call_held", "2025-06-05", round="call-2025-06-05", minutes=90)])
    assert call.title == "Call, 5 June 2025"
    assert call.lengths == ["90 minutes"]


def test_a_round_without_a_meeting_is_named_by_its_slug():
    (crisis,) = rounds([position("US", "accusation_made", "…")])
    assert crisis.title == "London 2025 06"
    assert crisis.first == date(2025, 6, 9)


def test_lengths_tell_a_session_from_the_whole_round():
    (london,) = rounds(LONDON)
    assert london.lengths == ["6 hours on 9 June 2025", "20 hours in all"]


def test_each_side_has_its_delegation_what_it_wants_and_what_it_says():
    team = delegation("CN", "He Lifeng")
    said = [
        position("The Press", "statement_made", "…"),
        position("US", "demand_made", "rare earths"),
        position("US", "statement_made", "fruitful"),
        position("", "noted", "It rained."),
    ]
    (london,) = rounds(LONDON, [team], said)
    assert [side.party for side in london.sides] == ["US", "CN", "The Press"]
    assert [side.party for side in london.wanted] == ["US", "CN"]
    assert [side.party for side in london.said] == ["US", "The Press"]
    assert [row.text for row in london.notes] == ["It rained."]


def test_people_of_a_delegation_are_not_named_again_at_each_meeting():
    team = delegation("US", "Scott Bessent")
    (alone,) = rounds([LONDON[0]])
    assert alone.course[0][1] == "Scott Bessent"
    (named,) = rounds([LONDON[0]], [team])
    assert named.course[0][1] == ""


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (["2025-06-09", "2025-06-10", "2025-06-09"], "9–10 June 2025"),
        (["2025-06-30", "2025-07-01"], "30 June – 1 July 2025"),
        (["2025-12-31", "2026-01-02"], "31 December 2025 – 2 January 2026"),
        (["2025-05", "2025-06"], "May – June 2025"),
        (["2025"], "2025"),
        (["2025", "2026"], "2025 – 2026"),
        ([], ""),
    ],
)
def test_days_are_said_as_a_period(days: list[str], said: str):
    assert period(days) == said


def test_a_promise_is_overdue_once_every_day_that_its_due_date_may_mean_has_passed():
    row = Commitment(status="made", due="2025-05", made_on="2025-05-12")
    assert not Promise(row, date(2025, 5, 31)).overdue
    assert Promise(row, date(2025, 6, 1)).overdue
