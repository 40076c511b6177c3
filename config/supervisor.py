"""Starts the demo's processes, watches them, and ends them all, also those of a run that was killed."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psutil

START_SECONDS = 60
STOP_SECONDS = 10


class Ended(Exception):
    """A process ended that should have gone on."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        lines = log.read_text(errors="replace").splitlines()[-12:]
        super().__init__("\n".join([f"{name} ended with code {code}; the end of {log}:", *lines]))


class AlreadyRuns(Exception):
    """Another run uses the same folder."""


class Supervisor:
    """The processes of one run, each in a process group of its own and with a log file under `folder`.

    `folder/processes.json` names them, so that the next run can end what a killed one left.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.register = folder / "processes.json"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, *command: str) -> None:
        with self._log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        born = {child.pid: psutil.Process(child.pid).create_time() for child in self.running.values()}
        self.register.write_text(json.dumps(born))

    def check(self) -> None:
        """Raises `Ended` as soon as one of the processes is gone."""
        for name, child in self.running.items():
            if (code := child.poll()) is not None:
                raise Ended(name, code, self._log(name))

    def wait_for(self, url: str) -> None:
        """Returns once the address answers; raises `Ended` or TimeoutError."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check()
            with suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=5):
                return
            time.sleep(0.1)
        raise TimeoutError(f"{url} did not answer within {START_SECONDS} seconds; the logs are in {self.folder}")

    def watch(self) -> None:
        """Runs until a process ends or a signal raises."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        end(psutil.Process(child.pid) for child in self.running.values() if child.poll() is None)
        for child in self.running.values():
            child.wait()
        self.running.clear()
        self.register.unlink(missing_ok=True)

    def take_over(self) -> int:
        """Claims the folder and ends what a killed run left behind; says how many processes that were.

        Raises:
            AlreadyRuns: while another run has the folder. The kernel drops its claim however it ends.
        """
        self._claim = (self.folder / "lock").open("a")
        try:
            fcntl.flock(self._claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._claim.close()
            raise AlreadyRuns(f"The demo runs already, with its logs in {self.folder}: end it first") from error
        return self._end_leftovers()

    def _end_leftovers(self) -> int:
        try:
            born = json.loads(self.register.read_text())
        except (FileNotFoundError, ValueError):
            return 0
        left = [process for pid, at in born.items() if (process := _same(int(pid), at))]
        end(left)
        self.register.unlink()
        return len(left)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def end(processes: Iterable[psutil.Process]) -> None:
    """Asks each process to end, then kills the groups of those that will not, and whatever a group left."""
    processes = list(processes)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    psutil.wait_procs(processes, timeout=STOP_SECONDS)
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _same(pid: int, created: float) -> psutil.Process | None:
    """The process, if the number still belongs to it and not to one born later."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if process.create_time() == created and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def end_on_signals() -> None:
    """Turns Ctrl-C, a polite kill and a closed terminal into SystemExit, so that `finally` blocks run."""

    def leave(number: int, frame: FrameType | None) -> None:
        for repeated in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(repeated, signal.SIG_IGN)
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
