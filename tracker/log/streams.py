"""Reading the log stream by stream: all of it, or a share of it that a process has to itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from tracker import prepared
from tracker.envelope import Recorded
from tracker.log.reading import recorded


class Share(NamedTuple):
    """The streams from one name up to another, as the database sorts them."""

    since: str = ""
    until: str | None = None


WHOLE = Share()


def shares(categories: Iterable[str], upto: int, count: int) -> list[Share]:
    """The streams of the categories in at most so many shares, each of about as many events, as a sample tells."""
    places = [place / count for place in range(1, count)]
    rows = prepared.rows(QUANTILES, [places, upto, max(upto // SAMPLE, 1), list(categories)])
    cuts = ["", *dict.fromkeys(rows[0][0] or ()), None]
    return [Share(since, until) for since, until in pairwise(cuts)]


SAMPLE = 20_000
QUANTILES = """
SELECT percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY stream)
FROM generate_series(1, %s::bigint, %s::bigint) AS place JOIN tracker_event ON position = place
WHERE split_part(stream, '/', 1) = ANY(%s)
"""


def read_by_stream(
    categories: Iterable[str], upto: int, streams: Iterable[str] | None = None, share: Share = WHOLE
) -> Iterator[Recorded]:
    """All events of the categories (of some streams, of a share) up to a position, stream by stream, in flat memory."""
    conditions = {"stream = ANY(%s)": None if streams is None else list(streams), "stream < %s": share.until}
    narrower = {condition: value for condition, value in conditions.items() if value is not None}
    which, given = " AND ".join([OF, *narrower]), [list(categories), upto, *narrower.values()]
    stream, version = share.since, 0
    while found := recorded(f"{which} {ONWARDS}", *given, stream, version, CHUNK):
        yield from found
        stream, version = found[-1].stream, found[-1].version


CHUNK = 2000
OF = "FROM tracker_event WHERE split_part(stream, '/', 1) = ANY(%s) AND position <= %s"
ONWARDS = "AND (stream, version) > (%s, %s) ORDER BY stream, version LIMIT %s"


def count(categories: Iterable[str], upto: int) -> int:
    """How many events of the categories there are up to a position."""
    [(found,)] = prepared.rows(f"SELECT count(*) {OF}", [list(categories), upto])
    return int(found)
