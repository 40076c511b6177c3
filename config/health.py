"""Whether this process answers, and whether everything behind it does."""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from config.watching import may_watch
from tracker.status import Report, report

HEARTBEAT_SECONDS = 1.0
PROJECTING = "(?!deliveries@)"
"""The names of all workers but those that only send webhooks."""

_migrated: set[str] = set()
"""The databases that were found migrated: they stay so while this process runs."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Says `ok` as long as the process serves; it asks neither the database nor the broker.

    Who asks must name one of ALLOWED_HOSTS, over http or https.
    """
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether this server can answer questions: 200, or 503 where the database or a migration is missing.

    Who may watch is also told what else is wrong. A worker or broker that is down makes answers old, not wrong:
    `well` is then false, the status stays 200, and `problems` say what to do.
    """
    missing = _missing()
    answer: dict[str, Any] = {"ready": not missing}
    if may_watch(request):
        answer |= {"problems": [missing]} if missing else _details()
        answer["well"] = not answer["problems"]
    return JsonResponse(answer, status=503 if missing else 200, encoder=DjangoJSONEncoder)


def _missing() -> str:
    """Why no question can be answered; empty where one can."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "" if _all_migrated() else f"not migrated: {', '.join(_unapplied())}"
    except DatabaseError as error:
        return f"the database does not answer: {error}".strip()


def _all_migrated() -> bool:
    name = str(connection.settings_dict["NAME"])
    if name not in _migrated and not _unapplied():
        _migrated.add(name)
    return name in _migrated


def _unapplied() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _details() -> dict[str, Any]:
    found = report(timezone.now())
    workers = [] if found.broker else heartbeats()
    problems = list(found.problems)
    if not workers and not found.broker:
        problems.append("no worker answers: nothing is projected until one is started")
    return {"problems": problems, "version": settings.VERSION, "workers": workers, **_as_data(found)}


def _as_data(found: Report) -> dict[str, Any]:
    data = found.as_data()
    data.pop("problems")
    return data


def heartbeats() -> list[str]:
    """The names of the workers that answer within a second. The first answer is enough to stop waiting.

    Those that only send webhooks are not asked: they project nothing.
    """
    try:
        with current_app.connection_for_write(connect_timeout=HEARTBEAT_SECONDS) as link:
            answers = current_app.control.ping(
                timeout=HEARTBEAT_SECONDS, limit=1, connection=link, pattern=PROJECTING, matcher="pcre"
            )
    except (OperationalError, OSError):
        return []
    return sorted(name for answer in answers for name in answer)
