"""Bulk files: the feed from zero, byte for byte, the same for ever; a manifest that says so."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from tests.measures.api.asking import answer, ask, problem, talks, told, truce
from tracker import log, tasks
from tracker.ledger.canonical import canonical
from tracker.subscriptions import bulk
from tracker.subscriptions.models import Bulk

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 24, 2, 30, tzinfo=UTC)
ABOUT = ("leaf_hash", "sentence", "url")


@pytest.fixture(autouse=True)
def _a_log() -> None:
    told(truce())
    talks()


def body(path: str, **query: Any) -> bytes:
    return b"".join(ask(path, **query).streaming_content)


def feed_from_zero() -> list[dict[str, Any]]:
    page = answer("events/", limit=3)
    found = list(page["results"])
    while page["next"]:
        page = Client().get(page["next"]).json()
        found += page["results"]
    return found


def test_the_feed_from_zero_is_the_bulk_file_byte_for_byte() -> None:
    said = [{name: value for name, value in event.items() if name not in ABOUT} for event in feed_from_zero()]
    assert b"".join(canonical(event) + b"\n" for event in said) == body("bulk/events.jsonl")


def test_each_line_hashes_to_the_leaf_of_its_event() -> None:
    for line, event in zip(body("bulk/events.jsonl").splitlines(), feed_from_zero(), strict=True):
        assert sha256(b"\0" + line).hexdigest() == event["leaf_hash"]


def test_the_table_has_the_same_events() -> None:
    rows = list(csv.DictReader(io.StringIO(body("bulk/events.csv").decode())))
    events = feed_from_zero()
    assert len(rows) == len(events)
    for row, event in zip(rows, events, strict=True):
        assert (int(row["position"]), row["leaf_hash"]) == (event["position"], event["leaf_hash"])
        assert json.loads(row["data"]) == event["data"]


def test_the_manifest_says_what_the_files_are() -> None:
    bulk.make(NOW)
    [manifest] = answer("bulk/")["results"]
    assert manifest["position"] == log.head().position == sum(manifest["counts"].values())
    assert manifest["counts"]["measure.suspended"] == 1
    for file in manifest["files"]:
        response: Any = Client().get(file["url"])
        content = b"".join(response.streaming_content)
        assert (sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])
        assert file["rows"] == manifest["position"]


def test_a_file_at_a_position_never_changes() -> None:
    bulk.make(NOW)
    [before] = answer("bulk/")["results"]
    asked = Client().get(before["files"][0]["url"])
    told(truce_of("us-other"))
    assert bulk.summed("events.jsonl", before["position"])["sha256"] == before["files"][0]["sha256"]
    assert "immutable" in asked["Cache-Control"]
    assert Client().get(before["files"][0]["url"], headers={"If-None-Match": asked["ETag"]}).status_code == 304
    bulk.make(NOW)
    assert [item["position"] for item in answer("bulk/")["results"]] == [log.head().position, before["position"]]


def truce_of(slug: str) -> Any:
    from dataclasses import replace

    return replace(truce(), stream=f"measure/{slug}")


def test_at_night_one_is_made_and_only_one_for_a_position() -> None:
    tasks.make_bulk()
    tasks.make_bulk()
    assert Bulk.objects.count() == 1


def test_on_demand_the_files_are_written_to_a_folder(tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("bulk", str(tmp_path / "bulk"), stdout=out)
    manifest = json.loads((tmp_path / "bulk/manifest.json").read_text())
    for file in manifest["files"]:
        content = (tmp_path / "bulk" / file["name"]).read_bytes()
        assert sha256(content).hexdigest() == file["sha256"]
        assert file["sha256"] in out.getvalue()


def test_it_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = list(bulk.pieces(bulk.jsonl(log.head().position), least=1000))
    assert len(pieces) > 3
    assert b"".join(pieces) == body("bulk/events.jsonl")


def test_beyond_the_head_there_is_no_file() -> None:
    assert problem(ask("bulk/events.jsonl", position=999)) == (404, "position-beyond-head")


def test_a_position_inside_a_batch_is_the_end_of_the_batch_before() -> None:
    assert len(body("bulk/events.jsonl", position=10).splitlines()) == 4
