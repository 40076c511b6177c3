"""Where everything is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from measures.api.shapes.subjects import Index
from tracker import log
from tracker.api.reading import Read
from tracker.ledger.receipts import CONTRACT

LISTS = (
    "measures",
    "negotiations",
    "commitments",
    "indicators",
    "cases",
    "disputes",
    "calendar",
    "compare",
    "events",
    "event-types",
    "problems",
    "schema",
    "docs",
)


class Root(Read):
    """Where everything is, and how far the log reaches.

    Every read but single events, types and this takes `valid_at`, `known_at`, and `recorded_at` or `position`, in any
    combination, and echoes them resolved.
    """

    tag = "index"
    shape = Index

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> Index:
        links = {name: request.build_absolute_uri(reverse(f"api:{name}")) for name in LISTS}
        return Index(title="Lancaster", contract=CONTRACT, head=log.head().position, links=links)
