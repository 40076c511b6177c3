"""Projections: pure functions from a stream's events to rows, and the engine that keeps the rows.

A projection folds the entries of one stream into rows over the valid clock; `boxes` adds the known and the recorded
clock. The engine closes what went, opens what came and moves the checkpoint in one transaction. So a projection is
exactly-once by construction, and a rebuild from nothing gives the same rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Func, Max, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Now

from tracker import log
from tracker.clocks import Box
from tracker.collecting import seldom
from tracker.folding import fold_streams
from tracker.log import Recorded
from tracker.models import Checkpoint, Head, Parked
from tracker.parking import NEWER_CODE_WROTE_IT, Faulted, fold_alone, may_be_the_data, park
from tracker.running import Fold, Refold, Row, Running

__all__ = ["Faulted", "Projection", "Row", "catch_up", "ensure_checkpoints", "fold_streams", "lag", "projection"]

logger = logging.getLogger(__name__)

STEP = 500
"""Events a step reads at least, batches uncut."""

Status = Checkpoint.Status
RUNNING = (Status.LIVE, Status.PAUSED)
"""A paused projection is tried again with each wake-up, so that newer code goes on by itself."""
SERVING = (Status.LIVE, Status.PAUSED, Status.FAULTED)

UNFLUSHED = Func(
    Value("synchronous_commit"), Value("off"), Value(True), function="set_config", output_field=TextField()
)
"""Sets it for the transaction."""

TRANSIENT = (OperationalError, InterfaceError)
"""The connection, a lock, the server: the same step goes through later."""


@dataclass(frozen=True)
class Projection:
    """A read model: which streams it folds, with what pure function, into which tables.

    `version` is the fold's version: raise it when the same events give other rows, and a rebuild follows. `running`
    gives the same rows as `fold` as a stream grows, for less; without it the fold is done anew.
    """

    name: str
    version: int
    categories: tuple[str, ...]
    models: tuple[type[Box], ...]
    fold: Fold
    running: Callable[[str], Running] | None = None

    def start(self, stream: str) -> Running:
        return self.running(stream) if self.running else Refold(self.fold, stream)

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


@seldom()
def step(name: str, generation: int | None = None, limit: int = STEP) -> int | None:
    """One transaction: claim the checkpoint, fold what is new, write rows and checkpoint.

    Returns the number of events read, 0 when caught up, None when another worker holds the checkpoint, the projection
    stands still or its rows are of another fold version. Raises what is transient, and for a generation that is being
    built everything.
    """
    kind, checkpoint = projection(name), None
    try:
        with transaction.atomic():
            checkpoint = _claim(kind, generation)
            if checkpoint is None:
                return None
            items = log.read_batches(checkpoint.position, limit)
            if items:
                _assert_dense(checkpoint, items)
                _apply(kind, checkpoint.generation, checkpoint.position, items)
                _move(checkpoint, items[-1])
            return len(items)
    except NEWER_CODE_WROTE_IT as error:
        if limit > 1:  # go as far as this code can read
            return step(name, generation, limit // 2)
        _stop(checkpoint, Status.PAUSED, error)
    except TRANSIENT:
        raise
    except Exception as error:
        _stop(checkpoint, Status.FAULTED, error)
    return None


def _claim(kind: Projection, generation: int | None) -> Checkpoint | None:
    """Rows of another fold version are left to the code that folds so, and to a rebuild.

    The commit waits for no flush: what a crash takes of it, rows and checkpoint together, follows from the log again.
    """
    rows = Checkpoint.objects.select_for_update(skip_locked=True)
    rows = rows.filter(projection=kind.name, fold_version=kind.version).annotate(synchronous_commit=UNFLUSHED)
    if generation is None:
        return rows.filter(status__in=RUNNING).first()
    return rows.filter(status__in=(*RUNNING, Status.BUILDING), generation=generation).first()


def _assert_dense(checkpoint: Checkpoint, items: Sequence[Recorded]) -> None:
    expected = range(checkpoint.position + 1, checkpoint.position + 1 + len(items))
    if [item.position for item in items] != list(expected):
        raise Faulted(f"the log has a hole after position {checkpoint.position}: run verify")


def _move(checkpoint: Checkpoint, last: Recorded) -> None:
    status = Status.LIVE if checkpoint.status == Status.PAUSED else checkpoint.status
    moved = Checkpoint.objects.filter(pk=checkpoint.pk, position=checkpoint.position).update(
        position=last.position, leaf_hash=last.leaf_hash, status=status, error="", updated_at=Now()
    )
    if moved != 1:
        raise Faulted(f"checkpoint of {checkpoint.projection} moved under its own lock")


def _stop(checkpoint: Checkpoint | None, status: Status, error: Exception) -> None:
    """Marks a projection as standing still, with the reason; `manage.py status` shows it."""
    if checkpoint is None or checkpoint.status == Status.BUILDING:
        raise error
    said = f"{type(error).__name__}: {error}"[:2000]
    if (checkpoint.status, checkpoint.error) != (status, said):
        logger.error("projection %s stands still", checkpoint.projection, exc_info=error)
    rows = Checkpoint.objects.filter(pk=checkpoint.pk, position=checkpoint.position, status__in=RUNNING)
    rows.update(status=status, error=said, updated_at=Now())


def resume(name: str) -> bool:
    """Lets a projection that stands still run again; says whether one did."""
    rows = Checkpoint.objects.filter(projection=name, status__in=[Status.PAUSED, Status.FAULTED])
    return rows.update(status=Status.LIVE, error="", updated_at=Now()) > 0


def _apply(kind: Projection, generation: int, since: int, items: Sequence[Recorded]) -> None:
    """Folds the streams touched; where that fails, stream by stream, parking those that fail."""
    touched = {item.stream for item in items if kind.concerns(item.stream)}
    if not touched:
        return
    parked = Parked.objects.filter(projection=kind.name, generation=generation).values_list("stream", flat=True)
    streams, upto = sorted(touched.difference(parked)), items[-1].position
    try:
        with transaction.atomic():
            fold_streams(kind, generation, streams, since, upto, items)
    except Exception as error:
        if not may_be_the_data(error):
            raise
        park(stopped for stream in streams if (stopped := fold_alone(kind, generation, stream, since, upto)))


@seldom()
def catch_up(name: str, generation: int | None = None) -> int:
    """Steps until nothing is left; returns the number of events read."""
    total = 0
    while count := step(name, generation):
        total += count
    return total


def ensure_checkpoints() -> None:
    """Gives each registered projection a generation that serves."""
    serving = set(Checkpoint.objects.filter(status__in=SERVING).values_list("projection", flat=True))
    for kind in projections():
        if kind.name not in serving:
            Checkpoint.objects.bulk_create(
                [
                    Checkpoint(
                        projection=kind.name,
                        generation=next_generation(kind.name),
                        status=Status.LIVE,
                        fold_version=kind.version,
                    )
                ],
                ignore_conflicts=True,  # somebody else just did
            )


def next_generation(name: str) -> int:
    return (Checkpoint.objects.filter(projection=name).aggregate(newest=Max("generation"))["newest"] or 0) + 1


def retry_parked(parked: Parked) -> bool:
    """Folds a parked stream again up to its projection's checkpoint; True when it went through."""
    kind = projection(parked.projection)
    with transaction.atomic():
        checkpoint = Checkpoint.objects.select_for_update().get(
            projection=parked.projection, generation=parked.generation
        )
        standing = Parked.objects.filter(pk=parked.pk).first()
        if standing is None:  # somebody else healed it while we waited for the checkpoint
            return True
        try:
            stopped = fold_alone(kind, parked.generation, parked.stream, standing.position - 1, checkpoint.position)
        except NEWER_CODE_WROTE_IT as error:
            Parked.objects.filter(pk=standing.pk).update(error=str(error))
            return False
        standing.delete()
        if stopped is not None:
            stopped.save(force_insert=True)
    return stopped is None


def serving() -> QuerySet[Checkpoint]:
    """The checkpoints of the generations that answer; one that a removed projection left behind is none of them."""
    return Checkpoint.objects.filter(status__in=SERVING, projection__in=[kind.name for kind in projections()])


def lag() -> Iterator[tuple[Checkpoint, int]]:
    """Each checkpoint that serves and how many events it is behind, computed by who asks; one query."""
    size = Subquery(Head.objects.filter(id=1).values("size"))
    for checkpoint in serving().annotate(size=size).order_by("projection"):
        yield checkpoint, checkpoint.size - checkpoint.position
