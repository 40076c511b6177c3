"""Attestations: the log says what followed from it.

Daily, and when a bundle is made, the digest of each read model's rows is appended. A change of the fold's version is
an event with the digests of both folds at one position. Neither gives cause for another.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tracker import log
from tracker.ledger.state import State, stored_state
from tracker.log import Meta, NewEvent, Recorded
from tracker.models import Checkpoint, Parked
from tracker.projections import Projection, projection, serving
from tracker.vocabulary import FoldChanged, ProjectionAttested

STREAM = "ledger/attestations"
SYSTEM = Meta(actor="tracker", approval="automatic", origin="command")


def attest(today: date) -> tuple[Recorded, ...]:
    """Appends an attestation for each read model that has moved since its last; nothing where none has.

    A read model with parked streams is not what follows from the log: it is attested when they are folded.
    """
    last = newest()
    parked = Parked.objects.values_list("projection", flat=True)
    rows = serving().exclude(projection__in=parked).order_by("projection")
    batch = [item for checkpoint in rows for item in _said(checkpoint, last.get(checkpoint.projection), today)]
    return log.append(batch) if batch else ()


def newest(upto: int | None = None) -> dict[str, ProjectionAttested]:
    """The newest attestation of each projection, recorded up to a position."""
    found: dict[str, ProjectionAttested] = {}
    for item in log.read(stream=STREAM, type="projection.attested", upto=upto):
        assert isinstance(item.payload, ProjectionAttested)
        found[item.payload.projection] = item.payload
    return found


def _said(checkpoint: Checkpoint, last: ProjectionAttested | None, today: date) -> Iterator[NewEvent]:
    kind = projection(checkpoint.projection)
    changed = last is not None and last.fold_version != checkpoint.fold_version
    if last is not None and changed:
        yield _new(_changed(kind, checkpoint, last), today)
    if changed or last is None or _moved(kind, last.position, checkpoint.position):
        yield _new(_attested(kind, checkpoint), today)


def _moved(kind: Projection, since: int, upto: int) -> bool:
    """Whether the projection's own streams were written to."""
    return any(log.read(since, upto=upto, category=category, limit=1) for category in kind.categories)


def _attested(kind: Projection, checkpoint: Checkpoint) -> ProjectionAttested:
    state = _state(kind, checkpoint, checkpoint.position)
    return ProjectionAttested(
        projection=kind.name,
        position=checkpoint.position,
        fold_version=checkpoint.fold_version,
        rows=state.rows,
        digest=state.digest,
    )


def _changed(kind: Projection, checkpoint: Checkpoint, last: ProjectionAttested) -> FoldChanged:
    return FoldChanged(
        projection=kind.name,
        position=last.position,
        from_version=last.fold_version,
        to_version=checkpoint.fold_version,
        before=last.digest,
        after=_state(kind, checkpoint, last.position).digest,
    )


def _state(kind: Projection, checkpoint: Checkpoint, position: int) -> State:
    return stored_state(kind, checkpoint.generation, position)


def _new(payload: ProjectionAttested | FoldChanged, today: date) -> NewEvent:
    return NewEvent(stream=STREAM, payload=payload, meta=SYSTEM, known_from=today)
