"""From an append to rows that answer, through a real Celery worker; and a bare task that writes its row."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.celery import app
from tests.benchmarks.bare import connect
from tests.benchmarks.harness import Arm, milliseconds
from tests.benchmarks.ours import empty, events
from tests.benchmarks.workload import changes

COUNT = 100
PATIENCE_SECONDS = 30


@app.task(name="bench.write", ignore_result=True)
def write(number: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_written (number) VALUES (%s)", [number])


@contextmanager
def worker() -> Iterator[None]:
    """A worker with one process, as the demo runs it, that is ready."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "log")
        command = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.visible", "worker", "--loglevel=INFO"]
        with said.open("wb") as log:
            process = subprocess.Popen(
                [*command, "--concurrency=1", "--without-gossip", "--without-mingle"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ,
            )
        try:
            _until(lambda: b" ready." in said.read_bytes())
            yield
        finally:
            process.terminate()
            process.wait()


def _until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.0005)


def ours(scale: int) -> float:
    from tracker import log
    from tracker.projections import ensure_checkpoints

    empty()
    ensure_checkpoints()
    ask, work = connect().execute, events(changes(COUNT))
    reached = "SELECT position FROM tracker_checkpoint WHERE projection = 'measures'"

    def visible(event: Any) -> None:
        position = log.append([event])[-1].position
        _until(lambda: ask(reached).fetchone()[0] >= position)

    with worker():
        return milliseconds([lambda event=event: visible(event) for event in work])  # type: ignore[misc]


def bare(scale: int) -> float:
    connected = connect()
    connected.execute("DROP TABLE IF EXISTS bench_written; CREATE TABLE bench_written (number int PRIMARY KEY)")

    def written(number: int) -> None:
        write.delay(number)
        there = "SELECT 1 FROM bench_written WHERE number = %s"
        _until(lambda: connected.execute(there, [number]).fetchone())

    with worker():
        return milliseconds([lambda number=number: written(number) for number in range(COUNT)])  # type: ignore[misc]


ARMS = [
    Arm("visible", "bare Celery task that writes its row", bare),
    Arm("visible", "Lancaster: append to visible", ours),
]
