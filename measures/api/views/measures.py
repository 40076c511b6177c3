"""Measures: lists, one at a point, and its timeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from measures import queries, selecting
from measures.api import building, filters
from measures.api.shapes.measures import ForPartiesShape, MeasureShape, NextChange, ScopeShape, TermShape, TimelineShape
from measures.models import Measure, Scope, Segment
from measures.parties import ForParties, for_parties
from measures.queries import MeasureState
from measures.wording import change_sentence, not_announced, status_sentence
from tracker.api.clocks import Question
from tracker.api.paging import PAGING, Order, page
from tracker.api.parameters import POSITION, Parameter, one_of
from tracker.api.reading import ReadAt
from tracker.api.shapes import Page
from tracker.api.views import check_reached

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


def term_shape(segment: Segment, question: Question) -> TermShape:
    return TermShape(**_term(segment, question))


def _term(segment: Segment, question: Question) -> dict[str, Any]:
    named = {"term": segment.term, "headline": segment.headline, "party": segment.party or None}
    return named | standing(segment, question)


def _for_parties(item: ForParties, question: Question) -> ForPartiesShape:
    alone = item.parties[0] if len(item.parties) == 1 else None
    own = _term(item.segment, question) | {"party": alone, "parties": list(item.parties), "differs": item.differs}
    return ForPartiesShape(**own)


def standing(segment: Segment, question: Question) -> dict[str, Any]:
    """What a segment says, as the fields that a term and a measure share."""
    return {
        "legal": segment.legal,
        "application": segment.application,
        "operational": segment.operational,
        "rate": building.number(segment.rate),
        "rate_min": building.number(segment.rate_min),
        "rate_max": building.number(segment.rate_max),
        "statutory_rate": building.number(segment.statutory_rate),
        "suspended_points": building.number(segment.suspended_points),
        "obligation": building.obligation(segment.obligation, segment.sentence),
        "applies_by": segment.applies_by or None,
        "in_transit": segment.in_transit or None,
        "valid_from": building.first_day(segment.valid_from),
        "valid_until": building.last_day(segment.valid_until),
        "set_by": question.links(segment.set_by),
        "unknown": segment.unknown or None,
    }


NOTHING: dict[str, Any] = {
    "legal": "not_announced",
    "application": "not_applied",
    "operational": "unknown",
    "rate": None,
    "rate_min": None,
    "rate_max": None,
    "statutory_rate": None,
    "suspended_points": None,
    "obligation": None,
    "applies_by": None,
    "in_transit": None,
    "valid_from": None,
    "valid_until": None,
    "set_by": [],
    "unknown": None,
}


def measure_shape(state: MeasureState, question: Question) -> MeasureShape:
    row, upcoming = state.measure, state.next_change
    return MeasureShape(
        slug=row.slug,
        url=address(question, row.slug),
        title=row.title,
        kind=row.kind,
        direction=row.direction,
        implementer=row.implementer or None,
        targets=row.targets,
        authority=row.authority or None,
        dispute=row.dispute or None,
        status=status_sentence(state),
        confirmed=state.confirmed,
        confirmed_until=row.confirmed_until,
        next_change=_next_change(state.headline, upcoming, question) if upcoming else None,
        corrected=row.corrected,
        first_known=row.first_known,
        retaliation_for=row.retaliation_for,
        part_of=row.part_of or None,
        successor_of=row.successor_of or None,
        aliases=row.aliases,
        coverage=state.scope.coverage if state.scope else row.coverage,
        scope=[_scope(scope, question) for scope in state.scopes],
        covers=getattr(row, "covers", None),
        instruments=row.instruments,
        terms=[term_shape(segment, question) for segment in state.terms],
        for_parties=[_for_parties(item, question) for item in for_parties(state, question.values.get("party") or ())],
        links=_links(question, row.slug),
        **(standing(state.headline, question) if state.headline else _before_the_first(state)),
    )


def _scope(scope: Scope, question: Question) -> ScopeShape:
    return ScopeShape(
        term=scope.term or None,
        coverage=scope.coverage,
        added=scope.added,
        removed=scope.removed,
        valid_from=building.first_day(scope.valid_from),
        valid_until=building.last_day(scope.valid_until),
        unknown=scope.unknown or None,
        set_by=question.links(scope.set_by),
    )


def _before_the_first(state: MeasureState) -> dict[str, Any]:
    """A day before the first act: nothing is due, which is no percentage where no rate was ever stated."""
    return NOTHING | dict.fromkeys(("rate", "rate_min", "rate_max"), building.number(state.rate))


def _next_change(before: Segment | None, after: Segment, question: Question) -> NextChange:
    return NextChange(
        valid_from=after.valid_from,
        sentence=change_sentence(before, after),
        legal=after.legal,
        application=after.application,
        rate=building.number(after.rate),
        obligation=building.obligation(after.obligation, after.sentence),
        set_by=question.links(after.set_by),
    )


def _links(question: Question, slug: str) -> dict[str, str]:
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
        links=_links(question, slug),
        **NOTHING | {"unknown": building.not_yet(first, day)},
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

    def answer_at(self, question: Question, **path: Any) -> Page[MeasureShape]:
        filters.check_exists(question, "dispute")
        filters.check_exists(question, "negotiation")
        check_reached("changed_since", question)
        rows = selecting.measures(question.point, question.values)
        if question.values["order"].endswith("rate"):
            rows = selecting.with_rate(rows, question.point)

        def build(found: Sequence[Measure]) -> list[MeasureShape]:
            return [measure_shape(state, question) for state in queries.states(found, question.point)]

        return page(question, rows, ORDERS[question.values["order"]], build)


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

    def answer_at(self, question: Question, **path: Any) -> MeasureShape:
        state = queries.measure(path["slug"], question.point)
        return measure_shape(state, question) if state else unknown_measure(path["slug"], question)


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
        return TimelineShape(
            slug=row.slug,
            title=row.title,
            confirmed_until=row.confirmed_until,
            unknown=None,
            results=[term_shape(segment, question) for segment in queries.timeline(row, point)],
        )
