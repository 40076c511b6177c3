"""Work that several processes share, one a core: forked, each with a database connection of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import current_process, get_context
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from django.db import connection, connections

Part = TypeVar("Part")
Result = TypeVar("Result")
Progress = Callable[[int], None]
Work = Callable[[Part, Progress], Result]

MOST = 8
_fork = get_context("fork")
_inherited: list[Any] = []


class WorkFailed(Exception):
    """A process did not come to the end of its part."""


def processes() -> int:
    """How many may share work: one alone in a transaction, of which others see nothing, and where none may be begun."""
    return 1 if connection.in_atomic_block or current_process().daemon else min(os.cpu_count() or 1, MOST)


def shared(work: Work[Part, Result], parts: Sequence[Part], progress: Progress) -> list[Result]:
    """What the work gives for each part, in order; where there are several, each in a process of its own.

    Raises WorkFailed, and ends the others, where one of these fails.
    """
    if len(parts) == 1:
        return [work(parts[0], progress)]
    with _at_work(work, parts) as pipes:
        found: dict[Any, Result] = {}
        while len(found) < len(pipes):
            for pipe in wait(set(pipes).difference(found)):
                message, value = _said(pipe)
                if message == "failed":
                    raise WorkFailed(value)
                progress(value) if message == "told" else found.setdefault(pipe, value)
        return [found[pipe] for pipe in pipes]


def _said(pipe: Any) -> tuple[str, Any]:
    try:
        return pipe.recv()
    except EOFError:
        return "failed", "a process was killed"


@contextmanager
def _at_work(work: Work[Part, Result], parts: Sequence[Part]) -> Iterator[list[Connection]]:
    """Processes that have begun, each with a part; none is left when the context ends."""
    pipes, begun = list[Connection](), []
    try:
        for part in parts:
            here, there = _fork.Pipe(duplex=False)
            process = _fork.Process(target=_do, args=(work, part, there, os.getpid()))
            process.start()
            there.close()
            pipes.append(here)
            begun.append(process)
        yield pipes
    finally:
        for process in begun:
            process.terminate()
            process.join()


def _do(work: Work[Part, Result], part: Part, pipe: Connection, parent: int) -> None:
    def told(count: int) -> None:
        if os.getppid() != parent:
            raise WorkFailed("nobody waits for it any more")
        pipe.send(("told", count))

    _connect_apart()
    try:
        pipe.send(("done", work(part, told)))
    except Exception as error:
        pipe.send(("failed", f"{type(error).__name__}: {error}"))


def _connect_apart() -> None:
    """The connections of the parent are neither used nor closed: both would be done to its own."""
    _inherited.extend(connections.all(initialized_only=True))
    for alias in connections:
        connections[alias] = connections.create_connection(alias)
