"""What an event is: the registry of types, their payloads, encoding, decoding and upcasting.

An event type is a frozen, typed payload whose docstring is the sentence that people read, with the payload's fields
as placeholders. A changed payload gets a new schema number and an upcaster; stored bytes never change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, TypeVar, dataclass_transform

import msgspec

from tracker.clocks import COARSE, FORMS

Data = dict[str, Any]
Upcaster = Callable[[Data], Data]

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Withheld = Annotated[
    str, msgspec.Meta(min_length=1, max_length=20_000, description="text, in the log as a commitment `sha256:…`")
]
"""Text that may name persons: `tracker.log.append` records a salted commitment to it, and the text can be erased."""
Day = Annotated[str, msgspec.Meta(pattern=f"^{COARSE}$", description=FORMS)]
ExactDay = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="YYYY-MM-DD")]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$", max_length=64)]


class EventError(ValueError):
    """An event that cannot be accepted: the message names the field, the value and the accepted form."""

    def __init__(self, message: str, field: str = "", code: str = "invalid") -> None:
        super().__init__(message)
        self.field, self.code = field, code


class UnknownEventType(EventError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} is not a registered event type; event-types/ lists them all "
            "(a new one is added with @event, see CONTRIBUTING)",
            field="type",
            code="unknown-event-type",
        )


class FutureSchema(EventError):
    def __init__(self, name: str, schema: int, ours: int) -> None:
        super().__init__(
            f"{name} has schema {schema}, this code knows {ours}: upgrade before reading on",
            field="schema",
            code="future-schema",
        )


class _Keywords(msgspec.StructMeta):
    """Makes every subclass keyword-only, so that required fields may follow inherited optional ones."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: Data, **config: Any) -> Any:
        return super().__new__(cls, name, bases, namespace, **{"kw_only": True, **config})


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Struct(
    msgspec.Struct, metaclass=_Keywords, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True
):
    """The base of every value inside a payload: immutable, closed to unknown fields."""


class Source(Struct):
    """Where an entry comes from. An address or a citation is required; the day of publication may be unknown."""

    title: Line
    publisher: Line | None = None
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://\S+$", max_length=2000)] | None = None
    citation: Line | None = None
    published: Day | None = None
    official: bool = False
    language: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}$")] | None = None
    quote: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None
    says: Line | None = None
    """What this source gives where it differs from what the entry says."""

    def __post_init__(self) -> None:
        if not self.url and not self.citation:
            raise ValueError(f"source {self.title!r} needs a url (https://...) or a citation")


class AttachmentRef(Struct):
    """Names stored bytes, such as a long code list, by their SHA-256."""

    sha256: Sha256
    media_type: Line
    title: Line | None = None
    rows: int | None = None


class Payload(Struct):
    """What every payload carries: its sources, and the editor's own words about what happened."""

    sources: Annotated[tuple[Source, ...], msgspec.Meta(min_length=1)]
    summary: Text | None = None
    note: Text | None = None
    chosen_because: Line | None = None
    """Where sources disagree: why the entry says what it says."""


@dataclass(frozen=True)
class EventType:
    name: str
    schema: int
    payload: type[Payload]
    sentence: str
    categories: tuple[str, ...]
    group: str
    upcasters: dict[int, Upcaster] = field(default_factory=dict)

    @property
    def corrects(self) -> bool:
        """Whether it says something of another entry, as corrections and retractions do, and not of the world."""
        return self.name.startswith("entry.")

    def decode(self, schema: int, data: Data) -> Payload:
        """The typed payload of stored data, upcast from the schema it was written with.

        Raises FutureSchema for a schema newer than this code and EventError naming the field for malformed data.
        """
        if schema > self.schema:
            raise FutureSchema(self.name, schema, self.schema)
        try:
            return msgspec.convert(self.upcast(data, schema, self.schema), self.payload)
        except msgspec.ValidationError as error:
            raise malformed(self.name, error) from None

    def read(self, data: bytes) -> Payload:
        """The typed payload of JSON written with today's schema. Raises EventError naming the field."""
        try:
            return _decoder(self.payload).decode(data)
        except msgspec.ValidationError as error:
            raise malformed(self.name, error) from None

    def read_inside(self, entry: bytes) -> Payload:
        """The typed payload of an entry written with today's schema. Raises EventError naming the field."""
        try:
            return _decoder_inside(self.payload).decode(entry).data
        except msgspec.ValidationError as error:
            raise malformed(self.name, error, inside=True) from None

    def upcast(self, data: Data, schema: int, upto: int) -> Data:
        """Data of one schema as a later one says it."""
        for step in range(schema, upto):
            data = self.upcasters[step](data)
        return data


