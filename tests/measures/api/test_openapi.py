"""The description of the API is true: it is the committed one, it stands, and what is answered is what it says."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings

from config.wsgi import application
from measures.drafts import Draft
from tests.measures.admin.hands import person
from tracker.api.docs import document
from tracker.api.tokens import issue

PRIVATE = ("/api/v1/drafts/", "/api/v1/webhooks/")
COMMITTED = Path(__file__).parents[3] / "docs/openapi.yaml"
CASES = int(os.environ.get("API_CASES", "4"))
"""Generated requests for each operation and way of generating them; CI's long run asks for more."""


def test_the_committed_description_is_the_one_of_the_code(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(fresh), validate=True, fail_on_warn=True)
    assert fresh.read_text() == COMMITTED.read_text(), "run: manage.py spectacular --file docs/openapi.yaml"


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_every_operation_says_what_it_does_and_how_it_refuses() -> None:
    for path, operation in operations():
        assert operation["summary"], path
        assert operation["description"], path
        always = {"200", "304", "400", "406"} if path.startswith("get ") else {"400", "401", "403", "406"}
        assert always <= set(operation["responses"]), path
        for status, response in operation["responses"].items():
            assert response["description"], (path, status)


def test_every_parameter_is_described_and_its_example_is_accepted() -> None:
    for path, operation in operations():
        for parameter in operation["parameters"]:
            assert len(parameter["description"]) > 10, (path, parameter["name"])
            if "example" in parameter:
                jsonschema.validate(parameter["example"], parameter["schema"])


def test_the_vocabulary_of_answers_is_shared() -> None:
    names = set(document()["components"]["schemas"])
    assert {"Clocks", "MeasureShape", "EventShape", "ProblemShape"} <= names


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Django closes the connection with each request of a server; here all requests are one process's."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def described() -> Any:
    found = schemathesis.openapi.from_dict(document())
    found.app = application
    # Two filters may contradict each other, and a slug may name nothing: then a well-formed request is refused.
    found.config.checks.positive_data_acceptance.expected_statuses += ["400", "412", "422"]
    return found


@pytest.fixture
def token(loaded: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of an editor, whose drafts and subscriptions go again; names of the network stand for nothing."""
    monkeypatch.setattr(socket, "getaddrinfo", _nowhere)
    editor = person("somebody-at-random", "editor")
    yield issue(editor)[1]
    Draft.objects.filter(author=editor).delete()
    editor.delete()


def _nowhere(host: str, *_: Any, **__: Any) -> Any:
    raise socket.gaierror(f"{host} is not looked up")


@described().parametrize()
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.usefixtures("one_connection")
def test_no_request_breaks_the_server_or_gets_an_answer_that_is_not_described(case: Any, token: str) -> None:
    case.call_and_validate(headers=headers(case, token))


def headers(case: Any, token: str) -> dict[str, str]:
    private = case.method != "GET" or case.path.startswith(PRIVATE)
    return {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if private else {})


@pytest.mark.usefixtures("one_connection")
def test_no_chain_of_requests_breaks_the_server(token: str) -> None:
    schema = described()
    # The token of each step stands over what was generated; that it is asked for is seen in the test above.
    schema.config.checks.ignored_auth.enabled = False

    class Chains(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers(case, token)}

    Chains.run(
        settings=settings(
            max_examples=CASES, stateful_step_count=4, deadline=None, suppress_health_check=list(HealthCheck)
        )
    )
