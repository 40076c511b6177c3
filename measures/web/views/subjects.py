"""Negotiations, indicators and cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Max, Min
from django.http import Http404, HttpRequest, HttpResponse

from measures import queries
from measures.models import Meeting
from measures.web import drawings, record
from measures.web.clocks import Travel, at_clocks
from measures.web.pages import page
from measures.web.talks import Promise, rounds
from tracker.clocks import Point
from tracker.sentences import day_in_words


@at_clocks
def negotiations(request: HttpRequest, travel: Travel) -> HttpResponse:
    met = Meeting.objects.at(travel.point).values("slug").annotate(first=Min("valid_from"), last=Max("valid_from"))
    days = {row["slug"]: row for row in met}
    rows = [(row, days.get(row.slug)) for row in queries.negotiations(travel.point)]
    rows.sort(key=lambda item: item[1]["last"].toordinal() if item[1] else 0, reverse=True)
    return page(request, "web/negotiations.html", travel, json={"This page": "negotiations/"}, rows=rows)


@at_clocks
def negotiation(request: HttpRequest, travel: Travel, slug: str) -> HttpResponse:
    point = travel.point
    row = _one(queries.negotiations(point), slug, "negotiation", point)
    tables = [
        list(table(point).filter(slug=slug))
        for table in (queries.meetings, queries.delegations, queries.positions, queries.agreements)
    ]
    promises = [Promise(item, point.valid_at) for item in queries.commitments(point).filter(slug=slug)]
    about = {name for table in tables for item in table for name in item.measures}
    return page(
        request,
        "web/negotiation.html",
        travel,
        json={"This page": f"negotiations/{slug}/"},
        negotiation=row,
        rounds=rounds(*tables),
        promises=promises[::-1],
        measures=_titles(about | {name for item in promises for name in item.row.measures}, point),
        corrections=record.corrections_among(*tables, [item.row for item in promises]),
    )


@at_clocks
def positions(request: HttpRequest, travel: Travel, position: int) -> HttpResponse:
    """A position, and what the same party had said before on the same matter."""
    point = travel.point
    row = queries.positions(point).filter(set_by__0=position).first()
    if row is None or not row.by:
        raise Http404(f"No party's position stands at entry {position} of our record on this day.")
    earlier = list(queries.earlier_positions(row, queries.positions(point)))
    return page(
        request,
        "web/positions.html",
        travel,
        json={"This page": f"positions/?earlier_than={position}"},
        row=row,
        earlier=earlier[::-1],
        measures=_titles(row.measures, point),
        corrections=record.corrections_among([row, *earlier]),
    )


@at_clocks
def indicators(request: HttpRequest, travel: Travel) -> HttpResponse:
    known = list(queries.indicators(travel.point))
    latest = queries.latest_observations([row.slug for row in known], travel.point)
    rows = [(row, latest.get(row.slug)) for row in known]
    rows.sort(key=lambda item: (item[0].kind, item[0].title))
    return page(
        request,
        "web/indicators.html",
        travel,
        json={"This page": "indicators/"},
        rows=rows,
        corrections=record.corrections_among(latest.values()),
    )


@at_clocks
def indicator(request: HttpRequest, travel: Travel, slug: str) -> HttpResponse:
    point = travel.point
    row = _one(queries.indicators(point), slug, "indicator", point)
    observations = list(queries.observations(point).filter(slug=slug))
    found = [drawings.series(size, point.valid_at, observations) for size in drawings.OF_MEASURE]
    series = [item for item in found if item]
    return page(
        request,
        "web/indicator.html",
        travel,
        json={"This page": f"indicators/{slug}/"},
        indicator=row,
        series=series[0][0] if series else "",
        drawings=[drawing for _, drawing in series],
        observations=observations[::-1],
        measures=_titles(row.measures, point),
        corrections=record.corrections_among(observations),
    )


@at_clocks
def cases(request: HttpRequest, travel: Travel) -> HttpResponse:
    last: dict[str, Any] = {}
    for row in queries.proceedings(travel.point):
        last[row.slug] = row
    rows = [(row, last.get(row.slug)) for row in queries.cases(travel.point)]
    return page(request, "web/cases.html", travel, json={"This page": "cases/"}, rows=rows)


@at_clocks
def case(request: HttpRequest, travel: Travel, slug: str) -> HttpResponse:
    point = travel.point
    row = _one(queries.cases(point), slug, "case", point)
    proceedings = list(queries.proceedings(point).filter(slug=slug))
    about = {*row.measures, *(name for item in proceedings for name in item.measures)}
    return page(
        request,
        "web/case.html",
        travel,
        json={"This page": f"cases/{slug}/"},
        case=row,
        proceedings=proceedings[::-1],
        states=queries.states(queries.of_names(about, point), point),
        corrections=record.corrections_among(proceedings),
    )


def _one(rows: Any, slug: str, kind: str, point: Point) -> Any:
    """The row of that slug. Raises Http404, saying since when it is known where it is known later."""
    if (row := rows.filter(slug=slug).first()) is not None:
        return row
    first = queries.first_known(rows.model, point, slug=slug)
    if first is None:
        raise Http404(f"There is no {kind} “{slug}” at position {point.position} of our record.")
    days = [day_in_words(day.isoformat()) for day in (point.known_at, first)]
    raise Http404(f"The {kind} “{slug}” was not known on {days[0]}; it is first known {days[1]}.")


def _titles(slugs: Iterable[str], point: Point) -> dict[str, str]:
    return {row.slug: row.title for row in queries.of_names(slugs, point)}
