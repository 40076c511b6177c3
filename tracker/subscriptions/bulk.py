"""Bulk files: the whole log up to a position. They are read from the log, so that they are the same for ever."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from django.conf import settings

from tracker import log
from tracker.subscriptions.models import Bulk

ENVELOPE = ("position", "id", "stream", "version", "type", "schema", "known_from", "known_seq", "occurred_on")
COLUMNS = (*ENVELOPE, "recorded_at", "corrects", "data", "meta", "leaf_hash")

Lines = Iterator[bytes]


def jsonl(upto: int) -> Lines:
    """The entries as they were hashed, one a line: the SHA-256 of a zero byte and a line is its leaf hash."""
    for _, entry, _ in log.leaves(upto=upto):
        yield entry + b"\n"


def as_csv(upto: int) -> Lines:
    """The same as a table, payload and meta as JSON."""
    yield _row(COLUMNS)
    for _, entry, leaf in log.leaves(upto=upto):
        said = msgspec.json.decode(entry) | {"leaf_hash": leaf.hex()}
        yield _row([_cell(said[name]) for name in COLUMNS])


def _cell(value: Any) -> Any:
    return msgspec.json.encode(value, order="sorted").decode() if isinstance(value, dict) else value


def _row(cells: Any) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue().encode()


FILES: dict[str, tuple[Callable[[int], Lines], str]] = {
    "events.jsonl": (jsonl, "application/jsonl"),
    "events.csv": (as_csv, "text/csv"),
}
"""How each file is read, and its media type."""


def make(now: datetime) -> Bulk:
    """The manifest at the head; made once for each position."""
    head = log.head()
    found = Bulk.objects.filter(position=head.position).first()
    return found or Bulk.objects.create(
        position=head.position,
        recorded_at=head.recorded_at,
        made_at=now,
        code_version=settings.VERSION,
        files=[summed(name, head.position) for name in FILES],
        counts=log.counts(head.position),
    )


def summed(name: str, upto: int) -> dict[str, Any]:
    """Name, SHA-256, bytes and rows of a file."""
    digest, size, rows = sha256(), 0, 0
    for line in FILES[name][0](upto):
        digest.update(line)
        size += len(line)
        rows += 1
    return {"name": name, "sha256": digest.hexdigest(), "bytes": size, "rows": rows - name.endswith(".csv")}


def pieces(lines: Lines, least: int = 2**16) -> Lines:
    """Lines gathered to pieces worth sending."""
    gathered: list[bytes] = []
    size = 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= least:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)
