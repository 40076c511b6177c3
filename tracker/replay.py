"""Points in time: from what a question asks on the three clocks to what can be answered."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from tracker import log, prepared
from tracker.clocks import LAST_DAY, Point
from tracker.log import BEGINNING, Position
from tracker.models import Checkpoint
from tracker.projections import SERVING, projections

WAIT_SECONDS = 2.0


class PointError(ValueError):
    """A point that cannot be asked: names the parameter, its value and the accepted form."""

    def __init__(self, field: str, message: str, *, code: str = "malformed-clock", missing: bool = False) -> None:
        super().__init__(message)
        self.field, self.code, self.missing = field, code, missing


class NotProjectedYet(Exception):
    """The log holds the asked position, the read models do not yet: ask again shortly."""

    def __init__(self, asked: int, reached: int) -> None:
        super().__init__(f"position {asked} is recorded, the read models have reached {reached}; ask again")
        self.asked, self.reached = asked, reached


@dataclass(frozen=True)
class Reach:
    """How far the read models that are being served have come."""

    position: int
    generations: dict[str, int]
    fold_versions: dict[str, int]


def reach() -> Reach:
    """The common position of all projections that are being served; 0 while one was never started."""
    return _reach(prepared.rows(SERVED, _serving()))


def _serving() -> list[list[str]]:
    return [list(map(str, SERVING)), [kind.name for kind in projections()]]


SERVED = """
SELECT projection, generation, fold_version, position FROM tracker_checkpoint
WHERE status = ANY(%s) AND projection = ANY(%s)
"""
"""As `tracker.projections.serving`, written out: every answer asks for it first."""
POINT = f"""
WITH served AS MATERIALIZED ({SERVED}),
asked AS (SELECT COALESCE(%s::bigint, min(position), 0) AS position FROM served)
SELECT served.*, at.position, at.recorded_at, ARRAY(
    SELECT DISTINCT stream FROM tracker_parked AS still
    WHERE still.projection = served.projection AND still.generation = served.generation
        AND still.position <= at.position
    ORDER BY stream)
FROM served CROSS JOIN asked LEFT JOIN LATERAL ({log.batch_end("asked.position")}) AS at ON true
"""  # noqa: S608 - of our own parts


def reach_of(checkpoints: Iterable[Checkpoint]) -> Reach:
    """How far some checkpoints have come together, which are all that serve."""
    return _reach([(row.projection, row.generation, row.fold_version, row.position) for row in checkpoints])


def _reach(served: Sequence[tuple[str, int, int, int]]) -> Reach:
    return Reach(
        position=min((position for *_, position in served), default=0),
        generations={name: generation for name, generation, _, _ in served},
        fold_versions={name: version for name, _, version, _ in served},
    )


def resolve_point(
    *,
    today: date,
    valid_at: date | None = None,
    known_at: date | None = None,
    position: int | None = None,
    recorded_at: datetime | None = None,
) -> Point:
    """The point of the three clocks that a question means; `today` is asked where no valid day is given.

    Without a recorded clock it is the newest position that all read models have reached. Raises PointError for
    contradictory or impossible clocks and NotProjectedYet where an explicit position is not projected in time.
    """
    if position is not None and recorded_at is not None:
        raise PointError("position", "position and recorded_at are two names of one clock; give one of them")
    provisional = False
    served, at, parked = _reached_by(position)
    if recorded_at is not None or (position is not None and position > served.position):
        at, provisional = in_the_log(position, recorded_at)
        wait(at.position)
        served, at, parked = _reached_by(at.position)
    return Point(
        valid_at=valid_at or today,
        known_at=known_at or LAST_DAY,
        position=at.position,
        recorded_at=at.recorded_at,
        generations=served.generations,
        fold_versions=served.fold_versions,
        provisional=provisional,
        parked=parked,
    )


def _reached_by(position: int | None) -> tuple[Reach, Position, dict[str, list[str]]]:
    """How far the read models have come, the batch end at a position (by default at theirs), and what stands still."""
    found = prepared.rows(POINT, [*_serving(), position])
    if not found or found[0][4] is None:
        return _reach([row[:4] for row in found]), BEGINNING, {}
    parked = {row[0]: row[6] for row in found if row[6]}
    return _reach([row[:4] for row in found]), Position(*found[0][4:6]), parked


def in_the_log(position: int | None, recorded_at: datetime | None) -> tuple[Position, bool]:
    """The position asked for, the head's by default, and whether the answer may still change.

    It may where the instant is after the head's. Raises PointError.
    """
    head = log.head()
    if position is None and recorded_at is None:
        return head, False
    if position is not None:
        if position > head.position:
            raise PointError(
                "position",
                f"position {position} is beyond the head of the log, {head.position}",
                code="position-beyond-head",
                missing=True,
            )
        return log.resolve(position=position), False
    assert recorded_at is not None
    if recorded_at > timezone.now():
        raise PointError("recorded_at", f"recorded_at {recorded_at.isoformat()} is in the future", code="future-clock")
    return log.resolve(recorded_at=recorded_at), recorded_at > head.recorded_at


def wait(position: int, seconds: float = WAIT_SECONDS) -> Reach:
    """Waits until the read models have reached a position. Raises NotProjectedYet when they do not in time."""
    deadline = time.monotonic() + seconds
    while (served := reach()).position < position:
        if time.monotonic() > deadline:
            raise NotProjectedYet(position, served.position)
        time.sleep(0.02)
    return served
