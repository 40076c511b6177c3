"""Histories that are not in the shipped data, asked on two clocks: as a pure fold, and through commands and tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from measures import queries
from tests.measures.given import Story
from tests.measures.histories import HISTORIES, Question
from tracker.projections import catch_up, ensure_checkpoints, projections
from tracker.replay import resolve_point

ASKED = [
    pytest.param(
        story, question, id=f"{name}: {question.valid} as known {question.known} {question.term or ''}".strip()
    )
    for name, (story, questions) in HISTORIES.items()
    for question in questions
]


def rate(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


@pytest.mark.parametrize(("story", "question"), ASKED)
def test_the_fold_answers(story: Story, question: Question) -> None:
    state = story.on(question.valid, known=question.known, term=question.term)
    assert (state.legal, state.application, state.rate) == (question.legal, question.application, rate(question.rate))


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
    named = (item for item in state.terms if (item.headline if question.term is None else item.term == question.term))
    segment = next(named, None)
    return (segment.legal, segment.application, segment.rate) if segment else ("not_announced", "not_applied", None)
