"""The lanes of a term, and an act: what one entry does in one of them.

An act has a start and an end that may be coarse or unknown; the fold asks for each day which acts cover it. Acts on
other entries (revoke, move, end otherwise) name their target by id.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from tracker.clocks import Span
from tracker.corrections import Entry


class Lane(StrEnum):
    STAGE = "stage"
    LIFE = "life"
    OBLIGATION = "obligation"
    APPLICATION = "application"
    COURT = "court"
    OPERATION = "operation"
    DOUBT = "doubt"
    SCOPE = "scope"
    END = "end"
    REVOKE = "revoke"
    MOVE = "move"
    UNTIL = "until"

    __hash__ = str.__hash__  # an enum's own goes through Python, and the fold asks for lanes all the time


@dataclass(frozen=True)
class Stop:
    """What an application act says: `suspended` (wholly, or a rate that stays, or points taken off), or `applied`."""

    application: str
    stays: Decimal | None = None
    points: Decimal | None = None

    @property
    def stops(self) -> bool:
        """Whether it is a suspension, whole or in part."""
        return self.application == "suspended"

    @property
    def partial(self) -> bool:
        return self.stops and (self.stays is not None or self.points is not None)

    def leaves(self, percent: Decimal | None) -> Decimal | None:
        """What a partial suspension leaves of a percentage: not more than it, and not less than 0."""
        if self.stays is not None:
            return self.stays if percent is None else min(percent, self.stays)
        return None if percent is None or self.points is None else max(percent - self.points, Decimal(0))


APPLIED = Stop("applied")


@dataclass(frozen=True)
class Doubt:
    """What an entry says not to be known: the `legal` status, the `application`, or `both`; and why."""

    lanes: str
    reason: str

    def of(self, lane: str) -> bool:
        return self.lanes in (lane, "both")


class Act(msgspec.Struct, frozen=True, gc=False):
    """One lane act of an entry on one term, or on every term where `term` is None.

    `start` None means that the act never starts by itself (an obligation that was only threatened or proposed);
    `until` None means open. `covers` marks an obligation that holds for its whole period over the entries before it
    in order: so it was stated, and an end that is set or taken away later does not change it. `parties` are those for
    whom alone it counts; an act without any counts for everybody.
    """

    entry: Entry
    lane: Lane
    start: Span | None
    until: Span | None = None
    value: Any = None
    term: str | None = None
    covers: bool = False
    target: UUID | None = None
    parties: tuple[str, ...] = ()
