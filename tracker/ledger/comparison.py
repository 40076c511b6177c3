"""Replaying: the log folded again to any point, and compared row by row with what the tables hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker import log
from tracker.ledger.canonical import canonical
from tracker.ledger.state import Lines, Progress, State, chunks, folded, histories, stored_lines, stored_streams
from tracker.log import Recorded
from tracker.projections import Projection


@dataclass(frozen=True)
class Asked:
    """The point to replay to. Without days the rows of all valid and known days are meant."""

    position: int
    valid_at: date | None = None
    known_at: date | None = None
    stream: str | None = None

    def said(self, kind: Projection) -> dict[str, Any]:
        days = {"valid_at": self.valid_at, "known_at": self.known_at}
        asked = {name: day.isoformat() if day else None for name, day in days.items()}
        read_model = {"projection": kind.name, "fold_version": kind.version}
        return asked | read_model | {"position": self.position, "stream": self.stream}

    def takes(self, line: bytes) -> bool:
        row = json.loads(line)
        days = ((self.valid_at, "valid"), (self.known_at, "known"))
        return all(
            day is None or row[f"{clock}_from"] <= day.isoformat() < row[f"{clock}_until"] for day, clock in days
        )

    def of(self, lines: Lines) -> Lines:
        everything = self.valid_at is None and self.known_at is None
        return lines if everything else {item for item in lines if self.takes(item)}


@dataclass(frozen=True)
class Compared:
    """One stream's rows as the log gives them and as the tables hold them."""

    stream: str
    folded: Lines
    stored: Lines

    @property
    def missing(self) -> Lines:
        return self.folded - self.stored

    @property
    def foreign(self) -> Lines:
        return self.stored - self.folded


def histories_of(kind: Projection, asked: Asked) -> Iterator[tuple[str, list[Recorded]]]:
    """The events up to the position, stream by stream: of one stream alone where one is asked for."""
    if asked.stream is None:
        yield from histories(log.read_by_stream(kind.categories, asked.position))
    elif kind.concerns(asked.stream) and (history := log.read(stream=asked.stream, upto=asked.position)):
        yield asked.stream, history


def replay(kind: Projection, asked: Asked, progress: Progress) -> Iterator[tuple[str, Lines]]:
    """Each stream's rows at the point, folded from the log alone."""
    for stream, history in histories_of(kind, asked):
        yield stream, asked.of(folded(kind, stream, history))
        progress(len(history))


def as_json_lines(kind: Projection, asked: Asked) -> Iterator[bytes]:
    """The replay as it is sent: a line that says what was asked, the rows, and their number and digest.

    The same point, read model and fold version, the same bytes. Without its last line the answer was cut off.
    """
    state = State(kind.name, asked.position)
    yield canonical(asked.said(kind)) + b"\n"
    for stream, lines in replay(kind, asked, lambda count: None):
        state.add(stream, lines)
        yield b"".join(line + b"\n" for line in sorted(lines))
    yield canonical({"digest": state.digest, "rows": state.rows}) + b"\n"


def compare(kind: Projection, generation: int, asked: Asked, progress: Progress) -> Iterator[Compared]:
    """Each stream's rows from both sides; streams that only the tables know come last."""
    rest = stored_streams(kind, generation) if asked.stream is None else {asked.stream}
    for pairs in chunks(replay(kind, asked, progress)):
        stored = stored_lines(kind, generation, asked.position, [stream for stream, _ in pairs])
        for stream, lines in pairs:
            rest.discard(stream)
            yield Compared(stream, lines, asked.of(stored.get(stream, set())))
    for streams in chunks(sorted(rest)):
        for stream, lines in stored_lines(kind, generation, asked.position, streams).items():
            yield Compared(stream, set(), asked.of(lines))
