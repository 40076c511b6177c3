"""Which events a follower wants."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tracker import log
from tracker.log import Recorded


def _only(values: Collection[str]) -> str | None:
    """The one value, if it is one: the database then looks for it."""
    return next(iter(values)) if len(values) == 1 else None


@dataclass(frozen=True)
class Wanted:
    """Events of any of these types, streams and kinds of stream; an empty list is no limit."""

    types: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: dict[str, Any]) -> Wanted:
        """From the parameters `type`, `stream` and `category`, each a list or None."""
        return cls(*(tuple(values[name] or ()) for name in ("type", "stream", "category")))

    def __contains__(self, event: Any) -> bool:
        return (
            (not self.types or event.type in self.types)
            and (not self.streams or event.stream in self.streams)
            and (not self.categories or event.stream.partition("/")[0] in self.categories)
        )

    def read(self, after: int, upto: int, limit: int) -> tuple[list[Recorded], int]:
        """Wanted events after a position, out of about `limit` that are looked at, and the position looked up to."""
        found = log.read(
            after,
            upto=upto,
            limit=limit,
            type=_only(self.types),
            stream=_only(self.streams),
            category=_only(self.categories),
        )
        reached = found[-1].position if len(found) == limit else upto
        return [event for event in found if event in self], reached
