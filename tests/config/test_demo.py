"""`make demo`, as a new user runs it: everything real, from an empty data folder."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.processes import is_running, until

ROOT = Path(__file__).resolve().parent.parent.parent
PASSED_ON = ("PATH", "HOME", "LANG", "USER")
START_SECONDS = 300


class Demo:
    """One run of the demo on its own data folder, with what it prints in a file."""

    def __init__(self, data: Path, port: int) -> None:
        self.site = f"http://127.0.0.1:{port}"
        self.data = data
        self.said = data.parent / f"{data.name}.txt"
        given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        given |= {"LANCASTER_EMBEDDED": "1", "LANCASTER_DATA": str(data), "PORT": str(port)}
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.demo"], cwd=ROOT, env=given, stdout=said, stderr=subprocess.STDOUT
            )

    def wait(self) -> "Demo":
        until(self._runs, "the demo runs", START_SECONDS)
        return self

    def _runs(self) -> bool:
        assert self.process.poll() is None, self.said.read_text()
        return "Lancaster runs" in self.said.read_text()

    def everything(self) -> list[int]:
        """The processes it started, the servers included."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        servers = [self.data / "postgres" / "postmaster.pid", self.data / "valkey" / "pid"]
        return [*(child.pid for child in children), *(int(path.read_text().split("\n")[0]) for path in servers)]

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.site}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def measure(self, slug: str, **clocks: str) -> dict[str, Any]:
        asked = "&".join(f"{name}={value}" for name, value in clocks.items())
        answer: dict[str, Any] = json.loads(self.get(f"/api/v1/measures/{slug}/?{asked}"))
        return answer


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_the_demo_answers_comes_back_after_a_kill_with_all_it_had_and_ends_whole(tmp_path, port):
    data = tmp_path / "var"
    first = Demo(data, port).wait()
    asked = {"valid_at": "2025-08-20", "known_at": "2025-05-15"}
    assert float(first.measure("us-ieepa-reciprocal-cn", **asked)["rate"]) == 34
    assert "London" in first.get("/?valid_at=2025-06-10")
    assert "editor-of-the-demo" in first.said.read_text()
    position = first.measure("us-ieepa-reciprocal-cn")["position"]
    started = first.everything()
    first.process.kill()
    first.process.wait()

    second = Demo(data, port).wait()
    assert "that an earlier run left behind" in second.said.read_text()
    assert second.measure("us-ieepa-reciprocal-cn")["position"] == position
    started += second.everything()
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(timeout=60) == 0
    until(lambda: not any(is_running(pid) for pid in started), "every process of both runs has ended")
