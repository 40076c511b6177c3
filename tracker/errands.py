"""Errands: small work beside the work that nobody should wait for, such as telling the broker."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Event


class Errand:
    """Work for a thread of its own. Asked for again before it began, it is done once; a process ends after its errands.

    The work says for how many seconds the thread rests after it, so that a storm of asking becomes a few errands.
    It must not raise, and must not use the database; it knows the context of who asked first, such as the id of
    a request. A child of a fork has a thread of its own.
    """

    def __init__(self, work: Callable[[], float]) -> None:
        self._work = work
        self._process = 0
        self._thread: ThreadPoolExecutor
        self._last: Future[object] | None = None
        self._hurry: Event

    def ask(self) -> None:
        if self._process != os.getpid():
            self._process, self._thread, self._last = os.getpid(), ThreadPoolExecutor(1, "errand"), None
            self._hurry = Event()
        if self._last is None or self._last.running() or self._last.done():
            self._last = self._thread.submit(copy_context().run, self._go)

    def settle(self) -> None:
        """Waits until what was asked for is done, without a rest."""
        if self._last is not None and self._process == os.getpid():
            self._hurry.set()
            self._last.result()
            self._hurry.clear()

    def _go(self) -> None:
        self._hurry.wait(self._work())
