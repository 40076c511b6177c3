"""What differs between two points: what changed in law, what became known, what we changed our mind on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from measures import comparing, selecting
from measures.comparing import Changed
from measures.web import record
from measures.web.clocks import CLOCKS, NUMBER, Asked, as_query, filled, misread, not_yet, projected, read
from measures.web.pages import API
from measures.web.record import Item
from measures.wording import status_sentence
from tracker.clocks import Point
from tracker.replay import NotProjectedYet, PointError

PAGE = 50
SIDES = ("from", "to")


@dataclass(frozen=True)
class Shown:
    """A measure that differs, in words, with the entries that make the difference."""

    changed: Changed
    causes: list[Item]

    @property
    def before(self) -> str:
        return status_sentence(self.changed.before) if self.changed.before else "Not known or not recorded."

    @property
    def after(self) -> str:
        return status_sentence(self.changed.after) if self.changed.after else "Not known or not recorded."


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Without clocks it asks for them; empty ones, which a form cannot leave out, are dropped by a redirect."""
    if "" in request.GET.values():
        return HttpResponseRedirect(request.path + as_query(filled(request.GET)))
    if faults := misread(request.GET, {"page": NUMBER}, [f"{side}_{clock}" for side in SIDES for clock in CLOCKS]):
        return render(request, "web/unanswerable.html", {"faults": faults}, status=400)
    asked = {side: _side(request, side) for side in SIDES}
    if not any(side.typed for side in asked.values()):
        return _page(request, asked)
    points: dict[str, Point] = {}
    for name, side in asked.items():
        try:
            if not side.errors:
                points[name] = projected(today=timezone.now().date(), **side.values)
        except PointError as error:
            side.errors[error.field] = f"{str(error)[:1].upper()}{str(error)[1:]}."
        except NotProjectedYet as error:
            return not_yet(request, error)
    if len(points) < len(SIDES):
        return _page(request, asked, status=400)
    return _page(request, asked, points=points, **_compared(request, points["from"], points["to"]))


def _side(request: HttpRequest, side: str) -> Asked:
    """The clocks of one side, whose parameters begin with its name."""
    names = [name for name in request.GET if name.startswith(f"{side}_")]
    return read({name.removeprefix(f"{side}_"): request.GET[name] for name in names})


def _compared(request: HttpRequest, before: Point, after: Point) -> dict[str, Any]:
    slugs = [item.slug for item in selecting.differing(before, after, {})]
    listed = Paginator(slugs, PAGE).get_page(request.GET.get("page"))
    found = comparing.changes(list(listed), before, after)
    items = {item.event.position: item for item in record.listed([cause for one in found for cause in one.causes])}
    shown = [Shown(one, [items[cause.position] for cause in one.causes]) for one in found]
    return {"listed": listed, "shown": shown, "beside": _beside(request, listed)}


def _beside(request: HttpRequest, listed: Page[str]) -> list[tuple[str, str]]:
    """The addresses of the pages before and after, with their words."""
    numbers = [("Before", listed.number - 1), ("After", listed.number + 1)]
    there = [(words, number) for words, number in numbers if 1 <= number <= listed.paginator.num_pages]
    query = [pair for pair in filled(request.GET) if pair[0] != "page"]
    return [(words, request.path + as_query((*query, ("page", str(number))))) for words, number in there]


def _page(request: HttpRequest, asked: dict[str, Asked], *, status: int = 200, **context: Any) -> HttpResponse:
    query = as_query(pair for pair in filled(request.GET) if pair[0] != "page")
    files = [("JSON", f"{API}compare/{query}"), ("CSV", f"{API}compare.csv{query}")] if "shown" in context else []
    context |= {"asked": asked, "files": files}
    return render(request, "web/compare.html", context, status=status)
