"""docs/api.md cannot rot: its examples are run, and nothing that the API offers is missing from it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.measures.admin.hands import person
from tracker.api.docs import document
from tracker.api.problems import CODES
from tracker.api.tokens import issue

PAGE = Path(__file__).parents[3] / "docs/api.md"
EXAMPLE = re.compile(r"^\$ (curl (?:.*(?:\\|,)\n)*.*)\n((?:.+\n)*)```", re.MULTILINE)
EVERYWHERE = {"valid_at", "known_at", "recorded_at", "position", "limit", "cursor"}


@pytest.fixture
def token(loaded_server: Any) -> Iterator[str]:
    """A token of an editor; nothing is recorded with it."""
    editor = person("editor-of-the-docs", "editor")
    yield issue(editor)[1]
    editor.delete()


@pytest.mark.slow
def test_every_example_answers_what_is_shown(loaded_server: Any, token: str) -> None:
    examples = EXAMPLE.findall(PAGE.read_text())
    assert len(examples) >= 15
    for command, answer in examples:
        line = command.replace("http://localhost:8000", loaded_server.url)
        done = subprocess.run(
            ["sh", "-c", line], capture_output=True, text=True, check=True, env=os.environ | {"TOKEN": token}
        )
        assert done.stdout.replace(loaded_server.url, "http://localhost:8000") == answer, command


def test_every_endpoint_stands_in_the_table() -> None:
    rows = set(re.findall(r"^\| `([a-z{}/-]+(?:/|\.[a-z]+))` \|", PAGE.read_text(), re.MULTILINE))
    paths = {path.removeprefix("/api/v1/") for path in document()["paths"]} - {""}
    assert rows == paths


def test_every_parameter_is_named() -> None:
    said = set(re.findall(r"`([a-z_]+)`", PAGE.read_text())) | EVERYWHERE
    for path, methods in document()["paths"].items():
        parameters = [parameter for operation in methods.values() for parameter in operation["parameters"]]
        names = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        assert {re.sub("^(from|to)_(?=.*(_at|position)$)", "", name) for name in names} <= said, path


def test_every_code_of_a_problem_is_named() -> None:
    assert set(CODES) <= set(re.findall(r"`([a-z-]+)`", PAGE.read_text()))
