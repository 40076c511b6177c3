"""A real server of streams on the test database, and a client that reads what the wire has."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.processes import database_url, until


class StreamServer:
    """`gunicorn config.asgi` with one worker, as the compose file runs it."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self.log = folder / "streams.log"
        address = database_url()
        self.environment = os.environ | {"DATABASE_URL": address, "DATABASE_OWNER_URL": address}

    def start(self) -> StreamServer:
        command = [sys.executable, "-m", "gunicorn", "config.asgi", "--config=python:config.streams"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--bind=127.0.0.1:{self.port}", "--graceful-timeout=1"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self._answers, f"the server answers; {self.log}")
        return self

    def _answers(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            assert self.process.poll() is None, self.log.read_text()
            return False

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @contextmanager
    def follow(self, query: str = "", last: int | None = None) -> Iterator[Client]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        connection.request("GET", f"/api/v1/events/stream/{query}", headers=headers)
        client = Client(connection.getresponse())
        try:
            yield client
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Client:
    """What `EventSource` does: it reads frames and remembers the last id."""

    response: Any
    last: int = 0
    seen: list[int] = field(default_factory=list)

    def frame(self) -> dict[str, str]:
        """The next frame, its fields by name; comments under the empty name."""
        found: dict[str, str] = {}
        while line := self.response.readline().decode().rstrip("\n"):
            name, _, value = line.partition(":")
            found[name] = value.strip()
        if "id" in found:
            self.last = int(found["id"])
        if "data" in found:
            self.seen.append(self.last)
        return found

    def begin(self) -> None:
        """Reads the greeting: when to come again, and where it begins."""
        while "id" not in self.frame():
            pass

    def until(self, position: int) -> list[int]:
        """Reads on until an event or a heartbeat reaches a position; the positions of all events so far."""
        while self.last < position:
            self.frame()
        return self.seen
