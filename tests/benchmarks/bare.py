"""What PostgreSQL itself allows: the same rows without a log around them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tests.benchmarks.harness import Arm, rate
from tests.benchmarks.ours import WARM, eighths, in_processes
from tests.benchmarks.workload import Change, changes

TABLE = "bench_bare"
INSERT = f"INSERT INTO {TABLE} (stream, type, data) VALUES (%s, %s, %s)"


def connect() -> Any:
    import psycopg
    from django.db import connection

    return psycopg.connect(
        **connection.get_connection_params() | {"autocommit": True, "cursor_factory": psycopg.Cursor}
    )


def fresh() -> Any:
    connected = connect()
    connected.execute(f"DROP TABLE IF EXISTS {TABLE}")
    connected.execute(f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, stream text, type text, data text)")
    return connected


def row(change: Change) -> tuple[str, str, str]:
    data = {
        "percent": change.percent,
        "effective_from": change.effective_from.isoformat(),
        "known_from": change.known_from.isoformat(),
        "summary": change.summary,
        "sources": [{"title": f"Notice {change.number}", "publisher": "Gazette", "url": change.url}],
        "meta": {"actor": "bench", "approval": "imported", "origin": "import bench"},
    }
    return (change.slug, "rate_changed", json.dumps(data))


def insert_singly(scale: int) -> float:
    fresh()
    return rate(2000, begun_inserting(list(changes(2000 + WARM))))


def insert_by_eight(scale: int) -> float:
    fresh()
    return in_processes(eighths(list(changes(4000))), begun_inserting)


def begun_inserting(work: Sequence[Change]) -> Callable[[], int]:
    """A writer that has begun; called, it inserts the rest one by one."""
    connected = connect()

    def insert(some: Sequence[Change]) -> int:
        for change in some:
            connected.execute(INSERT, row(change))
        return len(some)

    insert(work[:WARM])
    return partial(insert, work[WARM:])


def copy_in_batches(scale: int) -> float:
    connected, rows = fresh(), [row(change) for change in changes(21_000)]

    def work(begin: int, end: int) -> None:
        for at in range(begin, end, 1000):
            with connected.cursor().copy(f"COPY {TABLE} (stream, type, data) FROM STDIN") as copy:
                for item in rows[at : at + 1000]:
                    copy.write_row(item)

    work(0, 1000)
    return rate(20_000, partial(work, 1000, len(rows)))


ARMS = [
    Arm("append_1", "bare INSERT", insert_singly),
    Arm("append_8", "bare INSERT", insert_by_eight),
    Arm("append_1000", "bare COPY", copy_in_batches),
]
