"""What differs between two points of the three clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from measures import queries, selecting
from measures.api import filters
from measures.api.shapes.measures import Comparison, Difference, MeasureShape
from measures.api.views.measures import measure_shape
from tracker.api import parameters
from tracker.api.clocks import CLOCKS, Question, ask, readdressed
from tracker.api.paging import PAGING, Order, listed
from tracker.api.parameters import Parameter
from tracker.api.reading import FOREVER, REVALIDATE, Read, conditional, etag, replied
from tracker.api.schema import PROJECTED, WITH_CLOCKS

SIDES = ("from", "to")
BY_SLUG = Order(("slug",), (str,))
COMPARED = (
    "legal",
    "application",
    "operational",
    "rate",
    "rate_min",
    "rate_max",
    "statutory_rate",
    "suspended_points",
    "obligation",
)


def _sided(side: str) -> list[Parameter]:
    return [replace(clock, name=f"{side}_{clock.name}") for clock in CLOCKS]


@dataclass(frozen=True)
class Pair:
    """Two questions that are compared."""

    request: HttpRequest
    values: Mapping[str, Any]
    before: Question
    after: Question

    @property
    def coordinates(self) -> tuple[Any, ...]:
        return (*self.before.coordinates, *self.after.coordinates)

    @property
    def settled(self) -> bool:
        return self.before.settled and self.after.settled

    def address(self, *, pinned: bool = False, **changes: Any) -> str:
        sides = zip(SIDES, (self.before, self.after), strict=True)
        pins = {f"{side}_{name}": value for side, asked in sides for name, value in asked.pins().items()}
        return readdressed(self.request, (pins if pinned else {}) | changes)


class Compare(Read):
    """The measures whose state differs between two points, with their state at both.

    Each point has its three clocks, with the usual defaults: `from_valid_at=2025-04-01` alone is compared with today;
    `from_position=100` alone with what the log says now. Compared are status, rate and obligation of every term. A
    measure that was not known or not recorded at one of the points is null there.
    """

    tag = "compare"
    shape = Comparison
    problems: ClassVar[tuple[str, ...]] = (*WITH_CLOCKS, *PROJECTED)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        *_sided("from"),
        *_sided("to"),
        filters.IMPLEMENTER,
        filters.TARGET,
        filters.KIND,
        *PAGING,
    )

    def get(self, request: Request, **path: Any) -> HttpResponse:
        asked = request._request
        pair = _pair(asked, parameters.read(asked.GET, self.parameters))
        echoes = (pair.before.clocks(), pair.after.clocks())
        tag = etag(repr((asked.build_absolute_uri(), echoes)).encode())
        return conditional(asked, tag, FOREVER if pair.settled else REVALIDATE, lambda: replied(_comparison(pair)))


def _pair(request: HttpRequest, values: Mapping[str, Any]) -> Pair:
    before, after = (ask(request, _side(values, side), ("measures",), f"{side}_") for side in SIDES)
    return Pair(request, values, before, after)


def _side(values: Mapping[str, Any], side: str) -> dict[str, Any]:
    return {clock.name: values[f"{side}_{clock.name}"] for clock in CLOCKS}


def _comparison(pair: Pair) -> Comparison:
    slugs = selecting.differing(pair.before.point, pair.after.point, pair.values)
    found = listed(pair, slugs, BY_SLUG, lambda shown: _differences([item.slug for item in shown], pair))
    return Comparison(
        from_=pair.before.clocks(),
        to=pair.after.clocks(),
        results=found.results,
        next=found.next,
        previous=found.previous,
    )


def _differences(slugs: list[str], pair: Pair) -> list[Difference]:
    before, after = (_shapes(slugs, question) for question in (pair.before, pair.after))
    return [_difference(slug, before.get(slug), after.get(slug)) for slug in slugs]


def _shapes(slugs: list[str], question: Question) -> dict[str, MeasureShape]:
    rows = queries.measures(question.point).filter(slug__in=slugs)
    return {state.measure.slug: measure_shape(state, question) for state in queries.states(rows, question.point)}


def _difference(slug: str, before: MeasureShape | None, after: MeasureShape | None) -> Difference:
    known = after or before
    title = known.title if known and known.title else slug
    return Difference(slug=slug, title=title, differs=_differs(before, after), from_=before, to=after)


def _differs(before: MeasureShape | None, after: MeasureShape | None) -> list[str]:
    """The fields that differ; `known` where it stands at one point only, `terms` where only another term differs."""
    if before is None or after is None:
        return ["known"]
    found = [name for name in COMPARED if getattr(before, name) != getattr(after, name)]
    return found or ["terms"]
