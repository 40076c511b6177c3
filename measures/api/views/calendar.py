"""What is scheduled: steps, returns, expiries that the calendar alone will bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.renderers import BaseRenderer

from measures import queries, selecting
from measures.api import building, filters
from measures.api.icalendar import MEDIA_TYPE, icalendar
from measures.api.shapes.measures import CalendarItem
from measures.api.views.measures import address
from measures.models import Segment
from measures.wording import change_sentence
from tracker.api.clocks import Question
from tracker.api.paging import MOST, PAGING, Order, page
from tracker.api.parameters import DAY, FLAG, Parameter, not_after
from tracker.api.problems import wrong
from tracker.api.reading import ReadAt
from tracker.api.shapes import Page
from tracker.clocks import FAR

FILTERS = (
    Parameter(name="until", form=DAY, example="2026-12-31", description="What begins before this day."),
    Parameter(name="all_terms", form=FLAG, default=False, example=False, description="Every term of a measure."),
    filters.IMPLEMENTER,
    filters.TARGET,
    filters.KIND,
    filters.DISPUTE,
    filters.MEASURE,
)
BY_DAY = Order(("valid_from", "slug", "term", "party"), (date, str, str, str))


class CalendarRenderer(BaseRenderer):
    """Names the media type for the negotiation; the view renders."""

    media_type, format = MEDIA_TYPE, "ics"


class Calendar(ReadAt):
    """What begins after the day asked, as the texts known and recorded stand, if nothing else happens.

    In order of the day, then of the measure and its term. Without `all_terms` only headline terms are listed.
    """

    tag = "calendar"
    shape = Page[CalendarItem]
    projections = ("measures",)
    problems = ("unknown-value",)
    parameters = (*FILTERS, *PAGING)

    def answer_at(self, question: Question, **path: Any) -> Page[CalendarItem]:
        return page(question, scheduled(question), BY_DAY, lambda found: _items(found, question))


class CalendarFile(ReadAt):
    """The calendar as iCalendar, for the calendar program of a reader: the next changes, at most 200.

    The same filters as `calendar/`. An event keeps its identity as long as the change does.
    """

    tag = "calendar"
    media_type = MEDIA_TYPE
    renderer_classes = (CalendarRenderer,)
    projections = ("measures",)
    problems = ("unknown-value", "contradictory-parameters")
    parameters = FILTERS

    def answer_at(self, question: Question, **path: Any) -> HttpResponse:
        rows = list(scheduled(question)[:MOST])
        body = icalendar(_items(rows, question), question.clocks().recorded_at)
        return HttpResponse(body, content_type=f"{MEDIA_TYPE}; charset=utf-8")


def scheduled(question: Question) -> QuerySet[Segment]:
    """The changes that the calendar will bring and that meet the filters. Raises Problem."""
    filters.check_exists(question, "dispute")
    point, values = question.point, question.values
    if values["until"] and values["until"] <= point.valid_at:
        raise wrong([not_after("until", values["until"], "valid_at", point.valid_at)])
    rows = queries.calendar(point, values["until"] or FAR)
    if not values["all_terms"]:
        rows = rows.filter(headline=True)
    if values["measure"]:
        rows = rows.filter(slug=values["measure"])
    if question.given("implementer", "target", "kind", "dispute"):
        rows = rows.filter(slug__in=selecting.measures(point, values).values("slug"))
    return rows


def _items(rows: Sequence[Segment], question: Question) -> list[CalendarItem]:
    """Two more queries: the titles, and what holds before each change."""
    point = question.point
    slugs = {row.slug for row in rows}
    titles = dict(queries.measures(point).filter(slug__in=slugs).values_list("slug", "title"))
    ends = {row.valid_from for row in rows}
    before = {(*_of(row), row.valid_until): row for row in queries.ending(slugs, ends, point)}
    return [
        _item(row, titles.get(row.slug, row.slug), before.get((*_of(row), row.valid_from)), question) for row in rows
    ]


def _of(row: Segment) -> tuple[str, str, str]:
    return row.slug, row.term, row.party


def _item(row: Segment, title: str, before: Segment | None, question: Question) -> CalendarItem:
    return CalendarItem(
        valid_from=row.valid_from,
        measure=row.slug,
        title=title,
        term=row.term,
        party=row.party or None,
        headline=row.headline,
        sentence=change_sentence(before, row),
        legal=row.legal,
        application=row.application,
        rate=building.number(row.rate),
        obligation=building.obligation(row.obligation, row.sentence),
        set_by=question.links(row.set_by),
        url=address(question, row.slug),
    )
