"""What differs between two points of the three clocks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from measures import comparing, selecting
from measures.api import filters, rendering
from measures.api.shapes.measures import Cause, Comparison, Difference, MeasureShape
from measures.comparing import Changed
from measures.queries import MeasureState
from tracker import log
from tracker.api import exports, parameters
from tracker.api.clocks import CLOCKS, Question, ask, readdressed
from tracker.api.keeping import RECEIPT, keep_answer, pinned
from tracker.api.paging import PAGING, Order, listed
from tracker.api.parameters import Parameter
from tracker.api.reading import FOREVER, REVALIDATE, Read, conditional, etag, links, replied
from tracker.api.schema import PROJECTED, WITH_CLOCKS
from tracker.api.shapes import Clocks
from tracker.api.views import named as named_entries
from tracker.api.views import sentence
from tracker.clocks import Point
from tracker.ledger.receipts import CONTRACT
from tracker.log import Recorded

SIDES = ("from", "to")
BY_SLUG = Order(("slug",), (str,))
SHOWN = ("status", "legal", "application", "rate")
COLUMNS = ("slug", "title", "differs", *(f"{side}_{name}" for name in SHOWN for side in SIDES), "causes")


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
    def points(self) -> tuple[Point, ...]:
        return (self.before.point, self.after.point)

    @property
    def settled(self) -> bool:
        return self.before.settled and self.after.settled

    def clocks(self) -> dict[str, Clocks]:
        """The echoes of both."""
        return dict(zip(SIDES, (self.before.clocks(), self.after.clocks()), strict=True))

    def address(self, *, pinned: bool = False, **changes: Any) -> str:
        sides = zip(SIDES, (self.before, self.after), strict=True)
        pins = {f"{side}_{name}": value for side, asked in sides for name, value in asked.pins().items()}
        return readdressed(self.request, (pins if pinned else {}) | changes)


class Compare(Read):
    """The measures whose state differs between two points, with their state at both.

    Each point has its three clocks, with the usual defaults: `from_valid_at=2025-04-01` alone is compared with today
    (what changed in law); `from_position=100` alone with what the log says now (what we changed our mind on). Each
    difference names its `causes`. Compared are status, rate, obligation and scope of every term, and what holds for
    some parties alone. A measure that was not known or not recorded at one of the points is null there.
    """

    tag = "compare"
    shape: ClassVar[Any] = Comparison
    problems: ClassVar[tuple[str, ...]] = (*WITH_CLOCKS, *PROJECTED)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        *_sided("from"),
        *_sided("to"),
        filters.IMPLEMENTER,
        filters.TARGET,
        filters.KIND,
        *PAGING,
        RECEIPT,
    )

    def get(self, request: Request, **path: Any) -> HttpResponseBase:
        asked = request._request
        pair = self._pair(asked)
        if pair.values["receipt"]:
            pair = self._pair(pinned(pair))
            return keep_answer(pair.request, pair.clocks(), self.replied(pair))
        tag = etag(repr((CONTRACT, asked.build_absolute_uri(), pair.clocks())).encode())
        return conditional(asked, tag, FOREVER if pair.settled else REVALIDATE, lambda: self.replied(pair))

    def _pair(self, request: HttpRequest) -> Pair:
        return _pair(request, parameters.read(request.GET, self.parameters))

    def replied(self, pair: Pair) -> HttpResponseBase:
        return replied(_comparison(pair), self.shape, pair)


class CsvRenderer(BaseRenderer):
    """Names the media type for the negotiation; the view renders."""

    media_type, format = "text/csv", "csv"


class CompareFile(Compare):
    """The same comparison as a table: a line for each measure that differs, with the sentences of its causes.

    The same parameters and pages as `compare/`; the header `Link` leads to the next page.
    """

    media_type = "text/csv"
    shape = None
    renderer_classes = (CsvRenderer,)

    def replied(self, pair: Pair) -> HttpResponse:
        found = _comparison(pair)
        response = HttpResponse(_table(found.results), content_type="text/csv; charset=utf-8")
        if beside := links(found):
            response["Link"] = ", ".join(beside)
        return response


def _table(rows: list[Difference]) -> str:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    table.writerows([exports.cell(value) for value in _line(row)] for row in rows)
    return text.getvalue()


def _line(row: Difference) -> list[Any]:
    said = [exports.read(side, MeasureShape) for side in (row.from_, row.to)]
    sides = [tuple(getattr(side, name, None) for side in said) for name in SHOWN]
    causes = " ".join(f"#{cause.position} {cause.sentence or cause.type}" for cause in row.causes)
    cells = [row.slug, row.title, " ".join(row.differs), *(value for pair in sides for value in pair), causes]
    return [exports.cell(value) for value in cells]


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
    found = comparing.changes(slugs, pair.before.point, pair.after.point)
    named = log.places(named_entries(cause for changed in found for cause in changed.causes))
    before = _shown((changed.before for changed in found), pair.before)
    after = _shown((changed.after for changed in found), pair.after)
    return [_difference(changed, pair, named, before.get(changed.slug), after.get(changed.slug)) for changed in found]


def _shown(states: Iterable[MeasureState | None], question: Question) -> dict[str, Any]:
    rows = [state.measure for state in states if state]
    return dict(zip((row.slug for row in rows), rendering.shown(rows, question), strict=True))


def _difference(
    changed: Changed,
    pair: Pair,
    named: dict[str, int],
    before: Any,
    after: Any,
) -> Difference:
    return Difference(
        slug=changed.slug,
        title=changed.title or changed.slug,
        differs=changed.differs,
        causes=[_cause(item, pair.after, named) for item in changed.causes],
        from_=before,
        to=after,
    )


def _cause(item: Recorded, question: Question, named: dict[str, int]) -> Cause:
    return Cause(
        position=item.position,
        url=question.link(item.position).url,
        type=item.type,
        known_from=item.known_from,
        recorded_at=item.recorded_at,
        sentence=sentence(item, named),
        reason_code=item.data.get("reason_code") if item.corrects else None,
    )
