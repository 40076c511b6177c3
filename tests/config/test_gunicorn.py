"""The web servers leave nothing behind when they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import until


@pytest.mark.parametrize(("app", "settings"), [("config.wsgi", "config.gunicorn"), ("config.asgi", "config.streams")])
def test_the_folder_of_counters_goes_with_the_server(app: str, settings: str, tmp_path: Path) -> None:
    said, kept = tmp_path / "log", tmp_path / "kept"
    kept.mkdir()
    command = [sys.executable, "-m", "gunicorn", app, f"--config=python:{settings}", "--bind=127.0.0.1:0"]
    with said.open("wb") as log:
        server = subprocess.Popen(
            command, env=os.environ | {"TMPDIR": str(kept)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        until(lambda: "Booting worker" in said.read_text(), f"the server works; {said}")
        assert [folder.name.startswith("lancaster-metrics-") for folder in kept.iterdir()] == [True]
    finally:
        server.terminate()
        server.wait(timeout=60)
    assert list(kept.iterdir()) == []
