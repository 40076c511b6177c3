"""Rebuilding a projection beside the live one: a new generation, an ordered pass, catch-up, a check, a flip.

The pass folds each stream once and writes its rows; what it takes them for is what the tables are compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from tracker import log, tables
from tracker.boxes import Changes, Open, apply
from tracker.clocks import FAR
from tracker.collecting import seldom
from tracker.corrections import settle
from tracker.digests import Written, digest, in_order, stored_as_written
from tracker.log import Recorded
from tracker.models import Checkpoint, Parked
from tracker.parking import Faulted, fold_alone, may_be_the_data, park
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

CHUNK = 2000
"""Events whose streams are written together, at least: a stream is never cut."""

History = tuple[str, list[Recorded]]
"""A stream and its events in order."""


class RebuildFailed(Faulted):
    """The live generation stays: the new one does not follow from the log, or somebody else rebuilds."""


def rebuild(name: str, *, progress: Progress = lambda count: None) -> Checkpoint:
    """Folds the whole log into a new generation and makes it live; the old one is kept as retired.

    It may be killed at any time and be started again. Raises RebuildFailed when the new generation does not hold the
    rows that the log gives, or when another rebuild of the projection takes its place.
    """
    kind = projection(name)
    building = _start(kind)
    expected = _ordered_pass(kind, building, progress)
    catch_up(name, building.generation)
    _check(kind, building, expected)
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


@dataclass
class Expected:
    """What the tables of a new generation must hold at the position that its ordered pass went to."""

    position: int
    written: Written
    apart: list[str] = field(default_factory=list)
    """Streams that were not written together with others, since one of them could not be."""


def _ordered_pass(kind: Projection, building: Checkpoint, progress: Progress) -> Expected:
    """Folds stream by stream up to today's head: each stream is held once, each row written once."""
    with seldom(), transaction.atomic():
        _held(building)
        head = log.head().position
        expected = Expected(head, Written(kind))
        for histories in _chunks(_histories(kind, head)):
            _write(kind, building.generation, histories, expected)
            progress(sum(len(history) for _, history in histories))
        last = log.get(position=head) if head else None
        Checkpoint.objects.filter(pk=building.pk).update(
            position=head, leaf_hash=last.leaf_hash if last else None, updated_at=Now()
        )
    return expected


def _chunks(histories: Iterable[History]) -> Iterator[list[History]]:
    chunk, events = list[History](), 0
    for stream, history in histories:
        chunk.append((stream, history))
        events += len(history)
        if events >= CHUNK:
            yield chunk
            chunk, events = [], 0
    if chunk:
        yield chunk


def _held(building: Checkpoint) -> Checkpoint:
    """The checkpoint under a lock: who finds it locked knows that its rebuild goes on."""
    held = Checkpoint.objects.select_for_update().filter(pk=building.pk).first()
    if held is None:
        raise RebuildFailed(f"another rebuild of {building.projection} has taken the place of this one")
    return held


def _write(kind: Projection, generation: int, histories: Sequence[History], expected: Expected) -> None:
    """Folds some streams and writes their rows; where that fails, stream by stream, parking those that fail."""
    changes = Changes()
    try:
        with transaction.atomic():
            for stream, history in histories:
                changes += _folded(kind, stream, history)
            tables.write(changes, generation)
        expected.written.add(changes.opened)
    except Exception as error:
        if not may_be_the_data(error):
            raise
        for stream, history in histories:
            expected.apart.append(stream)
            if stopped := fold_alone(kind, generation, stream, 0, history[-1].position):
                park([stopped])


def _folded(kind: Projection, stream: str, history: Sequence[Recorded]) -> Changes:
    """The boxes of a stream by its running fold.

    Raises RebuildFailed where that does not agree on what is known today with the fold that defines the rows.
    """
    _, turns = follow(partial(kind.start, stream), history, 0)
    boxes = Open()
    changes = apply(turns, stream, boxes)
    current = {key.digest for key in boxes.boxes if key.known_until == FAR}
    entries = settle(history)
    if current != ({row.digest for row in kind.fold(stream, entries)} if entries else set()):
        raise RebuildFailed(f"the running fold of {kind.name} does not give what its fold gives for {stream}")
    return changes


def _check(kind: Projection, building: Checkpoint, expected: Expected) -> None:
    """The tables hold what the pass folded, and of the streams that it left or that went on what a fold anew gives."""
    at = Checkpoint.objects.filter(pk=building.pk).values_list("position", flat=True).first() or 0
    generation = building.generation
    since = {item.stream for item in log.read(expected.position, upto=at) if kind.concerns(item.stream)}
    streams = sorted(since.union(expected.apart))
    if stored_as_written(kind, generation, expected.position, expected.apart) != expected.written.digest() or (
        digest(kind, generation, streams) != scratch_digest(kind, at, parked(kind, generation), streams)
    ):
        said = f"generation {building.generation} of {kind.name} does not follow from the log up to {at}"
        Checkpoint.objects.filter(pk=building.pk).update(error=said)
        raise RebuildFailed(f"{said}; the live generation stays")


def _histories(kind: Projection, head: int, streams: Sequence[str] | None = None) -> Iterator[History]:
    events = log.read_by_stream(kind.categories, head, streams)
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


def scratch_digest(
    kind: Projection, upto: int, waiting: Mapping[str, int] | None = None, streams: Sequence[str] | None = None
) -> str:
    """The digest of a generation, or of some of its streams, from the log alone, without touching a table.

    `waiting` gives parked streams and the position from which on their events are left out. Raises RebuildFailed where
    a running fold and the fold that defines the rows do not agree on what is known today.
    """
    found = Written(kind)
    for stream, history in _histories(kind, upto, streams):
        end = (waiting or {}).get(stream, upto + 1)
        found.add(in_order(_folded(kind, stream, [item for item in history if item.position < end]).opened))
    return found.digest()
