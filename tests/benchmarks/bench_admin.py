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
from django.db.models import Max  # noqa: E402
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
from tracker.facets import MOST_COUNTED  # noqa: E402
from tracker.log import Meta, NewEvent  # noqa: E402
from tracker.models import Event  # noqa: E402
from tracker.projections import catch_up, projections  # noqa: E402

OTHERS, SERIES, OF_AN_INDICATOR = 500, 50, 200
DRAFTS = 5000
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
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # what a server does by itself in time


def pages(count: int) -> dict[str, str]:
    """The addresses of all lists with their usual filters, and of all pages, by what they show."""
    last, one, other = log.head().position, typical(count), f"measure/duty-{count + 50:06}"
    longer, longest = long(1000), long(10**9)
    early = log.read(stream=longer)[log.version(longer) // 2].known_from or date(2018, 1, 1)
    return {
        "start": "/admin/",
        "everything to record": "/admin/record/",
        "a sheet": f"/admin/record/measure.suspended/?stream={one}",
        "a sheet that names an entry": f"/admin/record/measure.extended/?stream={one}",
        "a sheet of a correction": f"/admin/correct/{last // 2}/",
        "a sheet of a retraction": f"/admin/retract/{last // 2}/",
        "a draft": f"/admin/draft/{draft(one)}/",
        "import of a file": "/admin/import/measure.suspended/",
        "lookup of a measure": "/admin/lookup/?kinds=measure&q=measure+bench-00077",
        "lookup of an instrument": "/admin/lookup/?kinds=instrument&q=order",
        "lookup of a code": "/admin/lookup/?kinds=code&q=horses",
        "audit of corrections": "/admin/audit/corrections/",
        "a draft, 1,000 entries": f"/admin/draft/{draft(longer)}/",
        "a draft, 1,000 entries, early": f"/admin/draft/{draft(longer, early)}/",
        "a measure, 1,000 entries": f"/admin/measures/{longer}/change/",
        "a measure, the longest": f"/admin/measures/{longest}/change/",
        "a measure": f"/admin/measures/{one}/change/",
        "a measure, suspended": f"/admin/measures/{other}/change/",
        "an indicator": "/admin/measures/indicator/series-000001/change/",
        "an event": f"/admin/tracker/event/{last // 2}/change/",
        **listed("measures", "/admin/measures/measure/", of_measures(count)),
        **listed("events", "/admin/tracker/event/", of_events(last)),
        **listed("drafts", "/admin/measures/draft/", {"by state": "state=draft", "by stream": "q=bench-00050"}),
        **listed("imports", "/admin/measures/upload/", {}),
        **{key: page for name in TABLES for key, page in listed(name, f"/admin/measures/{name}/", BY_SLUG).items()},
        **{name: f"/admin/tracker/{name}/" for name in MACHINERY},
        "tokens": "/admin/knox/authtoken/",
    }


def typical(count: int) -> str:
    """Of the first measures the one that has about as many entries as they have on average."""
    each = log.versions([f"measure/bench-{number:05}" for number in range(min(count, 1000))])
    mean = statistics.mean(each.values())
    return min(each, key=lambda stream: abs(each[stream] - mean))


def long(most: int) -> str:
    """Of the measures with at most so many entries the one that has the most."""
    rows = Event.objects.filter(stream__startswith="measure/").values_list("stream").annotate(last=Max("version"))
    return max((last, stream) for stream, last in rows if last <= most)[1]


TABLES = (
    *("negotiation", "case", "indicator", "dispute", "group", "segment", "observation", "meeting"),
    *("delegation", "position", "agreement", "commitment", "proceeding", "membership"),
)
MACHINERY = ("checkpoint", "parked", "attachment", "pseudonym", "subscription", "delivery", "bulk")
BY_SLUG = {"by slug": "q=00050", "by a common part of slugs": "q=e"}


def of_measures(count: int) -> dict[str, str]:
    return {
        "by words": "q=measure+00077",
        "by product": "q=8541.43",
        "by country": "q=china",
        "by legal status": "legal=in_force",
        "not announced": "legal=not_announced",
        "by application": "application=suspended",
        "by kind": "kind=quota",
        "by implementer": "implementer=EU",
        "by title, backwards": "o=-0",
        "by status": "o=1",
        "by rate, backwards": "o=-2",
        "in force, by rate": "legal=in_force&o=2",
        "with all sides chosen": "legal=in_force&application=applied&kind=additional_duty&implementer=US",
        "with counts": "_facets=True",
        "with counts, filtered": "_facets=True&legal=in_force",
        "with counts, searched": "_facets=True&q=measure+000",
        "last page": f"p={min(count, MOST_COUNTED) // 50}",
    }


EARLY = "known_from__gte=2018-01-01&known_from__lt=2019-01-01"


def of_events(last: int) -> dict[str, str]:
    return {
        "far back": f"p={last // 100}",
        "at a position": f"q={last // 2}",
        "by stream": "q=measure/bench-00050",
        "by part of a stream": "q=bench",
        "by part of a few streams": "q=bench-0005",
        "by name of type": "q=observed",
        "by names of types": "q=suspen",
        "by rare type": "type=measure.announced",
        "by type": "type=measure.rate_changed",
        "by type that is not there": "type=case.settled",
        "corrections alone": "correction=yes",
        "without corrections": "correction=no",
        "by author": "actor=import",
        "by approval": "approval=imported",
        "by rare approval": "approval=emergency",
        "by kind of stream": "category=measure",
        "by rare kind of stream": "category=dispute",
        "of an early known year": EARLY,
        "by kind of stream and author": "category=measure&actor=import",
        "by rare kind of stream and author": "category=dispute&actor=import",
        "by kind of stream and early known year": f"category=measure&{EARLY}",
        "by author and type": "actor=import&type=measure.suspended",
        "by type and early known year": f"type=measure.rate_changed&{EARLY}",
        "by part of a stream and type": "q=bench-0005&type=measure.adopted",
        "by type of another kind of stream": "type=measure.rate_changed&category=dispute",
        "of a known year": "known_from__gte=2026-01-01&known_from__lt=2027-01-01",
        "of a recorded year": "recorded_at__year=2026",
        "by type and kind of stream": "type=measure.noted&category=measure",
    }


def listed(name: str, page: str, filters: dict[str, str]) -> dict[str, str]:
    """A list as it opens, and filtered."""
    return {name: page} | {f"{name}, {how}": f"{page}?{query}" for how, query in filters.items()}


def draft(stream: str, known: date = date(2026, 1, 1)) -> Any:
    """A draft that suspends a measure, previewed; one of many."""
    payload = measures.Suspended(effective_from=known.isoformat(), sources=SOURCE)
    batch, typed = [event(stream, known, payload)], {"known_from": [known.isoformat()]}
    author = User.objects.get(username="bench")
    said: dict[str, Any] = {"author": author, "type": "measure.suspended", "stream": stream}
    if not Draft.objects.exists():
        Draft.objects.bulk_create([Draft(**said, state="discarded", sentence="Suspended.") for _ in range(DRAFTS)])
    begun = Draft.objects.filter(state="draft", stream=stream, typed=typed).first() or Draft(author=author)
    return review.save(begun.pk, **said, typed=typed, batch=batch).pk


def client() -> Client:
    grant_roles()
    user, _ = User.objects.get_or_create(username="bench", defaults={"is_staff": True})
    user.groups.set(Group.objects.filter(name__in=("reviewer", "auditor")))
    found = Client()
    found.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return found


def say(what: str, figure: str, more: str, mark: str = "") -> None:
    sys.stdout.write(f"{what:<44} {figure:>20} {more:>14} {mark}\n")
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
    chosen = {name: address for name, address in pages(asked.measures).items() if asked.only in name}
    missed = [name for name, address in chosen.items() if not measure(reader, name, address)]
    say("pages, over an aim", f"{len(chosen)}, {len(missed)}", "", ", ".join(missed))


def measure(reader: Client, name: str, address: str) -> bool:
    """Says what a page costs; whether it is there and keeps within the aims."""
    took = []
    with CaptureQueriesContext(connection) as queries:
        answer = reader.get(address)
    asked = len(queries)
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        reader.get(address)
        took.append((time.perf_counter() - begun) * 1000)
    median = statistics.median(took)
    kept = answer.status_code == 200 and median <= MOST_MS and asked <= MOST_QUERIES
    say(name, f"{answer.status_code}, {asked} queries", f"{median:.0f} ms", "" if kept else "<-- over")
    return kept


if __name__ == "__main__":
    main()
