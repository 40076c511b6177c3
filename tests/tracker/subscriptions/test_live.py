"""The end of the log, followed for many: a fault in between leaves nobody behind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from tests.tracker.subscriptions.test_stream import record
from tracker.api.stream import rendered
from tracker.log import Recorded
from tracker.subscriptions import live
from tracker.subscriptions.live import Follower


def test_a_fault_while_events_are_rendered_is_told_and_the_log_followed_on(
    committed_db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(live, "AFTER_A_FAULT_SECONDS", 0.01)
    faults = [KeyError("a bug")]

    def render(events: Sequence[Recorded]) -> list[bytes]:
        if events and faults:
            raise faults.pop()
        return rendered(events)

    async def followed() -> list[int]:
        follower = Follower(render)
        follower.readers = ThreadPoolExecutor(1)
        async with follower.followed():
            await follower.ask(lambda: record("one"))
            while not follower.kept:
                await asyncio.sleep(0.01)
        await follower.ask(connections.close_all)
        return [item.event.position for item in follower.kept]

    # A thread of its own: where browser tests ran before, this one has a loop that runs.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: asyncio.run(asyncio.wait_for(followed(), 30))).result() == [1, 2]
    assert "cannot be followed" in caplog.text
