"""Fixtures of the whole suite.

**Tests that commit.** `transactional_db`, `live_server` and `@pytest.mark.django_db(transaction=True)` leave real
commits behind, and so do the processes below. Django would empty the tables with TRUNCATE, which the log refuses;
here `tracker.testing.wipe` empties the log as its owner, and the other tables are truncated. `committed_db` is the
name to ask for in a test of our own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import psutil
import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from config.celery import app as celery_app
from tests.loaded import loaded, loaded_database, loaded_server  # noqa: F401
from tests.processes import Broker, CeleryWorker
from tests.tallied import committed_tallies, tallies, tally_table  # noqa: F401

IN_CI = bool(os.environ.get("CI"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TEST_DATABASE = "test_lancaster_"
GUARDED = {f"tracker_{name}" for name in ("event", "head", "attachment", "node", "seal", "sealkey")}
MADE_BY_MIGRATE = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}

hypothesis.settings.register_profile("dev", max_examples=25, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("deep", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev"))


def _empty_the_tables(self: TransactionTestCase) -> None:
    from tracker.testing import empty, wipe

    wipe()
    rest = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    empty(sorted(rest - GUARDED - MADE_BY_MIGRATE))


TransactionTestCase._fixture_teardown = _empty_the_tables  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_blocker: Any) -> None:
    """A test database for each process: neither parallel workers nor another run meets it."""
    connection.settings_dict["TEST"]["NAME"] = f"{TEST_DATABASE}{os.getpid()}"
    if settings.EMBEDDED:
        with django_db_blocker.unblock():
            _drop_leftovers()


def _drop_leftovers() -> None:
    """Drops the test databases of processes that were killed."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [rf"^{TEST_DATABASE}\d+(_loaded)?$"])
        for (name,) in cursor.fetchall():
            if not psutil.pid_exists(int(name.removeprefix(TEST_DATABASE).removesuffix("_loaded"))):
                cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def _nothing_left_in_redis() -> None:
    """Every test begins with a broker that holds nothing of this process: no wake-up, no message, no count.

    What the test before still had to tell the broker is told first. What kombu knows of its queues stays, since this
    process remembers that it has told it.
    """
    from tracker.tasks import nudging

    nudging.settle()
    broker = _broker()
    names = broker.scan_iter(f"{settings.BROKER_KEY_PREFIX}*", count=1000)
    if left := [name for name in names if b"_kombu." not in name]:
        broker.delete(*left)


@cache
def _broker() -> redis.Redis:
    return redis.Redis.from_url(settings.CELERY_BROKER_URL)


@pytest.fixture
def committed_db(transactional_db: None) -> None:
    """Real commits, seen by other connections and processes; everything is emptied afterwards."""


@pytest.fixture
def celery_worker_process(committed_db: None, tmp_path: Path) -> Iterator[Callable[..., CeleryWorker]]:
    """Starts real Celery workers on the test database: `celery_worker_process(concurrency=1, beat=False)`.

    Each can be killed with `.kill()` and started again with `.start()`; all have ended when the test has.
    Environment variables of the worker are given as further keywords; `app` is where it finds its tasks.
    """
    workers: list[CeleryWorker] = []

    def start(
        *,
        app: str = "config.celery",
        concurrency: int = 1,
        beat: bool = False,
        options: Sequence[str] = (),
        **environment: str,
    ) -> CeleryWorker:
        folder = tmp_path / f"worker-{len(workers)}"
        folder.mkdir()
        worker = CeleryWorker(
            folder, app=app, concurrency=concurrency, beat=beat, environment=environment, options=options
        )
        workers.append(worker)
        return worker.start()

    yield start
    for worker in workers:
        worker.stop()


@pytest.fixture
def own_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """A Valkey for this test alone, which it may `.kill()` and `.start()`; this process and its workers use it."""
    broker = Broker(tmp_path / "valkey").start()
    monkeypatch.setenv("REDIS_URL", broker.url)
    before = celery_app.conf.broker_url
    _use_broker(broker.url)
    yield broker
    _use_broker(before)
    broker.kill()


def _use_broker(url: str) -> None:
    celery_app.conf.broker_url = url
    celery_app._after_fork()  # forgets its connections


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests go first, so that parallel processes come to an end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


# Browser tests


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and CHROMIUM is None:
        if IN_CI:
            pytest.fail("browser tests need Chromium: apt-get install chromium")
        pytest.skip("no Chromium on this machine: apt-get install chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, which calls no outside host."""
    # Playwright runs an event loop in this thread; Django would refuse the ORM beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": CHROMIUM_FLAGS}
