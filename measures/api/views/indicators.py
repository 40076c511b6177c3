"""Indicators and their observations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

from measures import queries, selecting
from measures.api import building, filters
from measures.api.shapes.subjects import IndicatorShape, ObservationShape
from measures.events.indicators import Described
from measures.models import Indicator, Observation
from tracker.api.clocks import Question
from tracker.api.paging import PAGING, Order, page
from tracker.api.parameters import DAY, Parameter
from tracker.api.reading import ReadAt
from tracker.api.shapes import Page

EXAMPLE = "cn-share-rare-earth-supply"
KINDS = get_args(get_type_hints(Described)["kind"])
BY_PERIOD = Order(("period_until", "set_by__0"), (str, int))


def indicator_shape(row: Indicator, latest: Observation | None, question: Question) -> IndicatorShape:
    return IndicatorShape(
        slug=row.slug,
        title=row.title,
        kind=row.kind,
        area=row.area,
        items=row.items,
        dispute=row.dispute or None,
        measures=row.measures,
        first_known=row.first_known,
        unknown=None,
        latest=observation_shape(latest, question) if latest else None,
        set_by=question.links(row.set_by),
        **_addresses(row.slug, question),
    )


def _addresses(slug: str, question: Question) -> dict[str, Any]:
    url = f"{question.base}/api/v1/indicators/{slug}/"
    return {"url": url, "links": {"observations": f"{url}observations/"}}


def observation_shape(row: Observation, question: Question) -> ObservationShape:
    return ObservationShape(
        indicator=row.slug,
        period_from=row.period_from or None,
        period_until=row.period_until,
        values=building.figures(row.values),
        summary=row.summary or None,
        round=row.round or None,
        known_from=row.known_from,
        set_by=question.links(row.set_by),
    )


def _shapes(rows: Sequence[Indicator], question: Question) -> list[IndicatorShape]:
    latest = queries.latest_observations([row.slug for row in rows], question.point)
    return [indicator_shape(row, latest.get(row.slug), question) for row in rows]


class Indicators(ReadAt):
    """The indicators that were known and recorded at the point, each with its latest observation, by slug."""

    tag = "indicators"
    shape = Page[IndicatorShape]
    projections = ("indicators",)
    problems = ("unknown-value",)
    parameters = (
        filters.choice("kind", KINDS, "The kind of indicator.", "supply_share"),
        filters.party("area", "About this country.", "CN"),
        filters.DISPUTE,
        filters.MEASURE,
        filters.SEARCH,
        *PAGING,
    )

    def answer_at(self, question: Question, **path: Any) -> Page[IndicatorShape]:
        filters.check_exists(question, "dispute")
        rows = queries.indicators(question.point)
        rows = filters.narrowed(
            rows, question, kind="kind__in", area="area__overlap", dispute="dispute", measure="measures__overlap"
        )
        if words := question.values["q"]:
            rows = selecting.about(rows, words, "title", "slug")
        return page(question, rows, filters.BY_SLUG, lambda found: _shapes(found, question))


class IndicatorBySlug(ReadAt):
    """An indicator with its latest observation.

    Before the public knew of it, or at a position before it was recorded, its fields are null and `unknown` says why.
    """

    tag = "indicators"
    shape = IndicatorShape
    projections = ("indicators",)
    problems = ("never-recorded",)
    path_parameters = (filters.path_slug("indicator", EXAMPLE),)

    def answer_at(self, question: Question, **path: Any) -> IndicatorShape:
        rows = list(queries.indicators(question.point).filter(slug=path["slug"]))
        return _shapes(rows, question)[0] if rows else _unknown(path["slug"], question)


def _unknown(slug: str, question: Question) -> IndicatorShape:
    filters.check_recorded("indicator", slug)
    first = queries.first_known(Indicator, question.point, slug=slug)
    return IndicatorShape(
        slug=slug,
        title=None,
        kind=None,
        area=[],
        items=[],
        dispute=None,
        measures=[],
        first_known=first,
        unknown=building.not_yet(first, question.values["known_at"] or question.point.valid_at),
        latest=None,
        set_by=[],
        **_addresses(slug, question),
    )


class Observations(ReadAt):
    """What an indicator showed, in order of the period; periods that begin after the day asked are left out."""

    tag = "indicators"
    shape = Page[ObservationShape]
    projections = ("indicators",)
    problems = ("never-recorded",)
    path_parameters = (filters.path_slug("indicator", EXAMPLE),)
    parameters = (
        Parameter(
            name="from", form=DAY, example="2025-01-01", description="Periods that may end on or after this day."
        ),
        Parameter(name="until", form=DAY, example="2026-01-01", description="Periods that may end before this day."),
        *PAGING,
    )

    def answer_at(self, question: Question, **path: Any) -> Page[ObservationShape]:
        filters.check_recorded("indicator", path["slug"])
        rows = queries.observations(question.point).filter(slug=path["slug"])
        rows = selecting.between(rows, "period_until", question.values["from"], question.values["until"])
        return page(question, rows, BY_PERIOD, lambda found: [observation_shape(row, question) for row in found])
