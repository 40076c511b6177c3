"""Projections: pure functions from a stream's events to rows, and the engine that keeps the rows.

A projection folds the whole history of one stream into boxes over the valid and known clocks. The engine folds at
every batch end, takes the difference to the boxes that are open on the recorded clock, closes what went and opens
what came, and moves the checkpoint in the same transaction. So a projection is exactly-once by construction, and a
rebuild from nothing gives the same rows.
"""

from __future__ import annotations

import logging
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
from django.db import Error, InterfaceError, OperationalError, transaction

from tracker import log
from tracker.clocks import DAWN, FAR, NEVER, Box
from tracker.log import Recorded
from tracker.models import Checkpoint, Parked

logger = logging.getLogger(__name__)

STEP = 500
"""Events a step reads at least, batches uncut."""
MAX_PARK = 20
"""More streams failing in one step mean that the code is wrong, not the data: the projection stops."""


class Faulted(Exception):
    """The fold fails for many streams at once: a code fault."""


@dataclass(frozen=True)
class Row:
    """A box to be kept: a model and the values of its columns, the recorded clock and the stream left out."""

    model: type[Box]
    values: dict[str, Any]

    def digest(self) -> bytes:
        """The hash by which the row is found again."""
        content = {"valid_from": DAWN, "valid_until": FAR, "known_until": FAR} | self.values
        text = msgspec.json.encode([self.model.__name__, content], order="sorted")
        return blake2b(text, digest_size=16).digest()


Fold = Callable[[Sequence[Recorded]], Iterable[Row]]


@dataclass(frozen=True)
class Projection:
    """A read model: which streams it folds, with what pure function, into which tables.

    `version` is the fold's version: raise it when the same events give other rows, and a rebuild follows.
    """

    name: str
    version: int
    categories: tuple[str, ...]
    models: tuple[type[Box], ...]
    fold: Fold

    def concerns(self, stream: str) -> bool:
        return stream.partition("/")[0] in self.categories


_projections: dict[str, Projection] = {}


def register(projection: Projection) -> Projection:
    """Makes a projection known to the engine; called when an app is ready."""
    _projections[projection.name] = projection
    return projection


def projections() -> list[Projection]:
    return list(_projections.values())


def projection(name: str) -> Projection:
    return _projections[name]


