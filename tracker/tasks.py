"""The Celery tasks: `project` steps one projection, woken on commit; `sweep` is the safety net behind it.

A task carries a projection's name and nothing else: duplicates, redelivery and a broker that forgets are harmless.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from tracker import log
from tracker.models import Checkpoint
from tracker.projections import ensure_checkpoints, projections, step

logger = logging.getLogger(__name__)

SLICE_SECONDS = 20


@shared_task(acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def project(name: str) -> None:
    """Steps a projection until it is caught up, for at most a slice of time."""
    deadline = time.monotonic() + SLICE_SECONDS
    while count := step(name):
        if time.monotonic() > deadline:
            nudge(name)
            return
    if count == 0 and _is_behind(name):
        nudge(name)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Wakes every projection that is behind; repairs lost wake-ups."""
    ensure_checkpoints()
    for kind in projections():
        if _is_behind(kind.name):
            nudge(kind.name)


def _is_behind(name: str) -> bool:
    """Looks at the head again after the last read has committed: this closes the lost wake-up."""
    size = log.head().position
    return Checkpoint.objects.filter(projection=name, status=Checkpoint.Status.LIVE, position__lt=size).exists()


def nudge(name: str) -> None:
    """Asks a worker to step a projection; a broker that is down costs a log line, the sweep repairs it."""
    try:
        project.apply_async(args=[name], retry=False)
    except (OperationalError, ConnectionError, TimeoutError, OSError) as error:
        logger.warning("could not wake projection %s: %s", name, error)


def nudge_all(**_: Any) -> None:
    """The receiver of `tracker.log.appended`."""
    for kind in projections():
        nudge(kind.name)
