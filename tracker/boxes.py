"""From a stream's history to boxes: the known and the recorded clock around a fold over the valid clock.

A fold is asked for one known day at a time. Running through the known days opens and closes rows on the known clock;
running through the batch ends does the same on the recorded clock. Where a batch only adds what is known no earlier
than all before it, folding its own known days is enough; a late entry or a correction folds all days anew. Both give
the same boxes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from tracker.clocks import DAWN, FAR, Box
from tracker.corrections import Entry, settle
from tracker.log import Recorded


@dataclass(frozen=True)
class Row:
    """What a fold gives: a model and the values of its columns, the stream and two clocks left out."""

    model: type[Box]
    values: dict[str, Any]

    def digest(self) -> bytes:
        """The hash by which the row is found again: of its model, its values and its valid days."""
        content = {"valid_from": DAWN, "valid_until": FAR} | self.values
        text = msgspec.json.encode([self.model.__name__, content], order="sorted")
        return blake2b(text, digest_size=16).digest()


Fold = Callable[[str, Sequence[Entry]], Iterable[Row]]
"""A stream and its entries in order, as known on some day → the rows over the valid clock. Pure."""


class Key(NamedTuple):
    """A box on the valid and known clocks; the recorded clock is what changes."""

    digest: bytes
    known_from: date
    known_until: date


Open = dict[Key, Box]
"""The boxes of one stream that are open on the recorded clock."""


@dataclass
class Changes:
    """What folding adds to the tables: boxes to insert, and stored boxes to close at a position."""

    opened: list[Box] = field(default_factory=list)
    closed: dict[tuple[type[Box], int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def __iadd__(self, other: Changes) -> Changes:
        self.opened += other.opened
        for where, ids in other.closed.items():
            self.closed[where] += ids
        return self

    def write(self) -> None:
        for (model, end), ids in self.closed.items():
            model.objects.filter(pk__in=ids).update(recorded_until=end)
        by_model: dict[type[Box], list[Box]] = defaultdict(list)
        for box in self.opened:
            by_model[type(box)].append(box)
        for model, boxes in by_model.items():
            model.objects.bulk_create(boxes, batch_size=1000)


def advance(
    fold: Fold, generation: int, stream: str, history: Sequence[Recorded], since: int, open_boxes: Open
) -> Changes:
    """Folds a stream at each batch end after `since`, and keeps `open_boxes` up to date."""
    changes = Changes()
    for end in batch_ends(history, since):
        before = [item for item in history if item.position <= end]
        fresh = [item for item in before if item.position > since]
        existing, wanted = _difference(fold, stream, before, fresh, open_boxes)
        _replace(changes, generation, stream, end, open_boxes, existing, wanted)
        since = end
    return changes


def _difference(
    fold: Fold, stream: str, history: Sequence[Recorded], fresh: Sequence[Recorded], open_boxes: Open
) -> tuple[set[Key], dict[Key, Row]]:
    """The open boxes that a batch may change, and what has to stand in their place."""
    entries = settle(history)
    first = first_day(entries, fresh)
    if first is None:
        return set(open_boxes), full(fold, stream, entries)
    existing = {key for key in open_boxes if key.known_until >= first}
    rows = {key: _row(box) for key, box in open_boxes.items() if key in existing and key.known_from < first}
    return existing, _sweep(fold, stream, entries, rows, first)


def first_day(entries: Sequence[Entry], fresh: Sequence[Recorded]) -> date | None:
    """The first known day that new events change, or None where they reach into the past of the known clock."""
    days = [item.known_from for item in fresh if item.known_from is not None]
    if len(days) < len(fresh):
        return None
    new = {item.position for item in fresh}
    last = max((entry.known_from for entry in entries if entry.position not in new), default=DAWN)
    return min(days) if min(days) >= last else None


def full(fold: Fold, stream: str, entries: Sequence[Entry]) -> dict[Key, Row]:
    """All boxes of a stream on the valid and known clocks."""
    return _sweep(fold, stream, entries, {}, DAWN)


def _sweep(fold: Fold, stream: str, entries: Sequence[Entry], rows: dict[Key, Row], first: date) -> dict[Key, Row]:
    """Runs through the known days from `first` on, beginning with the boxes that were open just before it."""
    done: dict[Key, Row] = {}
    current = {key.digest: (key.known_from, row) for key, row in rows.items()}
    for day in sorted({entry.known_from for entry in entries if entry.known_from >= first}):
        now = {row.digest(): row for row in fold(stream, [entry for entry in entries if entry.known_from <= day])}
        for digest in [digest for digest in current if digest not in now]:
            known_from, row = current.pop(digest)
            done[Key(digest, known_from, day)] = row
        current |= {digest: (day, row) for digest, row in now.items() if digest not in current}
    return done | {Key(digest, known_from, FAR): row for digest, (known_from, row) in current.items()}


def _replace(
    changes: Changes,
    generation: int,
    stream: str,
    end: int,
    open_boxes: Open,
    existing: set[Key],
    wanted: dict[Key, Row],
) -> None:
    for key in existing - wanted.keys():
        box = open_boxes.pop(key)
        box.recorded_until = end
        if box.pk is not None:
            changes.closed[type(box), end].append(box.pk)
    for key in wanted.keys() - existing:
        box = _box(wanted[key], key, generation, stream, end)
        open_boxes[key] = box
        changes.opened.append(box)


def _box(row: Row, key: Key, generation: int, stream: str, position: int) -> Box:
    return row.model(
        generation=generation,
        stream=stream,
        known_from=key.known_from,
        known_until=key.known_until,
        recorded_from=position,
        digest=key.digest,
        **row.values,
    )


OUTSIDE = ("id", "generation", "stream", "known_from", "known_until", "recorded_from", "recorded_until", "digest")


def _row(box: Box) -> Row:
    """A stored box as the row that it was made from."""
    names = [column.attname for column in box._meta.concrete_fields if column.attname not in OUTSIDE]
    return Row(type(box), {name: getattr(box, name) for name in names})


def batch_ends(history: Sequence[Recorded], since: int) -> list[int]:
    """The last positions of this stream's events in each batch after a position."""
    ends = {item.recorded_at: item.position for item in history if item.position > since}
    return list(ends.values())


def by_stream(boxes: Iterable[Box]) -> dict[str, Open]:
    """Stored boxes, keyed, for each stream."""
    found: dict[str, Open] = defaultdict(dict)
    for box in boxes:
        found[box.stream][Key(bytes(box.digest), box.known_from, box.known_until)] = box
    return found
