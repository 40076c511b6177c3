"""The list of measures, and a measure with its line of time and its history."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from measures import queries, selecting
from measures.models import Case, Measure, Segment
from measures.parties import for_parties
from measures.queries import MeasureState
from measures.rules import renamed
from measures.web import dispute, drawings, record, state, words
from measures.web.axis import day_before
from measures.web.clocks import ANY, NUMBER, Travel, as_query, at_clocks, takes
from measures.web.pages import page
from measures.wording import LEGAL, status_sentence
from tracker import log
from tracker.clocks import Point

PAGE = 200
FILTERS = ("implementer", "kind", "legal", "application", "product", "q")
TYPED = ("product", "q")
PRODUCT = re.compile(r"(?!00|77)\d{2}(\d{2}){0,4}")

FORMS: dict[str, str | Iterable[str]] = dict.fromkeys(FILTERS, ANY)
FORMS |= {"kind": words.KINDS, "legal": LEGAL, "application": words.APPLICATIONS}


@at_clocks
@takes(page=NUMBER, **FORMS)
def index(request: HttpRequest, travel: Travel) -> HttpResponse:
    point = travel.point
    chosen = {name: request.GET.get(name, "") for name in FILTERS}
    chosen["product"] = product = chosen["product"].replace(".", "").strip()
    wrong = bool(product) and not PRODUCT.fullmatch(product)
    every = list(queries.measures(point).order_by().values_list("implementer", "kind"))
    rows = queries.measures(point).none() if wrong else selecting.measures(point, _wanted(chosen))
    rows = rows.order_by("implementer", "title", "slug")
    listed = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    states = queries.states(listed, point)
    filters = as_query((name, chosen[name]) for name in FILTERS if chosen[name])
    return page(
        request,
        "web/measures.html",
        travel,
        json={"This page": f"measures/{filters}"},
        listed=listed,
        states=states,
        total=len(every),
        chosen=chosen,
        wrong_product=wrong,
        filtered=any(chosen.values()),
        choices=_choices({code for code, _ in every}, {code for _, code in every}),
        corrections=record.corrections_among([segment for item in states for segment in item.terms]),
    )


def _choices(implementers: set[str], kinds: set[str]) -> dict[str, list[tuple[str, str]]]:
    """What each filter offers: of implementers and kinds those that there are."""
    return {
        "implementer": sorted(((code, words.party(code)) for code in implementers), key=lambda item: item[1]),
        "kind": [(code, words.kind(code)) for code in words.KINDS if code in kinds],
        "legal": list(LEGAL.items()),
        "application": list(words.APPLICATIONS.items()),
    }


def _wanted(chosen: dict[str, str]) -> dict[str, Any]:
    """The conditions as the selection takes them: several values for all but what is typed."""
    return {name: value if name in TYPED else [value] for name, value in chosen.items() if value}


@at_clocks
def detail(request: HttpRequest, travel: Travel, slug: str) -> HttpResponse:
    point = travel.point
    found = queries.measure(slug, point)
    stream = found.measure.stream if found else _stream_of(slug, point)
    history = record.items(log.read(stream=stream, upto=point.position), point.known_at)
    if found is None:
        return _not_known(request, travel, slug, stream, history)
    if found.measure.slug != slug:
        return redirect(reverse("web:measure", args=[found.measure.slug]) + as_query(travel.asked.items()))
    every = list(queries.timeline(stream, point))
    segments = [row for row in every if not row.party]
    names = queries.names(found.measure, point)
    shown = record.known(history, point)
    return page(
        request,
        "web/measure.html",
        travel,
        json=_json(slug),
        state=found,
        stream=stream,
        parked=any(stream in parked for parked in point.parked.values()),
        measure=found.measure,
        sentence=status_sentence(found),
        confirmed_through=day_before(found.measure.confirmed_until),
        step=dispute.step(point.valid_at, segments),
        reasons=_reasons(found, shown),
        segments=[(row, row in found.terms or row in found.own) for row in every],
        several_terms=len({(row.term, row.party) for row in every}) > 1,
        for_parties=for_parties(found),
        follows=_follows(segments, point.valid_at),
        has_rates=any(row.rate for row in segments),
        drawings=[drawing for size in drawings.OF_MEASURE if (drawing := _drawing(size, found, segments))],
        history=shown[::-1],
        unknown_yet=len(history) - len(shown),
        related=_related(found.measure, names, point),
        cases=list(Case.objects.at(point).filter(measures__overlap=names).order_by("slug")),
        corrections={event.position for item in history for event in item.touched_by},
    )


def _stream_of(slug: str, point: Point) -> str:
    """The stream that is, was, or at a later position of the record will be, called so."""
    return queries.stream_of(slug, point) or renamed().get(slug) or f"measure/{slug}"


def _json(slug: str) -> dict[str, str]:
    below = {"Timeline": "timeline/", "History": "history/", "Explanation": "explain/"}
    return {"This page": f"measures/{slug}/"} | {name: f"measures/{slug}/{path}" for name, path in below.items()}


def _drawing(size: drawings.Format, found: MeasureState, segments: list[Segment]) -> object:
    return drawings.measure(size, found.point.valid_at, found, segments)


def _follows(segments: list[Segment], day: date) -> list[tuple[Segment, str]]:
    """What the headline's later segments bring."""
    later = [(old, row) for old, row in dispute.changes(segments) if row.headline and row.valid_from > day]
    return [(row, state.change(old, row)) for old, row in later]


def _reasons(found: MeasureState, history: list[record.Item]) -> list[record.Item]:
    """The events that set the headline of the day."""
    causes = found.headline.set_by if found.headline else []
    return [item for item in history if item.event.position in causes]


def _related(measure: Measure, names: list[str], point: Point) -> dict[str, list[Measure]]:
    """What this answers, and what answers it, under all their slugs."""
    answers = list(queries.of_names(measure.retaliation_for, point))
    rows = queries.measures(point).filter(retaliation_for__overlap=names)
    return {"answers": answers, "answered_by": [row for row in rows if row not in answers]}


def _not_known(
    request: HttpRequest, travel: Travel, slug: str, stream: str, history: list[record.Item]
) -> HttpResponse:
    """A measure before its first event: not yet announced, as the public knew, or not yet in our record."""
    later = log.read(stream=stream, limit=1)
    if not later:
        raise Http404(f"There is no measure {slug!r} in our record.")
    first = min((item.event.known_from for item in history if item.event.known_from), default=None)
    return page(
        request,
        "web/not_yet_known.html",
        travel,
        json={"This page": f"measures/{slug}/"},
        slug=slug,
        first_known=first,
        first_recorded=None if history else later[0],
    )
