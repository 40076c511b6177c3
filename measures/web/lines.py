"""The line of time: where things stand on a drawing of days, computed here and drawn by a template.

All measures are in the drawing's own units. Heights of rates follow their square root, so that 7.5% can still be
seen beside 125%; the drawing says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import sqrt
from textwrap import wrap

from measures.web.axis import Axis, Tick

CHARACTER = 6.4
"""The usual width of a character of a label."""
COLUMN = 10


@dataclass(frozen=True)
class Stretch:
    """A run of days with one rate or one status, as it is known; `rate` None means unknown, or no rate at all."""

    first: date
    until: date
    label: str
    title: str
    position: int | None
    css: str
    rate: Decimal | None = None
    statutory: Decimal | None = None


@dataclass(frozen=True)
class Box:
    """A stretch on the drawing; `ghost` is the y of a rate that is suspended in part."""

    x: float
    y: float
    width: float
    height: float
    label: str
    title: str
    position: int | None
    css: str
    ghost: float | None = None
    label_y: float = 0

    @property
    def right(self) -> float:
        return round(self.x + self.width, 1)

    @property
    def label_x(self) -> float:
        return round(self.x + 4, 1)

    @property
    def ghost_height(self) -> float:
        return round(self.y - (self.ghost or self.y), 1)


@dataclass(frozen=True)
class Lane:
    """A strip of the drawing with a name and what holds on the day asked."""

    name: str
    href: str
    css: str
    top: float
    base: float
    boxes: Sequence[Box]
    words: Sequence[tuple[str, float]]
    now: str = ""
    now_x: float = 0

    @property
    def now_y(self) -> float:
        return self.words[-1][1]


@dataclass(frozen=True)
class Event:
    """Something that happened on a day or some days."""

    first: date
    last: date
    label: str
    title: str
    position: int
    css: str


@dataclass(frozen=True)
class Mark:
    x: float
    width: float
    y: float
    label: str
    label_x: float
    anchor: str
    title: str
    position: int
    css: str

    @property
    def text_y(self) -> float:
        return round(self.y + 4, 1)

    @property
    def box(self) -> tuple[float, float, float]:
        """The left edge, the top and the width of the mark: a dot, drawn out over its days."""
        return round(self.x - 4, 1), round(self.y - 4, 1), round(self.width + 8, 1)


@dataclass(frozen=True)
class Band:
    """A heading of lanes or of marks."""

    name: str
    y: float
    css: str = ""


@dataclass
class Drawing:
    """Everything a template draws, from top to bottom."""

    name: str
    axis: Axis
    width: float
    day: date
    day_label: str
    top: float = 40
    bands: list[Band] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    bottom: float = 40

    @property
    def ticks(self) -> list[Tick]:
        return self.axis.ticks()

    @property
    def day_x(self) -> float:
        return self.axis.x(self.day)

    @property
    def day_anchor(self) -> str:
        """The label of the day asked stays inside the drawing."""
        half = len(self.day_label) * CHARACTER / 2
        if self.day_x + half > self.width:
            return "end"
        return "start" if self.day_x - half < 0 else "middle"

    @property
    def height(self) -> float:
        return self.bottom + 10

    def band(self, name: str, css: str = "") -> None:
        self.bands.append(Band(name, self.bottom + 16, css))
        self.bottom += 24

    def lane(
        self,
        name: str,
        stretches: Iterable[Stretch],
        *,
        tall: float = 40,
        full: Decimal | None = None,
        href: str = "",
        css: str = "",
        name_above: bool = False,
        now: str = "",
    ) -> None:
        """Adds a strip. With `full`, the rate that fills it, heights show rates; without, stretches fill it."""
        top = self.bottom + (16 if name_above else 0)
        base = top + tall
        boxes = _named_once([box for item in stretches if (box := self._box(item, top, base, full))])
        room = self.width - 60 if name_above else self.axis.left - (74 if now else 10)
        lines = shorten(name, int(room / CHARACTER), 1 if name_above else 2)
        words = [(line, (top if name_above else base) - 4 - 14 * (len(lines) - 1 - i)) for i, line in enumerate(lines)]
        now_x = self.width - 8 if name_above else self.axis.left - 14
        self.lanes.append(Lane(name, href, css, top, base, boxes, words, now, now_x))
        self.bottom = base + 8

    def _box(self, item: Stretch, top: float, base: float, full: Decimal | None) -> Box | None:
        if item.until <= self.axis.first or item.first >= self.axis.last:
            return None
        x, right = self.axis.x(item.first), self.axis.x(item.until)
        width = round(max(right - x, 1), 1)
        y = top if full is None else rate_y(item.rate, base, base - top - 12, full)
        ghost = None if full is None or not item.statutory else rate_y(item.statutory, base, base - top - 12, full)
        label = item.label if len(item.label) * CHARACTER + 6 <= width else ""
        label_y = (top + base) / 2 + 4 if full is None else y - 4
        return Box(x, y, width, round(base - y, 1), label, item.title, item.position, item.css, ghost, label_y)

    def columns(self, values: Sequence[tuple[date, Decimal, str, int]], tall: float = 120) -> None:
        """Adds one strip with a column for each day; what is below nothing hangs from the line of nothing."""
        top = self.bottom + 16
        highest = max(max(value for _, value, _, _ in values), Decimal(0))
        lowest = min(min(value for _, value, _, _ in values), Decimal(0))
        scale = tall / float(highest - lowest or 1)
        nothing = round(top + float(highest) * scale, 1)
        boxes = []
        for day, value, label, position in values:
            high = round(abs(float(value)) * scale, 1)
            y = round(nothing - high, 1) if value >= 0 else nothing
            x = self.axis.x(day) - COLUMN / 2
            label_y = y - 4 if value >= 0 else y + high + 14
            boxes.append(Box(x, y, COLUMN, max(high, 1), label, f"{label}, {day}", position, "column", None, label_y))
        self.lanes.append(Lane("", "", "rates", top, nothing, _apart(boxes), [("", nothing)]))
        self.bottom = top + tall + (20 if lowest < 0 else 8)

    def happenings(self, name: str, events: Iterable[Event], rows: int = 4) -> None:
        """Adds marks with labels in as many rows as keep them apart; a label without room is left to its title."""
        shown = [event for event in events if event.last >= self.axis.first and event.first <= self.axis.last]
        if not shown:
            return
        self.band(name)
        ends = [float("-inf")] * rows
        used = {self._mark(event, ends) for event in sorted(shown, key=lambda event: event.first)}
        self.bottom += (max(used) + 1) * 18 + 6

    def _mark(self, event: Event, ends: list[float]) -> int:
        """Adds a mark in the first row that has room for its label, else bare in the row below all; returns the row."""
        x = self.axis.x(event.first)
        width = round(max(self.axis.x(event.last) - x, 0), 1)
        room = len(event.label) * CHARACTER + 14
        flipped = x + width + room > self.width
        start, end = (x - room, x + width + 5) if flipped else (x - 5, x + width + room)
        row = next((index for index, taken in enumerate(ends) if start > taken), len(ends))
        if row < len(ends):
            ends[row] = end
        label = event.label if row < len(ends) else ""
        label_x, anchor = (x - 9, "end") if flipped else (x + width + 9, "start")
        y = self.bottom + 9 + row * 18
        self.marks.append(Mark(x, width, y, label, label_x, anchor, event.title, event.position, event.css))
        return row


def _named_once(boxes: Sequence[Box]) -> list[Box]:
    """The boxes, a label left out where it stands on the one before already."""
    repeated = [a.label == b.label and (a.right, a.y) == (b.x, b.y) for a, b in pairwise(boxes)]
    return [replace(box, label="") if again else box for box, again in zip(boxes, [False, *repeated], strict=False)]


def _apart(boxes: Sequence[Box]) -> list[Box]:
    """The columns, a label left out where it would run into the one before."""
    end, kept = float("-inf"), []
    for box in sorted(boxes, key=lambda box: box.x):
        fits = box.x > end
        end = box.x + len(box.label) * CHARACTER + 10 if fits else end
        kept.append(box if fits else replace(box, label=""))
    return kept


def shorten(text: str, characters: int, lines: int) -> list[str]:
    """The text in some lines; what has no room is marked by an ellipsis."""
    return wrap(text, characters, max_lines=lines, placeholder="…") or [""]


def rate_y(rate: Decimal | None, base: float, tall: float, full: Decimal) -> float:
    """The top of a rate in a strip; nothing and the unknown keep a thin line."""
    if rate is None or full <= 0:
        return base - 2
    return round(base - max(sqrt(float(min(rate / full, Decimal(1)))) * tall, 2), 1)
