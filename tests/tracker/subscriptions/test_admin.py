"""Webhooks in the admin: looked at by their owners, tested, paused, resumed, sent again; secrets never shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.measures.admin.hands import person
from tests.measures.api.asking import told, truce
from tests.tracker.subscriptions.receiver import Receiver
from tracker.api.stream import rendered
from tracker.subscriptions import delivering
from tracker.subscriptions.models import Subscription
from tracker.subscriptions.wanted import Wanted

pytestmark = pytest.mark.django_db

SUBSCRIPTIONS, DELIVERIES = "/admin/tracker/subscription/", "/admin/tracker/delivery/"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with Receiver().listening() as found:
        yield found


@pytest.fixture
def editor() -> User:
    return person("editor", "editor")


@pytest.fixture
def subscription(editor: User, receiver: Receiver) -> Subscription:
    return delivering.subscribe(editor, receiver.url, Wanted(), timezone.now())


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def act(user: User, place: str, action: str, *rows: Any) -> str:
    sent = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client_of(user).post(place, sent, follow=True).content.decode()


def test_the_test_button_says_what_came_of_it(editor: User, subscription: Subscription, receiver: Receiver) -> None:
    assert f"200 from {subscription.url}" in act(editor, SUBSCRIPTIONS, "send_a_test", subscription)
    assert receiver.messages[0]["type"] == "webhook.test"


def test_pause_resume_and_send_again(editor: User, subscription: Subscription, receiver: Receiver) -> None:
    told(truce())
    act(editor, SUBSCRIPTIONS, "pause", subscription)
    assert delivering.due(timezone.now()) == []
    act(editor, SUBSCRIPTIONS, "resume", subscription)
    delivering.deliver(subscription.pk, rendered, timezone.now)
    assert receiver.positions == [1, 2, 3, 4]
    act(editor, DELIVERIES, "send_again", subscription.deliveries.get(position=2))
    delivering.deliver(subscription.pk, rendered, timezone.now)
    assert receiver.positions[4:] == [2]


def test_secrets_are_not_shown(editor: User, subscription: Subscription) -> None:
    page = client_of(editor).get(f"{SUBSCRIPTIONS}{subscription.pk}/change/").content.decode()
    assert subscription.url in page
    assert subscription.secret not in page


def test_others_see_and_do_nothing(subscription: Subscription, receiver: Receiver) -> None:
    other = person("other", "reviewer")
    assert subscription.url not in client_of(other).get(SUBSCRIPTIONS).content.decode()
    act(other, SUBSCRIPTIONS, "send_a_test", subscription)
    assert receiver.came == []
