"""Receipts: answers that a client asked to have kept, so that nobody can say later that another was given.

A receipt is the SHA-256 over the path that asks for the answer again, a line feed, and the answer: whoever has the
two can compute it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve

from tracker.clocks import NEVER
from tracker.ledger.models import Receipt
from tracker.projections import projections

CONTRACT = "1"
"""Part of every ETag and receipt: raise it when the same question gets another answer from the same rows."""
GENERATION = re.compile(rb'"generation":\{[^{}]*\}')
"""Which copy of the read models answered: a rebuild gives the same rows another number."""


@dataclass(frozen=True)
class Kept:
    """An answer as it is sent, the path with explicit clocks that it answers, and the server's own address.

    `clocks` is the echo of the answer, or the two of a comparison by side.
    """

    base: str
    path: str
    clocks: dict[str, Any]
    answer: bytes

    @property
    def receipt(self) -> str:
        return receipt_of(self.path, self.answer)


def receipt_of(path: str, answer: bytes) -> str:
    return sha256(path.encode() + b"\n" + answer).hexdigest()


def keep(kept: Kept) -> Receipt:
    """Keeps an answer; the same answer to the same question is kept once."""
    echoes = _echoes(kept.clocks)
    columns = {
        "path": kept.path,
        "point": {"base": kept.base, "contract": CONTRACT, "clocks": kept.clocks},
        "position": max(echo["position"] for echo in echoes),
        "answer": kept.answer,
    }
    return Receipt.objects.get_or_create(sha256=kept.receipt, defaults=columns)[0]


def is_kept(kept: Kept) -> bool:
    return Receipt.objects.filter(pk=kept.receipt).exists()


def count_since(instant: datetime) -> int:
    """How many answers were newly kept since an instant."""
    return Receipt.objects.filter(kept_at__gte=instant).count()


def _echoes(clocks: dict[str, Any]) -> list[dict[str, Any]]:
    return [clocks] if "position" in clocks else list(clocks.values())


@dataclass(frozen=True)
class Asked:
    """A kept question that was asked again. `excuse` says why the promise of the same answer does not hold for it."""

    receipt: Receipt
    same: bool
    excuse: str = ""


def asked_again(upto: int = NEVER) -> Iterator[Asked]:
    """Asks every question that was kept up to a position again, at its own clocks, the oldest first."""
    for receipt in Receipt.objects.filter(position__lte=upto).order_by("kept_at", "pk").iterator(chunk_size=100):
        yield ask_again(receipt)


def ask_again(receipt: Receipt) -> Asked:
    """Asks a kept question again; the answer has to be the same but for the number of the read models' generation."""
    if excuse := _excuse(receipt.point):
        return Asked(receipt, False, excuse)
    try:
        answer = _answer(receipt)
    except DisallowedHost:
        return Asked(receipt, False, f"answered as {receipt.point['base']}, which this server is not called any more")
    if b'"provisional":true' in answer:
        return Asked(receipt, False, "a stream that it rests on is parked")
    return Asked(receipt, _substance(answer) == _substance(bytes(receipt.answer)))


def _excuse(point: dict[str, Any]) -> str:
    if point["contract"] != CONTRACT:
        return f"answered under contract {point['contract']}, today's is {CONTRACT}"
    versions = {kind.name: kind.version for kind in projections()}
    for echo in _echoes(point["clocks"]):
        if echo["provisional"]:
            return "the answer was provisional"
        for name, version in echo["fold_version"].items():
            if versions.get(name) != version:
                return f"answered by fold {version} of {name}, today's is {versions.get(name)}"
    return ""


def _answer(receipt: Receipt) -> bytes:
    """The answer of today's code, at the address at which the server was known when it answered."""
    base, asked = urlsplit(receipt.point["base"]), urlsplit(receipt.path)
    request = RequestFactory().get(receipt.path, secure=base.scheme == "https", headers={"Host": base.netloc})
    found = resolve(unquote(asked.path))
    view: Any = found.func
    unlimited = view.cls.as_view(throttle_classes=())  # who checks is no client
    response: HttpResponse = unlimited(request, *found.args, **found.kwargs)
    return response.content


def _substance(answer: bytes) -> bytes:
    return GENERATION.sub(b"", answer)
