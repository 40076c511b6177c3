"""Deliveries: each wanted event once, in the order of its stream, tried again for a day, never lost.

Two kinds of failure are kept apart. An endpoint that cannot be reached, is broken or redirects is left alone for longer
and longer, and after a day is paused: what waits keeps waiting. A message that the endpoint refuses (4xx) is tried
again by itself; its stream waits behind it, other streams go on, and after a day it is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import F, Q, QuerySet

from tracker import log
from tracker.log import Recorded
from tracker.subscriptions import messages, posting
from tracker.subscriptions.models import Delivery, Subscription
from tracker.subscriptions.posting import Answer
from tracker.subscriptions.wanted import Wanted

WAITS_SECONDS = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 36_000)
"""Between attempts: a little less than a day in all."""
LONGEST_WAIT_SECONDS = 3_600
"""How long an endpoint may ask for by Retry-After."""
TAKEN_AT_ONCE = 500
SENT_AT_ONCE = 100
LEASE = timedelta(minutes=5)
ROTATION = timedelta(days=1)
KEPT = timedelta(days=30)
ATTEMPTS_SHOWN = 10
ONCE = (408, 425, 429)
"""Statuses of a client's error that are the endpoint's state all the same."""

Render = Callable[[Sequence[Recorded]], list[bytes]]
State = Delivery.State


def subscribe(owner: Any, url: str, wanted: Wanted, now: datetime, position: int | None = None) -> Subscription:
    """A new subscription, from now on or from a position. Raises Refused for an address that is not taken, OSError."""
    parts = posting.check(url)
    posting.places(str(parts.hostname), parts.port or 443)
    return Subscription.objects.create(
        owner=owner,
        url=url,
        types=list(wanted.types),
        streams=list(wanted.streams),
        categories=list(wanted.categories),
        secret=messages.new_secret(),
        position=log.head().position if position is None else position,
        next_at=now,
        created_at=now,
    )


def rotate(subscription: Subscription, now: datetime) -> None:
    """Gives a new secret; for a day the former one signs too."""
    subscription.former_secret, subscription.former_until = subscription.secret, now + ROTATION
    subscription.secret = messages.new_secret()
    subscription.save(update_fields=["secret", "former_secret", "former_until"])


def pause(subscription: Subscription) -> None:
    """Nothing is sent until it is resumed; nothing is lost."""
    Subscription.objects.filter(pk=subscription.pk).update(state=Subscription.State.PAUSED, reason="")


def resume(subscription: Subscription, now: datetime) -> None:
    """Goes on with what waits, at once and with a fresh count of failures."""
    subscription.deliveries.filter(state=State.WAITING).update(next_at=now, attempts=0)
    Subscription.objects.filter(pk=subscription.pk).update(
        state=Subscription.State.ACTIVE, reason="", failures=0, next_at=now
    )


def resend(delivery: Delivery, now: datetime) -> None:
    """Sends a message again, under its id."""
    Delivery.objects.filter(pk=delivery.pk).update(state=State.WAITING, next_at=now, attempts=0)


def due(now: datetime) -> list[UUID]:
    """The subscriptions for which there is something to do."""
    head = log.head().position
    waiting = Q(deliveries__state=State.WAITING, deliveries__next_at__lte=now)
    rows = _free(now).filter(waiting | Q(position__lt=head))
    return list(rows.order_by("next_at").values_list("pk", flat=True).distinct())


def _free(now: datetime) -> QuerySet[Subscription]:
    active = Subscription.objects.filter(state=Subscription.State.ACTIVE, next_at__lte=now)
    return active.filter(Q(busy_until=None) | Q(busy_until__lte=now))


def deliver(id: UUID, render: Render, clock: Callable[[], datetime]) -> int:
    """Takes in what is new for a subscription and sends what is due; how many messages were sent.

    One worker at a time: it is leased, and the lease of a worker that died runs out.
    """
    if not _free(clock()).filter(pk=id).update(busy_until=clock() + LEASE):
        return 0
    try:
        take(id, clock())
        return _send_due(id, render, clock)
    finally:
        Subscription.objects.filter(pk=id).update(busy_until=None)


def take(id: UUID, now: datetime) -> None:
    """Makes a delivery of each wanted event since the last time, in one transaction with how far that went."""
    with transaction.atomic():
        subscription = Subscription.objects.select_for_update().get(pk=id)
        wanted = Wanted(tuple(subscription.types), tuple(subscription.streams), tuple(subscription.categories))
        head = log.head().position
        while subscription.position < head:
            events, subscription.position = wanted.read(subscription.position, head, TAKEN_AT_ONCE)
            Delivery.objects.bulk_create([_of(subscription, event, now) for event in events], ignore_conflicts=True)
        subscription.save(update_fields=["position"])


def _of(subscription: Subscription, event: Recorded, now: datetime) -> Delivery:
    """Its id is made of subscription and position: however often it is made or sent, it is the same."""
    return Delivery(
        id=uuid5(subscription.pk, str(event.position)),
        subscription=subscription,
        position=event.position,
        stream=event.stream,
        type=event.type,
        next_at=now,
        created_at=now,
    )


def _send_due(id: UUID, render: Render, clock: Callable[[], datetime]) -> int:
    begun, sent = clock(), 0
    while sent < SENT_AT_ONCE and clock() < begun + LEASE / 2:
        subscription = Subscription.objects.get(pk=id)
        delivery = _first_due(subscription, clock())
        if delivery is None or subscription.state != Subscription.State.ACTIVE or subscription.next_at > clock():
            break
        send(subscription, delivery, render, clock())
        sent += 1
    return sent


def _first_due(subscription: Subscription, now: datetime) -> Delivery | None:
    """The first waiting message of a stream that is due: those behind it in its stream wait."""
    first = subscription.deliveries.filter(state=State.WAITING).order_by("stream", "position").distinct("stream")
    rows = Delivery.objects.filter(pk__in=first.values("pk"), next_at__lte=now)
    return rows.order_by(F("position").asc(nulls_first=True)).first()


def send(subscription: Subscription, delivery: Delivery, render: Render, now: datetime) -> Answer:
    """Sends a message once and notes what came of it."""
    body = _body(delivery, render)
    headers = messages.headers(subscription, str(delivery.id), body, now)
    answer = posting.post(subscription.url, body, headers)
    with transaction.atomic():
        subscription = Subscription.objects.select_for_update().get(pk=subscription.pk)
        _note(subscription, delivery, answer, now)
        subscription.save(update_fields=["state", "reason", "failures", "next_at"])
        delivery.save()
    return answer


def _body(delivery: Delivery, render: Render) -> bytes:
    if delivery.position is None:
        return messages.of_test(delivery)
    event = log.get(position=delivery.position)
    assert event is not None
    return messages.of_event(event, render([event])[0])


def _note(subscription: Subscription, delivery: Delivery, answer: Answer, now: datetime) -> None:
    tried = {"at": now.isoformat(timespec="seconds"), "status": answer.status, "error": answer.error}
    delivery.log = [*delivery.log, tried | {"milliseconds": answer.milliseconds}][-ATTEMPTS_SHOWN:]
    delivery.attempts += 1
    if answer.taken:
        delivery.state, delivery.delivered_at = State.DELIVERED, now
        subscription.failures = 0
    elif delivery.position is None:
        delivery.state = State.FAILED
    elif answer.status == 410:
        _die(subscription, "it answered 410: it is gone")
    elif answer.status is not None and 400 <= answer.status < 500 and answer.status not in ONCE:
        _wait_for_message(delivery, now)
    else:
        _wait_for_endpoint(subscription, answer, now)


def _wait_for_message(delivery: Delivery, now: datetime) -> None:
    if delivery.attempts > len(WAITS_SECONDS):
        delivery.state = State.FAILED
    else:
        delivery.next_at = now + timedelta(seconds=WAITS_SECONDS[delivery.attempts - 1])


def _wait_for_endpoint(subscription: Subscription, answer: Answer, now: datetime) -> None:
    if subscription.failures >= len(WAITS_SECONDS):
        _die(subscription, f"for a day it took nothing; last {answer.error or f'it answered {answer.status}'}")
        return
    asked = min(answer.wait_seconds or 0, LONGEST_WAIT_SECONDS)
    subscription.next_at = now + timedelta(seconds=max(WAITS_SECONDS[subscription.failures], asked))
    subscription.failures += 1


def _die(subscription: Subscription, reason: str) -> None:
    subscription.state, subscription.reason = Subscription.State.DEAD, reason


def test(subscription: Subscription, render: Render, now: datetime) -> Delivery:
    """Sends a test message at once, whatever the state, and gives its delivery."""
    delivery = Delivery.objects.create(
        id=uuid4(), subscription=subscription, type=messages.TEST, next_at=now, created_at=now
    )
    send(subscription, delivery, render, now)
    return delivery


def forget(before: datetime) -> int:
    """Removes finished deliveries of long ago; the events stay in the log."""
    finished: Iterable[str] = (State.DELIVERED, State.FAILED)
    return Delivery.objects.filter(state__in=finished, created_at__lt=before).delete()[0]
