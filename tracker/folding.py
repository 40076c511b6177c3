"""Folding some streams from one position to another: what the log says, what the tables hold, what has to change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tracker import log, tables
from tracker.boxes import Changes, Open, apply
from tracker.log import Recorded
from tracker.running import Course, Memory, Turn, follow, go_on

if TYPE_CHECKING:
    from tracker.projections import Projection

REMEMBERED = 50_000
"""Events whose streams a process keeps folded, about a kilobyte each: what is forgotten is read from the log again."""


def fold_streams(
    kind: Projection, generation: int, streams: Sequence[str], since: int, upto: int, fresh: Sequence[Recorded]
) -> None:
    """Brings the rows of some streams from one position to another; `fresh` holds all their events in between."""
    news = _by_stream(fresh)
    for portion in _portions(streams, news):
        _fold_portion(kind, generation, portion, since, upto, news)


def _portions(streams: Sequence[str], fresh: Mapping[str, Sequence[Recorded]]) -> Iterator[list[str]]:
    """Streams whose histories fit into memory together: at most as many events as are remembered, or one stream."""
    portion, events = list[str](), 0
    for stream in streams:
        length = fresh[stream][-1].version
        if portion and events + length > REMEMBERED:
            yield portion
            portion, events = [], 0
        portion.append(stream)
        events += length
    if portion:
        yield portion


def _fold_portion(
    kind: Projection,
    generation: int,
    streams: Sequence[str],
    since: int,
    upto: int,
    fresh: Mapping[str, list[Recorded]],
) -> None:
    courses = _folded(kind, streams, since, upto, fresh)
    changes = Changes()
    open_boxes = tables.open_boxes(kind.models, generation, {stream: turns for stream, (_, turns) in courses.items()})
    for stream, (_, turns) in courses.items():
        changes += apply(turns, stream, Open(open_boxes[stream]))
    tables.write(changes, generation)
    for stream, (course, _) in courses.items():
        _memory.keep((kind, stream), course)


_memory = Memory(REMEMBERED)


def _folded(
    kind: Projection, streams: Sequence[str], since: int, upto: int, fresh: Mapping[str, Sequence[Recorded]]
) -> dict[str, tuple[Course, Sequence[Turn]]]:
    """Where each stream has come to, and what happened on the way; its history is read where it is not remembered."""
    found: dict[str, tuple[Course, Sequence[Turn]]] = {}
    for stream, course in _remembered(kind, streams, since).items():
        if (turns := go_on(course, fresh[stream])) is not None:
            found[stream] = (course, turns)
    unknown = [stream for stream in streams if stream not in found]
    begun = {stream: fresh[stream] for stream in unknown if fresh[stream][0].version == 1}
    older = [stream for stream in unknown if stream not in begun]
    histories = begun | _by_stream(log.read(streams=older, upto=upto) if older else ())
    for stream, history in histories.items():
        found[stream] = follow(partial(kind.start, stream), history, since)
    return found


def _remembered(kind: Projection, streams: Sequence[str], since: int) -> dict[str, Course]:
    """The courses that end with the stream's newest event up to a position, in this very log."""
    courses = {stream: course for stream in streams if (course := _memory.take((kind, stream)))}
    marks = log.marks(courses, since) if courses else {}
    return {stream: course for stream, course in courses.items() if marks.get(stream) == course.mark}


def _by_stream(items: Iterable[Recorded]) -> dict[str, list[Recorded]]:
    found: dict[str, list[Recorded]] = defaultdict(list)
    for item in items:
        found[item.stream].append(item)
    return found
