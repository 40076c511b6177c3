"""What the workplace's pages cost: `python -m tests.benchmarks.bench_admin [--measures 10000] [--events 1000000]`.

It empties the database that the settings name, so it asks for the profile `test`; `--filled` takes what is there.
Nothing is asserted: it prints the median of some requests a page, with the queries of one. A page may take 300 ms and
ten queries.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from measures import review  # noqa: E402
from measures.drafts import Draft  # noqa: E402
from measures.events import indicators, measures  # noqa: E402
from measures.events.common import Figure  # noqa: E402
from measures.obligations import AdValorem  # noqa: E402
from measures.roles import grant_roles  # noqa: E402
from tests.benchmarks import loading  # noqa: E402
from tracker import log  # noqa: E402
from tracker.events import Payload, Source  # noqa: E402
from tracker.log import Meta, NewEvent  # noqa: E402
from tracker.projections import catch_up, projections  # noqa: E402

OTHERS, SERIES, OF_AN_INDICATOR = 500, 50, 200
META = Meta(actor="bench", approval="imported", origin="import bench")
SOURCE = (Source(title="Notice", publisher="Gazette", citation="No. 1", official=True),)
PARTIES = ("US", "CN", "EU")
KINDS = ("tariff", "additional_duty", "export_control", "quota")
ROUNDS = 7
MOST_MS, MOST_QUERIES = 300, 10


def event(stream: str, known: date, payload: Payload) -> NewEvent:
    return NewEvent(stream=stream, payload=payload, meta=META, known_from=known)


def of_measure(number: int) -> Iterator[NewEvent]:
    """A measure of the last eight years, whose duty changes twice and is suspended; of some the end lies ahead."""
    stream, begun = f"measure/duty-{number:06}", date(2018, 1, 1) + timedelta(days=number % 2900)
    days = [begun + timedelta(days=step) for step in (0, 30, 60, 90, 120)]
    first, second, third = (day.isoformat() for day in days[1:4])
    duty = AdValorem(percent=Decimal(number % 40 + 1))
    described: dict[str, Any] = {
        "kind": KINDS[number % 4],
        "direction": "import",
        "implementer": PARTIES[number % 3],
    }
    yield event(stream, begun, measures.Described(title=f"Duty {number} on widgets", sources=SOURCE, **described))
    if number % 20 == 0:
        yield event(stream, days[1], measures.Announced(obligation=duty, sources=SOURCE))
        return
    yield event(stream, days[1], measures.Adopted(obligation=duty, effective_from=first, sources=SOURCE))
    higher = AdValorem(percent=duty.percent + 5)
    yield event(stream, days[2], measures.RateChanged(obligation=higher, effective_from=second, sources=SOURCE))
    until = days[4] if number % 50 else date.today() + timedelta(days=number % 100 + 1)  # noqa: DTZ011
    suspended = measures.Suspended(effective_from=third, effective_until=until.isoformat(), sources=SOURCE)
    yield event(stream, days[3], suspended)
    yield event(stream, days[4], measures.Noted(summary="Noted", sources=SOURCE))


def of_indicator(number: int) -> Iterator[NewEvent]:
    stream, known = f"indicator/series-{number:06}", date(2018, 1, 1) + timedelta(days=number % 2900)
    described = indicators.Described(title=f"Series {number}", kind="price", sources=SOURCE)
    yield event(stream, known, described)
    for step in range(OF_AN_INDICATOR - 1):
        day = (known - timedelta(days=step)).isoformat()
        figure = Figure(name="price", value=str(step))
        yield event(stream, known, indicators.Observed(period_until=day, values=(figure,), sources=SOURCE))


def variety(first: int) -> Iterator[NewEvent]:
    """What the measures of `loading` lack: other kinds, suspensions, ends that lie ahead, series of observations."""
    for number in range(first, first + OTHERS):
        yield from of_measure(number)
    for number in range(SERIES):
        yield from of_indicator(number)


def fill(count: int, total: int) -> None:
    begun = time.perf_counter()
    loading.fill(count, total)
    say("recorded and projected", f"{log.head().position} events", f"{time.perf_counter() - begun:.0f} s")


def add_variety(count: int) -> None:
    """Beside what is there, once."""
    if log.exists("indicator/series-000000"):
        return
    loading.record(variety(count))
    for kind in projections():
        catch_up(kind.name)
    loading.vacuum()


def pages() -> dict[str, str]:
    last = log.head().position
    events, listed = "/admin/tracker/event/", "/admin/measures/measure/"
    return {
        "start": "/admin/",
        "measures": listed,
        "measures by words": f"{listed}?q=duty+77",
        "measures by legal status": f"{listed}?legal=in_force",
        "measures by application": f"{listed}?application=suspended",
        "measures by kind": f"{listed}?kind=quota",
        "measures by implementer": f"{listed}?implementer=EU",
        "measures by rate": f"{listed}?o=4",
        "measures, last page": f"{listed}?p=100",
        "a measure": f"{listed}duty-000050/change/",
        "a sheet": "/admin/record/measure.suspended/?stream=measure/duty-000050",
        "everything to record": "/admin/record/",
        "lookup of a measure": "/admin/lookup/?kinds=measure&q=duty+77",
        "lookup of an instrument": "/admin/lookup/?kinds=instrument&q=order",
        "lookup of a code": "/admin/lookup/?kinds=code&q=horses",
        "events": events,
        "events, far back": f"{events}?p={last // 100}",
        "events by stream": f"{events}?q=duty-000050",
        "events by part of a stream": f"{events}?q=duty",
        "events by name of type": f"{events}?q=observed",
        "events by names of types": f"{events}?q=suspen",
        "events by rare type": f"{events}?q=announced",
        "events by type": f"{events}?type=indicator.observed",
        "events, corrections alone": f"{events}?correction=yes",
        "events by approval": f"{events}?approval=imported",
        "events by rare approval": f"{events}?approval=emergency",
        "events by kind of stream": f"{events}?category=measure",
        "events by rare kind of stream": f"{events}?category=dispute",
        "events of a known year": f"{events}?known_from__gte=2026-01-01&known_from__lt=2027-01-01",
        "events of a recorded year": f"{events}?recorded_at__year=2026",
        "an event": f"{events}{last // 2}/change/",
        "drafts": "/admin/measures/draft/",
        "a draft": f"/admin/draft/{draft()}/",
        "imports": "/admin/measures/upload/",
        "segments": "/admin/measures/segment/",
        "segments by slug": "/admin/measures/segment/?q=duty-000050",
        "observations": "/admin/measures/observation/",
        "checkpoints": "/admin/tracker/checkpoint/",
        "parked": "/admin/tracker/parked/",
    }


def draft() -> Any:
    """A draft that suspends a measure, previewed."""
    payload = measures.Suspended(effective_from="2026-01-01", sources=SOURCE)
    batch = [event("measure/duty-000050", date(2026, 1, 1), payload)]
    author = User.objects.get(username="bench")
    kept = Draft.objects.first() or Draft(author=author)
    return review.save(
        kept.pk, author=author, type="measure.suspended", stream="measure/duty-000050", typed={}, batch=batch
    ).pk


def client() -> Client:
    grant_roles()
    user, _ = User.objects.get_or_create(username="bench", defaults={"is_staff": True})
    user.groups.set(Group.objects.filter(name="reviewer"))
    found = Client()
    found.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return found


def say(what: str, figure: str, more: str, mark: str = "") -> None:
    sys.stdout.write(f"{what:<32} {figure:>20} {more:>14} {mark}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench_admin")
    parser.add_argument("--measures", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--filled", action="store_true", help="take the database as it is, or as bench_api left it")
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    if settings.PROFILE != "test":
        sys.exit("this empties its database: set LANCASTER_PROFILE=test")
    settings.ALLOWED_HOSTS = ["testserver"]
    if not asked.filled:
        fill(asked.measures, asked.events)
    add_variety(asked.measures)
    reader = client()
    for name, address in pages().items():
        if asked.only in name:
            measure(reader, name, address)


def measure(reader: Client, name: str, address: str) -> None:
    took = []
    with CaptureQueriesContext(connection) as queries:
        answer = reader.get(address)
    asked = len(queries)
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        reader.get(address)
        took.append((time.perf_counter() - begun) * 1000)
    median = statistics.median(took)
    mark = "<-- over" if median > MOST_MS or asked > MOST_QUERIES else ""
    say(name, f"{answer.status_code}, {asked} queries", f"{median:.0f} ms", mark)


if __name__ == "__main__":
    main()
