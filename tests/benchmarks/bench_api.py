"""What the API costs: `python -m tests.benchmarks.bench_api [--measures 10000] [--events 1000000] [--json FILE]`.

gunicorn with two workers, asked by keep-alive connections of one process. Each piece of work has three arms: ours at
clocks that differ with each request, Django REST framework's ModelSerializer, and PostgreSQL's json_agg, both giving
the same rows from tables without clocks. Each round asks every arm for a while, in an order that turns by one a round.
Then the memory that streamed exports take is measured at two sizes.

It empties the database that the settings name, so it asks for the profile `test`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path as FilePath
from typing import Any
from urllib.request import urlopen

import psutil

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from tests.benchmarks import api_server  # noqa: E402
from tests.benchmarks.harness import Arm, Bout, Figures, as_data, table  # noqa: E402
from tests.benchmarks.loading import BATCH, fill  # noqa: E402
from tests.benchmarks.workload import BEGIN, DAYS  # noqa: E402
from tests.processes import until  # noqa: E402
from tracker import log  # noqa: E402

CONNECTIONS = 8
OURS, SERIALIZER, JSON_AGG = "Lancaster", "(a) ModelSerializer", "(b) json_agg"
LENGTH = re.compile(rb"(?i)content-length: (\d+)")
HIGHEST = re.compile(r"VmHWM:\s+(\d+) kB")

Path = Callable[[random.Random], str]


def _clocks(chance: random.Random, head: int) -> str:
    day = BEGIN + timedelta(days=chance.randrange(DAYS))
    known = day + timedelta(days=chance.randrange(-200, 400))
    return f"valid_at={day}&known_at={min(known, date(2026, 1, 1))}&position={chance.randrange(head // 2, head)}"


def arms(streams: int, head: int) -> list[tuple[Bout, dict[str, Path]]]:
    """The pieces of work, each with its arms by name."""

    def one(chance: random.Random) -> str:
        return f"measures/bench-{chance.randrange(streams):05d}/"

    def after(chance: random.Random) -> int:
        """Before a whole batch, so that every arm gives as many events."""
        return chance.randrange(head // BATCH) * BATCH

    return [
        (
            Bout("api_detail", "a measure at arbitrary clocks, its terms and scope nested", "requests/s"),
            {
                OURS: lambda chance: f"/api/v1/{one(chance)}?{_clocks(chance, head)}",
                SERIALIZER: lambda chance: f"/serializer/{one(chance)}",
                JSON_AGG: lambda chance: f"/json-agg/{one(chance)}",
            },
        ),
        (
            Bout("api_page", "50 measures at arbitrary clocks, their terms and scopes nested", "requests/s"),
            {
                OURS: lambda chance: f"/api/v1/measures/?limit=50&{_clocks(chance, head)}",
                f"{OURS}, now": lambda chance: "/api/v1/measures/?limit=50",
                SERIALIZER: lambda chance: "/serializer/page/",
                JSON_AGG: lambda chance: "/json-agg/page/",
                f"for orientation, 50 flat rows of 20 fields: {SERIALIZER}": lambda chance: "/serializer/flat/",
                f"for orientation, 50 flat rows of 20 fields: {JSON_AGG}": lambda chance: "/json-agg/flat/",
            },
        ),
        (
            Bout("api_feed", f"{BATCH} events of the feed", "requests/s"),
            {
                OURS: lambda chance: f"/api/v1/events/?limit={BATCH}&after={after(chance)}",
                SERIALIZER: lambda chance: f"/serializer/feed/?after={after(chance)}",
                JSON_AGG: lambda chance: f"/json-agg/feed/?after={after(chance)}",
            },
        ),
    ]


@contextmanager
def server(workers: int = 2) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """gunicorn, by default with two workers, as in production; its process and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "tests.benchmarks.api_server", "--config=python:config.gunicorn"]
    command += [f"--bind=127.0.0.1:{port}", f"--workers={workers}", "--log-level=error", "--max-requests=0"]
    process = subprocess.Popen(command, env=os.environ | {"LOG_LEVEL": "ERROR"})
    try:
        until(lambda: _answers(port), "the server answers")
        yield process, port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


