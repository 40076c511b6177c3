"""What holds for every request: an id, a limit of size, a measured time."""

from __future__ import annotations

import re
import time
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from config.metrics import DURATION
from tracker.api import problems

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
PLAIN = "text/plain; charset=utf-8"
REFUSED_TO_PAGES = {
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Permitted-Cross-Domain-Policies": "none",
}
"""What no page of ours needs, so that none that slipped in can have it either."""


class Requests(MiddlewareMixin):
    """Gives each request an id, refuses bodies that are too large, and measures how long the answer took.

    The id is that of the X-Request-ID header where it looks like one, else a new one. It goes back in the same header
    and on into the logs, the tasks and the events.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request.META["HTTP_X_REQUEST_ID"] = given if ID.fullmatch(given) else str(uuid4())
        request.META["lancaster.begun"] = time.perf_counter()
        limit = settings.MAX_API_BODY_BYTES if request.path.startswith("/api/") else settings.MAX_BODY_BYTES
        return _too_large(request, limit) if _length(request) > limit else None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response["X-Request-ID"] = request.META["HTTP_X_REQUEST_ID"]
        for name, value in REFUSED_TO_PAGES.items():
            response[name] = value
        took = time.perf_counter() - request.META["lancaster.begun"]
        DURATION.labels(_method(request), _route(request), str(response.status_code)).observe(took)
        return response


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _too_large(request: HttpRequest, limit: int) -> HttpResponse:
    text = f"the body has {_length(request)} bytes, at most {limit} are taken"
    if not request.path.startswith("/api/"):
        return HttpResponse(f"{text}\n", status=413, content_type=PLAIN)
    return problems.response(request, problems.Problem("body-too-large", text))


def _method(request: HttpRequest) -> str:
    """The method, from a list that is finite whatever clients send."""
    return request.method if request.method in {"GET", "HEAD", "POST", "OPTIONS", "DELETE", "PUT", "PATCH"} else "other"


def _route(request: HttpRequest) -> str:
    """The pattern that answered, not the path: there are few."""
    return "/" + request.resolver_match.route if request.resolver_match else "none"


def client_ip(request: HttpRequest) -> str:
    """Who asks: behind our own proxy the last address it noted, since all before it is the client's word."""
    if settings.SECURE_PROXY_SSL_HEADER and (noted := request.META.get("HTTP_X_FORWARDED_FOR")):
        return noted.rpartition(",")[2].strip()
    return request.META.get("REMOTE_ADDR", "")
