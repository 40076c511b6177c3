"""docker-compose.yml and Dockerfile: well formed, and every service's command does its work on this machine."""

import json
import re
import signal
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from config.celery import app
from tests.operations.compose import GIVEN, OURS, SERVICES, Deployment, dotenv
from tests.operations.servers import ROOT
from tests.processes import until


@pytest.fixture
def deployment(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    deployment = Deployment(tmp_path, port)
    yield deployment
    deployment.remove()


def get(deployment: Deployment, path: str) -> dict:
    """Asks as the proxy in front does."""
    headers = {"Host": GIVEN["ALLOWED_HOSTS"], "X-Forwarded-Proto": "https"}
    if not path.startswith("/api/"):
        headers["Authorization"] = f"Bearer {GIVEN['METRICS_TOKEN']}"
    request = urllib.request.Request(f"http://127.0.0.1:{deployment.port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_the_services_start_serve_the_shipped_data_and_stop(deployment):
    deployment.run("migrate")
    for service in ("worker", "deliveries", "beat", "web"):
        deployment.up(service)
    deployment.run("data")
    deployment.run("rebuild")
    deployment.up("sealer")
    until(lambda: deployment.is_healthy("web"), "the web service is healthy")
    until(lambda: caught_up(get(deployment, "/readyz")), "everything is projected", 240)

    until(
        lambda: (told := get(deployment, "/readyz"))["well"] and told["workers"], "all is well and the worker answers"
    )
    told = get(deployment, "/readyz")
    assert told["guarantees_lost"] == []
    asked = "/api/v1/measures/us-ieepa-reciprocal-cn/?valid_at=2025-08-20&known_at=2025-05-15"
    assert float(get(deployment, asked)["rate"]) == 34
    until(lambda: sealed(deployment) == told["head"], "the sealer has signed the head")
    assert re.search(r'"event": ?"request_finished"', deployment.log("web").read_text())

    ended = deployment.down()
    assert ended == dict.fromkeys(("worker", "deliveries", "beat", "web", "sealer"), 0) | {"sealer": -15}


def caught_up(told: dict) -> bool:
    return bool(told["projections"]) and not any(one["lag_events"] for one in told["projections"])


def sealed(deployment: Deployment) -> int:
    return deployment.database.ask("SELECT coalesce(max(size), 0) FROM tracker_seal")[0][0]


def test_no_service_of_ours_may_write_its_root_or_gain_rights():
    for name in OURS:
        assert SERVICES[name]["read_only"], name
        assert SERVICES[name]["cap_drop"] == ["ALL"], name
    assert re.search(r"(?m)^USER \d+:\d+$", (ROOT / "Dockerfile").read_text())


def test_the_owners_password_reaches_the_migration_alone_and_the_key_the_sealer_alone():
    for name in OURS:
        given = {**dotenv(), **SERVICES[name]["environment"]}
        assert not given["POSTGRES_PASSWORD"]
        assert bool(given["DATABASE_OWNER_URL"]) == (name == "migrate")
        assert bool(given["LEDGER_KEY"]) == (name == "sealer")


def test_webhooks_wait_in_a_queue_that_no_projecting_worker_takes_from():
    def queue(task: str) -> str:
        return app.amqp.router.route({}, task)["queue"].name

    takes = {name: re.findall(r"--queues (\S+)", SERVICES[name]["command"]) for name in ("worker", "deliveries")}
    assert takes == {"worker": [], "deliveries": [queue("tracker.tasks.deliver")]}
    assert queue("tracker.tasks.project") == app.conf.task_default_queue != queue("tracker.tasks.deliver")


def test_servers_are_named_by_version_and_have_health_checks():
    for name in ("db", "broker"):
        assert re.fullmatch(r"[\w/]+:\d+.*", SERVICES[name]["image"])
        assert "healthcheck" in SERVICES[name]


@pytest.mark.drill
def test_the_web_server_is_restarted_under_load_and_every_request_is_answered(deployment):
    deployment.run("migrate")
    deployment.up("web")
    until(lambda: deployment.is_healthy("web"), "the web service is healthy")
    answered: list[bool] = []
    enough = Event()
    with ThreadPoolExecutor(4) as readers:
        asking = [readers.submit(ask_often, deployment, answered, enough) for _ in range(4)]
        try:
            for _ in range(3):
                until_more(answered)
                deployment.running["web"].send_signal(signal.SIGHUP)
                until_more(answered)
        finally:
            enough.set()
        for reader in asking:
            reader.result()


def until_more(answered: list[bool]) -> None:
    wanted = len(answered) + 50
    until(lambda: len(answered) >= wanted, "readers go on")


def ask_often(deployment: Deployment, answered: list[bool], enough: Event) -> None:
    """Asks until it is told to end; raises where a request is not answered."""
    while not enough.is_set():
        answered.append(bool(get(deployment, "/api/v1/event-types/")))
