"""Words, figures and links of the readers' pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from measures import wording
from measures.models import Segment
from measures.queries import MeasureState
from measures.web import state, words
from measures.web.clocks import as_query
from measures.wording import status_sentence
from tracker.clocks import DAWN, FAR
from tracker.sentences import day_in_words

register = template.Library()

STANCES = {"demand_made": "Wants", "offer_made": "Offers", "concession_made": "Concedes"}

register.filter("party", words.party)
register.filter("the", words.the)
register.filter("parties", words.parties)
register.filter("kind", words.kind)
register.filter("plain", words.plain)
register.filter("minutes", words.minutes)
register.filter("status", words.status)
register.filter("percent", wording.percent)
register.filter("standing", wording.standing)
register.filter("figure", state.figure)
register.filter("value", words.value)
register.filter("figure_label", words.figure_label)


@register.filter
def day(value: date | str | None) -> str:
    """A day in words; open ends of periods are empty."""
    if value in (None, "", DAWN, FAR):
        return ""
    return day_in_words(value if isinstance(value, str) else value.isoformat())


@register.filter
def last_day(until: date) -> str:
    """The last day of a period that ends before `until`."""
    return "" if until == FAR else day(until - timedelta(days=1))


@register.filter
def instant(value: datetime) -> str:
    """An instant of our record, in UTC: `24 November 2026, 06:40:12 UTC`."""
    return f"{value.day} {value:%B %Y, %H:%M:%S} UTC"


@register.filter
def numbers(figures: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The figures worth a place of their own: the ones with a number."""
    return [figure for figure in figures if figure.get("value") is not None]


@register.simple_tag(takes_context=True)
def to(context: template.Context, name: str, *path: Any, **parameters: Any) -> str:
    """The address of a page at the clocks that are being asked."""
    return reverse(f"web:{name}", args=path) + as_query((*parameters.items(), *_asked(context).items()))


@register.simple_tag(takes_context=True)
def here(context: template.Context, **clocks: Any) -> str:
    """The address of this page with some clocks set anew."""
    return context["request"].path + context["travel"].to(**clocks)


@register.simple_tag(takes_context=True)
def parameter(context: template.Context, name: str, value: Any) -> str:
    """The address of this page with one of its own parameters set anew; an empty value leaves it out."""
    travel = context["travel"]
    others = [pair for pair in travel.others if pair[0] != name] + ([(name, value)] if value else [])
    return context["request"].path + as_query((*others, *travel.asked.items()))


def _asked(context: template.Context) -> Mapping[str, str]:
    return getattr(context.get("travel"), "asked", {})


@register.simple_tag(takes_context=True)
def cite(context: template.Context, text: Any, positions: Collection[int]) -> SafeString:
    """A figure as a link to the event that set it, marked with a link to its correction where it has one."""
    corrections = context.get("corrections") or set()
    setters = [position for position in positions if position not in corrections]
    if not setters:
        return format_html("{}", text)
    link = _event(context, max(setters), "cite", text)
    corrected = [position for position in positions if position in corrections]
    return link if not corrected else format_html("{} {}", link, _event(context, max(corrected), "mark", "corrected"))


def _event(context: template.Context, position: int, css: str, text: Any) -> SafeString:
    address = reverse("web:event", args=[position]) + as_query(_asked(context).items())
    return format_html('<a class="{}" href="{}" title="Event {}">{}</a>', css, address, position, text)


@register.simple_tag
def remark(item: MeasureState) -> str:
    """The status of a measure in a sentence, where it says more than that it is in force."""
    words = "" if state.is_plain(item.headline) else status_sentence(item)
    more = state.details(item.headline) if item.headline else ""
    return " ".join(filter(None, [words, f"{more.rstrip('.')}." if more else ""]))


@register.simple_tag
def change(item: MeasureState) -> str:
    """What a measure's next change brings, and when: `34% from 12 August 2025`."""
    following = item.next_change
    return f"{state.change(item.headline, following)} from {day(following.valid_from)}" if following else ""


@register.filter
def rate(segment: Segment) -> str:
    """The rate of a segment, or the range in which it lies."""
    return state.rates(segment) or ("unknown" if segment.unknown else "–")


@register.filter
def who(meta: Mapping[str, str]) -> str:
    """Who recorded an entry, and how it came to be approved."""
    if meta["approval"] == "imported":
        return "imported with the data"
    if meta["approval"] == "two_person":
        return f"by {meta['actor']}, approved by {meta['approver']}"
    return f"by {meta['actor']} in an emergency"


@register.filter
def points(value: Decimal) -> str:
    """Percentage points: `24 points`."""
    return f"{value.normalize():f} points"


@register.filter
def item(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def stance(kind: str) -> str:
    return STANCES[kind]


@register.filter
def indicator_kind(kind: str) -> str:
    return words.INDICATORS[kind]
