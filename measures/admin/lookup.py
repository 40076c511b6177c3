"""Finding a stream by a few letters of its title or slug."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, JsonResponse

from measures import queries
from measures.admin.pages import now_point, require
from measures.models import Group
from measures.wording import status_sentence
from tracker.clocks import Point

MOST = 12
FINDERS = {
    "measure": queries.measures,
    "negotiation": queries.negotiations,
    "indicator": queries.indicators,
    "case": queries.cases,
    "dispute": queries.disputes,
    "group": lambda point: Group.objects.at(point).order_by("slug"),
}


def streams(request: HttpRequest) -> JsonResponse:
    """Up to twelve streams whose title or slug has all the words."""
    require(request, "measures.view_measure")
    point = now_point(request)
    wanted = [kind for kind in request.GET.get("kinds", "").split(",") if kind in FINDERS]
    found = [row for kind in wanted for row in _found(kind, request.GET.get("q", ""), point)]
    return JsonResponse({"streams": found[:MOST]})


def _found(kind: str, text: str, point: Point) -> Iterable[dict[str, str]]:
    rows = matching(FINDERS[kind](point), text)[:MOST]
    if kind != "measure":
        return [{"stream": row.stream, "title": row.title, "about": ""} for row in rows]
    return [
        {"stream": item.measure.stream, "title": item.measure.title, "about": status_sentence(item)}
        for item in queries.states(rows, point)
    ]


def matching(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The rows whose title or slug has every word of a text."""
    for word in text.lower().removeprefix("measure/").split():
        rows = rows.filter(Q(title__icontains=word) | Q(slug__icontains=word))
    return rows
