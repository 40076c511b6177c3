"""The vocabulary over HTTP: every type of event, with a schema that its own payloads meet."""

from __future__ import annotations

from datetime import date

import jsonschema
import pytest

from tests.measures.api.asking import answer, ask, problem
from tests.measures.given import adopted, given, on
from tracker import events


def test_every_registered_type_is_listed_with_its_sentence() -> None:
    found = {item["name"]: item["sentence"] for item in answer("event-types/")["results"]}
    assert found == {kind.name: kind.sentence for kind in events.event_types()}


@pytest.mark.parametrize("name", [kind.name for kind in events.event_types()])
def test_each_type_answers_with_a_schema_that_stands(name: str) -> None:
    found = answer(f"event-types/{name}/")
    jsonschema.Draft202012Validator.check_schema(found["json_schema"])
    assert found["url"].endswith(f"/event-types/{name}/")


@pytest.mark.django_db
def test_what_is_recorded_meets_the_schema_of_its_type() -> None:
    given(on("2025-04-02", adopted("34%", "2025-04-09"))).record(today=date(2026, 12, 31))
    for item in answer("events/")["results"]:
        jsonschema.validate(item["data"], answer(f"event-types/{item['type']}/")["json_schema"])


def test_the_schema_refuses_what_recording_would_refuse() -> None:
    schema = answer("event-types/measure.adopted/")["json_schema"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"obligation": {"kind": "ad_valorem", "percent": "34"}}, schema)  # no source


def test_a_type_that_does_not_exist_is_not_found() -> None:
    assert problem(ask("event-types/measure.vanished/")) == (404, "never-recorded")


def test_what_the_code_alone_decides_is_cached_until_the_code_changes() -> None:
    response = ask("event-types/")
    assert ask("event-types/", headers={"If-None-Match": response["ETag"]}).status_code == 304
