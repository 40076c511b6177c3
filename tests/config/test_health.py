"""Health and metrics: asked of the real database and broker, told to whoever may know."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from config import health
from tests.processes import until
from tests.test_processes import record
from tracker.projections import ensure_checkpoints, projections
from tracker.subscriptions.models import Delivery, Subscription


@pytest.fixture(autouse=True)
def nothing_remembered():
    health._migrated.clear()


def test_a_server_is_ready_when_it_can_answer_and_says_what_is_wrong_besides(db, client, own_broker):
    ensure_checkpoints()
    answer = client.get("/readyz")
    told = answer.json()
    assert answer.status_code == 200
    assert told["ready"]
    assert not told["well"]
    assert told["problems"] == ["no worker answers: nothing is projected until one is started"]
    assert told["head"] == 0
    assert len(told["projections"]) == len(projections())


def test_a_working_deployment_is_well(client, own_broker, celery_worker_process):
    ensure_checkpoints()
    celery_worker_process()

    def well_with_a_worker() -> bool:
        told = client.get("/readyz").json()
        return told["well"] and len(told["workers"]) == 1

    until(well_with_a_worker, "the worker answers in time")


def test_a_dead_broker_does_not_take_the_server_out_of_service(db, client, own_broker):
    ensure_checkpoints()
    own_broker.kill()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert any("broker does not answer" in problem for problem in answer.json()["problems"])


def test_a_missing_migration_makes_it_unready_with_the_name(db, client):
    MigrationRecorder.Migration.objects.filter(app="measures").delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "measures.0001_" in answer.json()["problems"][0]


def test_in_production_details_are_for_whoever_knows_the_token(db, client, settings):
    settings.PUBLIC = True
    assert client.get("/readyz").json() == {"ready": True}
    assert client.get("/metrics").status_code == 403
    settings.METRICS_TOKEN = "the-token"
    assert client.get("/metrics", headers={"Authorization": "Bearer guess"}).status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer the-token"}).status_code == 200


def test_metrics_tell_the_lag_though_no_worker_runs(committed_db, client, own_broker):
    ensure_checkpoints()
    record()
    text = client.get("/metrics").content.decode()
    assert "lancaster_events 1.0" in text
    assert 'lancaster_projection_lag_events{projection="measures"} 1.0' in text
    assert "lancaster_broker_up 1.0" in text


def test_metrics_tell_what_waits_for_webhooks_and_for_the_sealer(committed_db, client, own_broker):
    position, now = record(), timezone.now()
    subscription = Subscription.objects.create(
        owner=User.objects.create_user("client"), url="https://example.org/", position=0, next_at=now, created_at=now
    )
    for number, state in enumerate(("waiting", "waiting", "failed")):
        Delivery.objects.create(
            id=uuid4(),
            subscription=subscription,
            position=position + number,
            type="sources.reviewed",
            state=state,
            next_at=now - timedelta(seconds=90),
            created_at=now,
        )
    text = client.get("/metrics").content.decode()
    assert 'lancaster_webhooks{state="active"} 1.0' in text
    assert 'lancaster_webhooks{state="dead"} 0.0' in text
    assert "lancaster_webhook_unread_events 1.0" in text
    assert "lancaster_webhook_waiting 2.0" in text
    assert "lancaster_webhook_failed 1.0" in text
    assert re.search(r"(?m)^lancaster_webhook_overdue_seconds (9\d|\d{3,})\.", text)
    assert "lancaster_sealed_events 0.0" in text
    told = client.get("/readyz").json()
    assert told["webhooks"]["waiting"] == 2
    assert any("webhooks have been due for" in problem for problem in told["problems"])


def test_every_metric_of_an_alert_rule_is_told(committed_db, client, own_broker):
    """Those of the documentation: a rule on a metric that is not there would be silent for ever."""
    ensure_checkpoints()
    record()
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    rules = "\n".join(re.findall(r"\{alert: .*", page))
    named = set(re.findall(r"lancaster_\w+", rules))
    assert len(named) >= 8
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert not {name for name in named if not re.search(rf"(?m)^{name}[ {{]", text)}


def test_metrics_tell_how_long_requests_took_by_pattern_not_by_path(db, client, own_broker):
    client.get("/healthz")
    client.get("/no/such/page/")
    text = client.get("/metrics").content.decode()
    assert 'lancaster_request_duration_seconds_count{method="GET",route="/healthz",status="200"}' in text
    assert "no/such" not in text


def test_the_id_of_a_request_goes_into_its_task_and_its_events(client, own_broker, celery_worker_process):
    from structlog.contextvars import bound_contextvars

    from tracker import log

    ensure_checkpoints()
    worker = celery_worker_process()
    with bound_contextvars(request_id="proxy-7f3a"):
        position = record()
    found = log.get(position=position)
    assert found is not None
    assert found.meta["request_id"] == "proxy-7f3a"
    until(lambda: "proxy-7f3a" in worker.log.read_text(), "the worker logs the request's id")
