"""The shapes of answers: what JSON a client gets, and the schema that describes it.

A shape is written once as a typed struct; msgspec renders it and derives its JSON Schema.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar, dataclass_transform

import msgspec
from msgspec import Meta, Raw

from tracker.clocks import FORMS

T = TypeVar("T")


class _Keywords(msgspec.StructMeta):
    """Makes every shape keyword-only."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        return super().__new__(cls, name, bases, namespace, **{"kw_only": True, **config})


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Shape(msgspec.Struct, metaclass=_Keywords, frozen=True):
    """The base of every answer: all fields are always there, `null` where nothing is known."""


Url = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
CoarseDay = Annotated[str, Meta(description=f"{FORMS}, as exact as its source")]
JsonObject = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]


class Clocks(Shape):
    """The point of the three clocks that an answer is for. Asked again with these values it is the same answer."""

    valid_at: Annotated[date, Meta(description="In force on this day.")]
    known_at: Annotated[date | None, Meta(description="As the public knew on this day; null is without a limit.")]
    recorded_at: Annotated[datetime | None, Meta(description="When the position was recorded; null before the first.")]
    position: Annotated[int, Meta(description="The position of the log that the answer is for.", ge=0)]
    provisional: Annotated[
        bool,
        Meta(
            description="The same question may get another answer: the instant is after the log's last, or see parked."
        ),
    ]
    parked: Annotated[
        list[str], Meta(description="Streams that could not be folded; their newer entries are not in the answer.")
    ]
    generation: Annotated[dict[str, int], Meta(description="The read models' generations, by projection.")]
    fold_version: Annotated[dict[str, int], Meta(description="The version of the fold, by projection.")]


class Page(Shape, Generic[T]):
    """A page of a list. Follow `next` until it is null; its address carries the clocks that this page was read at."""

    results: list[T]
    next: Url | None
    previous: Url | None


class Link(Shape):
    """An event that an answer rests on."""

    position: int
    url: Url


class SourceShape(Shape):
    """Where an entry comes from."""

    title: str
    publisher: str | None
    url: str | None
    citation: str | None
    published: CoarseDay | None
    official: bool
    language: str | None
    quote: str | None
    says: Annotated[str | None, Meta(description="What it gives where it differs from what the entry says.")]


class Envelope(Shape):
    """An entry of the log as it was hashed."""

    format: int
    position: Annotated[int, Meta(description="Place in the one global order, without gaps.")]
    id: Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
    stream: Annotated[str, Meta(examples=["measure/example"])]
    version: Annotated[int, Meta(description="Place within the stream.")]
    type: Annotated[str, Meta(description="See event-types/.")]
    schema: Annotated[int, Meta(description="The version of the type's schema that the data was written with.")]
    known_from: Annotated[str | None, Meta(description="The day the public could know; null for corrections.")]
    known_seq: int | None
    occurred_on: CoarseDay | None
    recorded_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    corrects: Annotated[str | None, Meta(description="The id of the entry that a correction concerns.")]
    data: Annotated[JsonObject, Meta(description="The typed payload, as written.")]
    meta: Annotated[JsonObject, Meta(description="Who recorded it, on whose approval, through which door.")]


class EventShape(Envelope):
    """An entry of the log, with what is said about it here.

    Without `leaf_hash`, `sentence` and `url`, keys sorted and without spaces, this is the entry whose RFC 6962 leaf
    hash `leaf_hash` is.
    """

    leaf_hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    sentence: Annotated[
        str | None, Meta(description="The event in words; null where this code does not know its type.")
    ]
    url: Url


class Feed(Shape):
    """A page of the feed: whole batches in the order of the log."""

    results: list[EventShape]
    after: Annotated[int, Meta(description="Where to go on: pass it as `after` next time, also when `next` is null.")]
    next: Annotated[Url | None, Meta(description="The next page; null when the answer reaches the position.")]


class EventTypeShape(Shape):
    """A type of event."""

    name: str
    schema: int
    group: str
    categories: Annotated[list[str], Meta(description="The kinds of stream it belongs to; `*` is any.")]
    sentence: Annotated[str, Meta(description="The sentence that people read, with the payload's fields.")]
    url: Url


class EventTypes(Shape):
    """The vocabulary: everything that can happen."""

    results: list[EventTypeShape]


class EventTypeDetail(EventTypeShape):
    """A type of event with the JSON Schema (2020-12) of its payload."""

    json_schema: Annotated[dict[str, Any], Meta(description="A JSON Schema, 2020-12.")]


class ProblemError(Shape, omit_defaults=True):
    """One thing that is wrong with a request."""

    code: str
    detail: str
    parameter: Annotated[str | None, Meta(description="The parameter, in the query or the path.")] = None
    pointer: Annotated[str | None, Meta(description="A JSON pointer into the body.")] = None
    value: Annotated[str | None, Meta(description="What was given.")] = None
    accepted: Annotated[str | None, Meta(description="What would be accepted.")] = None


class ProblemShape(Shape):
    """An RFC 9457 problem document."""

    type: Annotated[
        str, Meta(description="Where the code is explained.", extra_json_schema={"format": "uri-reference"})
    ]
    title: str
    status: int
    detail: str
    code: Annotated[str, Meta(description="Stable; problems/ lists them all.")]
    request_id: Annotated[str | None, Meta(description="The header X-Request-ID: name it when you report a fault.")]
    errors: list[ProblemError]


class ProblemCode(Shape):
    """A kind of problem and when it comes."""

    code: str
    status: int
    title: str
    explanation: str
    url: Url


class ProblemCodes(Shape):
    """Every code that a problem document may carry."""

    results: list[ProblemCode]
