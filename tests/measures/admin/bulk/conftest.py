"""Files of rows for a measure that is there."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.measures.admin.conftest import duty, sit

__all__ = ["a_file", "duty", "sit"]

ROW = {
    "stream": "example",
    "obligation": "20%",
    "effective_from": "2025-06-01",
    "known_from": "2025-05-20",
    "sources.1.title": "The gazette",
    "sources.1.citation": "No. 2",
}


def rows(*changes: dict[str, str]) -> list[dict[str, str]]:
    """Rows that change the rate of the example, each with what differs."""
    return [ROW | more for more in changes]


def as_csv(told: Sequence[dict[str, str]], encoding: str = "utf-8") -> bytes:
    names = list(dict.fromkeys(name for row in told for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows(told)
    return out.getvalue().encode(encoding)


@pytest.fixture
def a_file() -> Callable[..., Any]:
    """A file to send: `a_file({"effective_from": "2025-07-01"})` has one row for each of the differences."""

    def made(*changes: dict[str, str], name: str = "rates.csv", encoding: str = "utf-8") -> SimpleUploadedFile:
        return SimpleUploadedFile(name, as_csv(rows(*changes), encoding))

    return made
