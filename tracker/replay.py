"""Points in time: from what a question asks on the three clocks to what can be answered."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from tracker import log, prepared
from tracker.clocks import LAST_DAY, Point
from tracker.log import Position
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
    asked = [list(map(str, SERVING)), [kind.name for kind in projections()]]
    return _reach(prepared.rows(SERVED, asked))


SERVED = """
SELECT projection, generation, fold_version, position FROM tracker_checkpoint
WHERE status = ANY(%s) AND projection = ANY(%s)
"""
"""As `tracker.projections.serving`, written out: every answer asks for it first."""


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
    served, provisional = reach(), False
    if recorded_at is None and (position is None or position <= served.position):
        at = log.resolve(position=served.position if position is None else position)
    else:
        at, provisional = in_the_log(position, recorded_at)
        served = _reached(at.position, served)
    return Point(
        valid_at=valid_at or today,
        known_at=known_at or LAST_DAY,
        position=at.position,
        recorded_at=at.recorded_at,
        generations=served.generations,
        fold_versions=served.fold_versions,
        provisional=provisional,
    )


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


def parked(generations: Mapping[str, int], position: int) -> list[str]:
    """The streams that stand still in these generations: at the position they may lack entries."""
    if not generations:
        return []
    asked = [list(generations), list(generations.values()), position]
    return [stream for (stream,) in prepared.rows(STANDING_STILL, asked)]


STANDING_STILL = """
SELECT DISTINCT stream FROM tracker_parked
JOIN unnest(%s::text[], %s::smallint[]) AS asked(projection, generation) USING (projection, generation)
WHERE position <= %s ORDER BY stream
"""


def _reached(position: int, served: Reach) -> Reach:
    if served.position >= position:
        return served
    return wait(position)


def wait(position: int, seconds: float = WAIT_SECONDS) -> Reach:
    """Waits until the read models have reached a position. Raises NotProjectedYet when they do not in time."""
    deadline = time.monotonic() + seconds
    while (served := reach()).position < position:
        if time.monotonic() > deadline:
            raise NotProjectedYet(position, served.position)
        time.sleep(0.02)
    return served
