"""Endpoints that hang, with the workers and queues of an installation: nobody else waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.faults.test_worker import all_reached
from tests.processes import until
from tests.test_processes import record
from tests.tracker.subscriptions.receiver import Receiver
from tracker.projections import ensure_checkpoints
from tracker.subscriptions import delivering
from tracker.subscriptions.models import Subscription
from tracker.subscriptions.wanted import Wanted
from tracker.tasks import deliver_all, project

HANGING, THREADS = 3, 4
SENDING = ("--queues=deliveries", "--hostname=deliveries@%h", "--pool=threads")


def tried(subscription: Subscription) -> bool:
    first = subscription.deliveries.order_by("position").first()
    return bool(first and first.log)


def given_up_at(subscription: Subscription) -> datetime:
    """When the first attempt came to its end."""
    attempt = subscription.deliveries.order_by("position")[0].log[0]
    return datetime.fromisoformat(attempt["at"]) + timedelta(milliseconds=attempt["milliseconds"])


@pytest.mark.drill
def test_endpoints_that_hang_hold_up_neither_the_others_nor_the_projections(
    own_broker, celery_worker_process, settings
) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    owner, quiet, good = User.objects.create_user("owner"), Receiver(hangs=True), Receiver()
    ensure_checkpoints()
    with quiet.listening(), good.listening():
        held = [delivering.subscribe(owner, quiet.url, Wanted(), timezone.now(), 0) for _ in range(HANGING)]
        taken = delivering.subscribe(owner, good.url, Wanted(), timezone.now(), 0)
        celery_worker_process(concurrency=THREADS, options=SENDING, WEBHOOKS_ALLOW_PRIVATE="1")
        celery_worker_process()
        head = [record(f"dispute/{number}") for number in range(5)][-1]
        deliver_all()
        until(lambda: len(quiet.came) == HANGING, "every endpoint that hangs has a message and holds a thread")
        record("dispute/meanwhile")
        project.delay()
        until(lambda: all_reached(head + 1), "the projections go on")
        until(lambda: good.positions[:head] == list(range(1, head + 1)), "the others have all their messages")
        until(lambda: all(map(tried, held)), "those that hang are given up")
    last = taken.deliveries.get(position=head).delivered_at
    assert last is not None
    assert all(last < given_up_at(one) for one in held)
    assert len(set(quiet.ids)) == HANGING
    assert Subscription.objects.filter(failures__gte=1).count() == HANGING
