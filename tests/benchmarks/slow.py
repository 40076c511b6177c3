"""The appending arms again where each flush takes two milliseconds more, as on a disk that is further away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from tests.benchmarks import bare, ours, peers
from tests.benchmarks.harness import Arm

DELAY = {"commit_delay": 2000, "commit_siblings": 0}
"""Microseconds before a flush, and that no other commit has to be under way for it."""


def sample(work: Callable[[int], float], scale: int) -> float:
    with slowed():
        return work(scale)


@contextmanager
def slowed() -> Iterator[None]:
    """New connections to the database wait before each flush."""
    from django.db import connection, connections

    for name, value in DELAY.items():
        _alter(f"SET {name} = {value}")
    connections.close_all()
    try:
        yield
    finally:
        connection.close()
        for name in DELAY:
            _alter(f"RESET {name}")


def _alter(change: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        cursor.execute(f'ALTER DATABASE "{cursor.fetchone()[0]}" {change}')


ARMS = [
    Arm(f"{arm.bout}_slow", arm.name, partial(sample, arm.sample), arm.prepare)
    for arm in (*bare.ARMS, *peers.ARMS, *ours.ARMS)
    if arm.bout in ("append_1", "append_8")
]
