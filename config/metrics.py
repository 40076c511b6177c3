"""Figures for Prometheus. Those of the log are read from the database when asked: a dead worker cannot look healthy."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config.watching import watchers_only
from tracker.projections import SERVING, Status
from tracker.status import Report, Standing, report
from tracker.subscriptions.backlog import Backlog

logger = logging.getLogger(__name__)

DURATION = Histogram(
    "lancaster_request_duration_seconds",
    "Time from request to answer.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


@never_cache
@require_safe
@watchers_only
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything measured, in the text format of Prometheus."""
    asked = CollectorRegistry()
    asked.register(Log())
    return HttpResponse(generate_latest(_processes()) + generate_latest(asked), content_type=CONTENT_TYPE_LATEST)


def _processes() -> CollectorRegistry:
    """What the web server's processes counted, all of them where they share a folder."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together


class Log(Collector):
    """The log and its projections as the database has them at this moment."""

    def collect(self) -> Iterator[Metric]:
        try:
            found = report(timezone.now())
        except DatabaseError:
            logger.exception("no figures of the log")
            yield gauge("database_up", "Whether the database answers.", 0)
            return
        yield gauge("database_up", "Whether the database answers.", 1)
        yield gauge("broker_up", "Whether the broker answers.", not found.broker)
        yield gauge("events", "Entries in the log.", found.head)
        yield gauge("last_event_timestamp_seconds", "When the last was recorded.", found.recorded_at.timestamp())
        yield gauge("sealed_events", "Entries under the newest checkpoint.", found.sealed)
        yield gauge("unsealed_seconds", "Since when an entry has wanted sealing.", found.unsealed_seconds)
        yield gauge("guards_missing", "Triggers of the log that are absent or disabled.", len(found.triggers_missing))
        yield gauge("problems", "How many problems `manage.py status` tells.", len(found.problems))
        yield from of_projections(found)
        yield from of_webhooks(found.webhooks)


def of_projections(found: Report) -> Iterator[Metric]:
    serving = [each for each in found.projections if each.status in SERVING]
    building = [each for each in found.projections if each.status == Status.BUILDING]
    yield each_of("projection_lag_events", "Entries not projected yet.", serving, lambda one: one.lag_events)
    yield each_of("projection_lag_seconds", "Age of the first of them.", serving, lambda one: one.lag_seconds)
    yield each_of("projection_running", "0 where it stands still.", serving, lambda one: one.status == Status.LIVE)
    yield each_of("projection_parked_streams", "Streams it cannot fold.", serving, lambda one: len(one.parked))
    yield each_of("rebuild_progress", "Part of the log read.", building, lambda one: one.position / max(found.head, 1))


def of_webhooks(found: Backlog) -> Iterator[Metric]:
    states = GaugeMetricFamily("lancaster_webhooks", "Subscriptions by state.", labels=["state"])
    for state, number in found.subscriptions.items():
        states.add_metric([state], float(number))
    yield states
    yield gauge("webhook_unread_events", "Entries not looked at yet for the furthest behind.", found.unread_events)
    yield gauge("webhook_waiting", "Messages not delivered yet.", found.waiting)
    yield gauge("webhook_failed", "Messages given up in thirty days.", found.failed)
    yield gauge("webhook_overdue_seconds", "How long the longest due has been left lying.", found.overdue_seconds)


def gauge(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(f"lancaster_{name}", help, value=float(value))


def each_of(name: str, help: str, standings: list[Standing], value: Callable[[Standing], float]) -> Metric:
    family = GaugeMetricFamily(f"lancaster_{name}", help, labels=["projection"])
    for each in standings:
        family.add_metric([each.projection], float(value(each)))
    return family
