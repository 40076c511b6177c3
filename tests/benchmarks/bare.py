"""What PostgreSQL itself allows: the same rows without a log around them."""

from __future__ import annotations

import json
from typing import Any

from tests.benchmarks.harness import Arm, rate
from tests.benchmarks.ours import in_processes
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
    connected, rows = fresh(), [row(change) for change in changes(2000)]
    return rate(len(rows), lambda: [connected.execute(INSERT, item) for item in rows])


def insert_by_eight(scale: int) -> float:
    fresh()
    work = list(changes(4000))
    return in_processes([[change for change in work if change.stream % 8 == part] for part in range(8)], _insert_all)


def _insert_all(work: list[Change]) -> int:
    connected = connect()
    for change in work:
        connected.execute(INSERT, row(change))
    return len(work)


def copy_in_batches(scale: int) -> float:
    connected, rows = fresh(), [row(change) for change in changes(20_000)]

    def work() -> None:
        for at in range(0, len(rows), 1000):
            with connected.cursor().copy(f"COPY {TABLE} (stream, type, data) FROM STDIN") as copy:
                for item in rows[at : at + 1000]:
                    copy.write_row(item)

    return rate(len(rows), work)


ARMS = [
    Arm("append_1", "bare INSERT", insert_singly),
    Arm("append_8", "bare INSERT", insert_by_eight),
    Arm("append_1000", "bare COPY", copy_in_batches),
]
