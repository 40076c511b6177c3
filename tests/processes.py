"""Real processes for tests that kill them: a Celery worker and a Valkey, on the database of the running test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from django.db import connection

from config import embedded

PATIENCE_SECONDS = 60


def until(true: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Waits for something to become true, with a bound; how long it took is nobody's business."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} seconds still not: {what}"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether a process lives; one that only waits to be buried does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def database_url() -> str:
    """The address of the test database, for processes of their own, as its owner."""
    address = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    return urlsplit(address)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


class CeleryWorker:
    """`celery worker` in a process group of its own; with `beat` the sweep runs inside it."""

    def __init__(
        self,
        folder: Path,
        *,
        concurrency: int,
        beat: bool,
        environment: dict[str, str],
        app: str = "config.celery",
        options: Sequence[str] = (),
    ) -> None:
        self.log = folder / "worker.log"
        address = database_url()
        self.environment = os.environ | {"DATABASE_URL": address, "DATABASE_OWNER_URL": address} | environment
        self.command = [sys.executable, "-m", "celery", "-A", app, "worker", "--loglevel=INFO"]
        self.command += [f"--concurrency={concurrency}", "--without-gossip", "--without-mingle", *options]
        if beat:
            self.command += ["--beat", "--schedule", str(folder / "beat-schedule")]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> CeleryWorker:
        """Starts it and waits until it takes tasks."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
            )
        until(lambda: self._is_ready(), "the worker is ready")
        return self

    def _is_ready(self) -> bool:
        text = self.log.read_text(errors="replace")
        assert self.process is not None
        assert self.process.poll() is None, text
        return " ready." in text

    def kill(self) -> None:
        """kill -9 of the worker and its pool."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """The polite end; what does not follow is killed."""
        assert self.process is not None
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=20)
        self.kill()


class Broker:
    """A Valkey of the test's own, that can be killed and come back at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""

    def start(self) -> Broker:
        self.url = embedded.start_valkey(self.folder)
        return self

    def kill(self) -> None:
        """kill -9: whatever was queued is gone, and so is the server when this returns, its port free again."""
        with suppress(ProcessLookupError, FileNotFoundError):
            pid = int((self.folder / "pid").read_text())
            os.kill(pid, signal.SIGKILL)
            until(lambda: not is_running(pid), "the killed broker is gone")
