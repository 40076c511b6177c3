"""Webhooks against a real receiver: whatever it does, nothing is lost, and nothing comes twice under another id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from standardwebhooks import WebhookVerificationError

from tests.measures.api.asking import answer
from tests.measures.given import adopted, given, on, suspended
from tests.tracker.subscriptions.receiver import Receiver
from tracker import log
from tracker.api.stream import rendered
from tracker.subscriptions import delivering, messages, posting
from tracker.subscriptions.models import Delivery, Subscription
from tracker.subscriptions.wanted import Wanted

pytestmark = pytest.mark.django_db

BEGINNING = datetime(2026, 12, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that the test moves."""

    now: datetime = BEGINNING

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(autouse=True)
def _own_network(settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().listening() as found:
        yield found


@pytest.fixture
def subscription(receiver: Receiver, clock: Clock) -> Subscription:
    owner = User.objects.create_user("owner")
    return delivering.subscribe(owner, receiver.url, Wanted(), clock(), position=0)


def record(slug: str, count: int = 1) -> None:
    """A description, an adoption, and so many suspensions less one."""
    told = [on("2025-01-02", suspended("2025-01-03", "2025-01-04")) for _ in range(count - 1)]
    given(on("2025-01-01", adopted("5%", "2025-01-02")), *told, stream=f"measure/{slug}").record()


def work(clock: Clock) -> int:
    """What the beat and a worker do once."""
    return sum(delivering.deliver(found, rendered, clock) for found in delivering.due(clock()))


def work_for(clock: Clock, **time: float) -> None:
    """The same every so often, until the time is over."""
    end = clock() + timedelta(**time)
    while clock() < end:
        work(clock)
        clock.forward(minutes=5)


def fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


def everything() -> list[int]:
    return list(range(1, log.head().position + 1))


def test_each_event_is_posted_once_in_order(subscription: Subscription, receiver: Receiver, clock: Clock) -> None:
    record("one", 3)
    work(clock)
    record("two")
    work(clock)
    work(clock)
    assert receiver.positions == everything()
    assert len(set(receiver.ids)) == len(receiver.ids)
    assert subscription.deliveries.filter(state="delivered").count() == len(everything())


def test_a_message_is_a_cloud_event_that_holds_the_event_of_the_feed(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    record("one")
    work(clock)
    headers, _ = receiver.came[1]
    message, event = receiver.messages[1], answer("events/2/")
    assert headers["content-type"] == "application/cloudevents+json"
    assert {name: message[name] for name in ("specversion", "id", "type", "subject")} == {
        "specversion": "1.0",
        "id": event["id"],
        "type": "measure.adopted",
        "subject": "measure/one",
    }
    assert message["source"].startswith("https://")
    assert datetime.fromisoformat(message["time"]) == datetime.fromisoformat(event["recorded_at"])
    assert {**message["data"], "url": event["url"]} == event


def test_the_signature_is_that_of_the_standard(subscription: Subscription, receiver: Receiver) -> None:
    record("one")
    now = Clock(datetime.now(UTC))
    Subscription.objects.update(next_at=now())
    work(now)
    assert receiver.verify(subscription.secret)["type"] == "measure.adopted"
    with pytest.raises(WebhookVerificationError):
        receiver.verify(messages.new_secret())


def test_while_the_secret_changes_both_hold_and_then_only_the_new(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    old = subscription.secret
    delivering.rotate(subscription, clock())
    record("one")
    work(clock)
    with time_machine.travel(clock(), tick=False):
        assert receiver.verify(old)
        assert receiver.verify(fresh(subscription).secret)
    clock.forward(days=1)
    record("two")
    work(clock)
    with time_machine.travel(clock(), tick=False):
        assert receiver.verify(subscription.secret)
        with pytest.raises(WebhookVerificationError):
            receiver.verify(old)


def test_only_what_is_wanted_is_posted(receiver: Receiver, clock: Clock) -> None:
    owner = User.objects.create_user("owner")
    wanted = Wanted(types=("measure.suspended", "measure.adopted"), streams=("measure/one",), categories=("measure",))
    delivering.subscribe(owner, receiver.url, wanted, clock(), position=0)
    record("one", 2)
    record("two", 2)
    work(clock)
    assert [message["type"] for message in receiver.messages] == ["measure.adopted", "measure.suspended"]


def test_it_begins_with_what_is_recorded_after_it_was_made(receiver: Receiver, clock: Clock) -> None:
    record("one")
    delivering.subscribe(User.objects.create_user("owner"), receiver.url, Wanted(), clock())
    record("two")
    work(clock)
    assert receiver.positions == [3, 4]


@pytest.mark.parametrize("status", [500, 502, 429, 408, 302])
def test_a_receiver_that_fails_for_three_hours_gets_everything_in_order(
    subscription: Subscription, receiver: Receiver, clock: Clock, status: int
) -> None:
    receiver.answers = lambda message: (status, {"Location": "http://127.0.0.1:1/elsewhere"})
    record("one", 3)
    work_for(clock, hours=3)
    failed = receiver.ids[:]
    assert set(failed) == {failed[0]}
    assert 5 <= len(failed) <= 10
    receiver.came.clear()
    receiver.answers = lambda message: (200, {})
    work_for(clock, hours=3)
    assert receiver.positions == everything()
    assert receiver.ids[0] == failed[0]
    assert fresh(subscription).failures == 0


def test_a_receiver_that_is_away_for_three_hours_gets_everything_in_order(clock: Clock) -> None:
    receiver = Receiver()
    with receiver.listening():
        subscription = delivering.subscribe(User.objects.create_user("owner"), receiver.url, Wanted(), clock(), 0)
    record("one", 3)
    work_for(clock, hours=3)
    delivery = subscription.deliveries.order_by("position")[0]
    assert "ConnectionRefusedError" in delivery.log[-1]["error"]
    with receiver.listening():
        work_for(clock, hours=3)
    assert receiver.positions == everything()


def test_a_receiver_that_hangs_is_left_and_gets_the_same_message_again(
    subscription: Subscription, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "CONNECT_SECONDS", 0.3)
    receiver.hangs = True
    record("one")
    assert work(clock) == 1
    assert "TimeoutError" in subscription.deliveries.order_by("position")[0].log[-1]["error"]
    receiver.hangs = False
    clock.forward(seconds=5)
    work(clock)
    assert receiver.positions == [1, 1, 2]
    assert receiver.ids[0] == receiver.ids[1] != receiver.ids[2]


def test_what_takes_too_long_as_a_whole_is_cut(
    subscription: Subscription, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "WHOLE_SECONDS", 0.3)
    receiver.hangs = True
    record("one")
    work(clock)
    assert "RemoteDisconnected" in subscription.deliveries.order_by("position")[0].log[-1]["error"]
    assert fresh(subscription).failures == 1


def test_a_redirect_is_not_followed(subscription: Subscription, receiver: Receiver, clock: Clock) -> None:
    with Receiver().listening() as elsewhere:
        receiver.answers = lambda message: (307, {"Location": elsewhere.url})
        record("one")
        work(clock)
        assert elsewhere.came == []
    assert "redirect" in subscription.deliveries.order_by("position")[0].log[-1]["error"]


def test_an_endpoint_that_is_gone_is_paused_at_once_and_nothing_is_lost(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = lambda message: (410, {})
    record("one")
    work_for(clock, days=2)
    assert len(receiver.came) == 1
    assert (fresh(subscription).state, subscription.reason) == ("dead", "it answered 410: it is gone")
    receiver.answers = lambda message: (200, {})
    record("two")
    delivering.resume(subscription, clock())
    work(clock)
    assert receiver.positions == [1, *everything()]
    assert receiver.ids[0] == receiver.ids[1]


def test_an_endpoint_that_takes_nothing_for_a_day_is_paused_and_nothing_is_lost(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = lambda message: (500, {})
    record("one")
    begun = clock()
    work_for(clock, hours=23)
    assert fresh(subscription).state == "active"
    work_for(clock, hours=4)
    assert (fresh(subscription).state, subscription.reason) == (
        "dead",
        "for a day it took nothing; last it answered 500",
    )
    assert len(receiver.came) == len(delivering.WAITS_SECONDS) + 1
    assert clock() - begun > timedelta(days=1)
    receiver.answers = lambda message: (200, {})
    delivering.resume(subscription, clock())
    work(clock)
    assert receiver.positions[-2:] == everything()


def test_a_message_that_is_refused_holds_up_its_stream_alone(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = lambda message: (400 if message["subject"] == "measure/one" else 200, {})
    record("one", 2)
    record("two", 2)
    work(clock)
    assert receiver.positions == [1, 4, 5, 6]
    assert fresh(subscription).failures == 0
    receiver.answers = lambda message: (200, {})
    clock.forward(seconds=5)
    work(clock)
    assert receiver.positions[4:] == [1, 2, 3]


def test_a_message_that_is_refused_for_a_day_is_given_up_and_can_be_sent_again(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = lambda message: (422 if message["position"] == 1 else 200, {})
    record("one")
    work_for(clock, hours=26)
    assert receiver.positions == [1] * (len(delivering.WAITS_SECONDS) + 1) + [2]
    given_up = subscription.deliveries.get(position=1)
    assert (given_up.state, fresh(subscription).state) == ("failed", "active")
    receiver.answers = lambda message: (200, {})
    delivering.resend(given_up, clock())
    work(clock)
    assert receiver.positions[-1] == 1
    assert receiver.ids[-1] == receiver.ids[0]
    assert fresh(given_up).state == "delivered"


def test_an_endpoint_says_when_to_come_again(subscription: Subscription, receiver: Receiver, clock: Clock) -> None:
    receiver.answers = lambda message: (503, {"Retry-After": "900"})
    record("one")
    work(clock)
    clock.forward(seconds=899)
    assert work(clock) == 0
    clock.forward(seconds=1)
    assert work(clock) == 1


def test_while_it_is_paused_nothing_comes_and_then_everything(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    delivering.pause(subscription)
    record("one")
    work_for(clock, hours=1)
    assert receiver.came == []
    delivering.resume(subscription, clock())
    work(clock)
    assert receiver.positions == everything()


def test_one_worker_at_a_time_has_a_subscription_and_a_dead_one_has_it_no_longer(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    record("one")
    Subscription.objects.update(busy_until=clock() + timedelta(minutes=1))
    assert work(clock) == 0
    clock.forward(minutes=1)
    assert work(clock) == 2


def test_a_worker_that_died_after_it_posted_posts_again_under_the_same_id(
    subscription: Subscription, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    record("one")
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_note", _dies)
        with pytest.raises(KeyboardInterrupt):
            work(clock)
    work(clock)
    assert receiver.positions == [1, 1, 2]
    assert receiver.ids[0] == receiver.ids[1]


def _dies(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_test_message_comes_at_once_and_is_not_tried_again(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = lambda message: (500, {})
    tested = delivering.test(subscription, rendered, clock())
    assert (tested.state, tested.log[0]["status"], receiver.messages[0]["type"]) == ("failed", 500, "webhook.test")
    work_for(clock, hours=1)
    assert len(receiver.came) == 1
    assert fresh(subscription).failures == 0


def test_finished_deliveries_are_forgotten_after_a_month_and_waiting_ones_never(
    subscription: Subscription, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = lambda message: (200 if message["position"] == 1 else 400, {})
    record("one")
    work(clock)
    assert delivering.forget(clock() + timedelta(seconds=1)) == 1
    assert Delivery.objects.get().position == 2
