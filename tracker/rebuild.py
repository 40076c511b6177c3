"""Rebuilding a projection beside the live one: a new generation, an ordered pass, catch-up, a check, a flip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from tracker import log, tables
from tracker.boxes import Open, apply
from tracker.clocks import FAR
from tracker.corrections import settle
from tracker.log import Recorded
from tracker.models import Checkpoint, Parked
from tracker.parking import fold_alone, may_be_the_data, park
from tracker.projections import (
    SERVING,
    Projection,
    Status,
    catch_up,
    next_generation,
    projection,
    projections,
)
from tracker.running import follow

Progress = Callable[[int], None]

IDENTITY = ("stream", "recorded_from", "known_from", "known_until", "recorded_until", "digest")
"""The columns that tell a box from every other of its table."""


class RebuildFailed(Exception):
    """The live generation stays: the new one does not follow from the log, or somebody else rebuilds."""


def rebuild(name: str, *, progress: Progress = lambda count: None) -> Checkpoint:
    """Folds the whole log into a new generation and makes it live; the old one is kept as retired.

    It may be killed at any time and be started again. Raises RebuildFailed when a second fold of the log gives other
    rows than the new generation holds, or when another rebuild of the projection takes its place.
    """
    kind = projection(name)
    building = _start(kind)
    _ordered_pass(kind, building, progress)
    catch_up(name, building.generation)
    _check(kind, building)
    while not _flip(building):
        catch_up(name, building.generation)
    return Checkpoint.objects.get(pk=building.pk)


def changed() -> list[str]:
    """The projections whose rows were folded by another version than today's code."""
    live = dict(Checkpoint.objects.filter(status__in=SERVING).values_list("projection", "fold_version"))
    return [kind.name for kind in projections() if live.get(kind.name, kind.version) != kind.version]


def _start(kind: Projection) -> Checkpoint:
    """A fresh generation; what an interrupted rebuild left is thrown away first."""
    with transaction.atomic():
        left = Checkpoint.objects.filter(projection=kind.name, status=Status.BUILDING)
        free = list(left.select_for_update(skip_locked=True))
        if len(free) < left.count():
            raise RebuildFailed(f"{kind.name} is being rebuilt by another process")
        for checkpoint in free:
            discard(checkpoint)
    return Checkpoint.objects.create(
        projection=kind.name,
        generation=next_generation(kind.name),
        status=Status.BUILDING,
        fold_version=kind.version,
    )


def _ordered_pass(kind: Projection, building: Checkpoint, progress: Progress) -> None:
    """Folds stream by stream up to today's head: each stream is held once, each row written once."""
    with transaction.atomic():
        _held(building)
        head = log.head().position
        for stream, history in _histories(kind, head):
            if stopped := _fold_whole(kind, building.generation, stream, history):
                park([stopped])
            progress(len(history))
        last = log.get(position=head) if head else None
        Checkpoint.objects.filter(pk=building.pk).update(
            position=head, leaf_hash=last.leaf_hash if last else None, updated_at=Now()
        )


def _held(building: Checkpoint) -> Checkpoint:
    """The checkpoint under a lock: who finds it locked knows that its rebuild goes on."""
    held = Checkpoint.objects.select_for_update().filter(pk=building.pk).first()
    if held is None:
        raise RebuildFailed(f"another rebuild of {building.projection} has taken the place of this one")
    return held


def _fold_whole(kind: Projection, generation: int, stream: str, history: Sequence[Recorded]) -> Parked | None:
    try:
        with transaction.atomic():
            _, turns = follow(partial(kind.start, stream), history, 0)
            tables.write(apply(turns, stream, Open()), generation)
        return None
    except Exception as error:
        if not may_be_the_data(error):
            raise
        return fold_alone(kind, generation, stream, 0, history[-1].position)


def _check(kind: Projection, building: Checkpoint) -> None:
    """Compares the new generation with a second fold of the log."""
    at = Checkpoint.objects.filter(pk=building.pk).values_list("position", flat=True).first() or 0
    if digest(kind, building.generation) != scratch_digest(kind, at, parked(kind, building.generation)):
        said = f"generation {building.generation} of {kind.name} does not follow from the log up to {at}"
        Checkpoint.objects.filter(pk=building.pk).update(error=said)
        raise RebuildFailed(f"{said}; the live generation stays")


def _histories(kind: Projection, head: int) -> Iterator[tuple[str, list[Recorded]]]:
    events = log.read_by_stream(kind.categories, head)
    for stream, items in groupby(events, key=lambda item: item.stream):
        yield stream, list(items)


