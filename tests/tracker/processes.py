"""Real processes for tests of races and of sudden death, forked from the running test."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

from django.db import connections

PATIENCE_SECONDS = 60
_fork = get_context("fork")
_inherited: list[Any] = []


def _connect_apart() -> None:
    """Gives a forked process connections of its own; those of its parent it neither uses nor closes.

    Closing them before the fork is not enough: while a browser's event loop runs in a thread Django keeps connections
    for it apart from the thread's others, and in the child, where no loop runs, those others come to light.
    """
    _inherited.extend(connections.all(initialized_only=True))  # kept from the garbage collector, which would close them
    for alias in connections:
        connections[alias] = connections.create_connection(alias)


def race(work: Callable[[int], Any], count: int) -> list[Any]:
    """Runs `work(number)` in so many processes, let loose at once; returns what they returned, or raised as text."""
    connections.close_all()  # a connection shared over a fork is of use to nobody
    barrier, results = _fork.Barrier(count), _fork.Queue()
    racers = [_fork.Process(target=_run, args=(work, number, barrier, results), daemon=True) for number in range(count)]
    for racer in racers:
        racer.start()
    found = dict(results.get(timeout=PATIENCE_SECONDS) for _ in racers)
    for racer in racers:
        racer.join(PATIENCE_SECONDS)
        assert racer.exitcode == 0
    return [found[number] for number in range(count)]


def _run(work: Callable[[int], Any], number: int, barrier: Any, results: Any) -> None:
    _connect_apart()
    barrier.wait(PATIENCE_SECONDS)
    try:
        results.put((number, work(number)))
    except Exception as error:
        results.put((number, f"{type(error).__name__}: {error}"))
    finally:
        connections.close_all()


def killed_at(work: Callable[[Callable[..., None]], None]) -> None:
    """Runs `work(here)` in a process that is killed with SIGKILL once it calls `here`."""
    connections.close_all()
    reached = _fork.Event()

    def here(*_: Any) -> None:
        reached.set()
        time.sleep(PATIENCE_SECONDS)

    def run() -> None:
        _connect_apart()
        work(here)

    victim = _fork.Process(target=run)  # not daemonic: it may have children of its own
    victim.start()
    assert reached.wait(PATIENCE_SECONDS), "the process never came to the place where it is killed"
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()  # with a patience it would wait for children of the victim too
    assert victim.exitcode == -signal.SIGKILL
