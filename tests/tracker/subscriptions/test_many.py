"""Two hundred followers of one process, for MINUTES (5): none misses an event, none gets one twice."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.tracker.subscriptions.streams import StreamServer
from tests.tracker.subscriptions.test_stream import record
from tracker import log

FOLLOWERS = 200
MINUTES = float(os.environ.get("MINUTES", "5"))
PAUSE_SECONDS = 0.25


@pytest.fixture
def server(committed_db: None, tmp_path: Path) -> Iterator[StreamServer]:
    found = StreamServer(tmp_path).start()
    yield found
    found.kill()


async def follow(port: int, until: asyncio.Future[int]) -> list[int]:
    """The ids of all events up to a position that is told later."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /api/v1/events/stream/?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    seen: list[int] = []
    last = 0
    line = b""
    while line != b"\n" or not (until.done() and last >= until.result()):
        line = await asyncio.wait_for(reader.readline(), 60)
        assert line, "the stream was cut"
        if line.startswith(b"id: "):
            last = int(line[4:])
        if line.startswith(b"data: "):
            seen.append(last)
    writer.close()
    return seen


@pytest.mark.drill
def test_two_hundred_followers_of_one_process_miss_nothing(server: StreamServer) -> None:
    loop = asyncio.new_event_loop()
    until: asyncio.Future[int] = loop.create_future()

    async def all_of_them() -> list[list[int]]:
        return await asyncio.gather(*(follow(server.port, until) for _ in range(FOLLOWERS)))

    with ThreadPoolExecutor(1) as threads:
        followed = threads.submit(loop.run_until_complete, all_of_them())
        deadline, turn = time.monotonic() + MINUTES * 60, 0
        while time.monotonic() < deadline:
            record(f"turn-{turn}", 2)
            turn += 1
            time.sleep(PAUSE_SECONDS)
        head = log.head().position
        loop.call_soon_threadsafe(until.set_result, head)
        found = followed.result(timeout=120)
    assert all(seen == list(range(1, head + 1)) for seen in found)
