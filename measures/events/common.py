"""Values that payloads of several subjects share."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from tracker.events import AttachmentRef, Day, Line, Payload, Struct, Text

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120)]
Party = Annotated[
    str,
    msgspec.Meta(min_length=2, max_length=120, description="ISO 3166 code, EU, WORLD, or the name of a firm or body"),
]
Code = Annotated[str, msgspec.Meta(pattern=r"^\d{2}(\d{2}){0,4}$", description="2 to 10 digits, without dots")]
Percent = Annotated[
    str,
    msgspec.Meta(pattern=r"^\d{1,5}(\.\d{1,6})?$", description="a percentage without its sign: 7.5, not 0.075"),
]
Number = Annotated[str, msgspec.Meta(pattern=r"^-?\d{1,18}(\.\d{1,9})?$", description="a decimal number: 46, -3.5")]
EntryId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="the id of an earlier entry of the stream",
    ),
]


class Codes(Struct):
    """Product codes of one nomenclature and revision; a code covers everything below it."""

    codes: tuple[Code, ...] = ()
    system: Literal["HS", "HTS", "CN", "TARIC", "other"] = "HS"
    revision: Annotated[str, msgspec.Meta(pattern=r"^\d{4}$")] = "2022"
    indicative: bool = False
    """Whether the codes are examples or headings of a longer list, so that they neither bound nor fill the scope."""
    attachment: AttachmentRef | None = None


class Coverage(Struct):
    """What a term covers. A scope that no code expresses stays text, and is not computable."""

    text: Text | None = None
    everything: bool = False
    products: Codes | None = None
    origins: tuple[Party, ...] = ()
    destinations: tuple[Party, ...] = ()
    companies: tuple[Line, ...] = ()
    items: tuple[Line, ...] = ()


class Instrument(Struct):
    """A legal act: its name or number, citation, address, and what it does to another act."""

    title: Line
    citation: Line | None = None
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://\S+$", max_length=2000)] | None = None
    relation: Literal["amends", "extends", "suspends", "terminates", "replaces", "corrects", "implements"] | None = None
    related_to: Line | None = None


class Figure(Struct):
    """A number that a source gives, with its unit: `{"name": "share_pct", "value": "70"}`."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
    value: Number | None = None
    text: Line | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.text is None):
            raise ValueError(f"figure {self.name!r} takes either a value (a decimal) or a text")


class Person(Struct):
    """Somebody who spoke or sat at the table."""

    name: Line
    role: Line | None = None
    side: Party | None = None


class Fact(Payload):
    """What every trade payload may carry beside its sources."""

    figures: tuple[Figure, ...] = ()
    people: tuple[Person, ...] = ()
    links: tuple[Line, ...] = ()
    """Streams and entries this is about: `measure/<slug>`, `negotiation/<slug>` or the reference of another entry."""
    reference: Line | None = None
    """The writer's own name for the fact, such as its id in an imported file."""
    verification: Literal["multiple_sources", "single_source", "unverified"] | None = None
    date_basis: Literal["source", "inferred", "general_knowledge"] | None = None


__all__ = [
    "Code",
    "Codes",
    "Coverage",
    "Day",
    "EntryId",
    "Fact",
    "Figure",
    "Instrument",
    "Line",
    "Number",
    "Party",
    "Percent",
    "Person",
    "Slug",
    "Text",
]
