"""The list of measures, and a measure with its line of time and its history."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from measures import queries
from measures.models import Case, Measure, Segment
from measures.queries import MeasureState
from measures.web import drawings, record, state, words
from measures.web.clocks import Travel, at_clocks
from measures.web.dispute import Step
from measures.web.lines import day_before
from measures.web.pages import page
from measures.wording import LEGAL, status_sentence
from tracker import log
from tracker.clocks import Point

FILTERS = ("implementer", "kind", "legal", "application", "text")


@at_clocks
def index(request: HttpRequest, travel: Travel) -> HttpResponse:
    chosen = {name: request.GET.get(name, "") for name in FILTERS}
    every = list(queries.measures(travel.point).only("implementer", "kind"))
    states = queries.states(_filtered(travel.point, chosen), travel.point)
    return page(
        request,
        "web/measures.html",
        travel,
        json=["measures/"],
        states=states,
        total=len(every),
        chosen=chosen,
        filtered=any(chosen.values()),
        choices={
            "implementer": [(code, words.party(code)) for code in sorted({row.implementer for row in every})],
            "kind": [(code, words.kind(code)) for code in words.KINDS if code in {row.kind for row in every}],
            "legal": [(code, name) for code, name in LEGAL.items() if code != "not_announced"],
            "application": list(words.APPLICATIONS.items()),
        },
        corrections=record.corrections_among([segment for item in states for segment in item.terms]),
    )


def _filtered(point: Point, chosen: dict[str, str]) -> QuerySet[Measure]:
    rows = queries.measures(point).filter(**{name: chosen[name] for name in ("implementer", "kind") if chosen[name]})
    if lanes := {name: chosen[name] for name in ("legal", "application") if chosen[name]}:
        rows = queries.with_headline(rows, point, **lanes)
    if text := chosen["text"]:
        rows = rows.filter(Q(title__icontains=text) | Q(slug__icontains=text) | Q(authority__icontains=text))
    return rows.order_by("implementer", "title")


@at_clocks
def detail(request: HttpRequest, travel: Travel, slug: str) -> HttpResponse:
    point = travel.point
    found = queries.measure(slug, point)
    history = record.items(log.read(stream=f"measure/{slug}", upto=point.position))
    if found is None:
        return _not_known(request, travel, slug, history)
    segments = list(queries.timeline(slug, point))
    shown = record.known(history, point)
    return page(
        request,
        "web/measure.html",
        travel,
        json=[f"measures/{slug}/", f"measures/{slug}/timeline/", f"measures/{slug}/history/"],
        state=found,
        measure=found.measure,
        sentence=status_sentence(found),
        confirmed_through=day_before(found.measure.confirmed_until),
        step=_step(segments, point.valid_at),
        reasons=_reasons(found, shown),
        segments=[(row, row in found.terms, _before(row, segments)) for row in segments],
        several_terms=len({row.term for row in segments}) > 1,
        follows=[(row, state.change(_before(row, segments), row)) for row in segments if _follows(row, point.valid_at)],
        has_rates=any(row.rate for row in segments),
        drawings=[drawing for size in drawings.FORMATS if (drawing := _drawing(size, found, segments))],
        history=shown[::-1],
        unknown_yet=len(history) - len(shown),
        related=_related(found.measure, point),
        cases=list(Case.objects.at(point).filter(measures__contains=[slug]).order_by("slug")),
        corrections={event.position for item in history for event in item.touched_by},
    )


def _drawing(size: drawings.Format, found: MeasureState, segments: list[Segment]) -> object:
    return drawings.measure(size, found.point.valid_at, found, segments)


def _follows(row: Segment, day: date) -> bool:
    return row.headline and row.valid_from > day


def _step(segments: list[Segment], day: date) -> Step:
    """The days of the measure's changes before and after the day asked."""
    days = {row.valid_from for row in segments}
    return Step(max((d for d in days if d < day), default=None), min((d for d in days if d > day), default=None))


def _before(row: Segment, segments: list[Segment]) -> Segment | None:
    """The segment of the same term that this one follows without a gap."""
    return next((item for item in segments if item.term == row.term and item.valid_until == row.valid_from), None)


def _reasons(found: MeasureState, history: list[record.Item]) -> list[record.Item]:
    """The events that set the headline of the day."""
    causes = found.headline.set_by if found.headline else []
    return [item for item in history if item.event.position in causes]


def _related(measure: Measure, point: Point) -> dict[str, list[Measure]]:
    """What this answers, and what answers it."""
    rows = queries.measures(point).filter(
        Q(slug__in=measure.retaliation_for) | Q(retaliation_for__contains=[measure.slug])
    )
    answers = [row for row in rows if row.slug in measure.retaliation_for]
    return {"answers": answers, "answered_by": [row for row in rows if row not in answers]}


def _not_known(request: HttpRequest, travel: Travel, slug: str, history: list[record.Item]) -> HttpResponse:
    """A measure before its first event: not yet announced, as the public knew, or not yet in our record."""
    later = log.read(stream=f"measure/{slug}", limit=1)
    if not later:
        raise Http404(f"There is no measure {slug!r} in our record.")
    first = min((item.event.known_from for item in history if item.event.known_from), default=None)
    return page(
        request,
        "web/not_yet_known.html",
        travel,
        json=[f"measures/{slug}/"],
        slug=slug,
        first_known=first,
        first_recorded=None if history else later[0],
    )
