"""docs/audit.md, run as a stranger runs it: every command, in order, on the shipped data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from tests.processes import database_url

ROOT = Path(__file__).parents[3]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def demo(loaded_database: str, django_db_blocker: Any, settings: Any, tmp_path: Path) -> Iterator[str]:
    """The address of a copy of the shipped data, attested and sealed as the demo does when it starts."""
    name, before = f"{loaded_database}_audit", connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {loaded_database}")
        use(name)
        settings.LEDGER_ORIGIN = "localhost/ledger"
        settings.LEDGER_KEY_FILE, settings.LEDGER_STATE_FILE = tmp_path / "keys", tmp_path / "last"
        for command in ("attest", "keygen", "seal"):
            call_command(command, stdout=StringIO())
        yield database_url()
        use(before)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def commands() -> list[tuple[str, str]]:
    """Each command of the page with the output that is shown below it."""
    blocks = BLOCK.findall((ROOT / "docs/audit.md").read_text())
    return [_split(part) for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


def _split(part: str) -> tuple[str, str]:
    """A command goes on over lines until its quotes are closed."""
    lines, command = part.splitlines(keepends=True), ""
    while not command or command.count("'") % 2:
        command += lines.pop(0)
    return command.rstrip("\n"), "".join(lines)


def pattern(shown: str) -> str:
    """What is shown, with `...` for what differs from run to run."""
    return "".join(".*" if part == "..." else re.escape(part) for part in re.split(r"(\.\.\.)", shown))


@pytest.mark.slow
def test_every_command_of_the_page_gives_what_the_page_shows(demo: str, tmp_path: Path) -> None:
    given = {"PATH": os.environ["PATH"], "DATABASE_URL": demo, "REDIS_URL": os.environ["REDIS_URL"]}
    given |= {"LANCASTER_DATA": os.environ["LANCASTER_DATA"], "LC_ALL": "C.UTF-8"}
    script = "set -e\nexport PYTHONPATH=\n"
    for number, (command, _) in enumerate(commands()):
        script += f"{{ {command}\n}} > {tmp_path}/out.{number} 2>{tmp_path}/err.{number}\n"
    script = script.replace(".venv/bin/python manage.py", f"{sys.executable} {ROOT}/manage.py")
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=given, capture_output=True, text=True, check=False)
    for number, (command, shown) in enumerate(commands()):
        said = (tmp_path / f"out.{number}").read_text()
        errors = (tmp_path / f"err.{number}").read_text()
        assert re.fullmatch(pattern(shown), said, re.DOTALL), f"{command}\n{said}\n{errors}"
    assert done.returncode == 0, done.stderr
    assert len(commands()) == 8
