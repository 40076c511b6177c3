"""Events in words: a type's docstring with its placeholders filled from the payload.

A clause whose placeholder has no value is left out with its preposition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from msgspec import Raw, ValidationError, defstruct
from msgspec.json import Decoder
from msgspec.structs import astuple
from msgspec.structs import fields as struct_fields

from tracker import events
from tracker.clocks import DAY, span
from tracker.corrections import Entry
from tracker.events import EventType, Payload
from tracker.log import Recorded

CLAUSE = re.compile(r"(?=(?:,| (?:from|until|under|by|to|in|due|between|headed by|before|of)) )")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
ORDINALS = ("first", "second", "third", "fourth")
PARTS = {f"Q{place}": f"{word} quarter" for place, word in enumerate(ORDINALS, 1)}
PARTS |= {f"H{place}": f"{word} half" for place, word in enumerate(ORDINALS[:2], 1)}
SHORT = 100
"""Values up to so many bytes come again and again: days, rates, names. What they are in words is kept."""


def say(event: Recorded | Entry, positions: Mapping[str, int] | None = None) -> str:
    """The sentence of an event. `positions` gives entries that it names by id their place in the log."""
    kind = events.event_type(event.type)
    values = _values(event, kind)
    if positions:
        values = {name: _placed(text, positions) for name, text in values.items()}
    filled = tuple([name for name, text in values.items() if text])
    text = _clauses(kind.sentence, filled).format_map(values).strip().lstrip(",").strip().rstrip(":")
    text = text or event.type
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


@cache
def _clauses(sentence: str, filled: tuple[str, ...]) -> str:
    """A type's sentence without the clauses for which a value is missing."""
    clauses = CLAUSE.split(sentence.rstrip("."))
    return "".join(clause for clause in clauses if set(PLACEHOLDER.findall(clause)) <= set(filled))


def _values(event: Recorded | Entry, kind: EventType) -> dict[str, str]:
    """What stands for each placeholder; of an entry of the log that has today's schema no more is read than that."""
    fields = _fields(kind.payload, kind.sentence)
    if isinstance(event, Recorded) and event.schema == kind.schema and event.entry:
        found = _from_entry(event.entry, kind, fields)
    else:
        found = {name: _words(getattr(event.payload, name)) for name in fields}
    if corrects := getattr(event, "corrects", None):
        found["corrects"] = str(corrects)
    return found


def _from_entry(entry: bytes, kind: EventType, fields: tuple[str, ...]) -> dict[str, str]:
    try:
        written = astuple(_decoder(kind.payload, fields).decode(entry).data)
        return {name: _written(kind.payload, name, bytes(value)) for name, value in zip(fields, written, strict=True)}
    except ValidationError as error:
        raise events.malformed(kind.name, error) from None


@cache
def _fields(payload: type[Payload], sentence: str) -> tuple[str, ...]:
    """The fields of a payload for which its sentence has placeholders."""
    return tuple(name for name in PLACEHOLDER.findall(sentence) if name in payload.__struct_fields__)


@cache
def _decoder(payload: type[Payload], fields: tuple[str, ...]) -> Decoder[Any]:
    """Reads from an entry these fields alone, as they are written; empty where one is left out."""
    data = defstruct("Data", [(name, Raw, Raw()) for name in fields])
    return Decoder(defstruct("Entry", [("data", data)]))


def _written(payload: type[Payload], name: str, value: bytes) -> str:
    return _short(payload, name, value) if len(value) <= SHORT else _read(payload, name, value)


def _read(payload: type[Payload], name: str, value: bytes) -> str:
    default, decoder = _field(payload, name)
    return _words(decoder.decode(value) if value else default)


@cache
def _field(payload: type[Payload], name: str) -> tuple[Any, Decoder[Any]]:
    """What a field is when it is left out, and what reads it."""
    field = next(item for item in struct_fields(payload) if item.name == name)
    return field.default, Decoder(field.type)


_short = lru_cache(maxsize=20_000)(_read)


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(map(_words, value))
    text = str(value)
    return day_in_words(text) if DAY.fullmatch(text) else text


def _placed(text: str, positions: Mapping[str, int]) -> str:
    return ", ".join(f"#{positions[part]}" if part in positions else part for part in text.split(", "))


@lru_cache(maxsize=10_000)
def day_in_words(text: str) -> str:
    """`2025-05-14` as 14 May 2025, `2025-05` as May 2025, `2025-Q2` as the second quarter of 2025, `2025` as it is."""
    if part := PARTS.get(text[5:7]):
        return f"the {part} of {text[:4]}"
    first = span(text).earliest
    return {10: f"{first.day} {first:%B %Y}", 7: f"{first:%B %Y}", 4: text}[len(text)]
