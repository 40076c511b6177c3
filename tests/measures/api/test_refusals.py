"""What cannot be answered is refused: with a code, the parameter, the value given and the form accepted."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.measures.api.asking import ask, problem, talks, told, truce
from tracker.projections import ensure_checkpoints

pytestmark = pytest.mark.django_db

MEASURE = "measures/us-example/"
DAYS = (
    "2025-13-40",
    "yesterday",
    "2025-06",
    "20250601",
    "2025-W01-1",
    "2025-02-29",
    "",
    "9999-12-31",
    "２０２５-01-01",
)
INSTANTS = ("2025-06-01", "2025-06-01T10:00:00", "2025-06-01T10:00:00 02:00", "now", "2025-06-01T25:00:00Z")


@pytest.fixture(autouse=True)
def _a_measure() -> None:
    told(truce())


def errors(response: Any) -> list[dict[str, str]]:
    return response.json()["errors"]


@pytest.mark.parametrize("clock", ["valid_at", "known_at"])
@pytest.mark.parametrize("value", DAYS)
def test_a_malformed_day_is_refused_and_never_taken_for_today(clock: str, value: str) -> None:
    response = ask(MEASURE, **{clock: value})
    assert problem(response) == (400, "malformed-clock")
    (error,) = errors(response)
    assert (error["parameter"], error["value"], error["accepted"]) == (
        clock,
        value,
        "a day, YYYY-MM-DD, up to 9999-12-30",
    )


@pytest.mark.parametrize("value", INSTANTS)
def test_an_instant_without_its_zone_or_form_is_refused(value: str) -> None:
    response = ask(MEASURE, recorded_at=value)
    assert problem(response) == (400, "malformed-clock")
    assert errors(response)[0]["parameter"] == "recorded_at"


def test_the_edges_of_instants_are_no_fault_of_the_server() -> None:
    assert problem(ask(MEASURE, recorded_at="0001-01-01T00:00:00+14:00")) == (400, "malformed-clock")
    assert problem(ask(MEASURE, recorded_at="9999-12-31T23:59:59-14:00")) == (400, "malformed-clock")
    assert ask("measures/", recorded_at="0001-01-02T00:00:00Z").json()["position"] == 0


@pytest.mark.parametrize("value", ["-1", "1.5", "x", "", "9223372036854775807", "99999999999999999999"])
def test_a_malformed_position_is_refused(value: str) -> None:
    assert problem(ask(MEASURE, position=value)) == (400, "malformed-clock")


def test_a_position_beyond_the_head_is_not_found() -> None:
    response = ask(MEASURE, position=10_000)
    assert problem(response) == (404, "position-beyond-head")
    assert "10000" in response.json()["detail"]


def test_an_instant_in_the_future_is_refused() -> None:
    assert problem(ask(MEASURE, recorded_at="2999-01-01T00:00:00Z")) == (400, "future-clock")


def test_two_names_of_one_clock_contradict_each_other() -> None:
    response = ask(MEASURE, position=1, recorded_at="2025-01-01T00:00:00Z")
    assert problem(response) == (400, "contradictory-clocks")


def test_as_of_is_refused_with_a_hint() -> None:
    response = ask(MEASURE, as_of="2025-01-01")
    assert problem(response) == (400, "as-of-refused")
    assert all(name in response.json()["detail"] for name in ("valid_at", "known_at", "recorded_at", "position"))


def test_a_misspelt_parameter_is_refused_with_the_likely_one() -> None:
    response = ask("measures/", implementor="US")
    assert problem(response) == (400, "unknown-parameter")
    assert "did you mean implementer?" in response.json()["detail"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    response = ask("measures/", valid_at="x", limit="0", foo="1")
    assert {error["parameter"] for error in errors(response)} == {"valid_at", "limit", "foo"}


def test_a_clock_given_twice_is_refused() -> None:
    assert problem(ask(MEASURE, valid_at=["2025-01-01", "2025-01-02"])) == (400, "repeated-parameter")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("measures/", {"kind": "tarif"}),
        ("measures/", {"legal": "IN_FORCE"}),
        ("measures/", {"application": ""}),
        ("measures/", {"implementer": ""}),
        ("measures/", {"implementer": "ZZ"}),
        ("measures/", {"implementer": "us"}),
        ("measures/", {"target": "U"}),
        ("negotiations/", {"party": "QQ"}),
        ("commitments/", {"by": "XY"}),
        ("measures/", {"product": "7701"}),
        ("measures/", {"product": "00"}),
        ("measures/", {"product": "870"}),
        ("measures/", {"product": "87.03"}),
        ("measures/", {"q": "a\0b"}),
        ("measures/", {"q": " "}),
        ("measures/", {"q": "x" * 201}),
        ("measures/", {"order": "title"}),
        ("measures/", {"limit": "201"}),
        ("measures/", {"changed_since": "-5"}),
        ("commitments/", {"overdue": "yes"}),
        ("commitments/", {"status": "kept"}),
        ("calendar/", {"until": "soon"}),
        ("events/", {"after": "-1"}),
        ("events/", {"limit": "1001"}),
        ("events/", {"stream": "measure"}),
    ],
)
def test_a_malformed_filter_is_refused(path: str, query: dict[str, str]) -> None:
    response = ask(path, **query)
    assert problem(response) == (400, "malformed-parameter")
    (error,) = errors(response)
    assert error["parameter"] in query
    assert error["accepted"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("measures/", {"dispute": "nobody"}),
        ("commitments/", {"negotiation": "nobody"}),
        ("events/", {"type": "measure.vanished"}),
        ("measures/us-example/explain/", {"term": "list-9"}),
    ],
)
def test_a_filter_that_names_what_does_not_exist_is_refused(path: str, query: dict[str, str]) -> None:
    assert problem(ask(path, **query)) == (400, "unknown-value")


@pytest.mark.parametrize(
    "path",
    [
        "measures/nobody/",
        "measures/nobody/timeline/",
        "measures/nobody/history/",
        "measures/nobody/explain/",
        "negotiations/nobody/",
        "negotiations/nobody/rounds/",
        "negotiations/nobody/positions/",
        "negotiations/nobody/commitments/",
        "negotiations/nobody/history/",
        "indicators/nobody/",
        "indicators/nobody/observations/",
        "cases/nobody/",
        "disputes/nobody/",
        "event-types/measure.vanished/",
    ],
)
def test_what_was_never_recorded_is_not_found(path: str) -> None:
    assert problem(ask(path)) == (404, "never-recorded")


@pytest.mark.parametrize("path", ["nowhere/", "measures/A%20B/", "events/first/", "events/-1/", "problems/no-such/"])
def test_an_address_that_does_not_exist_is_a_problem_document_too(path: str) -> None:
    assert problem(ask(path)) == (404, "not-found")


@pytest.mark.parametrize("position", [0, 99_999, 2**63, 10**30])
def test_an_event_beyond_the_log_is_not_found(position: int) -> None:
    assert problem(ask(f"events/{position}/")) == (404, "position-beyond-head")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_a_method_that_is_not_offered_is_a_problem_document(method: str) -> None:
    response = getattr(Client(), method)("/api/v1/measures/")
    assert problem(response) == (405, "method-not-allowed")
    assert response["Allow"] == "GET, HEAD"


def test_a_media_type_that_is_not_offered_is_a_problem_document() -> None:
    assert problem(ask("measures/", headers={"Accept": "text/csv"})) == (406, "not-acceptable")


def test_a_fault_of_the_server_is_a_problem_document_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("measures.queries.by_slug", lambda *asked: 1 / 0)
    response = ask("measures/")
    assert problem(response) == (500, "internal-error")
    assert "division" not in response.content.decode()


def test_a_host_that_is_not_ours_is_a_problem_document() -> None:
    response = Client().get("/api/v1/measures/", HTTP_HOST="elsewhere.example")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert (response.json()["code"], response.json()["type"]) == ("bad-request", "/api/v1/problems/bad-request/")


def test_a_body_that_is_too_large_is_a_problem_document() -> None:
    response = Client().post("/api/v1/events/", b"x" * 3_000_000, content_type="application/json")
    assert problem(response) == (413, "body-too-large")


def test_the_id_of_the_request_stands_in_the_problem_document_and_its_header() -> None:
    response = ask("measures/", headers={"X-Request-ID": "my-1"}, foo="1")
    assert response["X-Request-ID"] == response.json()["request_id"] == "my-1"


def test_outside_the_api_an_unknown_page_is_a_page() -> None:
    assert Client().get("/nowhere/")["Content-Type"].startswith("text/html")


def test_a_position_that_is_not_projected_yet_says_when_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.replay.WAIT_SECONDS", 0.0)
    monkeypatch.setattr("tracker.replay.wait.__defaults__", (0.0,))
    head = truce_again()
    response = ask(MEASURE, position=head)
    assert problem(response) == (503, "not-projected-yet")
    assert response["Retry-After"] == "1"
    assert ask(MEASURE).json()["position"] < head


def truce_again() -> int:
    """Records something that no projection has read."""
    from tests.measures.given import adopted, given, on

    story = given(on("2025-01-01", adopted("5%", "2025-01-02")), stream="measure/late")
    return story.record()[-1].position


def test_a_log_that_was_never_projected_is_not_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracker.models import Checkpoint

    Checkpoint.objects.all().delete()
    assert problem(ask("measures/")) == (503, "not-projected-yet")
    ensure_checkpoints()
    assert ask("measures/").json()["results"] == []


def test_each_code_of_a_problem_is_explained_at_its_address() -> None:
    talks()
    for item in ask("problems/").json()["results"]:
        assert ask(f"problems/{item['code']}/").json() == item
