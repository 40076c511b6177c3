"""Disputes: the umbrella over measures, talks, cases and indicators, and its one line of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from measures import queries, selecting
from measures.api import building, filters
from measures.api.shapes.subjects import DisputeLine, DisputeShape, LineItem
from measures.api.views.history import Told
from measures.models import Dispute
from tracker.api.clocks import Question
from tracker.api.paging import PAGING, Cursor, Order, page, paged
from tracker.api.reading import ReadAt
from tracker.api.shapes import Page
from tracker.known import Line, Placed

EXAMPLE = "us-cn"
LINE = Order(("known_from", "known_seq", "position"), (date, int, int))


def dispute_fields(row: Dispute, question: Question) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "url": _address(row.slug, question),
        "title": row.title,
        "parties": row.parties,
        "about": row.about or None,
        "first_known": row.first_known,
        "unknown": None,
        "set_by": question.links(row.set_by),
    }


def _address(slug: str, question: Question) -> str:
    return f"{question.base}/api/v1/disputes/{slug}/"


class Disputes(ReadAt):
    """The disputes that were known and recorded at the point, by slug."""

    tag = "disputes"
    shape = Page[DisputeShape]
    projections = ("disputes",)
    parameters = (filters.party("party", "Those with this party.", "CN"), filters.SEARCH, *PAGING)

    def answer_at(self, question: Question, **path: Any) -> Page[DisputeShape]:
        rows = filters.narrowed(queries.disputes(question.point), question, party="parties__overlap")
        if words := question.values["q"]:
            rows = selecting.about(rows, words, "title", "slug", "about")
        return page(
            question,
            rows,
            filters.BY_SLUG,
            lambda found: [DisputeShape(**dispute_fields(row, question)) for row in found],
        )


class DisputeBySlug(ReadAt):
    """A dispute on one line of time: everything that happened in it, by the day it was known, in pages.

    Events of all its measures, talks, cases and indicators, each as it reads after corrections, with its sources.
    `known_at` leaves out later ones; `valid_at` is echoed and selects nothing.
    """

    tag = "disputes"
    shape = DisputeLine
    projections = ("disputes", "measures", "negotiations", "cases", "indicators")
    problems = ("never-recorded",)
    path_parameters = (filters.path_slug("dispute", EXAMPLE),)
    parameters = PAGING

    def answer_at(self, question: Question, **path: Any) -> DisputeLine:
        slug = path["slug"]
        row = queries.disputes(question.point).filter(slug=slug).first()
        fields = dispute_fields(row, question) if row else _unknown(slug, question)
        titles = queries.streams_of_dispute(slug, question.point) if row else {}
        line = Line(titles, upto=question.point.position, known_by=question.values["known_at"])

        def take(running: Order, cursor: Cursor | None, count: int) -> list[Placed]:
            return line.take(cursor.keys if cursor else None, backwards=running is not LINE, count=count)

        def build(shown: Sequence[Placed]) -> list[LineItem]:
            told = Told([*line.touched, *(placed.event for placed in shown)], question)
            return [_item(placed, told, titles) for placed in shown]

        found = paged(question, LINE, take, build)
        return DisputeLine(**fields, results=found.results, next=found.next, previous=found.previous)


def _unknown(slug: str, question: Question) -> dict[str, Any]:
    filters.check_recorded("dispute", slug)
    first = queries.first_known(Dispute, question.point, slug=slug)
    return {
        "slug": slug,
        "url": _address(slug, question),
        "title": None,
        "parties": [],
        "about": None,
        "first_known": first,
        "unknown": building.not_yet(first, question.values["known_at"] or question.point.valid_at),
        "set_by": [],
    }


def _item(placed: Placed, told: Told, titles: Mapping[str, str]) -> LineItem:
    item, stream = told.item(placed.event), placed.event.stream
    return LineItem(
        known_from=placed.known_from,
        known_seq=placed.known_seq,
        occurred_on=item.occurred_on,
        stream=stream,
        title=titles[stream],
        type=item.type,
        sentence=item.sentence,
        summary=item.summary,
        sources=item.sources,
        corrected=item.corrected,
        position=item.position,
        url=item.url,
    )
