"""Who may watch: whoever knows METRICS_TOKEN; in the demo and the tests, anybody."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

View = Callable[[HttpRequest], HttpResponse]


def may_watch(request: HttpRequest) -> bool:
    """Whether the request carries `Authorization: Bearer <METRICS_TOKEN>`, or needs not to."""
    if not settings.METRICS_TOKEN:
        return not settings.PUBLIC
    return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}")


def watchers_only(view: View) -> View:
    """Answers 403 to everybody else."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if may_watch(request):
            return view(request)
        text = "needs Authorization: Bearer with the METRICS_TOKEN of this server\n"
        return HttpResponse(text, status=403, content_type="text/plain")

    return guarded
