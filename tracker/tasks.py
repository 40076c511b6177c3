"""The Celery tasks: `project` steps all projections, woken on commit; `sweep` is the safety net behind it.

The task carries nothing: duplicates, redelivery and a broker that forgets are harmless.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from functools import cache
from io import StringIO
from uuid import UUID

import redis
from celery import current_app, shared_task
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from kombu.exceptions import OperationalError

from tracker import prepared
from tracker.errands import Errand
from tracker.passing import lacking, pass_by
from tracker.projections import RUNNING, ensure_checkpoints, projections, step

logger = logging.getLogger(__name__)

SLICE_SECONDS = 20
AWAKE_SECONDS, UNHEARD_SECONDS = 0.01, (0.01, 1.0)
"""How soon a process asks again. Where the last wake-up is unheard the workers are busy: after as long as it has been.
"""
WAITING_SECONDS = 5
"""How long one wake-up in the queue stands for all that follow: no longer than the sweep takes to come by."""


@shared_task(acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def project() -> None:
    """Steps every projection that is behind until none is, for at most a slice of time."""
    _heard()
    deadline = time.monotonic() + SLICE_SECONDS
    while True:
        found = lacking()
        counts = {name: step(name) for name, concerned in found.items() if concerned}
        passed = 0 if all(found.values()) else pass_by()
        if not passed and not any(counts.values()):
            break
        if time.monotonic() > deadline:
            nudge()
            return
    if behind(name for name, count in counts.items() if count == 0):
        nudge()


@shared_task(ignore_result=True)
def sweep() -> None:
    """Wakes a worker when a projection is behind; repairs lost wake-ups."""
    ensure_checkpoints()
    if behind(kind.name for kind in projections()):
        wake()


@shared_task(ignore_result=True)
def attest() -> None:
    """Records the digest of every read model that moved since its last attestation."""
    from tracker.ledger import attestation

    attestation.attest(timezone.now().date())


@shared_task(ignore_result=True)
def verify() -> None:
    """Verifies the whole database, and keeps the result for the auditor's page; a doubt is an error in the logs."""
    report = StringIO()
    try:
        call_command("verify", stdout=report)
    except CommandError as error:
        logger.error("verify: %s\n%s", error, report.getvalue())


@shared_task(ignore_result=True)
def deliver_all() -> None:
    """Wakes a worker for each subscription of webhooks for which there is something to do."""
    from tracker.subscriptions import delivering

    for found in delivering.due(timezone.now()):
        deliver.apply_async((str(found),), expires=60, retry=False)


@shared_task(ignore_result=True)
def deliver(subscription: str) -> None:
    """Sends what is due to one endpoint."""
    from tracker.api.stream import rendered
    from tracker.subscriptions import delivering

    delivering.deliver(UUID(subscription), rendered, timezone.now)


@shared_task(ignore_result=True)
def forget_deliveries() -> None:
    """Removes finished deliveries of long ago."""
    from tracker.subscriptions import delivering

    delivering.forget(timezone.now() - delivering.KEPT)


@shared_task(ignore_result=True)
def make_bulk() -> None:
    """Makes the manifest of the bulk files at the head."""
    from tracker.subscriptions import bulk

    bulk.make(timezone.now())


def behind(names: Iterable[str]) -> list[str]:
    """Which of some projections lack events. Asked after the last read has committed: this closes the lost wake-up."""
    asked = list(names)
    return [name for (name,) in prepared.rows(BEHIND, [asked, list(RUNNING)])] if asked else []


BEHIND = """
SELECT projection FROM tracker_checkpoint
WHERE projection = ANY(%s::text[]) AND status = ANY(%s::text[]) AND position < (SELECT size FROM tracker_head)
"""


def nudge() -> float:
    """Asks a worker to step the projections, unless that is asked already; seconds until it is worth asking again.

    A broker that is down costs a log line, the sweep repairs it.
    """
    try:
        client, key = _waiting()
        now = time.time()
        since = client.set(key, now, nx=True, ex=WAITING_SECONDS, get=True)
        if since is not None:
            least, most = UNHEARD_SECONDS
            return min(max(now - float(since), least), most)
        project.apply_async(retry=False)
    except (OperationalError, redis.RedisError, ConnectionError, TimeoutError, OSError) as error:
        logger.warning("could not wake the projections: %s", error)
    return AWAKE_SECONDS


nudging = Errand(nudge)
"""How an append wakes the projections: whoever appends does not wait for the broker, least of all for a dead one."""


def wake() -> None:
    """Asks a worker to step the projections, whatever was asked before: for one who knows that there is work."""
    _heard()
    nudge()


def _heard() -> None:
    """From here on a new event needs a new wake-up; the log is read after this, so none is missed."""
    try:
        client, key = _waiting()
        client.delete(key)
    except redis.RedisError as error:
        logger.warning("the next wake-up waits for the sweep: %s", error)


def _waiting() -> tuple[redis.Redis, str]:
    """Where it stands that a wake-up waits in the queue."""
    seconds = settings.CELERY_BROKER_TRANSPORT_OPTIONS["socket_timeout"]
    return _client(current_app.conf.broker_url, seconds), f"{settings.BROKER_KEY_PREFIX}waking"


@cache
def _client(url: str, seconds: float) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)
