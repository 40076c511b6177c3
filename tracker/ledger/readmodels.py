"""Verifying the read models: their rows, folded again beside the tables, and what the log attests of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracker import log
from tracker.boxes import Key, Open, advance
from tracker.clocks import Box
from tracker.ledger import attestation
from tracker.ledger.checking import CHUNK, Doubt, Progress, require
from tracker.ledger.state import chunks, histories, line, stored_state
from tracker.log import Recorded
from tracker.models import Checkpoint, Parked
from tracker.projections import Projection, projection, projections, serving


def read_model(checkpoint: Checkpoint, progress: Progress) -> str:
    """The rows of a read model, on all three clocks, are those that follow from the log, each of them."""
    kind = projection(checkpoint.projection)
    built = checkpoint.fold_version
    require(built == kind.version, f"built by version {built} of the fold, the code has {kind.version}: rebuild")
    parked = dict(
        Parked.objects.filter(projection=kind.name, generation=checkpoint.generation).values_list("stream", "position")
    )
    _place(checkpoint)
    rows = 0
    left = {model: set(_streams(model, checkpoint.generation)) for model in kind.models}
    for pairs in chunks(histories(log.read_by_stream(kind.categories, checkpoint.position))):
        stored = _stored(kind, checkpoint, [stream for stream, _ in pairs])
        for stream, history in pairs:
            upto = parked.get(stream, checkpoint.position + 1)
            expected = _advanced(kind, stream, [item for item in history if item.position < upto])
            _same(stream, expected, stored.get(stream, set()))
            rows += len(expected)
            for model in kind.models:
                left[model].discard(stream)
            progress(len(history))
    for model, streams in left.items():
        require(not streams, f"{model.__name__} holds rows of streams that are not in the log: {sorted(streams)[:3]}")
    note = f"; parked and not compared beyond: {', '.join(sorted(parked))}" if parked else ""
    return f"{rows} rows at position {checkpoint.position} follow from the log{note}"


History = set[tuple[bytes, int, int, bytes]]
"""Rows with the positions from and until which they stood, and the digest by which a projection finds them again."""


def _place(checkpoint: Checkpoint) -> None:
    """The entry that a read model says it has read to is in the log."""
    last = log.get(position=checkpoint.position)
    there = last is not None or checkpoint.position == 0
    require(there, f"it says that it has read to position {checkpoint.position}, which the log does not have")
    same = last is None or checkpoint.leaf_hash is None or bytes(checkpoint.leaf_hash) == bytes(last.leaf_hash)
    require(same, f"what it read at position {checkpoint.position} is not what the log holds there")


def _advanced(kind: Projection, stream: str, history: list[Recorded]) -> History:
    opened_boxes = advance(kind.fold, stream, history, 0, Open()).opened
    return {
        (_line(held.model, stream, held.row.values, held.key), held.recorded_from, held.recorded_until, held.key.digest)
        for held in opened_boxes
        if held.row
    }


def _line(model: type[Box], stream: str, values: dict[str, Any], key: Key) -> bytes:
    return line(model, stream, values, key.known_from, key.known_until)


def _stored(kind: Projection, checkpoint: Checkpoint, streams: Sequence[str]) -> dict[str, History]:
    found: dict[str, History] = {}
    for model in kind.models:
        rows = model.objects.filter(generation=checkpoint.generation, stream__in=streams)
        for row in rows.values().iterator(chunk_size=CHUNK):
            text = line(model, row["stream"], row, row["known_from"], row["known_until"])
            stood = (text, row["recorded_from"], row["recorded_until"], bytes(row["digest"]))
            found.setdefault(row["stream"], set()).add(stood)
    return found


def _streams(model: type[Box], generation: int) -> Iterator[str]:
    yield from model.objects.filter(generation=generation).values_list("stream", flat=True).distinct()


def _same(stream: str, expected: History, stored: History) -> None:
    if foreign := sorted(stored - expected):
        text, begin, *_ = foreign[0]
        raise Doubt(f"{stream}: a row that does not follow from the log, recorded at {begin}: {text.decode()[:400]}")
    if missing := sorted(expected - stored):
        text, begin, *_ = missing[0]
        raise Doubt(f"{stream}: a row is missing, recorded at {begin}: {text.decode()[:400]}")


def generations() -> str:
    """No read model has rows in its tables while none of its generations answers."""
    answering = set(serving().values_list("projection", flat=True))
    for kind in projections():
        silent = kind.name not in answering and any(model.objects.exists() for model in kind.models)
        require(not silent, f"{kind.name} has rows, but no generation of it answers: its checkpoint was changed")
    return f"{len(answering)} read models answer"


def attestations() -> str:
    """The newest attestation of each read model is true of its tables today."""
    count = 0
    for said in attestation.newest().values():
        checkpoint = serving().filter(projection=said.projection).first()
        if checkpoint is None or checkpoint.fold_version != said.fold_version:
            continue
        state = stored_state(projection(said.projection), checkpoint.generation, said.position)
        require(state.digest == said.digest, f"{said.projection} at {said.position} is not what the log attests")
        count += 1
    return f"{count} read models are what the log attests of them"
