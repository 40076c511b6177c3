"""The common workload: changes of trade measures, the same for every arm, from a fixed seed.

Streams get events in proportion to a Zipf-like popularity; events of different streams are interleaved, in order of
the known clock, as they would arrive.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

STREAMS = 2000
BEGIN = date(2018, 1, 1)
DAYS = 365 * 8
SENTENCE = """additional duty on goods of the listed origin is changed after the yearly review and talks with makers
traders and the customs service of the importing territory as the notice sets out in its annex"""
WORDS = SENTENCE.split()


@dataclass(frozen=True)
class Change:
    """The n-th change: of which stream, known and effective when, to what rate in percent."""

    number: int
    stream: int
    first: bool
    known_from: date
    effective_from: date
    percent: int

    @property
    def slug(self) -> str:
        return f"bench-{self.stream:05d}"

    @property
    def summary(self) -> str:
        start = self.number % (len(WORDS) - 20)
        return " ".join(WORDS[start : start + 20]) + f" (notice {self.number})"

    @property
    def url(self) -> str:
        return f"https://example.org/gazette/{self.known_from.year}/{self.number:08d}/notice-{self.stream:05d}.html"


def later(count: int, number: int, upto: int) -> Iterator[Change]:
    """Changes from a number on, known after the first `count`: what comes to a log of that many."""
    chance = random.Random(number)
    weights = list(accumulate((place + 1) ** -0.8 for place in range(STREAMS)))
    for each in range(number, upto):
        stream = chance.choices(range(STREAMS), cum_weights=weights)[0]
        known = BEGIN + timedelta(days=DAYS + (each - count) // 100)
        yield Change(
            each, stream, False, known, known + timedelta(days=chance.randrange(180)), chance.randrange(1, 100)
        )


def changes(count: int, streams: int = STREAMS) -> Iterator[Change]:
    """`count` changes; a stream's first one opens it."""
    chance = random.Random(20250609)
    weights = list(accumulate((place + 1) ** -0.8 for place in range(streams)))
    opened: set[int] = set()
    for number in range(count):
        stream = number if number < streams else chance.choices(range(streams), cum_weights=weights)[0]
        known = BEGIN + timedelta(days=number * DAYS // count)
        effective = known + timedelta(days=chance.randrange(180))
        yield Change(number, stream, stream not in opened, known, effective, chance.randrange(1, 100))
        opened.add(stream)
