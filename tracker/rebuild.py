"""Rebuilding a projection beside the live one: a new generation, an ordered pass, catch-up, a check, a flip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from tracker import log
from tracker.collecting import seldom
from tracker.digests import Digest, digest, stored
from tracker.models import Checkpoint, Parked
from tracker.ordered import Folded, Progress, RebuildFailed, fold_all, folded, held, histories
from tracker.parking import fold_alone, park
from tracker.projections import (
    SERVING,
    Projection,
    Status,
    catch_up,
    next_generation,
    projection,
    projections,
)
from tracker.sharing import processes

__all__ = ["RebuildFailed", "back", "changed", "discard", "discard_old", "rebuild", "scratch_digest"]


def rebuild(name: str, *, progress: Progress = lambda count: None) -> Checkpoint:
    """Folds the whole log into a new generation and makes it live; the old one is kept as retired.

    It may be killed at any time and be started again. Raises RebuildFailed when the new generation does not hold the
    rows that the log gives, or when another rebuild of the projection takes its place.
    """
    kind = projection(name)
    building = _start(kind)
    expected = _ordered_pass(kind, building, progress)
    _tell_the_planner(kind)
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


def _ordered_pass(kind: Projection, building: Checkpoint, progress: Progress) -> Folded:
    """Folds stream by stream up to today's head, and parks those that fail."""
    count = processes()
    with seldom(), transaction.atomic():
        held(building)
        head = log.head().position
        expected = fold_all(kind, building, head, count, progress)
        for stream in expected.left:
            if stopped := fold_alone(kind, building.generation, stream, 0, head):
                park([stopped])
        last = log.get(position=head) if head else None
        Checkpoint.objects.filter(pk=building.pk).update(
            position=head, leaf_hash=last.leaf_hash if last else None, updated_at=Now()
        )
    return expected


def _tell_the_planner(kind: Projection) -> None:
    """A generation that it has not heard of it would take to be empty, until the server looks by itself."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in kind.models)}")


def _check(kind: Projection, building: Checkpoint, expected: Folded) -> None:
    """The tables hold what the pass folded, and of the streams that it left or that went on what a fold anew gives."""
    at = Checkpoint.objects.filter(pk=building.pk).values_list("position", flat=True).first() or 0
    generation = building.generation
    since = {item.stream for item in log.read(expected.position, upto=at) if kind.concerns(item.stream)}
    streams = sorted(since.union(expected.left))
    if stored(kind, generation, expected.position, expected.left) != expected.written or (
        digest(kind, generation, streams) != scratch_digest(kind, at, parked(kind, generation), streams)
    ):
        said = f"generation {building.generation} of {kind.name} does not follow from the log up to {at}"
        Checkpoint.objects.filter(pk=building.pk).update(error=said)
        raise RebuildFailed(f"{said}; the live generation stays")


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
        new = held(building, "UPDATE")
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
) -> Digest:
    """The digest of a generation, or of some of its streams, from the log alone, without touching a table.

    `waiting` gives parked streams and the position from which on their events are left out. Raises RebuildFailed where
    a running fold and the fold that defines the rows do not agree on what is known today.
    """
    found = Digest()
    for stream, history in histories(kind, upto, streams):
        end = (waiting or {}).get(stream, upto + 1)
        found.add(folded(kind, stream, [item for item in history if item.position < end]).opened)
    return found
