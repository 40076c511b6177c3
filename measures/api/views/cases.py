"""Cases before courts and the WTO."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from measures import queries, selecting
from measures.api import building, filters
from measures.api.shapes.subjects import CaseShape, ProceedingShape
from measures.models import Case, Proceeding
from tracker.api.clocks import Question
from tracker.api.paging import PAGING, page
from tracker.api.reading import ReadAt
from tracker.api.shapes import Page

EXAMPLE = "us-ieepa-litigation"


def _shapes(rows: Sequence[Case], question: Question) -> list[CaseShape]:
    proceedings: dict[str, list[Proceeding]] = defaultdict(list)
    for item in queries.proceedings(question.point).filter(slug__in=[row.slug for row in rows]):
        proceedings[item.slug].append(item)
    return [_case(row, proceedings[row.slug], question) for row in rows]


def _case(row: Case, proceedings: Sequence[Proceeding], question: Question) -> CaseShape:
    return CaseShape(
        slug=row.slug,
        url=_address(row.slug, question),
        title=row.title,
        forum=row.forum or None,
        number=row.number or None,
        authority=row.authority or None,
        parties=row.parties,
        measures=row.measures,
        dispute=row.dispute or None,
        first_known=row.first_known,
        unknown=None,
        proceedings=[_proceeding(item, question) for item in proceedings],
        set_by=question.links(row.set_by),
    )


def _address(slug: str, question: Question) -> str:
    return f"{question.base}/api/v1/cases/{slug}/"


def _proceeding(row: Proceeding, question: Question) -> ProceedingShape:
    return ProceedingShape(
        kind=row.kind,
        occurred_on=row.occurred_on,
        forum=row.forum or None,
        number=row.number or None,
        outcome=row.outcome or None,
        text=row.text or None,
        measures=row.measures,
        known_from=row.known_from,
        set_by=question.links(row.set_by),
    )


class Cases(ReadAt):
    """The cases that were known and recorded at the point, with what had happened in them, by slug."""

    tag = "cases"
    shape = Page[CaseShape]
    projections = ("cases",)
    problems = ("unknown-value",)
    parameters = (filters.DISPUTE, filters.MEASURE, filters.AUTHORITY, filters.SEARCH, *PAGING)

    def answer_at(self, question: Question, **path: Any) -> Page[CaseShape]:
        filters.check_exists(question, "dispute")
        rows = filters.narrowed(
            queries.cases(question.point),
            question,
            dispute="dispute",
            measure="measures__overlap",
            authority="authority__icontains",
        )
        if words := question.values["q"]:
            rows = selecting.about(rows, words, "title", "slug", "forum", "number")
        return page(question, rows, filters.BY_SLUG, lambda found: _shapes(found, question))


class CaseBySlug(ReadAt):
    """A case with what had happened in it.

    Before the public knew of it, or at a position before it was recorded, its fields are null and `unknown` says why.
    """

    tag = "cases"
    shape = CaseShape
    projections = ("cases",)
    problems = ("never-recorded",)
    path_parameters = (filters.path_slug("case", EXAMPLE),)

    def answer_at(self, question: Question, **path: Any) -> CaseShape:
        rows = list(queries.cases(question.point).filter(slug=path["slug"]))
        return _shapes(rows, question)[0] if rows else _unknown(path["slug"], question)


def _unknown(slug: str, question: Question) -> CaseShape:
    filters.check_recorded("case", slug)
    first = queries.first_known(Case, question.point, slug=slug)
    return CaseShape(
        slug=slug,
        url=_address(slug, question),
        title=None,
        forum=None,
        number=None,
        authority=None,
        parties=[],
        measures=[],
        dispute=None,
        first_known=first,
        unknown=building.not_yet(first, question.values["known_at"] or question.point.valid_at),
        proceedings=[],
        set_by=[],
    )
