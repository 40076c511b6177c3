"""`receipt=1`: the answer is kept as it is sent, and its receipt goes back with it."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone

from tracker.api.parameters import Parameter, one_of
from tracker.api.problems import Problem
from tracker.ledger import receipts
from tracker.ledger.receipts import Kept

LARGEST = 500_000
"""Bytes of an answer that is kept."""
MOST_A_DAY = 1_000
"""New answers kept in a day; beyond it a token is asked for, so that nobody unknown fills the disk."""
RECEIPT = Parameter(
    name="receipt",
    form=one_of(["1"]),
    description="Keeps the answer for auditors. It is that of the address in `Content-Location`, which says "
    "day and position; the header `Receipt` is the SHA-256 over that address, a line feed and the body.",
)
HEADERS = {
    "Receipt": "With `receipt=1`: under this name the answer is kept, see ledger/receipts/.",
    "Content-Location": "With `receipt=1`: the address, with day and position explicit, of the answer that is kept.",
}


class Asked(Protocol):
    """A question, or the two of a comparison."""

    @property
    def request(self) -> HttpRequest: ...
    def address(self, *, pinned: bool = False, **changes: Any) -> str: ...


def pinned(asked: Asked) -> HttpRequest:
    """The request that asks the same at explicit clocks, for no receipt."""
    query = urlsplit(asked.address(pinned=True)).query
    request = copy(asked.request)
    request.GET = QueryDict(query)
    request.META = asked.request.META | {"QUERY_STRING": query}
    return request


def keep_answer(request: HttpRequest, clocks: Any, response: HttpResponseBase) -> HttpResponse:
    """Keeps the answer to a pinned request and puts its receipt on it. Raises Problem where it is too much."""
    assert isinstance(response, HttpResponse)  # nothing that is streamed gives receipts
    if len(response.content) > LARGEST:
        size = f"the answer has {len(response.content)} bytes, kept are {LARGEST} at most"
        raise Problem("answer-too-large", f"{size}; ask for fewer rows with limit, or for one subject")
    base = request.build_absolute_uri("/")[:-1]
    kept = Kept(base, request.get_full_path(), msgspec.to_builtins(clocks), response.content)
    _check_room(request, kept)
    response["Receipt"] = receipts.keep(kept).sha256
    response["Content-Location"] = kept.path
    response["Cache-Control"] = "no-store"
    return response


def _check_room(request: HttpRequest, kept: Kept) -> None:
    if getattr(request, "auth", None) or receipts.is_kept(kept):
        return
    if receipts.count_since(timezone.now() - timedelta(days=1)) >= MOST_A_DAY:
        detail = f"{MOST_A_DAY} answers were kept in the last day; ask with a token, or later"
        raise Problem("too-many-requests", detail, headers={"Retry-After": "3600"})