@dataclass
class Changes:
    """What folding adds to the tables: boxes to insert, and open boxes to close at a position."""

    opened: list[Box] = field(default_factory=list)
    closed: dict[type[Box], dict[int, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def __iadd__(self, other: Changes) -> Changes:
        self.opened += other.opened
        for model, ends in other.closed.items():
            for end, ids in ends.items():
                self.closed[model][end] += ids
        return self

    def write(self) -> None:
        for model, ends in self.closed.items():
            for end, ids in ends.items():
                model.objects.filter(pk__in=ids).update(recorded_until=end)
        by_model: dict[type[Box], list[Box]] = defaultdict(list)
        for box in self.opened:
            by_model[type(box)].append(box)
        for model, boxes in by_model.items():
            model.objects.bulk_create(boxes, batch_size=1000)


Open = dict[bytes, Box]


def advance(
    kind: Projection, generation: int, stream: str, history: Sequence[Recorded], since: int, open_rows: Open
) -> Changes:
    """Folds a stream at each batch end after `since` and compares with the rows open then. Pure but for `open_rows`."""
    changes = Changes()
    for end in batch_ends(history, since):
        rows = {row.digest(): row for row in kind.fold([item for item in history if item.position <= end])}
        for digest in [digest for digest in open_rows if digest not in rows]:
            _close(changes, open_rows.pop(digest), end)
        for digest, row in rows.items():
            if digest not in open_rows:
                box = row.model(generation=generation, stream=stream, recorded_from=end, digest=digest, **row.values)
                open_rows[digest] = box
                changes.opened.append(box)
    return changes


def _close(changes: Changes, box: Box, end: int) -> None:
    box.recorded_until = end
    if box.pk is not None:
        changes.closed[type(box)][end].append(box.pk)


def batch_ends(history: Sequence[Recorded], since: int) -> list[int]:
    """The last positions of this stream's events in each batch after a position."""
    ends = {item.recorded_at: item.position for item in history if item.position > since}
    return list(ends.values())


def step(name: str, generation: int | None = None, limit: int = STEP) -> int | None:
    """One transaction: claim the checkpoint, fold what is new, write rows and checkpoint.

    Returns the number of events read, 0 when caught up, None when another worker holds the checkpoint or the
    projection stands still.
    """
    kind = projection(name)
    try:
        with transaction.atomic():
            checkpoint = _claim(name, generation)
            if checkpoint is None:
                return None
            items = log.read_batches(checkpoint.position, limit)
            if items:
                _assert_dense(checkpoint, items)
                _apply(kind, checkpoint.generation, checkpoint.position, items)
                _move(checkpoint, items[-1])
            return len(items)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        _stop(name, generation, error)
        return None


def _claim(name: str, generation: int | None) -> Checkpoint | None:
    rows = Checkpoint.objects.select_for_update(skip_locked=True).filter(projection=name)
    if generation is None:
        return rows.filter(status=Checkpoint.Status.LIVE).first()
    return rows.filter(generation=generation, status__in=["live", "building"]).first()


def _assert_dense(checkpoint: Checkpoint, items: Sequence[Recorded]) -> None:
    expected = range(checkpoint.position + 1, checkpoint.position + 1 + len(items))
    if [item.position for item in items] != list(expected):
        raise Faulted(f"the log has a hole after position {checkpoint.position}: run verify")


def _move(checkpoint: Checkpoint, last: Recorded) -> None:
    moved = Checkpoint.objects.filter(pk=checkpoint.pk, position=checkpoint.position).update(
        position=last.position, leaf_hash=last.leaf_hash, error=""
    )
    if moved != 1:
        raise Faulted(f"checkpoint of {checkpoint.projection} moved under its own lock")


def _apply(kind: Projection, generation: int, since: int, items: Sequence[Recorded]) -> None:
    """Folds the streams touched; where that fails, stream by stream, parking those that fail."""
    touched = sorted({item.stream for item in items if kind.concerns(item.stream)})
    parked = set(Parked.objects.filter(projection=kind.name, generation=generation).values_list("stream", flat=True))
    streams = [stream for stream in touched if stream not in parked]
    if not streams:
        return
    upto = items[-1].position
    try:
        with transaction.atomic():
            fold_streams(kind, generation, streams, since, upto)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        _apply_one_by_one(kind, generation, streams, since, upto)


def _apply_one_by_one(kind: Projection, generation: int, streams: Sequence[str], since: int, upto: int) -> None:
    failed: dict[str, str] = {}
    for stream in streams:
        try:
            with transaction.atomic():
                fold_streams(kind, generation, [stream], since, upto)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("projection %s parks %s", kind.name, stream)
            failed[stream] = traceback.format_exc(limit=-5)
    if len(failed) > MAX_PARK:
        raise Faulted(f"{len(failed)} streams fail at once, first {next(iter(failed.items()))}")
    for stream, error in failed.items():
        first = min(item.position for item in log.read(since, stream=stream, upto=upto))
        Parked.objects.create(projection=kind.name, generation=generation, stream=stream, position=first, error=error)


def fold_streams(kind: Projection, generation: int, streams: Sequence[str], since: int, upto: int) -> None:
    """Brings the rows of some streams from one position to another."""
    histories: dict[str, list[Recorded]] = defaultdict(list)
    for item in log.read(streams=streams, upto=upto):
        histories[item.stream].append(item)
    open_rows = _open_rows(kind, generation, streams)
    changes = Changes()
    for stream in streams:
        changes += advance(kind, generation, stream, histories[stream], since, open_rows[stream])
    changes.write()


def _open_rows(kind: Projection, generation: int, streams: Sequence[str]) -> dict[str, Open]:
    found: dict[str, Open] = defaultdict(dict)
    for model in kind.models:
        rows = model.objects.filter(generation=generation, stream__in=streams, recorded_until=NEVER)
        for box in rows.only("pk", "stream", "digest"):
            found[box.stream][bytes(box.digest)] = box
    return found


def _stop(name: str, generation: int | None, error: Exception) -> None:
    """Marks a projection as standing still, with the reason; `manage.py status` shows it."""
    from tracker.events import FutureSchema

    logger.exception("projection %s stands still", name)
    status = Checkpoint.Status.PAUSED if isinstance(error, FutureSchema) else Checkpoint.Status.FAULTED
    rows = Checkpoint.objects.filter(projection=name)
    rows = rows.filter(status=Checkpoint.Status.LIVE) if generation is None else rows.filter(generation=generation)
    rows.update(status=status, error=str(error)[:2000])


def catch_up(name: str, generation: int | None = None) -> int:
    """Steps until nothing is left; returns the number of events read."""
    total = 0
    while count := step(name, generation):
        total += count
    return total


def ensure_checkpoints() -> None:
    """Gives each registered projection its first generation."""
    for kind in projections():
        if not Checkpoint.objects.filter(projection=kind.name).exclude(status=Checkpoint.Status.BUILDING).exists():
            Checkpoint.objects.get_or_create(
                projection=kind.name,
                generation=1,
                defaults={"status": Checkpoint.Status.LIVE, "fold_version": kind.version},
            )


def retry_parked(parked: Parked) -> bool:
    """Folds a parked stream again up to its projection's checkpoint; True when it went through."""
    kind = projection(parked.projection)
    with transaction.atomic():
        checkpoint = Checkpoint.objects.select_for_update().get(
            projection=parked.projection, generation=parked.generation
        )
        try:
            with transaction.atomic():
                fold_streams(kind, parked.generation, [parked.stream], parked.position - 1, checkpoint.position)
        except Exception as error:
            if isinstance(error, Error) and not error.__cause__:
                raise
            Parked.objects.filter(pk=parked.pk).update(error=traceback.format_exc(limit=-5))
            return False
        Parked.objects.filter(pk=parked.pk).delete()
    return True


def lag() -> Iterator[tuple[Checkpoint, int]]:
    """Each working checkpoint and how many events it is behind, computed by who asks."""
    size = log.head().position
    for checkpoint in Checkpoint.objects.exclude(status=Checkpoint.Status.RETIRED).order_by("projection", "generation"):
        yield checkpoint, size - checkpoint.position
