"""The description of the API is true: it is the committed one, it stands, and what is answered is what it says."""

from __future__ import annotations

import os
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
from tracker.api.docs import document

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
    found.config.checks.positive_data_acceptance.expected_statuses.append("400")
    return found


@described().parametrize()
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.usefixtures("loaded", "one_connection")
def test_no_request_breaks_the_server_or_gets_an_answer_that_is_not_described(case: Any) -> None:
    case.call_and_validate(headers={"Accept-Encoding": "identity"})
