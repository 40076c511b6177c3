"""The peers, as their documentation shows them: `eventsourcing` on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tests.benchmarks.harness import Arm, rate
from tests.benchmarks.ours import WARM, eighths, in_processes
from tests.benchmarks.workload import Change, changes


def environment() -> dict[str, str]:
    from django.db import connection

    given = connection.get_connection_params()
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(given["dbname"]),
        "POSTGRES_HOST": str(given.get("host") or "127.0.0.1"),
        "POSTGRES_PORT": str(given.get("port") or 5432),
        "POSTGRES_USER": str(given.get("user") or "postgres"),
        "POSTGRES_PASSWORD": str(given.get("password") or "none"),
        "POSTGRES_SCHEMA": "bench_es",
    }


def application(*, fresh: bool = True) -> tuple[Any, Any]:
    """An application of the library's own kind, and its aggregate."""
    from django.db import connection
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Measure(Aggregate):
        @event("Announced")
        def __init__(self, slug: str, data: dict[str, Any]) -> None:
            self.slug = slug
            self.data = data

        @event("Changed")
        def change(self, data: dict[str, Any]) -> None:
            self.data = data

    if fresh:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS bench_es CASCADE; CREATE SCHEMA bench_es")
    settings = environment() if fresh else environment() | {"CREATE_TABLE": "n"}
    return Application[Any](env={**os.environ, **settings}), Measure


def data(change: Change) -> dict[str, Any]:
    return {
        "percent": change.percent,
        "effective_from": change.effective_from.isoformat(),
        "known_from": change.known_from.isoformat(),
        "summary": change.summary,
        "sources": [{"title": f"Notice {change.number}", "publisher": "Gazette", "url": change.url}],
    }


def _save(app: Any, kind: Any, held: dict[int, Any], work: Sequence[Change], size: int = 1) -> int:
    for at in range(0, len(work), size):
        touched = {}
        for change in work[at : at + size]:
            if change.stream in held:
                held[change.stream].change(data(change))
            else:
                held[change.stream] = kind(change.slug, data(change))
            touched[change.stream] = held[change.stream]
        app.save(*touched.values())
    return len(work)


def save_singly(scale: int) -> float:
    application()[0].close()
    return rate(2000, begun_saving(list(changes(2000 + WARM))))


def save_in_batches(scale: int) -> float:
    """Five hundred a save: with a thousand the library's pipeline stands still after a few saves."""
    app, kind = application()
    work, held = list(changes(21_000)), dict[int, Any]()
    _save(app, kind, held, work[:1000], 500)
    return rate(20_000, lambda: _save(app, kind, held, work[1000:], 500))


def save_by_eight(scale: int) -> float:
    application()[0].close()
    return in_processes(eighths(list(changes(4000))), begun_saving)


def begun_saving(work: Sequence[Change]) -> Callable[[], int]:
    """A writer that has begun; called, it saves the rest one by one."""
    app, kind = application(fresh=False)
    held: dict[int, Any] = {}
    _save(app, kind, held, work[:WARM])
    return partial(_save, app, kind, held, work[WARM:])


def project(scale: int) -> float:
    """ProjectionRunner into a table of one row a measure, with the library's tracking; at most 6,000 events."""
    from eventsourcing.persistence import Tracking
    from eventsourcing.postgres import PostgresTrackingRecorder
    from eventsourcing.projection import Projection, ProjectionRunner

    app, kind = application()
    work = list(changes(min(scale, 6000)))
    _save(app, kind, {}, work, 500)
    settings = {**os.environ, **environment(), "CURRENT_POSTGRES_SCHEMA": "bench_es"}

    class View(PostgresTrackingRecorder):
        def _create_table(self, curs: Any) -> None:
            super()._create_table(curs)
            curs.execute(
                "CREATE TABLE IF NOT EXISTS bench_es.current_measure (id uuid PRIMARY KEY, percent int, summary text)"
            )

        def put(self, identity: Any, values: dict[str, Any], tracking: Tracking) -> None:
            with self.datastore.transaction(commit=True) as cursor:
                self._insert_tracking(cursor, tracking)
                cursor.execute(
                    "INSERT INTO bench_es.current_measure VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE"
                    " SET percent = EXCLUDED.percent, summary = EXCLUDED.summary",
                    (identity, values["percent"], values["summary"]),
                )

    class Current(Projection[View]):
        name = "current"

        def process_event(self, domain_event: Any, tracking: Tracking) -> None:
            self.view.put(domain_event.originator_id, domain_event.data, tracking)

    def work_through() -> None:
        with ProjectionRunner(
            application_class=type(app), projection_class=Current, view_class=View, env=settings
        ) as runner:
            runner.wait(len(work), timeout=600)

    return rate(len(work), work_through)


ARMS = [
    Arm("append_1", "eventsourcing: app.save", save_singly),
    Arm("append_8", "eventsourcing: app.save", save_by_eight),
    Arm("append_1000", "eventsourcing: app.save, 500 at a time", save_in_batches),
    Arm("projection", "eventsourcing: ProjectionRunner", project),
]
