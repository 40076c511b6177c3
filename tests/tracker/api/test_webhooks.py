"""Webhooks over HTTP: one's own, by token; the test button, the log, the secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.measures.admin.hands import person
from tests.measures.api.asking import ask, problem, told, truce
from tests.tracker.subscriptions.receiver import Receiver
from tracker import tasks
from tracker.api.stream import rendered
from tracker.api.tokens import issue
from tracker.subscriptions import delivering
from tracker.subscriptions.models import Subscription

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_network(settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().listening() as found:
        yield found


class Owner:
    """Somebody with a token."""

    def __init__(self, name: str) -> None:
        self.headers = {"Authorization": f"Bearer {issue(person(name))[1]}"}

    def get(self, path: str = "", **query: Any) -> Any:
        return ask(f"webhooks/{path}", headers=self.headers, **query)

    def post(self, path: str = "", **body: Any) -> Any:
        client = Client(raise_request_exception=False)
        content = json.dumps(body)
        place = f"/api/v1/webhooks/{path}"
        return client.post(place, content, content_type="application/json", headers=self.headers)

    def delete(self, path: str) -> Any:
        return Client().delete(f"/api/v1/webhooks/{path}", headers=self.headers)


@pytest.fixture
def owner() -> Owner:
    return Owner("owner")


def work() -> None:
    from django.utils import timezone

    for found in delivering.due(timezone.now()):
        delivering.deliver(found, rendered, timezone.now)


def test_a_subscription_is_made_and_its_secret_shown_once(owner: Owner, receiver: Receiver) -> None:
    made = owner.post(endpoint=receiver.url, types=["measure.adopted"], categories=["measure"], after=0)
    assert made.status_code == 201, made.content
    shape = made.json()
    assert shape["secret"].startswith("whsec_")
    assert shape["state"] == "active"
    again = owner.get(f"{shape['id']}/").json()
    assert again == shape | {"secret": None}
    assert owner.get().json()["results"] == [again]
    assert again["url"].endswith(f"/api/v1/webhooks/{shape['id']}/")


def test_what_is_recorded_arrives_and_stands_in_the_log(owner: Owner, receiver: Receiver) -> None:
    made = owner.post(endpoint=receiver.url).json()
    told(truce())
    work()
    assert receiver.verify(made["secret"])["position"] == 4
    log = owner.get(f"{made['id']}/deliveries/", state="delivered").json()["results"]
    assert sorted(item["position"] for item in log) == [1, 2, 3, 4]
    assert log[0]["attempts"][0]["status"] == 200
    one = log[-1]
    assert Client().get(one["url"], headers=owner.headers).json() == one


def test_the_test_button_tells_what_came_of_it(owner: Owner, receiver: Receiver) -> None:
    made = owner.post(endpoint=receiver.url).json()
    assert owner.post(f"{made['id']}/", step="test").json()["tested"]["state"] == "delivered"
    receiver.answers = lambda message: (500, {})
    tested = owner.post(f"{made['id']}/", step="test").json()["tested"]
    assert (tested["state"], tested["attempts"][0]["status"]) == ("failed", 500)


def test_a_message_is_sent_again_under_its_id(owner: Owner, receiver: Receiver) -> None:
    made = owner.post(endpoint=receiver.url).json()
    told(truce())
    work()
    one = owner.get(f"{made['id']}/deliveries/", limit=1).json()["results"][0]
    again = owner.post(f"{made['id']}/deliveries/{one['id']}/")
    assert again.json()["state"] == "waiting"
    work()
    assert receiver.ids.count(one["id"]) == 2


def test_pause_resume_and_a_new_secret(owner: Owner, receiver: Receiver) -> None:
    made = owner.post(endpoint=receiver.url).json()
    place = f"{made['id']}/"
    assert owner.post(place, step="pause").json()["state"] == "paused"
    told(truce())
    work()
    assert receiver.came == []
    rotated = owner.post(place, step="rotate_secret").json()
    assert rotated["secret"] != made["secret"]
    assert owner.post(place, step="resume").json()["state"] == "active"
    work()
    assert receiver.verify(rotated["secret"])
    assert receiver.verify(made["secret"])


def test_a_subscription_that_is_deleted_is_gone(owner: Owner, receiver: Receiver) -> None:
    made = owner.post(endpoint=receiver.url).json()
    assert owner.delete(f"{made['id']}/").status_code == 204
    assert problem(owner.get(f"{made['id']}/")) == (404, "not-found")


def test_nobody_reaches_the_subscriptions_of_others(owner: Owner, receiver: Receiver) -> None:
    made = owner.post(endpoint=receiver.url).json()
    other = Owner("other")
    assert other.get().json()["results"] == []
    for answer in (
        other.get(f"{made['id']}/"),
        other.get(f"{made['id']}/deliveries/"),
        other.get(f"{made['id']}/deliveries/{uuid4()}/"),
        other.post(f"{made['id']}/", step="pause"),
        other.delete(f"{made['id']}/"),
    ):
        assert problem(answer) == (404, "not-found")
    assert problem(ask("webhooks/")) == (401, "unauthorized")
    assert Subscription.objects.get().state == "active"


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({"endpoint": "ftp://example.org/"}, 422, "refused-endpoint", "/endpoint"),
        ({"endpoint": "https://nowhere.invalid/"}, 422, "refused-endpoint", "/endpoint"),
        ({"types": ["measure.unheard_of"]}, 400, "unknown-value", "/types/0"),
        ({"types": ["no type"]}, 400, "unknown-value", "/types/0"),
        ({"streams": ["measure/a", "Measure"]}, 400, "unknown-value", "/streams/1"),
        ({"after": 99}, 404, "position-beyond-head", "/after"),
        ({"after": -1}, 400, "malformed-body", "/after"),
        ({"secret": "mine"}, 400, "malformed-body", "/secret"),
    ],
)
def test_what_cannot_be_subscribed_is_refused_by_its_place(
    owner: Owner, receiver: Receiver, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    refused = owner.post(**{"endpoint": receiver.url} | body)
    assert problem(refused) == (status, code)
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_our_own_network_is_refused_unless_the_operator_allows_it(owner: Owner, settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    for endpoint in ("https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/", "http://example.org/"):
        assert problem(owner.post(endpoint=endpoint)) == (422, "refused-endpoint")


def test_there_are_so_many_and_no_more(owner: Owner, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.api.webhooks.MOST", 2)
    assert [owner.post(endpoint=receiver.url).status_code for _ in range(3)] == [201, 201, 409]


def test_the_tasks_do_the_work(owner: Owner, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda args, **_: sent.append(*args))
    owner.post(endpoint=receiver.url)
    tasks.deliver_all()
    assert sent == []
    told(truce())
    tasks.deliver_all()
    [one] = sent
    tasks.deliver(one)
    assert receiver.positions == [1, 2, 3, 4]
    tasks.forget_deliveries()


def test_a_list_costs_the_same_however_long_it_is(
    owner: Owner, receiver: Receiver, django_assert_num_queries: Any
) -> None:
    for count in (1, 4):
        while Subscription.objects.count() < count:
            owner.post(endpoint=receiver.url)
        with django_assert_num_queries(3):  # the token; the tokens of its user; subscriptions
            owner.get()
