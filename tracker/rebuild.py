"""Rebuilding a projection beside the live one: a new generation, an ordered pass, catch-up, a check, a flip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Max

from tracker import log, tables
from tracker.boxes import advance
from tracker.clocks import Box
from tracker.log import Recorded
from tracker.models import Checkpoint, Parked
from tracker.projections import Projection, catch_up, projection, step

Progress = Callable[[int], None]

IDENTITY = ("stream", "recorded_from", "known_from", "known_until", "recorded_until", "digest")
"""The columns that tell a box from every other of its table."""


class RebuildDiffers(Exception):
    """The new generation does not follow from the log: the live one stays."""


def rebuild(name: str, *, progress: Progress = lambda count: None) -> Checkpoint:
    """Folds the whole log into a new generation and makes it live; the old one is kept as retired.

    Raises RebuildDiffers when a second fold of the log gives other rows than the new generation holds.
    """
    kind = projection(name)
    building = _start(kind)
    _ordered_pass(kind, building, progress)
    catch_up(name, building.generation)
    while not _flip(name, building.generation):
        step(name, building.generation)
    return Checkpoint.objects.get(pk=building.pk)


def _start(kind: Projection) -> Checkpoint:
    """A fresh generation; what an interrupted rebuild left is thrown away first."""
    for left in Checkpoint.objects.filter(projection=kind.name, status=Checkpoint.Status.BUILDING):
        discard(left)
    newest = Checkpoint.objects.filter(projection=kind.name).aggregate(newest=Max("generation"))["newest"] or 0
    return Checkpoint.objects.create(
        projection=kind.name,
        generation=newest + 1,
        status=Checkpoint.Status.BUILDING,
        fold_version=kind.version,
    )


def _ordered_pass(kind: Projection, building: Checkpoint, progress: Progress) -> None:
    """Folds stream by stream up to today's head: flat memory, each row written once."""
    head = log.head().position
    with transaction.atomic():
        for stream, history in _histories(kind, head):
            try:
                with transaction.atomic():
                    tables.write(advance(kind.fold, stream, history, 0, {}), building.generation)
            except Exception as error:
                Parked.objects.create(
                    projection=kind.name,
                    generation=building.generation,
                    stream=stream,
                    position=history[0].position,
                    error=str(error)[:2000],
                )
            progress(len(history))
        last = log.get(position=head) if head else None
        Checkpoint.objects.filter(pk=building.pk).update(position=head, leaf_hash=last.leaf_hash if last else None)


def _histories(kind: Projection, head: int) -> Iterator[tuple[str, list[Recorded]]]:
    events = log.read_by_stream(kind.categories, head)
    for stream, items in groupby(events, key=lambda item: item.stream):
        yield stream, list(items)


def _flip(name: str, generation: int) -> bool:
    """Makes the new generation live in one transaction, unless the old one is ahead of it."""
    with transaction.atomic():
        rows = Checkpoint.objects.select_for_update().filter(projection=name).order_by("generation")
        new = next(row for row in rows if row.generation == generation)
        old = next((row for row in rows if row.status in ("live", "paused", "faulted")), None)
        if old and new.position < old.position:
            return False
        if old:
            Checkpoint.objects.filter(pk=old.pk).update(status=Checkpoint.Status.RETIRED)
        Checkpoint.objects.filter(pk=new.pk).update(status=Checkpoint.Status.LIVE, error="")
        return True


def discard(checkpoint: Checkpoint) -> None:
    """Deletes a generation that is not live, its rows and its parked streams."""
    if checkpoint.status in (Checkpoint.Status.LIVE, Checkpoint.Status.PAUSED, Checkpoint.Status.FAULTED):
        raise ValueError(f"{checkpoint} is in use")
    for model in projection(checkpoint.projection).models:
        model.objects.filter(generation=checkpoint.generation).delete()
    Parked.objects.filter(projection=checkpoint.projection, generation=checkpoint.generation).delete()
    checkpoint.delete()


def digest(kind: Projection, generation: int) -> str:
    """The SHA-256 over all boxes of a generation in a fixed order: equal digests mean equal rows."""
    total = sha256()
    for model in kind.models:
        rows = model.objects.filter(generation=generation).order_by(*IDENTITY)
        for row in rows.values_list(*IDENTITY).iterator():
            total.update(_line(row))
    return total.hexdigest()


def scratch_digest(kind: Projection, upto: int) -> str:
    """The same digest computed from the log alone, without touching a table."""
    rows: dict[type[Box], list[tuple[Any, ...]]] = {model: [] for model in kind.models}
    for stream, history in _histories(kind, upto):
        for box in advance(kind.fold, stream, history, 0, {}).opened:
            values = tables.values_of(box, 0)
            rows[box.model].append(tuple(values[name] for name in IDENTITY))
    total = sha256()
    for model in kind.models:
        for row in sorted(rows[model]):
            total.update(_line(row))
    return total.hexdigest()


def _line(row: Sequence[Any]) -> bytes:
    return repr([bytes(item) if isinstance(item, memoryview) else item for item in row]).encode()
