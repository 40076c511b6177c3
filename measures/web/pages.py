"""What every page has: the clocks it answers for, its permalink, and the same answer as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from measures.web.clocks import Travel, as_query

API = "/api/v1/"


def page(
    request: HttpRequest, template: str, travel: Travel, *, json: Mapping[str, str], status: int = 200, **context: Any
) -> HttpResponse:
    """Renders a page. `json` names addresses of the API, below its root, that give the same answer."""
    shared = {"travel": travel, "json": [(name, _same(address, travel)) for name, address in json.items()]}
    return render(request, template, shared | context, status=status)


def _same(address: str, travel: Travel) -> str:
    """An address of the API at the page's own clocks; one event is the same at all of them."""
    if address.startswith("events/") and address != "events/":
        return API + address
    clocks = as_query(travel.explicit.items())
    return API + (f"{address}&{clocks[1:]}" if "?" in address else address + clocks)
