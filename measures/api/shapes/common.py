"""Fields that several shapes share."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from msgspec import Meta

from tracker.api.shapes import Link, Shape, Url

Percent = Annotated[
    float | None,
    Meta(description="Percent, a JSON number without float noise: 7.5, 25. Null where there is none or it is unknown."),
]
Positions = Annotated[list[Link], Meta(description="The events that say so.")]
ValidFrom = Annotated[date | None, Meta(description="The first day on which this holds; null is open.")]
ValidUntil = Annotated[date | None, Meta(description="The first day on which it no longer holds; null is open.")]
Why = Annotated[str | None, Meta(description="Why something is unknown; null where nothing is.")]
Party = Annotated[str, Meta(description="ISO 3166 code, EU, WORLD, or the name of a firm or body.")]
ObligationShape = Annotated[
    dict[str, Any],
    Meta(
        description="What is asked for: its kind, its sentence such as `25%`, and the fields of its kind, decimals "
        "as strings. event-types/measure.adopted/ describes every kind.",
        extra_json_schema={
            "required": ["kind", "sentence"],
            "properties": {"kind": {"type": "string"}, "sentence": {"type": "string"}},
        },
        examples=[{"kind": "ad_valorem", "percent": "25", "sentence": "25%"}],
    ),
]


class DifferingShape(Shape):
    """A field that an announcement and the instrument after it state otherwise, in words."""

    field: str
    announced: str
    adopted: str


class DisagreementShape(Shape):
    """The instrument that holds in an announcement's place, or the announcement that an instrument differs from."""

    position: int
    url: Url
    holds: Annotated[bool, Meta(description="Whether that entry is the instrument, which holds in law.")]
    fields: list[DifferingShape]
