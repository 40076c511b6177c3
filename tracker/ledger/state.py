"""What the read models say at a position, as canonical lines and one digest: from the tables, or folded from the log.

A line is one row: its model, stream, columns and two clocks, without ids and without the recorded clock, which the
position stands for. A stream's lines are sorted and hashed; the streams' hashes, sorted, make the state's digest. So
two states are compared by one hash, and where they differ the stream and the row are found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import groupby, islice
from typing import Any

from tracker.boxes import full
from tracker.clocks import Box
from tracker.corrections import settle
from tracker.ledger.canonical import canonical
from tracker.log import Recorded
from tracker.projections import Projection

OUTSIDE = {"id", "generation", "stream", "known_from", "known_until", "recorded_from", "recorded_until", "digest"}
CHUNK = 200
"""Streams that are read from the tables at once."""

Lines = set[bytes]
Progress = Callable[[int], None]


@dataclass
class State:
    """The rows of one projection at a position, stream by stream."""

    projection: str
    position: int
    streams: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The digest of each stream's lines, and their number."""

    def add(self, stream: str, lines: Lines) -> None:
        if lines:
            self.streams[stream] = (lines_digest(lines), len(lines))

    @property
    def rows(self) -> int:
        return sum(count for _, count in self.streams.values())

    def text(self) -> str:
        """One line for each stream, in bytewise order: digest, rows, stream."""
        return "".join(f"{digest} {count} {stream}\n" for stream, (digest, count) in sorted(self.streams.items()))

    @property
    def digest(self) -> str:
        return sha256(self.text().encode()).hexdigest()


def lines_digest(lines: Lines) -> str:
    return sha256(b"".join(line + b"\n" for line in sorted(lines))).hexdigest()


def line(model: type[Box], stream: str, values: Mapping[str, Any], known_from: date, known_until: date) -> bytes:
    """The canonical line of a row; columns that `values` leaves out have their defaults."""
    row = {name: values[name] if name in values else default() for name, default in columns(model).items()}
    said = {"model": model.__name__, "stream": stream, "known_from": known_from, "known_until": known_until}
    return canonical({name: plain(value) for name, value in (said | row).items()})


def columns(model: type[Box]) -> dict[str, Callable[[], Any]]:
    """The columns of a model that say something of the world, with their defaults."""
    fields = (item for item in model._meta.concrete_fields if item.attname not in OUTSIDE)
    return {item.attname: item.get_default for item in fields}


def plain(value: Any) -> Any:
    """A column's value as canonical JSON: a decimal in its shortest form, a date as YYYY-MM-DD."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def folded(kind: Projection, stream: str, history: Sequence[Recorded]) -> Lines:
    """The lines of a stream folded from its whole history up to some position."""
    boxes = full(kind.fold, stream, settle(history))
    return {line(row.model, stream, row.values, key.known_from, key.known_until) for key, row in boxes.items()}


def folded_state(
    kind: Projection, position: int, histories: Iterable[tuple[str, Sequence[Recorded]]], progress: Progress
) -> State:
    """The state that follows from the log; `histories` give each stream's events up to the position."""
    state = State(kind.name, position)
    for stream, history in histories:
        state.add(stream, folded(kind, stream, history))
        progress(len(history))
    return state


def stored_lines(kind: Projection, generation: int, position: int, streams: Sequence[str]) -> dict[str, Lines]:
    """The lines of some streams that the tables hold at a position."""
    found: dict[str, Lines] = defaultdict(set)
    for model in kind.models:
        names = [*columns(model), "stream", "known_from", "known_until"]
        rows = model.objects.filter(
            generation=generation, stream__in=streams, recorded_from__lte=position, recorded_until__gt=position
        )
        for row in rows.values(*names).iterator(chunk_size=2000):
            found[row["stream"]].add(line(model, row["stream"], row, row["known_from"], row["known_until"]))
    return found


def stored_state(kind: Projection, generation: int, position: int) -> State:
    """The state that the tables hold at a position."""
    state = State(kind.name, position)
    for streams in chunks(sorted(stored_streams(kind, generation))):
        for stream, lines in stored_lines(kind, generation, position, streams).items():
            state.add(stream, lines)
    return state


def stored_streams(kind: Projection, generation: int) -> set[str]:
    """The streams of which the tables hold anything."""
    names: set[str] = set()
    for model in kind.models:
        names |= set(model.objects.filter(generation=generation).values_list("stream", flat=True).distinct())
    return names


def histories(events: Iterable[Recorded]) -> Iterator[tuple[str, list[Recorded]]]:
    """Events that come stream by stream, grouped."""
    for stream, items in groupby(events, key=lambda item: item.stream):
        yield stream, list(items)


def chunks(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
