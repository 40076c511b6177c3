"""Files of events: what a line may say, what is said of one that cannot be read, and that a load can be repeated."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from measures import importing
from measures.importing import Batch, ImportProblem
from tracker import log

SOURCE = {"title": "The gazette", "citation": "No. 1"}


def event(type: str = "measure.adopted", **more: Any) -> dict[str, Any]:
    data = {"sources": [SOURCE], **more.pop("data", {})}
    return {"stream": "measure/example", "type": type, "known_from": "2025-04-02", "data": data, **more}


def described(**more: Any) -> dict[str, Any]:
    named = {"title": "An example", "kind": "tariff", "direction": "import", "implementer": "US"}
    return event("measure.described", data=named, **more)


def parse(line: Any) -> Batch:
    return importing.parse(line if isinstance(line, str) else json.dumps(line), file="facts.jsonl", row=7)


def payload(line: Any) -> Any:
    return parse(line).events[0].payload


def problem(line: Any) -> ImportProblem:
    with pytest.raises(ImportProblem) as caught:
        parse(line)
    return caught.value


def one(item: dict[str, Any], reference: str = "a-fact") -> dict[str, Any]:
    return {"reference": reference, "events": [item]}


def file_of(folder: Path, *lines: Any) -> Path:
    path = folder / "facts.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return path


def load(*paths: Path) -> str:
    said = io.StringIO()
    call_command("load_facts", files=list(paths), stdout=said, stderr=said, verbosity=0)
    return said.getvalue().strip()


# A line


def test_a_line_gives_its_events_with_where_they_come_from():
    (item,) = parse(one(event(known_seq=2, occurred_on="2025-04"))).events
    assert (item.stream, item.known_seq, item.occurred_on) == ("measure/example", 2, "2025-04")
    assert (item.meta.actor, item.meta.approval, item.meta.origin) == ("import", "imported", "import facts.jsonl row 7")


def test_the_reference_makes_the_ids_and_stands_in_the_data():
    first, second = parse(one(event())), parse(one(event()))
    assert first.events[0].id == second.events[0].id == importing.entry_id("a-fact")
    assert payload(one(event())).reference == "a-fact"
    assert parse(one(event(), "another")).events[0].id != first.events[0].id


def test_a_name_of_another_line_becomes_the_id_of_its_event():
    named = event("measure.extended", data={"entry": "ref:another#3", "effective_until": "2026-01-01"})
    assert payload(one(named)).entry == str(importing.entry_id("another", 3))


def test_a_correlation_is_shared_by_all_that_name_it():
    lines = [{**one(event(), name), "correlation": "a-ruling"} for name in ("one", "two")]
    ids = {parse(line).events[0].meta.correlation_id for line in lines}
    assert len(ids) == 1
    assert isinstance(ids.pop(), UUID)


def test_lines_come_in_the_order_of_the_known_clock_with_descriptions_first():
    lines = [
        one(event(known_from="2025-05-01"), "later"),
        one(event(known_from="2025-04-02"), "first"),
        one(described(known_from="2025-04-02"), "description"),
    ]
    ordered = importing.in_order([parse(line) for line in lines])
    assert [batch.reference for batch in ordered] == ["description", "first", "later"]


# What is said of a line that cannot be read


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ("{", "", "write one JSON object a line"),
        ({"events": [event()]}, "", "missing required field `reference`"),
        ({"reference": "a", "events": []}, "events", "length >= 1"),
        (one(event(known_from="2025-13-01")), "events/0/known_from", "YYYY-MM-DD"),
        (one(event(stream="Measure/Example")), "events/0/stream", "matching regex"),
        (one(event("measure.invented")), "events/0/type", "not a registered event type"),
        (one(event(data={"effective_from": "tomorrow"})), "events/0/data/effective_from", "matching regex"),
        (one(event(data={"sources": []})), "events/0/data/sources", "length >= 1"),
        (one(event(data={"invented": 1})), "events/0/data/invented", "unknown field `invented`"),
        (one(event(colour="red")), "events/0", "unknown field `colour`"),
    ],
)
def test_a_problem_names_file_row_field_and_accepted_form(line: Any, field: str, words: str):
    found = problem(line)
    assert (found.file, found.row, found.field) == ("facts.jsonl", 7, field)
    assert str(found).startswith("facts.jsonl row 7, ")
    assert words in str(found)


def test_a_problem_names_the_value():
    assert "'tomorrow'" in str(problem(one(event(data={"effective_from": "tomorrow"}))))


def test_a_malformed_obligation_is_named_by_its_place():
    rate = {"kind": "ad_valorem", "percent": "-5"}
    assert problem(one(event(data={"obligation": rate}))).field.startswith("events/0/data/obligation")


# Recording


@pytest.mark.django_db
def test_a_load_repeated_adds_nothing(tmp_path: Path):
    path = file_of(tmp_path, one(event(), "adopted"), one(described(), "described"))
    assert load(path) == "2 events new, 0 already there, 0 lines refused"
    assert load(path) == "0 events new, 2 already there, 0 lines refused"
    assert [item.type for item in log.read()] == ["measure.described", "measure.adopted"]


@pytest.mark.django_db
def test_a_refused_line_is_reported_and_leaves_nothing_while_the_others_are_recorded(tmp_path: Path):
    half = {"reference": "half", "events": [event(), event(stream="measure/nowhere")]}
    path = file_of(tmp_path, one(described(), "described"), half, "not json")
    said = io.StringIO()
    with pytest.raises(CommandError, match="2 lines were refused"):
        call_command("load_facts", files=[path], stdout=said, stderr=said, verbosity=0)
    assert "facts.jsonl row 2 (half), stream: S1" in said.getvalue()
    assert "facts.jsonl row 3" in said.getvalue()
    assert [item.stream for item in log.read()] == ["measure/example"]


@pytest.mark.django_db
def test_a_line_that_says_something_else_under_its_reference_is_refused(tmp_path: Path):
    load(file_of(tmp_path, one(described(), "described")))
    changed = described()
    changed["data"]["title"] = "Another title"
    with pytest.raises(CommandError):
        load(file_of(tmp_path, one(changed, "described")))
    assert len(log.read()) == 1


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(CommandError, match=r"nowhere\.jsonl: no such file"):
        load(tmp_path / "nowhere.jsonl")
