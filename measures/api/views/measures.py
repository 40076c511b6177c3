"""Measures: lists, one at a point, and its timeline."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from measures import queries, selecting
from measures.api import building, filters, rendering
from measures.api.rendering import shown
from measures.api.shapes.measures import MeasureShape, TimelineShape
from measures.models import Measure
from measures.wording import not_announced
from tracker.api.clocks import Question
from tracker.api.paging import PAGING, Cursor, Order, page, paged
from tracker.api.parameters import POSITION, Parameter, one_of
from tracker.api.reading import ReadAt
from tracker.api.shapes import Page
from tracker.api.views import check_reached
from tracker.clocks import Point

EXAMPLE = "us-ieepa-reciprocal-cn"
ORDERS = {
    "slug": Order(("slug",), (str,)),
    "-slug": Order(("-slug",), (str,)),
    "first_known": Order(("first_known", "slug"), (date, str)),
    "-first_known": Order(("-first_known", "slug"), (date, str)),
    "rate": Order(("rate_or_less", "slug"), (Decimal, str)),
    "-rate": Order(("-rate_or_less", "slug"), (Decimal, str)),
}


def address(question: Question, slug: str) -> str:
    return f"{question.base}/api/v1/measures/{slug}/"


def links(question: Question, slug: str) -> dict[str, str]:
    base = address(question, slug)
    return {name: f"{base}{name}/" for name in ("timeline", "history", "explain")}


def unknown_measure(slug: str, question: Question) -> MeasureShape:
    """A measure that the public did not know, or the log did not hold, at the point. Raises Problem."""
    stream = queries.stream_of(slug, question.point)
    if stream is None:
        filters.check_recorded("measure", slug)
    first = queries.first_known(Measure, question.point, stream=stream) if stream else None
    day = question.values["known_at"] or question.point.valid_at
    return MeasureShape(
        slug=slug,
        url=address(question, slug),
        title=None,
        kind=None,
        direction=None,
        implementer=None,
        targets=[],
        authority=None,
        dispute=None,
        status=not_announced(day, first),
        confirmed=False,
        confirmed_until=None,
        next_change=None,
        corrected=False,
        first_known=first,
        retaliation_for=[],
        part_of=None,
        successor_of=None,
        aliases=[],
        coverage=None,
        scope=[],
        covers=None,
        instruments=[],
        terms=[],
        for_parties=[],
        links=links(question, slug),
        legal="not_announced",
        application="not_applied",
        operational="unknown",
        rate=None,
        rate_min=None,
        rate_max=None,
        statutory_rate=None,
        suspended_points=None,
        obligation=None,
        applies_by=None,
        in_transit=None,
        valid_from=None,
        valid_until=None,
        set_by=[],
        unknown=building.not_yet(first, day),
    )


class Measures(ReadAt):
    """The measures that were known and recorded at the point, with their state.

    Filters are combined; a filter given again means any of its values. Ordered by slug unless `order` says otherwise;
    every order is completed by the slug. The status filters look at the headline term on the day asked, and so does the
    order by `rate`: a measure without a rate stands below every rate.
    """

    tag = "measures"
    shape = Page[MeasureShape]
    projections = ("measures",)
    problems = ("unknown-value",)
    parameters = (
        filters.IMPLEMENTER,
        filters.TARGET,
        filters.FOR_PARTY,
        filters.KIND,
        filters.DIRECTION,
        filters.AUTHORITY,
        filters.LEGAL_STATUS,
        filters.APPLICATION,
        filters.DISPUTE,
        filters.NEGOTIATION,
        *filters.FIRST_KNOWN,
        *filters.IN_FORCE,
        filters.PRODUCT_CODE,
        filters.SEARCH,
        Parameter(
            name="changed_since",
            form=POSITION,
            example=0,
            description="Measures of whose answer at these clocks something was recorded after this position.",
        ),
        Parameter(name="order", form=one_of(ORDERS), default="slug", example="slug", description="The order."),
        *PAGING,
    )

    def answer_at(self, question: Question, **path: Any) -> Page[Any]:
        filters.check_exists(question, "dispute")
        filters.check_exists(question, "negotiation")
        check_reached("changed_since", question)
        order = ORDERS[question.values["order"]]
        if _is_plain(question):
            return paged(question, order, partial(_by_slug, question.point), lambda found: shown(found, question))
        rows = selecting.measures(question.point, question.values)
        if question.values["order"].endswith("rate"):
            rows = selecting.with_rate(rows, question.point)
        return page(question, rows.only(*rendering.COLUMNS), order, lambda found: shown(found, question))


FILTERS = {one.name for one in Measures.parameters} - {"order", *(one.name for one in PAGING)}


def _is_plain(question: Question) -> bool:
    """Whether a page of all measures by slug is asked for."""
    plain = question.values["order"].endswith("slug") and question.values["format"] == "json"
    return plain and not any(question.values[name] for name in FILTERS)


def _by_slug(point: Point, order: Order, cursor: Cursor | None, count: int) -> list[queries.Brief]:
    beyond = cursor.keys[0] if cursor else None
    return queries.by_slug(point, count, beyond, backwards=order.columns[0].startswith("-"))


class MeasureBySlug(ReadAt):
    """A measure at a point of the three clocks.

    On a day before its first act, before the public knew of it, or at a position before it was recorded, the answer is
    `not_announced`, with status 200. A slug that the log has never held is a 404. A former slug, a later one, and that
    of a measure found to be the same as this one all lead here: `slug` is the one of the day.
    """

    tag = "measures"
    shape = MeasureShape
    projections = ("measures",)
    problems = ("never-recorded",)
    path_parameters = (filters.path_slug("measure", EXAMPLE),)
    parameters = (filters.FOR_PARTY,)

    def answer_at(self, question: Question, **path: Any) -> Any:
        row = queries.named(path["slug"], question.point)
        return shown([row], question)[0] if row else unknown_measure(path["slug"], question)


class MeasureTimeline(ReadAt):
    """All runs of days of a measure, term by term, as known and recorded at the clocks.

    The headline term first, each term in order of its days. `valid_at` is echoed and selects nothing.
    """

    tag = "measures"
    shape = TimelineShape
    projections = ("measures",)
    problems = ("never-recorded",)
    path_parameters = (filters.path_slug("measure", EXAMPLE),)

    def answer_at(self, question: Question, **path: Any) -> TimelineShape:
        point = question.point
        row = queries.named(path["slug"], point)
        if row is None:
            unknown = unknown_measure(path["slug"], question).unknown
            return TimelineShape(slug=path["slug"], title=None, confirmed_until=None, unknown=unknown, results=[])
        written: Any = rendering.timeline(row, question)
        return TimelineShape(
            slug=row.slug,
            title=row.title,
            confirmed_until=row.confirmed_until,
            unknown=None,
            results=written,
        )
