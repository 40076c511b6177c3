"""`python -m tests.operations.soak`: mixed load on the compose services for MINUTES (60), on loopback only.

Four editors append, one import repeats the shipped files, fifty readers ask, two followers read the feed, the worker
projects. Prints the figures; ends with 1 where an answer was an error, a process grew, or the rows fell behind.
"""

from __future__ import annotations

import itertools
import os
import socket
import statistics
import sys
import tempfile
import time
import urllib.error
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import psutil

from tests.operations.compose import Deployment
from tests.operations.test_compose import caught_up, get
from tests.processes import until

EDITORS, READERS, FOLLOWERS = 4, 50, 2
PAUSE_SECONDS = 1.0
"""A reader thinks so long between two questions."""
PATHS = (
    "/api/v1/measures/?limit=20",
    "/api/v1/measures/us-ieepa-reciprocal-cn/?valid_at=2025-08-20&known_at=2025-05-15",
    "/api/v1/measures/us-ieepa-reciprocal-cn/timeline/",
    "/api/v1/negotiations/",
    "/api/v1/event-types/",
)
GROWTH_PERCENT_AN_HOUR = 5.0
LAG_SECONDS = 30.0


class Figures:
    """What happened, from all threads."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.times: list[float] = []
        self.errors: list[str] = []
        self.lags: list[float] = []
        self.memory: dict[str, list[tuple[float, float]]] = {}

    def timed(self, ask: Callable[[], object]) -> None:
        begun = time.perf_counter()
        try:
            ask()
        except (urllib.error.URLError, OSError, ValueError) as error:
            with self.lock:
                self.errors.append(str(error))
        else:
            with self.lock:
                self.times.append(time.perf_counter() - begun)

    def sample(self, deployment: Deployment, at: float) -> None:
        told = get(deployment, "/readyz")
        self.lags.append(max((one["lag_seconds"] for one in told["projections"]), default=0.0))
        for name, process in deployment.running.items():
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            used = sum(one.memory_info().rss for one in family if one.is_running())
            self.memory.setdefault(name, []).append((at, used / 2**20))
        if len(self.lags) % 12 == 1:
            self._tell(at)

    def _tell(self, at: float) -> None:
        """A line a minute, so that a run that is cut off has said something."""
        used = ", ".join(f"{name} {found[-1][1]:.0f} MB" for name, found in self.memory.items())
        told = f"{len(self.times)} answers, {len(self.errors)} errors, lag {self.lags[-1]:.1f} s, {used}"
        print(f"{at:5.0f} s: {told}", flush=True)


def read(deployment: Deployment, figures: Figures, done: Event) -> None:
    for path in itertools.cycle(PATHS):
        if done.wait(PAUSE_SECONDS):
            return
        figures.timed(lambda path=path: get(deployment, path))  # type: ignore[misc]


def follow(deployment: Deployment, figures: Figures, done: Event) -> None:
    """Reads the feed from its beginning, page by page, and asserts that no position is missing."""
    after = 0

    def page() -> None:
        nonlocal after
        for item in get(deployment, f"/api/v1/events/?after={after}")["results"]:
            assert item["position"] == after + 1, f"{item['position']} follows {after}"
            after += 1

    while not done.wait(0.2):
        figures.timed(page)


def import_again(deployment: Deployment, done: Event) -> None:
    while not done.wait(5):
        deployment.run("data")


def slope(samples: list[tuple[float, float]]) -> float:
    """Growth in percent an hour, by least squares."""
    gradient, _ = statistics.linear_regression(*zip(*samples, strict=True))
    return gradient * 3600 / statistics.mean(used for _, used in samples) * 100


def run(folder: Path, seconds: float) -> Figures:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    deployment, figures, done = Deployment(folder, port), Figures(), Event()
    os.environ["REDIS_URL"] = deployment.broker.url  # for the editors, who wake the worker
    try:
        deployment.run("migrate")
        for service in ("worker", "beat", "web"):
            deployment.up(service)
        deployment.run("data")
        until(lambda: caught_up(get(deployment, "/readyz")), "the shipped data is projected", 240)
        with (
            deployment.database.writers(folder, EDITORS) as writers,
            ThreadPoolExecutor(READERS + FOLLOWERS + 1) as threads,
        ):
            jobs = [threads.submit(read, deployment, figures, done) for _ in range(READERS)]
            jobs += [threads.submit(follow, deployment, figures, done) for _ in range(FOLLOWERS)]
            jobs.append(threads.submit(import_again, deployment, done))
            begun = time.monotonic()
            while (at := time.monotonic() - begun) < seconds:
                figures.sample(deployment, at)
                time.sleep(5)
            done.set()
            for job in jobs:
                job.result()
        deployment.database.assert_holds(writers)
        print(f"{sum(len(writer.acknowledged()) for writer in writers)} events by {EDITORS} editors, none lost")
    finally:
        done.set()
        deployment.remove()
    return figures


def main() -> int:
    seconds = 60 * float(os.environ.get("MINUTES", "60"))
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        figures = run(Path(folder), seconds)
    ordered = sorted(figures.times)
    print(f"{len(ordered)} answers, {len(figures.errors)} errors {figures.errors[:3]}")
    print(f"half within {ordered[len(ordered) // 2]:.3f} s, 99 % within {ordered[len(ordered) * 99 // 100]:.3f} s")
    print(f"lag at most {max(figures.lags):.1f} s")
    warm = min(600.0, seconds / 3)
    growth = {name: slope([one for one in found if one[0] >= warm]) for name, found in figures.memory.items()}
    for name, percent in growth.items():
        print(f"{name}: {figures.memory[name][-1][1]:.0f} MB, {percent:+.1f} % an hour after the first {warm:.0f} s")
    grown = seconds >= 3600 and any(percent > GROWTH_PERCENT_AN_HOUR for percent in growth.values())
    return int(bool(figures.errors) or grown or max(figures.lags) > LAG_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
