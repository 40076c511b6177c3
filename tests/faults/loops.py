"""What runs in processes of its own while servers are killed: `python -m tests.faults.loops write|project|check`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date

import django

django.setup()

from django.db import InterfaceError, OperationalError, connection  # noqa: E402

from tracker import log  # noqa: E402
from tracker.digests import digest  # noqa: E402
from tracker.events import Source  # noqa: E402
from tracker.log import LogBusy, Meta, NewEvent  # noqa: E402
from tracker.models import Checkpoint, Parked  # noqa: E402
from tracker.projections import Status, catch_up, ensure_checkpoints, projections, step  # noqa: E402
from tracker.rebuild import scratch_digest  # noqa: E402
from tracker.vocabulary import SourcesReviewed  # noqa: E402

PASSING = (OperationalError, InterfaceError, LogBusy)
SOURCE = Source(title="Talks in London", url="https://example.org/talks")


def write(writer: str, count: str) -> None:
    """Records events, each until the log has answered for it, and says which they were."""
    for number in range(int(count)):
        event = NewEvent(
            stream=f"dispute/{writer}-{number % 5}",
            payload=SourcesReviewed(through="2025-06-10", sources=(SOURCE,)),
            meta=Meta(actor="ed-test", approval="imported", origin="command"),
            known_from=date(2025, 6, 10),
        )
        while not _recorded(event):
            time.sleep(0.02)
        print(event.id, flush=True)


def _recorded(event: NewEvent) -> bool:
    try:
        return bool(log.append([event]))
    except PASSING:
        connection.close()
        return False


def project() -> None:
    """Steps all projections for ever, as a worker would that is always woken."""
    while True:
        try:
            ensure_checkpoints()
            for kind in projections():
                step(kind.name)
        except PASSING:
            connection.close()
        time.sleep(0.02)


def check() -> None:
    """Fails unless every projection stands at the head with the rows that follow from the log and nothing parked."""
    head = log.head().position
    assert [event.position for event in log.read()] == list(range(1, head + 1))
    assert not Parked.objects.exists()
    for kind in projections():
        catch_up(kind.name)
        live = Checkpoint.objects.get(projection=kind.name, status=Status.LIVE)
        assert live.position == head
        assert digest(kind, live.generation) == scratch_digest(kind, head), kind.name
    print("\n".join(str(event.id) for event in log.read()))


if __name__ == "__main__":
    loops: dict[str, Callable[..., None]] = {"write": write, "project": project, "check": check}
    loops[sys.argv[1]](*sys.argv[2:])
