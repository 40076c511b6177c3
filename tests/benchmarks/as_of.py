"""The state as of a point: our boxes, the bare query on two-clock rows, and django-simple-history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from typing import Any

from tests.benchmarks.bare import connect
from tests.benchmarks.harness import Arm, milliseconds
from tests.benchmarks.ours import load_and_project
from tests.benchmarks.workload import BEGIN, DAYS, STREAMS, changes

DAYS_ASKED = [BEGIN + timedelta(days=DAYS * number // 20) for number in range(1, 20)]
ONES = [(f"bench-{number * 97 % STREAMS:05d}", DAYS_ASKED[number % len(DAYS_ASKED)]) for number in range(200)]


def boxes(day: date) -> Any:
    from measures.models import Segment

    return Segment.objects.at(_point(day))


def _point(day: date) -> Any:
    from tracker.replay import resolve_point

    return resolve_point(today=date(2026, 11, 24), valid_at=day, known_at=day)


def one_of_ours(scale: int) -> float:
    points = {day: boxes(day) for day in DAYS_ASKED}
    return _timed(lambda slug, day: list(points[day].filter(stream=f"measure/{slug}")))


def all_of_ours(scale: int) -> float:
    points = [boxes(day).filter(legal="in_force") for day in DAYS_ASKED]
    return milliseconds([partial(list, rows.all()) for rows in points])


def one_as_pages_read_it(scale: int) -> float:
    from measures.models import Segment
    from tracker import rows

    points = {day: _point(day) for day in DAYS_ASKED}
    return _timed(lambda slug, day: rows.at(Segment, points[day], "stream = %(stream)s", stream=f"measure/{slug}"))


def all_as_pages_read_them(scale: int) -> float:
    from measures.models import Segment
    from tracker import rows

    points = [_point(day) for day in DAYS_ASKED]
    return milliseconds([partial(rows.at, Segment, point, "legal = 'in_force'") for point in points])


def our_query_for_one(scale: int) -> float:
    asked = {(slug, day): _query(boxes(day).filter(stream=f"measure/{slug}")) for slug, day in ONES}
    ask = connect().execute
    return _timed(lambda slug, day: ask(*asked[slug, day]).fetchall())


def our_query_for_all(scale: int) -> float:
    asked = [_query(boxes(day).filter(legal="in_force")) for day in DAYS_ASKED]
    ask = connect().execute
    return milliseconds([lambda query=query: ask(*query).fetchall() for query in asked])  # type: ignore[misc]


def _query(rows: Any) -> tuple[str, Any]:
    """The statement without the ORM around it: what the database takes."""
    sql, parameters = rows.values("term", "rate").query.sql_with_params()
    return sql, parameters


def _timed(ask: Callable[[str, date], Any]) -> float:
    return milliseconds([partial(ask, slug, day) for slug, day in ONES])


# Two-clock rows as one would write them by hand

RECTANGLES = """
DROP TABLE IF EXISTS bench_rectangles;
CREATE TABLE bench_rectangles AS SELECT stream, term, rate, legal, valid_from, valid_until, known_from, known_until
  FROM measures_segment WHERE recorded_until = 9223372036854775807 AND generation = (
    SELECT generation FROM tracker_checkpoint WHERE projection = 'measures' AND status = 'live');
CREATE INDEX ON bench_rectangles (stream, known_until, known_from);
CREATE INDEX ON bench_rectangles (known_until, known_from, valid_until, valid_from);
ANALYZE bench_rectangles;
"""
AT = "valid_from <= %s AND valid_until > %s AND known_from <= %s AND known_until > %s"


def rectangles(scale: int) -> None:
    load_and_project(scale)
    connect().execute(RECTANGLES)


def one_rectangle(scale: int) -> float:
    ask = connect().execute
    sql = f"SELECT term, rate FROM bench_rectangles WHERE stream = %s AND {AT}"
    return _timed(lambda slug, day: ask(sql, [f"measure/{slug}", *[day] * 4]).fetchall())


def all_rectangles(scale: int) -> float:
    ask = connect().execute
    sql = f"SELECT term, rate FROM bench_rectangles WHERE {AT} AND legal = 'in_force'"
    return milliseconds([lambda day=day: ask(sql, [day] * 4).fetchall() for day in DAYS_ASKED])  # type: ignore[misc]


# django-simple-history: one clock, a row for each change


@cache
def tracked() -> Any:
    from django.db import models
    from simple_history.models import HistoricalRecords

    class TrackedMeasure(models.Model):
        slug = models.TextField(primary_key=True)
        percent = models.IntegerField()
        summary = models.TextField()
        history = HistoricalRecords(table_name="bench_tracked_history")

        class Meta:
            app_label = "tracker"
            db_table = "bench_tracked"

        def __str__(self) -> str:
            return self.slug

    return TrackedMeasure


def track(scale: int) -> None:
    """The same changes as history rows, written in bulk."""
    from django.db import connection

    model = tracked()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_tracked; DROP TABLE IF EXISTS bench_tracked_history")
    with connection.schema_editor() as editor:
        editor.create_model(model)
        editor.create_model(model.history.model)
    rows = [
        model.history.model(
            slug=change.slug,
            percent=change.percent,
            summary=change.summary,
            history_date=datetime.combine(change.known_from, time(), UTC),
            history_type="+" if change.first else "~",
        )
        for change in changes(scale)
    ]
    model.history.model.objects.bulk_create(rows, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bench_tracked_history")


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(23), UTC)


def one_tracked(scale: int) -> float:
    history = tracked().history
    return _timed(lambda slug, day: list(history.as_of(_moment(day)).filter(slug=slug)))


def all_tracked(scale: int) -> float:
    history = tracked().history
    return milliseconds([lambda day=day: list(history.as_of(_moment(day))) for day in DAYS_ASKED])  # type: ignore[misc]


ARMS = [
    Arm("as_of_one", "bare query on two-clock rows", one_rectangle, rectangles),
    Arm("as_of_one", "django-simple-history: as_of", one_tracked, track),
    Arm("as_of_one", "Lancaster: boxes through the ORM", one_of_ours, load_and_project),
    Arm("as_of_one", "Lancaster: boxes as pages read them", one_as_pages_read_it, load_and_project),
    Arm("as_of_one", "Lancaster: the query of the boxes", our_query_for_one, load_and_project),
    Arm("as_of_all", "bare query on two-clock rows", all_rectangles, rectangles),
    Arm("as_of_all", "django-simple-history: as_of", all_tracked, track),
    Arm("as_of_all", "Lancaster: boxes through the ORM", all_of_ours, load_and_project),
    Arm("as_of_all", "Lancaster: boxes as pages read them", all_as_pages_read_them, load_and_project),
    Arm("as_of_all", "Lancaster: the query of the boxes", our_query_for_all, load_and_project),
]