FIELD = re.compile(r"field `(\w+)`$")


@cache
def _decoder(payload: type[Payload]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(payload)


@cache
def _decoder_inside(payload: type[Payload]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type("Entry", (msgspec.Struct,), {"__annotations__": {"data": payload}}))


def malformed(name: str, error: Exception, *, inside: bool = False) -> EventError:
    """An error of msgspec as an EventError whose field is a JSON pointer; `inside`, where a whole entry was read."""
    reason, path = pointer_of(error)
    pointer = path if inside else f"/data{path}"
    return EventError(f"{name}: {reason} (at {pointer})", field=pointer, code="malformed-data")


def pointer_of(error: Exception) -> tuple[str, str]:
    """msgspec's "Expected `x`, got `y` - at `$.a.b`" as its reason and a JSON pointer."""
    reason, _, path = str(error).partition(" - at `$")
    pointer = path.rstrip("`").replace(".", "/").replace("[", "/").replace("]", "")
    if field := FIELD.search(reason):
        pointer += f"/{field[1]}"
    return reason, pointer


_types: dict[str, EventType] = {}
P = TypeVar("P", bound=type[Payload])


def event(
    name: str,
    *,
    schema: int = 1,
    categories: tuple[str, ...] = (),
    upcasters: dict[int, Upcaster] | None = None,
    group: str = "",
) -> Callable[[P], P]:
    """Registers a payload class as an event type.

    `categories` are the kinds of stream it may be appended to (by default the word before the dot); `*` is any.
    """

    def register(payload: P) -> P:
        if name in _types:
            raise ValueError(f"event type {name} is registered twice")
        sentence = " ".join((payload.__doc__ or "").strip().split("\n\n")[0].split())
        if not sentence:
            raise ValueError(f"event type {name} needs a docstring: it is the sentence that people read")
        if set(range(1, schema)) - set(upcasters or {}):
            raise ValueError(f"event type {name} lacks upcasters from schemas before {schema}")
        kinds = categories or (name.split(".")[0],)
        _types[name] = EventType(name, schema, payload, sentence, kinds, group or kinds[0], dict(upcasters or {}))
        payload.event_type = name  # type: ignore[attr-defined]
        return payload

    return register


def event_type(name: str) -> EventType:
    """The registered type of that name; raises UnknownEventType."""
    try:
        return _types[name]
    except KeyError:
        raise UnknownEventType(name) from None


def event_types() -> list[EventType]:
    return sorted(_types.values(), key=lambda kind: kind.name)


def type_of(payload: Payload) -> EventType:
    """The event type of a payload instance."""
    return event_type(type(payload).event_type)  # type: ignore[attr-defined]


def encode(payload: Payload) -> Data:
    """The payload as JSON values, defaults left out."""
    return msgspec.to_builtins(payload)


def said_openly(payload: Payload) -> Data:
    """The payload as JSON values without the texts that are withheld: each commitment to a text is another."""
    withheld = withheld_fields(type(payload))
    return {name: value for name, value in encode(payload).items() if name not in withheld}


@cache
def withheld_fields(payload: type[Payload]) -> tuple[str, ...]:
    """The fields of a payload that hold text of which the log takes a commitment only."""
    return tuple(item.name for item in msgspec.structs.fields(payload) if item.type == Withheld)


def json_schema(kind: EventType) -> Data:
    """The JSON Schema (2020-12) of a type's payload."""
    return msgspec.json.schema(kind.payload)
