"""What parties of talks demanded, offered, conceded, stated; and what they had said on the same matter before."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db.models import QuerySet

from measures import queries, selecting
from measures.api import building, filters
from measures.api.shapes.talks import PositionShape
from measures.api.views.negotiations import BY, EXAMPLE, ROUND, OfNegotiation
from measures.models import Position
from tracker.api.clocks import Question
from tracker.api.paging import PAGING, Order, page
from tracker.api.parameters import POSITION, SLUG, Parameter
from tracker.api.problems import wrong
from tracker.api.reading import ReadAt
from tracker.api.shapes import Page, ProblemError

IN_TIME = Order(("valid_from", "slug", "set_by__0"), (date, str, int))
STANCES = ("demand_made", "offer_made", "concession_made", "statement_made", "accusation_made", "noted")

POSITION_FILTERS = (
    BY,
    filters.choice("kind", STANCES, "The kind of position.", "demand_made"),
    ROUND,
    filters.MEASURE,
    *filters.window("said", "The day it was said, or known where that is not stated."),
    filters.SEARCH,
    Parameter(
        name="earlier_than",
        form=POSITION,
        description="Those that the same party took earlier on the same matter (one of the same measures or goods, or "
        "the same topic) as the one that was recorded at this position of the log.",
    ),
)


class Positions(ReadAt):
    """What parties of all talks demanded, offered, conceded, stated.

    In order of the day it was said, or known where that is not stated. The address in `earlier` of each asks for what
    the same party had said before on the same matter.
    """

    tag = "negotiations"
    shape = Page[PositionShape]
    projections = ("negotiations",)
    problems: ClassVar[tuple[str, ...]] = ("unknown-value",)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="negotiation", form=SLUG, example=EXAMPLE, description="Those of this negotiation."),
        *POSITION_FILTERS,
        *PAGING,
    )

    def answer_at(self, question: Question, **path: Any) -> Page[PositionShape]:
        filters.check_exists(question, "negotiation")
        rows = queries.positions(question.point)
        if negotiation := question.values["negotiation"]:
            rows = rows.filter(slug=negotiation)
        return _positions(question, rows)


class NegotiationPositions(OfNegotiation):
    """What the parties of a negotiation demanded, offered, conceded, stated.

    In order of the day it was said, or known where that is not stated.
    """

    shape = Page[PositionShape]
    parameters = (*POSITION_FILTERS, *PAGING)

    def answer_at(self, question: Question, **path: Any) -> Page[PositionShape]:
        self.check(path["slug"])
        return _positions(question, queries.positions(question.point).filter(slug=path["slug"]))


def _positions(question: Question, rows: QuerySet[Position]) -> Page[PositionShape]:
    rows = filters.narrowed(rows, question, by="by__in", kind="kind__in", round="round", measure="measures__overlap")
    rows = filters.narrowed(rows, question, said_from="valid_from__gte", said_until="valid_from__lt")
    if (later := question.values["earlier_than"]) is not None:
        rows = _earlier(question, rows, later)
    if words := question.values["q"]:
        rows = selecting.about(rows, words, "text", "summary", "topic", "speaker", "quote")
    return page(question, rows, IN_TIME, lambda found: [position_shape(row, question) for row in found])


def _earlier(question: Question, rows: QuerySet[Position], later: int) -> QuerySet[Position]:
    """What the party of a position had said before on the same matter. Raises a Problem where none stands there."""
    found = queries.positions(question.point).filter(set_by__0=later).first()
    if found is None:
        detail = f"no position of a party stands at entry {later} at this point"
        raise wrong([ProblemError(code="unknown-value", detail=detail, parameter="earlier_than", value=str(later))])
    return queries.earlier_positions(found, rows)


def position_shape(row: Position, question: Question) -> PositionShape:
    return PositionShape(
        negotiation=row.slug,
        round=row.round or None,
        kind=row.kind,
        by=row.by or None,
        to=row.to,
        speaker=row.speaker or None,
        topic=row.topic or None,
        text=row.text,
        quote=row.quote or None,
        occurred_on=row.occurred_on,
        summary=row.summary or None,
        measures=row.measures,
        items=row.items,
        figures=building.figures(row.figures),
        people=building.people(row.people),
        known_from=row.known_from,
        earlier=f"{question.base}/api/v1/positions/?earlier_than={row.set_by[0]}",
        set_by=question.links(row.set_by),
    )
