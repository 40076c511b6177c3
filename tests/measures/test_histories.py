"""Histories that are not in the shipped data, asked on two clocks: as a pure fold, and through commands and tables."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from measures import queries
from tests.measures.given import LAST_KNOWN, Story
from tests.measures.histories import HISTORIES as OLDER
from tests.measures.histories import Question
from tests.measures.newer_histories import CARBON, NEWER_HISTORIES, STEEL_QUOTA
from tracker.projections import catch_up, ensure_checkpoints, projections
from tracker.replay import resolve_point

HISTORIES = OLDER | NEWER_HISTORIES
ASKED = [
    pytest.param(story, question, id=f"{name}: {' '.join(map(str, astuple(question)))}")
    for name, (story, questions) in HISTORIES.items()
    for question in questions
]


def rate(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


@pytest.mark.parametrize(("story", "question"), ASKED)
def test_the_fold_answers(story: Story, question: Question) -> None:
    state = story.on(question.valid, known=question.known, term=question.term, party=question.party)
    assert (state.legal, state.application, state.rate) == (question.legal, question.application, rate(question.rate))


@pytest.mark.parametrize(
    ("story", "day", "known", "sentence"),
    [
        (STEEL_QUOTA, "2019-09-30", LAST_KNOWN, "quota 31500000 t/year: free in, 25% out"),
        (STEEL_QUOTA, "2020-07-01", "2019-09-25", "quota 33000000 t/year: free in, 25% out"),
        (STEEL_QUOTA, "2020-07-01", LAST_KNOWN, "quota 31800000 t/year: free in, 25% out"),
        (CARBON, "2025-12-31", LAST_KNOWN, "reporting: embedded emissions each quarter"),
        (CARBON, "2026-03-31", "2026-04-06", "formula (base emissions): the average price of allowances"),
        (CARBON, "2026-03-31", LAST_KNOWN, "75.36 EUR/t CO2"),
        (CARBON, "2026-04-01", LAST_KNOWN, "formula (base emissions): the average price of allowances"),
    ],
)
def test_obligations_without_a_rate_change_too(story: Story, day: str, known: str, sentence: str) -> None:
    assert str(story.on(day, known=known).obligation) == sentence


def test_every_history_is_asked_at_least_six_questions_on_two_clocks() -> None:
    for name, (_, questions) in HISTORIES.items():
        assert len(questions) >= 6, name
        assert len({question.known for question in questions}) >= 2, name
    assert len(HISTORIES) >= 10


@pytest.mark.django_db(transaction=True)
def test_recorded_through_the_commands_the_tables_answer_the_same() -> None:
    for story, _ in HISTORIES.values():
        story.record()
    ensure_checkpoints()
    for kind in projections():
        catch_up(kind.name)
    for story, questions in HISTORIES.values():
        for question in questions:
            assert from_tables(story, question) == (question.legal, question.application, rate(question.rate))


def from_tables(story: Story, question: Question) -> tuple[str, str, Decimal | None]:
    point = resolve_point(
        today=date(2026, 11, 24),
        valid_at=date.fromisoformat(question.valid),
        known_at=date.fromisoformat(question.known),
    )
    state = queries.measure(story.stream.partition("/")[2], point)
    if state is None:
        return "not_announced", "not_applied", None
    term = question.term or (state.headline.term if state.headline else "")
    rows = state.own if question.party else state.terms
    segment = next((row for row in rows if (row.term, row.party) == (term, question.party)), None)
    return (segment.legal, segment.application, segment.rate) if segment else ("not_announced", "not_applied", None)
