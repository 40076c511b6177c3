"""What the API costs: `python -m tests.benchmarks.bench_api [--measures 10000] [--events 1000000]`.

gunicorn with two workers, asked by keep-alive connections of one process, everything in one run: a measure, a page of
50 at clocks that differ with each request, a page of 500 of the feed, beside a bare list of Django REST framework and
PostgreSQL's own json_agg of 50 rows. It empties the database that the settings name, so it asks for the profile `test`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from measures.events import measures  # noqa: E402
from tests.benchmarks.ours import empty, events  # noqa: E402
from tests.benchmarks.workload import BEGIN, DAYS, changes  # noqa: E402
from tracker import log  # noqa: E402
from tracker.envelope import NewEvent  # noqa: E402
from tracker.projections import catch_up, ensure_checkpoints, projections  # noqa: E402

CONNECTIONS = 8
BATCH = 1000

Path = Callable[[random.Random], str]


def fill(streams: int, count: int) -> None:
    """So many measures, each described, with so many events in all, recorded and projected.

    The popular ones stand anywhere in the list: the workload numbers them by popularity, and all would be on one page.
    """
    empty()
    batch: list[NewEvent] = []
    names = random.Random(7).sample(range(streams), streams)
    for change in (replace(change, stream=names[change.stream]) for change in changes(count - streams, streams)):
        [event] = events([change])
        if change.first:
            batch.append(_described(event, change.slug))
        batch.append(event)
        if len(batch) >= BATCH:
            log.append(batch)
            batch = []
    if batch:
        log.append(batch)
    ensure_checkpoints()
    for kind in projections():
        catch_up(kind.name)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _described(event: NewEvent, slug: str) -> NewEvent:
    said: dict[str, Any] = {"title": f"Measure {slug}", "kind": "additional_duty", "direction": "import"}
    payload = measures.Described(implementer="US", targets=("CN",), sources=event.payload.sources, **said)
    return NewEvent(stream=event.stream, payload=payload, meta=event.meta, known_from=event.known_from)


def _clocks(chance: random.Random, head: int) -> str:
    day = BEGIN + timedelta(days=chance.randrange(DAYS))
    known = day + timedelta(days=chance.randrange(-200, 400))
    return f"valid_at={day}&known_at={min(known, date(2026, 1, 1))}&position={chance.randrange(head // 2, head)}"


def paths(streams: int, head: int) -> dict[str, Path]:
    return {
        "measure, at arbitrary clocks": lambda chance: (
            f"/api/v1/measures/bench-{chance.randrange(streams):05d}/?{_clocks(chance, head)}"
        ),
        "page of 50, at arbitrary clocks": lambda chance: f"/api/v1/measures/?limit=50&{_clocks(chance, head)}",
        "page of 50, now": lambda chance: "/api/v1/measures/?limit=50",
        "feed, page of 500": lambda chance: f"/api/v1/events/?limit=500&after={chance.randrange(head - 500)}",
        "(a) ModelSerializer, 50 rows": lambda chance: "/bare/",
        "(b) json_agg, 50 rows": lambda chance: "/json-agg/",
    }


@contextmanager
def server() -> Iterator[int]:
    """gunicorn with two workers, as in production."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "tests.benchmarks.api_server", "--config=python:config.gunicorn"]
    quiet = os.environ | {"LOG_LEVEL": "ERROR"}
    process = subprocess.Popen([*command, f"--bind=127.0.0.1:{port}", "--log-level=error"], env=quiet)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


async def ask(port: int, path: Path, seconds: float, seed: int) -> list[float]:
    """Asks over one connection for so long; the durations in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    chance, taken = random.Random(seed), []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        writer.write(f"GET {path(chance)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode() + (await reader.read(2000)).decode())
        lines = head.decode().lower().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
        await reader.readexactly(length)
        taken.append(time.perf_counter() - begun)
    writer.close()
    return taken


async def _all(port: int, path: Path, seconds: float) -> list[float]:
    found = await asyncio.gather(*(ask(port, path, seconds, seed) for seed in range(CONNECTIONS)))
    return [one for taken in found for one in taken]


def measured(port: int, path: Path, seconds: float) -> dict[str, float]:
    """Requests a second, and the median and the 95th percentile in milliseconds."""
    taken = sorted(asyncio.run(_all(port, path, seconds)))
    return {
        "requests_a_second": len(taken) / seconds,
        "median_ms": statistics.median(taken) * 1000,
        "p95_ms": taken[int(len(taken) * 0.95)] * 1000,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--measures", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--filled", action="store_true", help="take the database as it is")
    asked = parser.parse_args()
    if settings.PROFILE != "test":
        sys.exit("it empties the database: set LANCASTER_PROFILE=test")
    if not asked.filled:
        fill(asked.measures, asked.events)
    work = paths(asked.measures, log.head().position)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in work}
    with server() as port:
        for path in work.values():
            measured(port, path, 1)  # what is imported and connected at first is not timed
        for _ in range(asked.rounds):
            for name, path in work.items():
                found[name].append(measured(port, path, asked.seconds))
    for name, rounds in found.items():
        middle = {key: round(statistics.median(one[key] for one in rounds), 1) for key in rounds[0]}
        sys.stdout.write(f"{name:34} {json.dumps(middle)}\n")


if __name__ == "__main__":
    main()
