"""kill -9 of PostgreSQL while writers write and projectors project: acknowledged = in the log = projected."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config import embedded
from tests.processes import PATIENCE_SECONDS, until

pytestmark = [pytest.mark.faults, pytest.mark.drill]

WRITERS, EACH = 4, 60


class Server:
    """A PostgreSQL of the test's own, and processes on it. Nothing answers where its broker should be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "postgres"
        self.output = folder / "output"
        self.output.mkdir()
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        starting = (
            "import sys, pathlib; from config import embedded; embedded.start_postgres(pathlib.Path(sys.argv[1]))"
        )
        subprocess.run([sys.executable, "-c", starting, str(self.folder)], check=True, timeout=PATIENCE_SECONDS)

    def kill(self) -> None:
        """kill -9 of the server and of all its backends."""
        postmaster = psutil.Process(int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0]))
        for process in [postmaster, *postmaster.children(recursive=True)]:
            process.send_signal(signal.SIGKILL)

    def run(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self.output / name).open("wb") as out:
            process = subprocess.Popen([sys.executable, *command], stdout=out, env=self.environment())
        self.running.append(process)
        return process

    def environment(self) -> dict[str, str]:
        socket = (self.folder / "postmaster.pid").read_text().split("\n")[4]
        ours = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
        return ours | {
            "DATABASE_URL": f"postgresql://postgres@/{embedded.DATABASE}?host={socket}",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LANCASTER_EMBEDDED": "0",
        }

    def said(self, *names: str) -> list[str]:
        return [line for name in names for line in (self.output / name).read_text().split()]

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        embedded.stop_postgres(self.folder)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    own = Server(tmp_path)
    own.start()
    assert own.run("migrate", "manage.py", "migrate", "--verbosity", "0").wait(PATIENCE_SECONDS) == 0
    yield own
    own.stop()


def test_what_was_acknowledged_is_in_the_log_and_projected_however_often_the_server_is_killed(server: Server) -> None:
    loop = ("-m", "tests.faults.loops")
    names = [f"writer{number}" for number in range(WRITERS)]
    writers = [server.run(name, *loop, "write", name, str(EACH)) for name in names]
    for projector in ("projector1", "projector2"):
        server.run(projector, *loop, "project")

    for acknowledged in (20, 90, 160):
        until(_reaching(server, names, acknowledged), f"{acknowledged} events are acknowledged")
        server.kill()
        server.start()
    for writer in writers:
        assert writer.wait(PATIENCE_SECONDS) == 0

    assert server.run("check", *loop, "check").wait(PATIENCE_SECONDS) == 0
    acknowledged_ids, recorded_ids = server.said(*names), server.said("check")
    assert len(recorded_ids) == WRITERS * EACH
    assert sorted(acknowledged_ids) == sorted(recorded_ids)


def _reaching(server: Server, names: list[str], count: int) -> Callable[[], bool]:
    return lambda: len(server.said(*names)) >= count
