"""What the workplace's templates ask for."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.urls import NoReverseMatch, reverse

from tracker.clocks import FAR
from tracker.ledger.openings import text_of, withheld

register = template.Library()


@register.filter
def last_day(until: date) -> date | None:
    """The last day of a half-open period; None where it is open."""
    return None if until == FAR else until - timedelta(days=1)


@register.filter
def minute(instant: str) -> str:
    """An ISO 8601 instant as people read it, in UTC."""
    return datetime.fromisoformat(instant).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


@register.filter
def stream_page(stream: str) -> str:
    """The address of a stream's page; empty where its kind has none."""
    category, _, slug = stream.partition("/")
    try:
        return reverse(f"admin:measures_{category}_change", args=[slug])
    except NoReverseMatch:
        return ""


PAGES = {
    "measure": "web:measure",
    "negotiation": "web:negotiation",
    "indicator": "web:indicator",
    "case": "web:case",
}
"""The readers' pages, by kind of stream; a dispute is told on the first page of all, a group on none."""


@register.filter
def readers_page(stream: str) -> str:
    """The address at which people read of a stream; empty where there is none."""
    category, _, slug = stream.partition("/")
    if category == "dispute":
        return f"{reverse('web:home')}?dispute={slug}"
    return reverse(PAGES[category], args=[slug]) if category in PAGES else ""


@register.simple_tag
def most_bytes() -> int:
    """How large a file may be."""
    return settings.MAX_BODY_BYTES


@register.filter
def disclosed(text: str) -> str:
    """A text, or the one behind a commitment to it as long as it is not erased."""
    return (text_of(text) or "its text has been erased") if withheld(text) else text


@register.filter
def plain(word: str) -> str:
    """`partly_met` as people write it."""
    return word.replace("_", " ")


@register.filter
def pretty(value: Any) -> str:
    """JSON values, to be read."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
