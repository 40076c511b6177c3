"""Questions on two clocks, and the answers that a trade lawyer would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.measures.given import LAST_KNOWN


@dataclass(frozen=True)
class Question:
    valid: str
    known: str
    legal: str
    application: str
    rate: Any
    term: str | None = None
    party: str = ""


def ask(
    valid: str,
    legal: str,
    application: str,
    rate: Any,
    known: str = LAST_KNOWN,
    term: str | None = None,
    party: str = "",
) -> Question:
    return Question(valid, known, legal, application, rate, term, party)


APPLIED, SUSPENDED, NOT_APPLIED = "applied", "suspended", "not_applied"
