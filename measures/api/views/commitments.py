"""Commitments and their fate."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet

from measures import queries, selecting
from measures.api import building, filters
from measures.api.shapes.talks import CommitmentShape
from measures.api.views.negotiations import BY, EXAMPLE, ROUND, OfNegotiation
from measures.models import Commitment
from tracker.api.clocks import Question
from tracker.api.paging import PAGING, Order, page
from tracker.api.parameters import DAY, FLAG, SLUG, Parameter
from tracker.api.reading import ReadAt
from tracker.api.shapes import Page

COMMITMENTS = Order(("made_on", "slug", "commitment"), (str, str, str))
FATES = ("made", "claimed", "disputed", "partly_met", "met", "breached", "lapsed", "denied")

COMMITMENT_FILTERS = (
    BY,
    filters.party("to", "Towards whom.", "US"),
    filters.choice("status", FATES, "The fate on the day asked.", "made"),
    Parameter(name="overdue", form=FLAG, example=True, description="Those unfinished past their due date, or not."),
    Parameter(name="due_from", form=DAY, example="2025-01-01", description="Due on this day or later."),
    Parameter(name="due_until", form=DAY, example="2026-01-01", description="Due before this day."),
    ROUND,
    filters.MEASURE,
    filters.SEARCH,
)


class Commitments(ReadAt):
    """Commitments with their fate on the day asked, in order of the day they were made."""

    tag = "commitments"
    shape = Page[CommitmentShape]
    projections = ("negotiations",)
    problems: ClassVar[tuple[str, ...]] = ("unknown-value",)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="negotiation", form=SLUG, example=EXAMPLE, description="Those of this negotiation."),
        *COMMITMENT_FILTERS,
        *PAGING,
    )

    def answer_at(self, question: Question, **path: Any) -> Page[CommitmentShape]:
        filters.check_exists(question, "negotiation")
        rows = queries.commitments(question.point)
        if negotiation := question.values["negotiation"]:
            rows = rows.filter(slug=negotiation)
        return _commitments(question, rows)


class NegotiationCommitments(OfNegotiation):
    """The commitments of a negotiation with their fate on the day asked, in order of the day they were made."""

    shape = Page[CommitmentShape]
    parameters = (*COMMITMENT_FILTERS, *PAGING)

    def answer_at(self, question: Question, **path: Any) -> Page[CommitmentShape]:
        self.check(path["slug"])
        return _commitments(question, queries.commitments(question.point).filter(slug=path["slug"]))


def _commitments(question: Question, rows: QuerySet[Commitment]) -> Page[CommitmentShape]:
    rows = filters.narrowed(
        rows,
        question,
        by="by__overlap",
        to="to__overlap",
        status="status__in",
        round="round",
        measure="measures__overlap",
    )
    rows = selecting.between(rows, "due", question.values["due_from"], question.values["due_until"])
    if (wanted := question.values["overdue"]) is not None:
        rows = selecting.overdue(rows, question.point.valid_at, wanted)
    if words := question.values["q"]:
        rows = selecting.about(rows, words, "what", "target", "due_condition", "commitment")
    return page(question, rows, COMMITMENTS, lambda found: [_commitment(row, question) for row in found])


def _commitment(row: Commitment, question: Question) -> CommitmentShape:
    return CommitmentShape(
        negotiation=row.slug,
        commitment=row.commitment,
        round=row.round or None,
        by=row.by,
        to=row.to,
        what=row.what,
        wordings=building.wordings(row.wordings),
        made_on=row.made_on,
        due=row.due or None,
        due_condition=row.due_condition or None,
        target=row.target or None,
        stated_by=row.stated_by,
        status=row.status,
        overdue=queries.overdue(row, question.point.valid_at),
        fulfilled_by=row.fulfilled_by,
        days_taken=row.days_taken,
        measures=row.measures,
        figures=building.figures(row.figures),
        valid_from=building.first_day(row.valid_from),
        valid_until=building.last_day(row.valid_until),
        set_by=question.links(row.set_by),
    )
