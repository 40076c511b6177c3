"""The Harmonized System 2022, and the names of countries: what codes there are, and how they are found by words.

Codes of a revision that is not shipped are unknown here, which is no reason to refuse them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from measures.events.common import Codes
from tracker.inside import structs

REFERENCE = Path(__file__).parent / "data" / "reference"
REVISION = "2022"
INTERNATIONAL = 6
"""Digits that all nomenclatures built on the Harmonized System share."""
NATIONAL_CHAPTERS = ("98", "99")
"""Chapters that the Harmonized System leaves to its users."""


@dataclass(frozen=True)
class Heading:
    """A code and its words; `within` are the words of what it lies under."""

    code: str
    words: str
    within: str = ""


@cache
def headings() -> dict[str, Heading]:
    """All chapters, headings and subheadings, by code."""
    with open(REFERENCE / "hs2022.csv", encoding="utf-8", newline="") as file:
        words = {row["code"]: row["description"] for row in csv.DictReader(file)}
    return {
        code: Heading(code, text, words.get(code[:4] if len(code) > 4 else code[:2], ""))
        for code, text in words.items()
    }


@cache
def countries() -> dict[str, str]:
    """The names of countries and territories, by ISO 3166-1 alpha-2 code, and of bodies that act beside them."""
    with open(REFERENCE / "countries.csv", encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


@cache
def abbreviations() -> dict[str, str]:
    """The words of what the names of figures abbreviate."""
    with open(REFERENCE / "abbreviations.csv", encoding="utf-8", newline="") as file:
        return {row["code"]: row["words"] for row in csv.DictReader(file)}


def exists(code: str) -> bool:
    """Whether the Harmonized System 2022 has a code, or has what a longer national code lies under."""
    return code[:2] in NATIONAL_CHAPTERS or code[:INTERNATIONAL] in headings()


def unknown(codes: Iterable[str], revision: str) -> list[str]:
    """The codes that a revision does not have; none where the revision is not shipped."""
    return [code for code in codes if not exists(code)] if revision == REVISION else []


def codes_in(payload: Any) -> Iterator[tuple[str, Codes]]:
    """The lists of product codes in a payload, each with the dotted name of its place."""
    for pointer, value in structs(payload):
        if isinstance(value, Codes) and value.system != "other":
            yield pointer.removeprefix("/data/").replace("/", "."), value


def find(text: str, most: int) -> list[Heading]:
    """Headings by the beginning of their code, with or without dots, or by words; the widest first."""
    digits = text.replace(".", "").replace(" ", "")
    if digits.isdigit():
        found: Sequence[Heading] = [item for item in headings().values() if item.code.startswith(digits)]
    else:
        words = text.lower().split()
        found = [item for item in headings().values() if all(word in _searched(item) for word in words)]
    return sorted(found, key=lambda item: (len(item.code), item.code))[:most]


@cache
def _searched(item: Heading) -> str:
    return f"{item.words} {item.within}".lower()


def find_countries(text: str, most: int) -> list[tuple[str, str]]:
    """Code and name of countries, by the code, or by the beginning of a word of the name."""
    wanted = text.lower()
    named = [
        (code, name)
        for code, name in countries().items()
        if code.lower() == wanted or any(word.startswith(wanted) for word in [name.lower(), *name.lower().split()])
    ]
    return sorted(named, key=lambda item: (item[0].lower() != wanted, item[1]))[:most]
