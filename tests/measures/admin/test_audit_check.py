"""The commands of "check it yourself" work: each is run as it stands on the page, beside the bundle that was saved."""

from __future__ import annotations

import html
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.ledger.given import ORIGIN, TODAY, project, record, sealer, tell
from tracker.ledger.attestation import attest

COMMAND = re.compile(r'<pre class="payload command">(.*?)</pre>', re.DOTALL)


@pytest.fixture
def auditor(live_server: Any, committed_db: None, sit: Any, settings: Any, tmp_path: Path) -> Any:
    """An auditor at a server whose log was attested and sealed twice."""
    settings.LEDGER_ORIGIN = ORIGIN
    settings.ALLOWED_HOSTS = ["*"]
    tell()
    attest(TODAY)
    running = sealer(tmp_path)
    running.seal()
    record(9)
    project()
    running.seal()
    return sit("auditor")


def test_every_command_of_the_page_does_what_it_says(auditor: Any, live_server: Any, tmp_path: Path) -> None:
    host = live_server.url.partition("//")[2]
    page = auditor.get("/admin/audit/check/", headers={"Host": host}).content.decode()
    commands = [html.unescape(text) for text in COMMAND.findall(page)]
    assert len(commands) == 6
    folder = tmp_path / "empty"
    folder.mkdir()
    saved = auditor.get("/admin/audit/bundle/")
    name = re.search(r'filename="([^"]+)"', saved["Content-Disposition"])
    assert name
    (folder / name[1]).write_bytes(b"".join(saved.streaming_content))
    said = [run(command, folder) for command in commands]
    assert "Verified: " in said[2]
    assert "1 pins given by you" in said[2]
    assert "given by you" in said[2].splitlines()[0]
    assert "ok    measures at position" in said[3]
    assert said[5] == "ok\n"


def run(command: str, folder: Path) -> str:
    given = {"PATH": os.environ["PATH"]}
    done = subprocess.run(["sh", "-ec", command], cwd=folder, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def test_the_proof_is_refused_where_the_entry_is_another(auditor: Any, live_server: Any, tmp_path: Path) -> None:
    test_every_command_of_the_page_does_what_it_says(auditor, live_server, tmp_path)
    folder = tmp_path / "empty"
    page = auditor.get("/admin/audit/check/").content.decode()
    events = folder / "audit/events.jsonl"
    events.write_bytes(events.read_bytes().replace(b'"position":1,', b'"position":9,', 1))
    assert run(html.unescape(COMMAND.findall(page)[-1]), folder) == "FAIL\n"
