"""The ordered pass of a rebuild: each stream is read once, folded once, and written once, by one process a core.

What the pass takes the rows for is what the tables are compared with before the flip. That a running fold gives what
the fold that defines the rows gives is looked at on a sample of the streams; `verify` folds all by the definition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import transaction

from tracker import log, sharing, tables
from tracker.boxes import Changes, Open, apply
from tracker.clocks import FAR
from tracker.collecting import seldom
from tracker.corrections import settle
from tracker.digests import Digest
from tracker.log import Recorded, Share
from tracker.models import Checkpoint
from tracker.parking import MAX_PARK, Faulted, may_be_the_data
from tracker.running import Turn, follow

if TYPE_CHECKING:
    from tracker.projections import Projection

Progress = Callable[[int], None]

CHUNK = 2000
"""Events whose streams are written together, at least: a stream is never cut."""
SHARES = 4
"""Of each process, from all over the log: long streams and short ones stand together in it."""
WORTH_SHARING = 5000
"""Events from which on other processes are begun."""
EVERY = 10
"""One in so many streams is folded by its definition too."""

History = tuple[str, list[Recorded]]
"""A stream and its events in order."""


class RebuildFailed(Faulted):
    """The live generation stays: the new one does not follow from the log, or somebody else rebuilds."""


@dataclass
class Folded:
    """What some streams up to a position were folded to and written, and the streams that could not be."""

    position: int
    written: Digest = field(default_factory=Digest)
    left: list[str] = field(default_factory=list)


def fold_all(kind: Projection, building: Checkpoint, head: int, processes: int, progress: Progress) -> Folded:
    """Writes the boxes of all streams up to a position into a generation, by several processes where that pays."""
    count = processes if head >= WORTH_SHARING else 1
    shares = log.shares(kind.categories, head, count * SHARES) if count > 1 else [log.WHOLE]
    parts = [shares[place::count] for place in range(min(count, len(shares)))]
    total = Folded(head)
    try:
        for done in sharing.shared(partial(_fold_shares, kind, building, head), parts, progress):
            total.written += done.written
            total.left += done.left
    except sharing.WorkFailed as error:
        raise RebuildFailed(f"generation {building.generation} of {kind.name} was not built: {error}") from error
    return total


def held(building: Checkpoint, lock: str = "SHARE") -> Checkpoint:
    """The checkpoint under a lock that the processes of a rebuild share: who finds it locked knows that they go on."""
    found = Checkpoint.objects.raw(f"SELECT * FROM tracker_checkpoint WHERE id = %s FOR {lock}", [building.pk])  # noqa: S608
    if not len(found):
        raise RebuildFailed(f"another rebuild of {building.projection} has taken the place of this one")
    return found[0]


def _fold_shares(
    kind: Projection, building: Checkpoint, head: int, shares: Sequence[Share], progress: Progress
) -> Folded:
    done, sampled = Folded(head), _Sample()
    with seldom(), transaction.atomic():
        held(building)
        for share in shares:
            for some in _chunks(histories(kind, head, share=share)):
                _write(kind, building.generation, some, sampled, done)
                progress(sum(len(history) for _, history in some))
    return done


def _write(kind: Projection, generation: int, some: Sequence[History], sampled: _Sample, done: Folded) -> None:
    """Folds some streams and writes their rows; where that fails half of them at a time, to leave those that fail."""
    changes = Changes()
    try:
        with transaction.atomic():
            for stream, history in some:
                changes += folded(kind, stream, history, sampled)
            tables.write(changes, generation)
    except Exception as error:
        if not may_be_the_data(error):
            raise
        _leave(kind, generation, some, sampled, done, error)
    else:
        done.written.add(changes.opened)


def _leave(
    kind: Projection, generation: int, some: Sequence[History], sampled: _Sample, done: Folded, error: Exception
) -> None:
    if len(some) > 1:
        half = len(some) // 2
        _write(kind, generation, some[:half], sampled, done)
        _write(kind, generation, some[half:], sampled, done)
        return
    done.left.append(some[0][0])
    if len(done.left) > MAX_PARK:
        raise Faulted(f"{len(done.left)} streams cannot be folded, the last is {done.left[-1]}: {error}") from error


class _Sample:
    """Which streams are folded by the definition too: the first of each kind, and one in so many of all others.

    Of a kind are those that have the same types of entries, batches of several or none, were begun anew or never.
    """

    def __init__(self) -> None:
        self._met: Counter[Hashable] = Counter()

    def has(self, history: Sequence[Recorded], turns: Sequence[Turn]) -> bool:
        met = frozenset(item.type for item in history), len(turns) < len(history), any(turn.anew for turn in turns)
        self._met[met] += 1
        return self._met[met] % EVERY == 1


def folded(kind: Projection, stream: str, history: Sequence[Recorded], sampled: _Sample | None = None) -> Changes:
    """The boxes of a stream by its running fold.

    Raises RebuildFailed where that does not agree on what is known today with the fold that defines the rows, which is
    asked for the streams of a sample, or always.
    """
    _, turns = follow(partial(kind.start, stream), history, 0)
    boxes = Open()
    changes = apply(turns, stream, boxes)
    if sampled is None or sampled.has(history, turns):
        current = {key.digest for key in boxes.boxes if key.known_until == FAR}
        entries = settle(history)
        if current != ({row.digest for row in kind.fold(stream, entries)} if entries else set()):
            raise RebuildFailed(f"the running fold of {kind.name} does not give what its fold gives for {stream}")
    return changes


def histories(
    kind: Projection, head: int, streams: Sequence[str] | None = None, share: Share = log.WHOLE
) -> Iterator[History]:
    events = log.read_by_stream(kind.categories, head, streams, share)
    for stream, items in groupby(events, key=lambda item: item.stream):
        yield stream, list(items)


def _chunks(some: Iterable[History]) -> Iterator[list[History]]:
    chunk, events = list[History](), 0
    for stream, history in some:
        chunk.append((stream, history))
        events += len(history)
        if events >= CHUNK:
            yield chunk
            chunk, events = [], 0
    if chunk:
        yield chunk