class _Client(asyncio.Protocol):
    """Asks over one connection for so long, again as soon as it has an answer, which it counts and throws away."""

    def __init__(self, path: Path, seconds: float, seed: int) -> None:
        self.path, self.chance, self.until = path, random.Random(seed), time.perf_counter() + seconds
        self.answered, self.left, self.head = 0, 0, b""
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.transport.write(f"GET {self.path(self.chance)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        if not self.left:
            self.head, found, data = (self.head + data).partition(b"\r\n\r\n")
            if not found:
                return
            if not self.head.startswith(b"HTTP/1.1 200"):
                self.done.set_exception(RuntimeError((self.head + data[:2000]).decode()))
                return
            self.left, self.head = int(LENGTH.search(self.head)[1]), b""  # type: ignore[index]
        self.left -= len(data)
        if self.left == 0:
            self.answered += 1
            if time.perf_counter() < self.until:
                self._ask()
            else:
                self.done.set_result(self.answered)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or RuntimeError("the server closed the connection"))


async def _all(port: int, path: Path, seconds: float) -> float:
    loop, begun = asyncio.get_running_loop(), time.perf_counter()
    made = [
        await loop.create_connection(partial(_Client, path, seconds, seed), "127.0.0.1", port)
        for seed in range(CONNECTIONS)
    ]
    answered = sum(await asyncio.gather(*(client.done for _, client in made)))
    for transport, _ in made:
        transport.close()
    return answered / (time.perf_counter() - begun)


def measured(port: int, path: Path, seconds: float) -> float:
    """Requests a second."""
    return asyncio.run(_all(port, path, seconds))


def raced(port: int, bout: Bout, paths: dict[str, Path], seconds: float, rounds: int) -> list[Figures]:
    found = [Figures(Arm(bout.name, name, partial(measured, port, path))) for name, path in paths.items()]
    for figures in found:
        figures.arm.sample(1)  # what is imported and connected at first is not timed
    for turn in range(rounds):
        for figures in found[turn % len(found) :] + found[: turn % len(found)]:
            figures.samples.append(figures.arm.sample(seconds))  # type: ignore[arg-type]
    return found


EXPORTS = ("bulk/events.jsonl?", "bulk/events.csv?", "measures/?format=csv&")


def exported(head: int) -> Iterator[dict[str, Any]]:
    """Each streamed export up to a tenth of the log and up to its end: how much it is, and what it takes in memory."""
    for path in EXPORTS:
        for position in (head // 10, head):
            yield {"export": path.rstrip("?&"), "position": position} | _taken(f"{path}position={position}")


def _taken(path: str) -> dict[str, float]:
    """The size of an export, and by how much it raises the highest memory of a server of one process."""
    with server(workers=1) as (process, port):
        worker = psutil.Process(process.pid).children()[0].pid
        _drain(port, "bulk/events.jsonl?position=1")
        before = _highest_memory(worker)
        size = _drain(port, path)
        return {"MB": size / 2**20, "memory_MB": (_highest_memory(worker) - before) / 1024}


def _drain(port: int, path: str) -> int:
    with urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=3600) as answer:
        return sum(map(len, iter(partial(answer.read, 2**16), b"")))


def _highest_memory(pid: int) -> int:
    """In kB, since the process began."""
    return int(HIGHEST.search(FilePath(f"/proc/{pid}/status").read_text())[1])  # type: ignore[index]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--measures", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filled", action="store_true", help="take the database as it is")
    parser.add_argument("--json", type=FilePath, help="where `report` takes the figures from")
    asked = parser.parse_args()
    if settings.PROFILE != "test":
        sys.exit("it empties the database: set LANCASTER_PROFILE=test")
    if not asked.filled:
        fill(asked.measures, asked.events)
    api_server.bare_tables(timezone.now().date())
    head = log.head().position
    results = []
    with server() as (_, port):
        for bout, paths in arms(asked.measures, head):
            found = raced(port, bout, paths, asked.seconds, asked.rounds)
            print(table(bout, found), flush=True)
            results.append(as_data(bout, found, head))
    for taken in exported(head):
        print("{export} to {position:,}: {MB:.1f} MB, highest memory +{memory_MB:.1f} MB".format(**taken), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
