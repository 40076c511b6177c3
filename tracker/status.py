"""How the core is doing, computed by who asks: a dead worker cannot look healthy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from celery import current_app
from django.db import connection
from kombu.exceptions import OperationalError

from tracker import log, roles
from tracker.checks import missing_triggers
from tracker.ledger.sealing import unsealed
from tracker.models import Checkpoint, Head, Parked
from tracker.projections import SERVING, Status, projections
from tracker.subscriptions.backlog import Backlog, backlog

LATE_SECONDS = 60
"""A projection that is longer behind is not being worked on."""
UNSEALED_SECONDS = 600
"""Where there was a sealer, it is gone."""
SKEW_SECONDS = 60
"""Clocks that differ by more are wrong: an instant far ahead would hold the recorded clock there."""


@dataclass(frozen=True)
class Standing:
    """One generation of a projection."""

    projection: str
    generation: int
    status: str
    position: int
    lag_events: int
    lag_seconds: float
    """Since when the first event that it lacks is recorded."""
    fold_version: int
    code_version: int | None
    """None where the code has no such projection any more."""
    parked: dict[str, str]
    """Streams that stand still, with the last line of the error."""
    error: str


@dataclass(frozen=True)
class Report:
    log_id: str
    head: int
    recorded_at: datetime
    projections: list[Standing]
    sealed: int
    """Entries under the newest checkpoint."""
    unsealed_seconds: float
    """Since when there is an entry that wants sealing."""
    webhooks: Backlog
    triggers_missing: list[str]
    broker: str
    """Empty where it can be reached, else why not."""
    guarantees_lost: list[str]
    """What the application's database role could do that only triggers and proofs stand against; see tracker.roles."""
    problems: list[str]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def report(now: datetime) -> Report:
    """Everything worth knowing at `now`; `problems` is empty when all is well."""
    head = Head.objects.get(id=1)
    standings = [_standing(row, head.size, now) for row in _working()]
    missing, broker = sorted(missing_triggers()), broker_error()
    sealed, unsealed_seconds = unsealed(now)
    webhooks = backlog(now, head.size)
    problems = [*_log_problems(head, now), *(line for standing in standings for line in _problems(standing))]
    problems += _left_lying(sealed, unsealed_seconds, webhooks)
    serving = {standing.projection for standing in standings if standing.status in SERVING}
    problems += [
        f"{kind.name} was never started: no worker sweeps" for kind in projections() if kind.name not in serving
    ]
    problems += [f"the trigger {name} is missing or disabled: run migrate, then verify" for name in missing]
    problems += [f"the broker does not answer: {broker}"] if broker else []
    lost = roles.lost()
    return Report(
        log_id=str(head.log_id),
        head=head.size,
        recorded_at=head.recorded_at,
        projections=standings,
        sealed=sealed,
        unsealed_seconds=unsealed_seconds,
        webhooks=webhooks,
        triggers_missing=missing,
        broker=broker,
        guarantees_lost=lost,
        problems=problems,
    )


def _working() -> Iterator[Checkpoint]:
    yield from Checkpoint.objects.exclude(status=Status.RETIRED).order_by("projection", "generation")


def _standing(row: Checkpoint, head: int, now: datetime) -> Standing:
    code = {kind.name: kind.version for kind in projections()}
    first_missing = log.get(position=row.position + 1) if row.position < head else None
    parked = Parked.objects.filter(projection=row.projection, generation=row.generation).order_by("position")
    return Standing(
        projection=row.projection,
        generation=row.generation,
        status=row.status,
        position=row.position,
        lag_events=head - row.position,
        lag_seconds=max((now - first_missing.recorded_at).total_seconds(), 0.0) if first_missing else 0.0,
        fold_version=row.fold_version,
        code_version=code.get(row.projection),
        parked={each.stream: each.error.strip().rpartition("\n")[2] for each in parked},
        error=row.error,
    )


def _problems(standing: Standing) -> Iterator[str]:
    name, status = standing.projection, standing.status
    if standing.code_version is None:
        yield f"{name} is not in this code: retire its checkpoint, or put it back"
    elif standing.code_version != standing.fold_version:
        yield f"{name} was folded by version {standing.fold_version}, the code is {standing.code_version}: run rebuild"
    if status in (Status.PAUSED, Status.FAULTED):
        yield f"{name} is {status}: {standing.error}"
    elif standing.lag_seconds > LATE_SECONDS and status == Status.LIVE:
        behind = f"{standing.lag_events} events and {standing.lag_seconds:.0f} seconds behind"
        yield f"{name} is {behind}: is a worker running?"
    for stream, error in standing.parked.items():
        yield f"{name} parks {stream}: {error}"


def _left_lying(sealed: int, unsealed_seconds: float, webhooks: Backlog) -> Iterator[str]:
    if sealed and unsealed_seconds > UNSEALED_SECONDS:
        yield f"nothing has been sealed beyond {sealed} for {unsealed_seconds:.0f} seconds: is the sealer running?"
    if webhooks.overdue_seconds > LATE_SECONDS:
        yield f"webhooks have been due for {webhooks.overdue_seconds:.0f} seconds: is a worker running?"


def _log_problems(head: Head, now: datetime) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(ENDS)
        size, end, clock = cursor.fetchone()
    if size != end:
        yield f"the head says {size}, the log ends at {end}: run verify"
    ahead = (clock - now).total_seconds()
    if abs(ahead) > SKEW_SECONDS:
        yield f"the database's clock is {ahead:.0f} seconds ahead of this machine's"
    if (head.recorded_at - now).total_seconds() > SKEW_SECONDS:
        yield f"the last entry is recorded in the future, at {head.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
    for row in _working():
        event = log.get(position=row.position) if row.position else None
        if event is not None and row.leaf_hash is not None and event.leaf_hash != bytes(row.leaf_hash):
            yield f"{row.projection} has read another log up to {row.position}: rebuild it"


ENDS = """
SELECT size, COALESCE((SELECT max(position) FROM tracker_event), 0), clock_timestamp() FROM tracker_head WHERE id = 1
"""
"""In one statement: asked one after the other, what is recorded in between would look like a fault."""


def broker_error() -> str:
    """Why the broker cannot be reached; empty where it can."""
    try:
        with current_app.connection_for_write() as link:
            link.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (OperationalError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
