"""How far the webhooks are behind, for who watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from tracker.subscriptions.models import Delivery, Subscription


@dataclass(frozen=True)
class Backlog:
    """What waits for the endpoints; an endpoint that was paused is not waited for."""

    subscriptions: dict[str, int]
    """How many are active, paused by their owner, dead after a day of failures."""
    unread_events: int
    """Entries that no worker has looked at yet for the subscription that is furthest behind."""
    waiting: int
    """Messages that are not delivered yet, those that wait for another attempt included."""
    failed: int
    """Messages that were given up within the thirty days that they are kept."""
    overdue_seconds: float
    """How long the message that is longest due has been left lying: nobody sends."""


def backlog(now: datetime, head: int) -> Backlog:
    """As of an instant and of the newest position of the log."""
    states = dict(Subscription.objects.values_list("state").annotate(Count("pk")))
    active = Subscription.objects.filter(state=Subscription.State.ACTIVE)
    least = active.aggregate(least=Min("position"))["least"]
    due = Delivery.objects.filter(
        state=Delivery.State.WAITING, next_at__lte=now, subscription__in=active.filter(next_at__lte=now)
    ).aggregate(first=Min("next_at"))["first"]
    counts = Delivery.objects.aggregate(
        waiting=Count("pk", filter=Q(state=Delivery.State.WAITING)),
        failed=Count("pk", filter=Q(state=Delivery.State.FAILED)),
    )
    return Backlog(
        subscriptions={state: states.get(state, 0) for state in Subscription.State.values},
        unread_events=head - least if least is not None else 0,
        overdue_seconds=(now - due).total_seconds() if due else 0.0,
        **counts,
    )
