"""The shipped data as a history that no database holds: its lines, its events, and the answers of the fold."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from measures import importing
from measures.importing import Batch, ImportProblem
from measures.timeline import NOTHING, State, timeline
from tracker import envelope
from tracker.corrections import Entry, settle
from tracker.envelope import Recorded

FIXTURES = Path(__file__).parent / "data"
LOADED_AT = datetime(2026, 11, 24, tzinfo=UTC)


@cache
def lines() -> dict[str, dict[str, Any]]:
    """The raw lines by reference."""
    texts = (text for path in importing.files() for text in path.read_text("utf-8").splitlines())
    return {line["reference"]: line for line in map(json.loads, texts)}


@cache
def batches() -> list[Batch]:
    read = [item for path in importing.files() for item in importing.read(path)]
    problems = [str(item) for item in read if isinstance(item, ImportProblem)]
    assert not problems, problems
    return importing.in_order([item for item in read if isinstance(item, Batch)])


@cache
def histories() -> dict[str, list[Recorded]]:
    """Each stream as the load would record it."""
    found: dict[str, list[Recorded]] = defaultdict(list)
    events = (item for batch in batches() for item in batch.events)
    for position, item in enumerate(events, start=1):
        version = len(found[item.stream]) + 1
        found[item.stream].append(envelope.recorded(item, position=position, version=version, recorded_at=LOADED_AT))
    return found


@cache
def entries(stream: str, known_at: str = "") -> list[Entry]:
    settled = settle(histories()[stream])
    return [entry for entry in settled if not known_at or entry.known_from <= date.fromisoformat(known_at)]


def state(slug: str, valid_at: str, known_at: str = "") -> State:
    day = date.fromisoformat(valid_at)
    headline = [item for item in _timeline(slug, known_at) if item.headline]
    return next((item.state for item in headline if item.valid_from <= day < item.valid_until), NOTHING)


@cache
def _timeline(slug: str, known_at: str) -> list[Any]:
    return timeline(entries(f"measure/{slug}", known_at))
