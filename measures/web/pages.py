"""What every page has: the clocks it answers for, its permalink, and the same answer as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from measures.web.clocks import Travel, as_query

API = "/api/v1/"


def page(
    request: HttpRequest, template: str, travel: Travel, *, json: Sequence[str], status: int = 200, **context: Any
) -> HttpResponse:
    """Renders a page. `json` names the addresses of the API, below its root, that give the same answer."""
    same = as_query(travel.explicit.items())
    shared = {"travel": travel, "json": [(name, f"{API}{name}{same}") for name in json]}
    return render(request, template, shared | context, status=status)
