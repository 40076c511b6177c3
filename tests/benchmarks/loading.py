"""The log that API and workplace are measured on: measures, described and changed, recorded and projected."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from django.db import connection

from measures.events import measures
from tests.benchmarks.ours import empty, events
from tests.benchmarks.workload import Change, changes
from tracker import log
from tracker.envelope import NewEvent
from tracker.projections import ensure_checkpoints, projections
from tracker.rebuild import discard_old, rebuild

BATCH = 500


def fill(streams: int, count: int) -> None:
    """So many measures, each described, with so many events in all, recorded and projected.

    The popular ones stand anywhere in the list: the workload numbers them by popularity, and all would be on one page.
    """
    empty()
    names = random.Random(7).sample(range(streams), streams)
    work = (replace(change, stream=names[change.stream]) for change in changes(count - streams, streams))
    record(chain.from_iterable(_told(change) for change in work))
    ensure_checkpoints()
    for kind in projections():
        rebuild(kind.name)  # which takes the least time
        discard_old(kind.name)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def record(work: Iterable[NewEvent]) -> None:
    left = iter(work)
    while batch := list(islice(left, BATCH)):
        log.append(batch)


def _told(change: Change) -> list[NewEvent]:
    """The event of a change; before a measure's first one, what it is."""
    [event] = events([change])
    return [_described(event, change.slug), event] if change.first else [event]


def _described(event: NewEvent, slug: str) -> NewEvent:
    said: dict[str, Any] = {"title": f"Measure {slug}", "kind": "additional_duty", "direction": "import"}
    payload = measures.Described(implementer="US", targets=("CN",), sources=event.payload.sources, **said)
    return NewEvent(stream=event.stream, payload=payload, meta=event.meta, known_from=event.known_from)
