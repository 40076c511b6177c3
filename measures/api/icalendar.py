"""iCalendar (RFC 5545): scheduled changes as whole-day events that a calendar program can follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from measures.api.shapes.measures import CalendarItem

MEDIA_TYPE = "text/calendar"
MOST_OCTETS = 75


def icalendar(items: Iterable[CalendarItem], stamp: datetime | None) -> bytes:
    """The items as one calendar; `stamp` is when the log said so."""
    at = f"{stamp or datetime(1970, 1, 1, tzinfo=UTC):%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Lancaster//Trade measures//EN"]
    lines += [line for item in items for line in _event(item, at)]
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line)).encode()


def _event(item: CalendarItem, stamp: str) -> Iterator[str]:
    """The identity is that of the change, so that a change which stays is not shown twice."""
    yield "BEGIN:VEVENT"
    yield f"UID:{'/'.join(filter(None, [item.measure, item.term, item.party]))}/{item.valid_from}@lancaster"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{_day(item.valid_from)}"
    yield f"DTEND;VALUE=DATE:{_day(item.valid_from + timedelta(days=1))}"
    yield f"SUMMARY:{_text(f'{item.title}: {item.sentence}')}"
    yield f"URL:{item.url}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _day(day: date) -> str:
    return day.isoformat().replace("-", "")


def _text(words: str) -> str:
    for character in ("\\", ";", ","):
        words = words.replace(character, f"\\{character}")
    return words.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 octets, each but the first after a space; no character is cut."""
    piece = ""
    for character in line:
        if len((piece + character).encode()) > MOST_OCTETS:
            yield piece
            piece = " "
        piece += character
    yield piece