def back(name: str) -> Checkpoint:
    """Makes the generation that was retired last live again, at once: the way back from a rebuild.

    It is brought up to date first where it is of the code's fold version; one of another version goes on when the code
    that folds so is back. Raises RebuildFailed where there is none.
    """
    old = Checkpoint.objects.filter(projection=name, status=Status.RETIRED).order_by("-updated_at").first()
    if old is None:
        raise RebuildFailed(f"no generation of {name} is kept")
    if old.fold_version == projection(name).version:
        Checkpoint.objects.filter(pk=old.pk).update(status=Status.BUILDING)
        catch_up(name, old.generation)
    _replace(old)
    return Checkpoint.objects.get(pk=old.pk)


def _flip(building: Checkpoint) -> bool:
    """Makes the new generation live in one transaction, unless the old one is ahead of it."""
    with transaction.atomic():
        old = list(_serving(building.projection))
        new = _held(building)
        if any(new.position < each.position for each in old):
            return False
        _replace(new)
        return True


def _replace(new: Checkpoint) -> None:
    with transaction.atomic():
        old = [each.pk for each in _serving(new.projection)]
        Checkpoint.objects.filter(pk__in=old).update(status=Status.RETIRED, updated_at=Now())
        Checkpoint.objects.filter(pk=new.pk).update(status=Status.LIVE, error="", updated_at=Now())


def _serving(name: str) -> QuerySet[Checkpoint]:
    return Checkpoint.objects.filter(projection=name, status__in=SERVING).select_for_update()


def discard(checkpoint: Checkpoint) -> None:
    """Deletes a generation that does not serve: its rows, its parked streams, its checkpoint."""
    if checkpoint.status in SERVING:
        raise ValueError(f"{checkpoint} is in use")
    for model in projection(checkpoint.projection).models:
        model.objects.filter(generation=checkpoint.generation).delete()
    Parked.objects.filter(projection=checkpoint.projection, generation=checkpoint.generation).delete()
    checkpoint.delete()


def discard_old(name: str) -> int:
    """Deletes the retired generations of a projection; returns how many there were."""
    old = list(Checkpoint.objects.filter(projection=name, status=Status.RETIRED))
    for checkpoint in old:
        with transaction.atomic():
            discard(checkpoint)
    return len(old)


def parked(kind: Projection, generation: int) -> dict[str, int]:
    """The streams that stand still in a generation, and the position of the first event that waits."""
    rows = Parked.objects.filter(projection=kind.name, generation=generation)
    return dict(rows.values_list("stream", "position"))


def digest(kind: Projection, generation: int) -> str:
    """The SHA-256 over all boxes of a generation in a fixed order: equal digests mean equal rows."""
    totals = {model: sha256() for model in kind.models}
    for model, total in totals.items():
        rows = model.objects.filter(generation=generation).order_by(*IDENTITY)
        for row in rows.values_list(*IDENTITY).iterator():
            total.update(_line(row))
    return _sum(totals.values())


def scratch_digest(kind: Projection, upto: int, waiting: Mapping[str, int] | None = None) -> str:
    """The same digest from the log alone, without touching a table, stream by stream.

    `waiting` gives parked streams and the position from which on their events are left out. Raises RebuildFailed where
    a running fold and the fold that defines the rows do not agree on what is known today.
    """
    totals = {model: sha256() for model in kind.models}
    for stream, history in _histories(kind, upto):
        end = (waiting or {}).get(stream, upto + 1)
        history = [item for item in history if item.position < end]
        _, turns = follow(partial(kind.start, stream), history, 0)
        boxes = Open()
        opened = apply(turns, stream, boxes).opened
        _agree(kind, stream, history, boxes)
        rows = [(_identity(tables.values_of(box, 0)), totals[box.model]) for box in opened]
        for row, total in sorted(rows, key=itemgetter(0)):
            total.update(_line(row))
    return _sum(totals.values())


def _agree(kind: Projection, stream: str, history: Sequence[Recorded], boxes: Open) -> None:
    current = {key.digest for key in boxes.boxes if key.known_until == FAR}
    entries = settle(history)
    if current != ({row.digest for row in kind.fold(stream, entries)} if entries else set()):
        raise RebuildFailed(f"the running fold of {kind.name} does not give what its fold gives for {stream}")


def _sum(totals: Iterable[Any]) -> str:
    return sha256(b"".join(total.digest() for total in totals)).hexdigest()


def _identity(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in IDENTITY)


def _line(row: Sequence[Any]) -> bytes:
    return repr([bytes(item) if isinstance(item, memoryview) else item for item in row]).encode()
