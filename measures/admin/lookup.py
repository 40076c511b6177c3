"""Finding what a field takes by a few letters: streams, countries, product codes, instruments.

Each finder gives up to twelve offers: the `value` to put in, its `title`, and `about` it what tells it from others;
`fill` holds values for the fields beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, JsonResponse

from measures import nomenclature, queries, selecting
from measures.admin.pages import now_point, require
from measures.models import Group, Measure
from measures.wording import status_sentence
from tracker.clocks import Point

MOST = 12
MEASURES_READ = 200
"""Measures whose instruments are looked through for one question."""

Offer = dict[str, Any]
STREAMS: dict[str, Callable[[Point], QuerySet[Any]]] = {
    "negotiation": queries.negotiations,
    "indicator": queries.indicators,
    "case": queries.cases,
    "dispute": queries.disputes,
    "group": lambda point: Group.objects.at(point).order_by("slug"),
}


def offers(request: HttpRequest) -> JsonResponse:
    """What fits the letters, of the kinds that are asked for."""
    require(request, "measures.view_measure")
    text = request.GET.get("q", "").strip()
    kinds = request.GET.get("kinds", "").split(",")
    found = [offer for kind in kinds for offer in _offers(request, kind, text)] if text else []
    return JsonResponse({"offers": found[:MOST]})


def _offers(request: HttpRequest, kind: str, text: str) -> Iterable[Offer]:
    if kind == "country":
        return _countries(text)
    if kind == "code":
        return _codes(text)
    if kind == "measure":
        return _measures(now_point(request), text)
    if kind == "instrument":
        return _instruments(now_point(request), text)
    return _streams(kind, now_point(request), text) if kind in STREAMS else []


def _countries(text: str) -> Iterator[Offer]:
    for code, name in nomenclature.find_countries(text, MOST):
        yield {"value": code, "title": name, "about": code}


def _codes(text: str) -> Iterator[Offer]:
    for item in nomenclature.find(text, MOST):
        within = f", within {item.within}" if item.within else ""
        yield {"value": item.code, "title": item.words, "about": f"HS {nomenclature.REVISION} {item.code}{within}"}


def _measures(point: Point, text: str) -> Iterator[Offer]:
    """Measures by words of title, slug or authority, or by a product that they cover."""
    digits = text.replace(".", "")
    named = matching(queries.measures(point), text, "title", "slug", "authority")
    covering = selecting.measures(point, {"product": digits}) if digits.isdigit() else None
    rows = named if covering is None else covering.exclude(Q(covers="in_words"))
    for item in queries.states(rows[:MOST], point):
        about = f"{item.measure.slug} · {status_sentence(item)}"
        yield {"value": item.measure.stream, "title": item.measure.title, "about": about}


def _streams(kind: str, point: Point, text: str) -> Iterator[Offer]:
    for row in matching(STREAMS[kind](point), text, "title", "slug")[:MOST]:
        yield {"value": row.stream, "title": row.title, "about": row.slug}


def _instruments(point: Point, text: str) -> Iterator[Offer]:
    """Legal acts that measures rest on, by words of their title, citation or address."""
    rows = matching(Measure.objects.at(point), text, "instruments").values_list("instruments", flat=True)
    acts = {act["title"]: act for found in rows[:MEASURES_READ] for act in found if _names(act, text)}
    for title, act in list(acts.items())[:MOST]:
        fill = {name: act[name] for name in ("citation", "url") if name in act}
        yield {"value": title, "title": title, "about": act.get("citation", ""), "fill": fill}


def _names(act: dict[str, str], text: str) -> bool:
    said = " ".join(map(str, act.values())).lower()
    return all(word in said for word in text.lower().split())


def matching(rows: QuerySet[Any], text: str, *columns: str) -> QuerySet[Any]:
    """The rows of which some column has each word of a text."""
    for word in text.lower().removeprefix("measure/").split():
        found = Q()
        for column in columns:
            found |= Q(**{f"{column}__icontains": word})
        rows = rows.filter(found)
    return rows
