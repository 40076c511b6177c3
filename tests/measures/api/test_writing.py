"""Writing through the API: the same rules and the same review as everywhere, safe to repeat, errors that point."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from measures.drafts import Draft
from tests.measures.admin.hands import person
from tests.measures.api.asking import answer, ask, problem, project, told, truce
from tracker import log
from tracker.actors import pseudonym
from tracker.api.tokens import issue

pytestmark = pytest.mark.django_db

STREAM = "measure/us-example"
SOURCE = {"title": "The gazette", "citation": "No. 2", "published": "2025-09-01", "official": True}


@pytest.fixture(autouse=True)
def _a_measure() -> Any:
    """us-example stands at version 4; it is 5 January 2026."""
    told(truce())
    with time_machine.travel("2026-01-05T12:00:00Z", tick=False):
        yield


class Writer:
    """Somebody with a token."""

    def __init__(self, name: str, *groups: str) -> None:
        self.user = person(name, *(groups or (name,)))
        self.token = issue(self.user)[1]

    def post(self, path: str, body: Any, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        content = body if isinstance(body, bytes) else json.dumps(body)
        return Client(raise_request_exception=False).post(
            f"/api/v1/{path}", content, content_type=headers.pop("content_type", "application/json"), headers=sent
        )

    def get(self, path: str) -> Any:
        return ask(path, headers={"Authorization": f"Bearer {self.token}"})


@pytest.fixture
def editor() -> Writer:
    return Writer("editor")


@pytest.fixture
def reviewer() -> Writer:
    return Writer("reviewer")


def change(**more: Any) -> dict[str, Any]:
    """A rate that changed."""
    data = {"obligation": {"kind": "ad_valorem", "percent": "20"}, "effective_from": "2025-10-01", "resumes": True}
    event = {"stream": STREAM, "type": "measure.rate_changed", "known_from": "2025-09-01"}
    return event | {"data": data | {"sources": [SOURCE]} | more.pop("data", {})} | more


def batch(*events: Any, **more: Any) -> dict[str, Any]:
    return {"events": list(events) or [change()], **more}


def errors(response: Any) -> list[tuple[str, str]]:
    return [(item["code"], item.get("pointer", item.get("parameter"))) for item in response.json()["errors"]]


def size() -> int:
    return log.head().position


def test_an_editors_batch_waits_for_another_person(editor: Writer) -> None:
    response = editor.post("events/", batch())
    assert response.status_code == 202
    draft = response.json()
    assert draft["state"] == "submitted"
    assert draft["sentence"].startswith("Changed to 20%")
    assert response["Location"] == draft["url"]
    assert response["Cache-Control"] == "private, no-store"
    assert size() == 4
    assert editor.get(f"drafts/{draft['id']}/").json() == draft


def test_the_approval_of_another_person_records_it_under_both_names(editor: Writer, reviewer: Writer) -> None:
    draft = editor.post("events/", batch()).json()
    approved = reviewer.post(f"drafts/{draft['id']}/", {"step": "approve"})
    assert (approved.status_code, approved.json()["state"]) == (200, "recorded")
    [event] = [answer(f"events/{link['position']}/") for link in approved.json()["recorded"]]
    assert event["type"] == "measure.rate_changed"
    assert event["meta"]["actor"] == pseudonym(editor.user)
    assert event["meta"]["approver"] == pseudonym(reviewer.user)
    assert (event["meta"]["approval"], event["meta"]["origin"]) == ("two_person", "api")
    assert event["meta"]["request_id"] == approved["X-Request-ID"]
    project()
    assert answer("measures/us-example/", valid_at="2025-10-01")["rate"] == 20


def test_nobody_approves_their_own(reviewer: Writer) -> None:
    draft = reviewer.post("events/", batch()).json()
    assert problem(reviewer.post(f"drafts/{draft['id']}/", {"step": "approve"})) == (403, "forbidden")
    assert size() == 4


def test_an_editor_approves_nothing(editor: Writer) -> None:
    draft = editor.post("events/", batch()).json()
    other = Writer("other", "editor")
    assert problem(other.post(f"drafts/{draft['id']}/", {"step": "approve"})) == (403, "forbidden")


def test_the_publisher_records_alone_with_a_reason(editor: Writer) -> None:
    body = batch(publish_because="It bites today.")
    assert problem(editor.post("events/", body)) == (403, "forbidden")
    response = Writer("publisher").post("events/", body)
    assert (response.status_code, response.json()["state"]) == (201, "recorded")
    assert answer("events/5/")["meta"]["approval"] == "emergency"


@pytest.mark.parametrize(
    ("writer", "more", "status"),
    [
        ("editor", {"publish_because": "It bites today."}, 403),
        ("publisher", {"publish_because": " "}, 422),
        ("editor", {"confirm": {"S5": " "}}, 422),
        ("publisher", {"publish_because": "It bites.", "confirm": {"S5": " "}}, 422),
        ("editor", {"events": [change(expected_version=3)]}, 412),
        ("publisher", {"events": [change(expected_version=3)], "publish_because": "It bites."}, 412),
    ],
)
def test_of_what_is_refused_nothing_is_kept(writer: str, more: dict[str, Any], status: int) -> None:
    sent = Writer(writer).post("events/", batch() | more, **{"Idempotency-Key": "one"})
    assert sent.status_code == status
    assert not Draft.objects.exists()
    assert size() == 4


def test_a_draft_that_was_submitted_before_outlives_a_refusal(editor: Writer) -> None:
    body, key = batch(change(expected_version=4)), {"Idempotency-Key": "one"}
    draft = editor.post("events/", body, **key).json()
    editor.post(f"drafts/{draft['id']}/", {"step": "take_back"})
    Writer("publisher").post("events/", batch(publish_because="First."))
    assert problem(editor.post("events/", body, **key)) == (412, "wrong-expected-version")
    assert editor.get(f"drafts/{draft['id']}/").json()["state"] == "draft"


def test_who_has_no_token_or_no_role_writes_nothing() -> None:
    sent = Client().post("/api/v1/events/", json.dumps(batch()), content_type="application/json")
    assert problem(sent) == (401, "unauthorized")
    assert sent["WWW-Authenticate"] == "Bearer"
    assert problem(Writer("auditor").post("events/", batch())) == (403, "forbidden")
    assert not Draft.objects.exists()


def test_a_session_of_the_admin_writes_nothing_here(editor: Writer) -> None:
    client = Client()
    client.force_login(editor.user)
    sent = client.post("/api/v1/events/", json.dumps(batch()), content_type="application/json")
    assert problem(sent) == (401, "unauthorized")


def test_the_same_key_gives_the_first_result_again(editor: Writer) -> None:
    first = editor.post("events/", batch(), **{"Idempotency-Key": "k1"})
    again = editor.post("events/", batch(), **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Draft.objects.count() == 1


def test_after_the_approval_the_key_gives_what_was_recorded(editor: Writer, reviewer: Writer) -> None:
    draft = editor.post("events/", batch(), **{"Idempotency-Key": "k1"}).json()
    reviewer.post(f"drafts/{draft['id']}/", {"step": "approve"})
    again = editor.post("events/", batch(), **{"Idempotency-Key": "k1"})
    assert (again.status_code, [item["position"] for item in again.json()["recorded"]]) == (201, [5])
    assert size() == 5


def test_the_same_key_with_another_body_is_refused(editor: Writer) -> None:
    editor.post("events/", batch(), **{"Idempotency-Key": "k1"})
    other = batch(change(data={"effective_from": "2025-10-02"}))
    refused = editor.post("events/", other, **{"Idempotency-Key": "k1"})
    assert problem(refused) == (422, "idempotency-key-reused")
    assert errors(refused) == [("idempotency-key-reused", "Idempotency-Key")]


def test_a_key_is_of_its_user(editor: Writer) -> None:
    editor.post("events/", batch(), **{"Idempotency-Key": "k1"})
    assert Writer("other", "editor").post("events/", batch(), **{"Idempotency-Key": "k1"}).status_code == 202
    assert Draft.objects.count() == 2


def test_without_a_key_two_requests_are_two_drafts(editor: Writer) -> None:
    assert editor.post("events/", batch()).json()["id"] != editor.post("events/", batch()).json()["id"]


def test_a_stream_that_moved_on_is_a_412(editor: Writer) -> None:
    assert problem(editor.post("events/", batch(), **{"If-Match": '"3"'})) == (412, "wrong-expected-version")
    assert editor.post("events/", batch(), **{"If-Match": '"4"'}).status_code == 202
    assert problem(editor.post("events/", batch(change(expected_version=3)))) == (412, "wrong-expected-version")


@pytest.mark.parametrize("value", ["4", "*", '"x"', 'W/"4"'])
def test_a_version_has_one_form(editor: Writer, value: str) -> None:
    assert problem(editor.post("events/", batch(), **{"If-Match": value})) == (400, "malformed-header")


def test_a_draft_submitted_before_somebody_else_recorded_is_not_approved_blindly(
    editor: Writer, reviewer: Writer
) -> None:
    draft = editor.post("events/", batch()).json()
    Writer("publisher").post("events/", batch(publish_because="First."))
    refused = reviewer.post(f"drafts/{draft['id']}/", {"step": "approve"})
    assert problem(refused) == (412, "wrong-expected-version")


def test_a_dry_run_tells_what_would_happen_and_keeps_nothing(editor: Writer) -> None:
    response = editor.post("events/?dry_run=true", batch())
    assert response.status_code == 200
    preview = response.json()
    assert preview["accepted"] is True
    [effect] = preview["effects"]
    assert (effect["stream"], effect["version"]) == (STREAM, 4)
    assert effect["sentences"][0].startswith("Changed to 20%")
    assert {"valid_from": "2025-10-01"}.items() <= effect["changes"][0].items()
    assert not Draft.objects.exists()
    assert size() == 4


def test_a_dry_run_lists_the_rules_that_stand_against_it(editor: Writer) -> None:
    preview = editor.post("events/?dry_run=true", batch(change(known_from="2026-02-01"))).json()
    assert preview["accepted"] is False
    assert [(item["rule"], item["hard"], item["pointer"]) for item in preview["violations"]] == [
        ("S4", True, "/events/0/known_from")
    ]


def test_every_item_gets_its_error(editor: Writer) -> None:
    response = editor.post(
        "events/",
        batch(
            change(),
            change(type="measure.unheard_of"),
            change(data={"obligation": {"kind": "ad_valorem", "percent": "a fifth"}}),
            change(stream="no stream"),
            change(known_from="yesterday"),
            change(known_from=None),
            change(surprise=1),
        ),
    )
    assert problem(response) == (422, "invalid-event")
    assert [place for _, place in errors(response)] == [
        "/events/1/type",
        "/events/2/data/obligation/percent",
        "/events/3/stream",
        "/events/4/known_from",
        "/events/5/known_from",
        "/events/6/surprise",
    ]
    assert not Draft.objects.exists()


def test_a_hard_rule_refuses_the_whole_batch_and_points_to_the_item(editor: Writer) -> None:
    refused = editor.post("events/", batch(change(), change(known_from="2026-02-01")))
    assert problem(refused) == (422, "rule-violated")
    assert errors(refused) == [("rule-violated", "/events/1/known_from")]
    assert not Draft.objects.exists()


def test_a_soft_rule_wants_a_reason(editor: Writer) -> None:
    early = change(known_from="2025-08-01")
    refused = editor.post("events/", batch(early))
    assert problem(refused) == (422, "unconfirmed")
    [(_, place)] = errors(refused)
    assert place == "/events/0/known_from"
    rule = refused.json()["errors"][0]["detail"].partition(":")[0]
    accepted = editor.post("events/", batch(early, confirm={rule: "A leak, printed later."}))
    assert accepted.status_code == 202
    assert accepted.json()["confirmed"] == {rule: "A leak, printed later."}


def test_a_batch_opens_a_stream_and_adds_to_it(editor: Writer, reviewer: Writer) -> None:
    described = {"title": "A new duty", "kind": "additional_duty", "implementer": "US", "targets": ["CN"]}
    opened = {"stream": "measure/new", "type": "measure.described", "known_from": "2025-09-01", "expected_version": 0}
    opened["data"] = described | {"direction": "import", "sources": [SOURCE]}
    adopted = change(stream="measure/new", type="measure.adopted")
    del adopted["data"]["resumes"]
    draft = editor.post("events/", batch(opened, adopted))
    assert draft.status_code == 202, draft.content
    done = reviewer.post(f"drafts/{draft.json()['id']}/", {"step": "approve"}).json()
    assert [item["position"] for item in done["recorded"]] == [5, 6]
    events = [answer(f"events/{place}/") for place in (5, 6)]
    assert events[0]["recorded_at"] == events[1]["recorded_at"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"{", ""),
        (b"[]", ""),
        (b"\xff", ""),
        ({}, "/events"),
        ({"events": []}, "/events"),
        ({"events": [1]}, "/events/0"),
        ({"events": [{}], "else": 1}, "/else"),
        (b'{"events": [{"stream": "\\u0000"}]}', ""),
    ],
)
def test_a_body_of_another_form_is_a_400_that_points(editor: Writer, body: Any, pointer: str) -> None:
    refused = editor.post("events/", body)
    assert problem(refused) == (400, "malformed-body")
    assert errors(refused) == [("malformed-body", pointer)]


def test_another_media_type_is_a_415(editor: Writer) -> None:
    refused = editor.post("events/", batch(), content_type="text/plain")
    assert problem(refused) == (415, "unsupported-media-type")


def test_the_author_takes_back_and_discards(editor: Writer) -> None:
    draft = editor.post("events/", batch()).json()
    place = f"drafts/{draft['id']}/"
    assert editor.post(place, {"step": "take_back"}).json()["state"] == "draft"
    assert editor.post(place, {"step": "discard"}).json()["state"] == "discarded"
    assert problem(editor.post(place, {"step": "discard"})) == (409, "wrong-state")


def test_the_reviewer_sends_back_with_a_word(editor: Writer, reviewer: Writer) -> None:
    place = f"drafts/{editor.post('events/', batch()).json()['id']}/"
    refused = reviewer.post(place, {"step": "send_back"})
    assert (problem(refused), errors(refused)) == ((422, "invalid-event"), [("invalid-event", "/comment")])
    sent = reviewer.post(place, {"step": "send_back", "comment": "The rate is 21."}).json()
    assert (sent["state"], sent["comments"][0]["text"]) == ("sent_back", "The rate is 21.")


def test_a_draft_is_shown_to_those_who_may_see_drafts(editor: Writer) -> None:
    place = f"drafts/{editor.post('events/', batch()).json()['id']}/"
    assert problem(ask(place)) == (401, "unauthorized")
    assert problem(Writer("nobody", "administrator").get(place)) == (403, "forbidden")
    assert problem(editor.get(f"drafts/{uuid4()}/")) == (404, "not-found")


def test_in_the_admin_it_is_reviewed_like_any_other_but_not_retyped(editor: Writer) -> None:
    draft = editor.post("events/", batch()).json()
    client = Client()
    client.force_login(Writer("reviewer").user)
    assert "Changed to 20%" in client.get(f"/admin/draft/{draft['id']}/").content.decode()
    editor.post(f"drafts/{draft['id']}/", {"step": "take_back"})
    client.force_login(editor.user)
    assert client.get(f"/admin/draft/{draft['id']}/edit/").status_code == 302


def test_a_malformed_key_is_refused_in_a_dry_run_too(editor: Writer) -> None:
    refused = editor.post("events/?dry_run=true", batch(), **{"Idempotency-Key": "two words"})
    assert problem(refused) == (400, "malformed-header")
