"""Documentation that cannot rot: what is generated is fresh, what is shown is what comes out."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tracker.reference import reference

ROOT = Path(__file__).parent.parent
EXAMPLE = re.compile(r"^\$ (curl (?:.*\\\n)*.*)\n((?:.+\n)*)```", re.MULTILINE)


def test_the_event_reference_is_what_the_vocabulary_says() -> None:
    assert (ROOT / "docs/events.md").read_text() == reference(), "run: python manage.py event_reference --write"


@pytest.mark.parametrize(
    "name",
    ["README.md", "CONTRIBUTING.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))],
)
def test_every_link_to_a_file_leads_to_one(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), f"{name} links to {target}"


def test_every_place_that_the_architecture_names_is_there() -> None:
    table = re.findall(r"(?m)^\| .* \| (.*) \|$", (ROOT / "docs/architecture.md").read_text())
    places = [place for cell in table for place in re.findall(r"`(\w+/[\w/.]*)`", cell)]
    assert len(places) > 30
    assert [place for place in places if not (ROOT / place).exists()] == []


def examples() -> list[tuple[str, str]]:
    found = EXAMPLE.findall((ROOT / "README.md").read_text())
    assert len(found) == 3
    return found


@pytest.mark.slow
def test_the_readme_shows_what_the_api_answers(loaded_server: Any) -> None:
    for command, answer in examples():
        line = command.replace("http://localhost:8000", loaded_server.url)
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
        assert done.stdout == answer, shlex.quote(line)
