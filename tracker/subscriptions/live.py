"""The log as it grows, for many followers in one process: it is read once, rendered once, and kept for a while.

One task looks at the head twice a second while anybody follows. Whoever is further behind than what is kept reads from
the database, so that a slow follower costs no memory and loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakKeyDictionary

from django.db import DatabaseError, close_old_connections

from tracker import log
from tracker.log import Recorded
from tracker.subscriptions.wanted import Wanted

T = TypeVar("T")
logger = logging.getLogger(__name__)

KEPT = 2_000
READ = 500
LOOK_SECONDS = 0.5
HEARTBEAT_SECONDS = 15
AFTER_A_FAULT_SECONDS = 5

Render = Callable[[list[Recorded]], list[bytes]]


@dataclass(frozen=True)
class Item:
    """An event and its bytes."""

    event: Recorded
    data: bytes


class Follower:
    """The end of the log, followed by all who ask in one event loop."""

    def __init__(self, render: Render) -> None:
        self.render = render
        self.kept: deque[Item] = deque()
        self.position = 0
        self.users = 0
        self.grown = asyncio.Event()
        self.starting = asyncio.Lock()
        self.task: asyncio.Task[None] | None = None
        # Two connections to the database, however many follow.
        self.readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="follower")

    @property
    def floor(self) -> int:
        """The position after which everything is kept."""
        return self.kept[0].event.position - 1 if self.kept else self.position

    async def ask(self, question: Callable[[], T]) -> T:
        """Asks the database in a thread."""

        def asked() -> T:
            close_old_connections()
            try:
                return question()
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self.readers, asked)

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """While it lasts, the end of the log is looked at."""
        self.users += 1
        try:
            async with self.starting:
                if self.task is None:
                    self.kept.clear()
                    self.position = (await self.ask(log.head)).position
                    self.task = asyncio.create_task(self._look())
            yield
        finally:
            self.users -= 1
            if not self.users and self.task:
                self.task.cancel()
                self.task = None

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                while await self._grow():
                    pass
            except DatabaseError as error:
                logger.warning("the log cannot be followed for now: %s", error)
            except Exception:  # whatever it is, nobody who follows may be left with heartbeats alone
                logger.exception("the log cannot be followed for now")
                await asyncio.sleep(AFTER_A_FAULT_SECONDS)

    async def _grow(self) -> bool:
        """Takes in what is new, up to a visible position; whether there was anything."""
        found, items = await self.ask(self._read)
        if found == self.position:
            return False
        self.kept.extend(items)
        self.position = found
        while len(self.kept) > KEPT:
            self.kept.popleft()
        self.grown.set()
        self.grown = asyncio.Event()
        return True

    def _read(self) -> tuple[int, list[Item]]:
        events = log.read_batches(self.position, READ)
        items = [Item(*pair) for pair in zip(events, self.render(events), strict=True)]
        return (events[-1].position if events else self.position), items

    async def after(self, position: int, wanted: Wanted) -> tuple[list[Item], int]:
        """What is wanted after a position, and the position up to which that is all."""
        if position >= self.floor:
            upto = self.position
            return [item for item in self.kept if item.event.position > position and item.event in wanted], upto
        return await self.ask(lambda: self._read_for(position, self.position, wanted))

    def _read_for(self, position: int, upto: int, wanted: Wanted) -> tuple[list[Item], int]:
        events, reached = wanted.read(position, upto, READ)
        return [Item(*pair) for pair in zip(events, self.render(events), strict=True)], reached


_followers: WeakKeyDictionary[asyncio.AbstractEventLoop, Follower] = WeakKeyDictionary()


def follower(render: Render) -> Follower:
    """The one of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _followers:
        _followers[loop] = Follower(render)
    return _followers[loop]


def frame(item: Item) -> bytes:
    """An event as the wire has it; the id is where to go on."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (item.event.position, item.event.type.encode(), item.data)


def heartbeat(position: int) -> bytes:
    """Keeps the connection, and tells a follower to whom nothing came how far the log was looked at."""
    return b": alive\nid: %d\n\n" % position


def waiting(seconds: float) -> bytes:
    """How long a client waits before it comes again."""
    return b"retry: %d\n\n" % (seconds * 1000)


async def frames(after: int | None, wanted: Wanted, render: Render) -> AsyncIterator[bytes]:
    """What is wanted after a position, or from now on, for ever; between events a heartbeat."""
    following = follower(render)
    async with following.followed():
        position = following.position if after is None else after
        yield waiting(1) + heartbeat(position)
        while True:
            grown = following.grown
            items, position = await following.after(position, wanted)
            for item in items:
                yield frame(item)
            if position < following.position:
                continue
            try:
                await asyncio.wait_for(grown.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield heartbeat(position)


def finite(after: int, upto: int, wanted: Wanted, render: Render) -> Iterator[bytes]:
    """What is wanted after a position up to another, and then an end: the client comes again after a second."""
    yield waiting(1)
    while after < upto:
        events, after = wanted.read(after, upto, READ)
        for event, data in zip(events, render(events), strict=True):
            yield frame(Item(event, data))
        if not events:
            yield heartbeat(after)
    yield heartbeat(upto)
