"""Projections: pure functions from a stream's events to rows, and the engine that keeps the rows.

A projection folds the entries of one stream into rows over the valid clock; `boxes` adds the known and the recorded
clock. The engine closes what went, opens what came and moves the checkpoint in one transaction. So a projection is
exactly-once by construction, and a rebuild from nothing gives the same rows.
"""

from __future__ import annotations

import logging
import traceback
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import Error, InterfaceError, OperationalError, transaction

from tracker import log, tables
from tracker.boxes import Changes, Fold, Row, advance
from tracker.clocks import Box
from tracker.log import Recorded
from tracker.models import Checkpoint, Parked

__all__ = ["Faulted", "Projection", "Row", "catch_up", "ensure_checkpoints", "fold_streams", "lag", "projection"]

logger = logging.getLogger(__name__)

STEP = 500
"""Events a step reads at least, batches uncut."""
MAX_PARK = 20
"""More streams failing in one step mean that the code is wrong, not the data: the projection stops."""


class Faulted(Exception):
    """The fold fails for many streams at once: a code fault."""


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
    open_boxes = tables.open_boxes(kind.models, generation, streams)
    changes = Changes()
    for stream in streams:
        changes += advance(kind.fold, stream, histories[stream], since, open_boxes[stream])
    tables.write(changes, generation)


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
