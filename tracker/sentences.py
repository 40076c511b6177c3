"""Events in words: a type's docstring with its placeholders filled from the payload.

A clause whose placeholder has no value is left out with its preposition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from tracker import events
from tracker.clocks import DAY, span
from tracker.corrections import Entry
from tracker.log import Recorded

CLAUSE = re.compile(r"(?=(?:,| (?:from|until|under|by|to|in|due|between|headed by|before|of)) )")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
ORDINALS = ("first", "second", "third", "fourth")
PARTS = {f"Q{place}": f"{word} quarter" for place, word in enumerate(ORDINALS, 1)}
PARTS |= {f"H{place}": f"{word} half" for place, word in enumerate(ORDINALS[:2], 1)}
IDENTITY = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-")


def say(event: Recorded | Entry, positions: Mapping[str, int] | None = None) -> str:
    """The sentence of an event. `positions` gives entries that it names by id their place in the log."""
    kind = events.event_type(event.type)
    known = positions or {}

    def value(name: str) -> str:
        raw = getattr(event, "corrects", None) if name == "corrects" else getattr(event.payload, name, None)
        return _words(raw, known)

    clauses = _clauses(kind.sentence)
    values = {name: value(name) for _, names in clauses for name in names}
    body = "".join(clause for clause, names in clauses if all(values[name] for name in names))
    text = PLACEHOLDER.sub(lambda match: values[match[1]], body).strip().lstrip(",").strip().rstrip(":")
    text = text or event.type
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


@cache
def _clauses(sentence: str) -> list[tuple[str, list[str]]]:
    """The clauses of a type's sentence, each with its placeholders."""
    return [(clause, PLACEHOLDER.findall(clause)) for clause in CLAUSE.split(sentence.rstrip("."))]


def _words(value: Any, positions: Mapping[str, int]) -> str:
    if value is None or value == "" or value == ():
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(_words(item, positions) for item in value)
    text = str(value)
    if IDENTITY.match(text) and text in positions:
        return f"#{positions[text]}"
    return day_in_words(text) if DAY.fullmatch(text) else text


@lru_cache(maxsize=10_000)
def day_in_words(text: str) -> str:
    """`2025-05-14` as 14 May 2025, `2025-05` as May 2025, `2025-Q2` as the second quarter of 2025, `2025` as it is."""
    if part := PARTS.get(text[5:7]):
        return f"the {part} of {text[:4]}"
    first = span(text).earliest
    return {10: f"{first.day} {first:%B %Y}", 7: f"{first:%B %Y}", 4: text}[len(text)]
