"""Errors over HTTP: RFC 9457 problem documents that name what was given and what is accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from django.core.exceptions import DisallowedHost, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views import defaults
from rest_framework import exceptions

from tracker.api.shapes import ProblemError, ProblemShape
from tracker.log import LogBusy
from tracker.replay import NotProjectedYet

CODES: dict[str, tuple[int, str, str]] = {
    "answer-too-large": (400, "Answer too large", "It is more than is kept, or replayed, at once; ask for less."),
    "bad-request": (400, "Bad request", "The request cannot be understood at all."),
    "unknown-parameter": (400, "Unknown parameter", "A misspelt filter would silently answer another question."),
    "repeated-parameter": (400, "Parameter given twice", "Only filters that say so may be repeated."),
    "malformed-parameter": (400, "Malformed parameter", "The value has not the accepted form."),
    "contradictory-parameters": (400, "Contradictory parameters", "Two parameters cannot be meant together."),
    "unknown-value": (400, "Unknown value", "The value names something that does not exist at the position asked."),
    "malformed-clock": (400, "Malformed clock", "A clock is a day, an RFC 3339 instant with its zone, or a position."),
    "contradictory-clocks": (400, "Contradictory clocks", "Two parameters say different things of one clock."),
    "future-clock": (400, "Clock in the future", "What the log will say cannot be asked yet."),
    "as-of-refused": (400, "as_of is refused", "Its meaning differs from system to system; name the clock."),
    "malformed-cursor": (400, "Malformed cursor", "Cursors are taken from `next` and `previous`, never made."),
    "cursor-of-another-query": (400, "Cursor of another query", "A cursor goes on with the query it came from."),
    "unauthorized": (401, "Unauthorized", "The token is not accepted, or the address takes none without one."),
    "malformed-body": (400, "Malformed body", "The body is no JSON, or not of the form that is taken here."),
    "malformed-header": (400, "Malformed header", "The value of a header has not the accepted form."),
    "forbidden": (403, "Forbidden", "The request is not allowed to do this."),
    "not-found": (404, "Not found", "No such address; the index at /api/v1/ lists them."),
    "never-recorded": (404, "Never recorded", "The log holds nothing of that name."),
    "position-beyond-head": (404, "Position beyond the head", "The log does not reach so far yet."),
    "not-sealed": (404, "Not sealed", "No checkpoint covers it; the newest is at ledger/checkpoint/."),
    "not-kept": (404, "Not kept", "No answer was kept under this receipt; `receipt=1` keeps one."),
    "method-not-allowed": (405, "Method not allowed", "The header Allow says what is."),
    "not-acceptable": (406, "Not acceptable", "Answers are application/json, errors application/problem+json."),
    "wrong-state": (409, "Wrong state", "The step cannot be taken from the state that the thing is in."),
    "idempotency-conflict": (409, "Idempotency conflict", "Known ids came again with another body."),
    "wrong-expected-version": (412, "Wrong expected version", "Somebody recorded in between: look again, then decide."),
    "body-too-large": (413, "Body too large", "The detail says how many bytes are taken."),
    "unsupported-media-type": (415, "Unsupported media type", "Bodies are application/json."),
    "invalid-event": (422, "Invalid event", "An event is not of its type; each error points to its place in the body."),
    "rule-violated": (422, "Rule violated", "A hard rule of the domain refuses an event."),
    "unconfirmed": (422, "Unconfirmed", "A soft rule wants a reason: give it under `confirm`, by the rule's id."),
    "idempotency-key-reused": (422, "Idempotency key reused", "The key came before, with another body."),
    "refused-endpoint": (422, "Refused endpoint", "Webhooks go to https addresses of the public internet alone."),
    "too-many-subscriptions": (409, "Too many subscriptions", "The detail says how many there may be."),
    "too-many-requests": (429, "Too many requests", "The header Retry-After says when to come again."),
    "internal-error": (500, "Internal error", "Our fault; it was logged."),
    "not-projected-yet": (503, "Not projected yet", "The position is recorded, the read models are behind; ask again."),
    "log-busy": (503, "Log busy", "Nothing was recorded; ask again."),
}

BY_STATUS = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
}
BY_STATUS |= {429: "too-many-requests"}
MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that cannot be answered, with a code of `CODES` and one error for each thing that is wrong."""

    def __init__(self, code: str, detail: str, *errors: ProblemError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.errors, self.headers = code, detail, errors, dict(headers or {})


def wrong(errors: Sequence[ProblemError]) -> Problem:
    """The problem of a request in which these things are wrong."""
    return Problem(errors[0].code, "; ".join(error.detail for error in errors), *errors)


def response(request: HttpRequest, problem: Problem) -> HttpResponse:
    status, title, _ = CODES[problem.code]
    document = ProblemShape(
        type=_address(request, problem.code),
        title=title,
        status=status,
        detail=problem.detail,
        code=problem.code,
        errors=list(problem.errors),
        request_id=request.headers.get("X-Request-ID"),
    )
    headers = {"Cache-Control": "no-store", **problem.headers}
    return HttpResponse(msgspec.json.encode(document), status=status, content_type=MEDIA_TYPE, headers=headers)


def _address(request: HttpRequest, code: str) -> str:
    """Where the code is explained; without the host where that is what was wrong."""
    path = reverse("api:problem", args=[code])
    try:
        return request.build_absolute_uri(path)
    except DisallowedHost:
        return path


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """The exception handler of the framework; None is for the server's own faults, which Django logs."""
    found = _problem(error)
    return response(context["request"], found) if found else None


def _problem(error: Exception) -> Problem | None:
    match error:
        case Problem():
            return error
        case NotProjectedYet():
            return Problem("not-projected-yet", str(error), headers={"Retry-After": "1"})
        case LogBusy():
            return Problem("log-busy", str(error), headers={"Retry-After": "1"})
        case Http404():
            return Problem("not-found", "no such address")
        case PermissionDenied():
            return Problem("forbidden", str(error) or "the request is not allowed to do this")
        case exceptions.APIException():
            return _framework_problem(error)
    return None


def _framework_problem(error: exceptions.APIException) -> Problem:
    code = BY_STATUS.get(error.status_code, "bad-request")
    found = {"Retry-After": getattr(error, "wait", None), "WWW-Authenticate": getattr(error, "auth_header", None)}
    return Problem(code, str(error.detail), headers={name: str(value) for name, value in found.items() if value})


View = Callable[..., HttpResponse]


def _outside_the_views(code: str, detail: str, otherwise: View) -> View:
    """A handler for the URL configuration: problem documents under /api/, Django's own pages elsewhere."""

    def handler(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.path.startswith("/api/"):
            return response(request, Problem(code, detail.format(path=request.path)))
        return otherwise(request, *args, **kwargs)

    return handler


handler400 = _outside_the_views("bad-request", "the request is malformed", defaults.bad_request)
handler403 = _outside_the_views("forbidden", "the request was refused", defaults.permission_denied)
handler404 = _outside_the_views(
    "not-found", "there is nothing at {path}; /api/v1/ lists what there is", defaults.page_not_found
)
handler500 = _outside_the_views("internal-error", "something failed here; it was logged", defaults.server_error)
