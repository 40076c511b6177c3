"""What the ledger costs: `python -m tests.benchmarks.bench_ledger [--sizes 10000 100000 1000000]`. Nothing is asserted.

It empties the database that the settings name, so it asks for the profile `test`. Bundles and scripts run in processes
of their own, whose highest use of memory is what the kernel says.
"""

from __future__ import annotations

import argparse
import http.client
import logging
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402

from tests.benchmarks.ours import events  # noqa: E402
from tests.benchmarks.workload import changes  # noqa: E402
from tracker import log  # noqa: E402
from tracker.ledger import tiles  # noqa: E402
from tracker.ledger.notes import SignerKey  # noqa: E402
from tracker.ledger.sealing import Memory, Sealer  # noqa: E402
from tracker.log import appending  # noqa: E402
from tracker.testing import wipe  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
APPEND = (ROOT / "tracker/migrations/sql/append.sql").read_text()
BATCH = 1000
MOST_FOR_THE_TREE, MOST_MS_FOR_A_PROOF, LEAST_VERIFIED = 1.15, 5, 50_000
"""The aims: of appending in times of appending without the tree, of a proof over HTTP, of verify.py in events/s."""

Memories = tuple[float, float]


def say(what: str, figure: str, aim: str = "", *, met: bool = True) -> None:
    """One line: a figure, with its aim where it has one, and a mark where that is missed."""
    verdict = f"  aim: {aim}{'' if met else '  MISSED'}" if aim else ""
    sys.stdout.write(f"{what:<66} {figure:>18}{verdict}\n")
    sys.stdout.flush()


# Appending with and without the tree


def without_the_tree() -> str:
    """The append function without leaf hashes and frontier."""
    text = APPEND.replace("tracker_append(", "bench_append(")
    text, leaves = re.subn(r"leaf := sha256\('.x00'::bytea \|\| entry\)", "leaf := ''::bytea", text)
    text, loops = re.subn(r"    rest := length;.*?    tree := tree \|\| leaf;\n", "", text, flags=re.DOTALL)
    assert (leaves, loops) == (1, 1), "append.sql is not what this benchmark knows"
    return text


def append_all(function: str, batches: list[list[Any]]) -> float:
    """Seconds to append all batches through a database function."""
    wipe()
    ours, gathered = appending.APPEND, appending.GATHERED
    appending.APPEND, appending.GATHERED = ours.replace("tracker_append", function), 0
    try:
        begin = time.perf_counter()
        for batch in batches:
            log.append(batch)
        return time.perf_counter() - begin
    finally:
        appending.APPEND, appending.GATHERED = ours, gathered


def bench_append() -> None:
    with connection.cursor() as cursor:
        cursor.execute(without_the_tree())
    for size, count in ((1, 600), (BATCH, 6)):
        ratios = []
        for turn in range(7):
            batches = [events(changes(size)) for _ in range(count)]
            order = ("tracker_append", "bench_append") if turn % 2 else ("bench_append", "tracker_append")
            seconds = {name: append_all(name, [[*map(renewed, batch)] for batch in batches]) for name in order}
            ratios.append(seconds["tracker_append"] / seconds["bench_append"])
        ratio = statistics.median(ratios)
        say(
            f"append of {size} with the tree, in times of append without",
            f"{ratio:.3f}",
            f"at most {MOST_FOR_THE_TREE}",
            met=ratio <= MOST_FOR_THE_TREE,
        )
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION bench_append(jsonb, jsonb)")


def renewed(event: Any) -> Any:
    from dataclasses import replace
    from uuid import uuid4

    return replace(event, id=uuid4())


# Proofs, bundle and scripts


def fill(size: int) -> None:
    wipe()
    batch: list[Any] = []
    begin = time.perf_counter()
    for change in changes(size):
        batch.append(change)
        if len(batch) == BATCH:
            log.append(events(batch))
            batch = []
    say(f"{size} events: append in batches of {BATCH}", f"{size / (time.perf_counter() - begin):,.0f} events/s")


def bench_proofs(size: int) -> None:
    places = random.Random(size)
    for what, make in (("inclusion", tiles.inclusion_proof), ("consistency", tiles.consistency_proof)):
        work = partial(lambda make: make(places.randrange(1, size), size), make)
        say(f"{size} events: {what} proof, in the process", shown(timed(work, 200)))
    with served() as ask:
        for what, name in (("inclusion", "position"), ("consistency", "from_size")):
            address = f"/api/v1/ledger/proofs/{what}/?{name}="
            work = partial(lambda address: ask(f"{address}{places.randrange(1, size)}"), address)
            took = timed(work, 200)
            say(
                f"{size} events: {what} proof over HTTP",
                shown(took),
                f"under {MOST_MS_FOR_A_PROOF} ms",
                met=took[0] < MOST_MS_FOR_A_PROOF,
            )
        say(f"{size} events: a full tile over HTTP", shown(timed(lambda: ask("/ledger/tile/0/000"), 100)))


def shown(took: tuple[float, float]) -> str:
    return f"{took[0]:.2f} / {took[1]:.2f} ms"


def timed(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The median and the 99th percentile in milliseconds."""
    samples = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        samples.append(1000 * (time.perf_counter() - begin))
    samples.sort()
    return samples[rounds // 2], samples[int(rounds * 0.99)]


class served:  # noqa: N801 - reads as a word
    """The product behind a real socket, asked over one kept connection."""

    def __enter__(self) -> Callable[[str], bytes]:
        settings.ALLOWED_HOSTS = ["*"]
        settings.LOGGING = {}

        class Quiet(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: object) -> None:
                pass

        self.server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.ask

    def ask(self, path: str) -> bytes:
        asked = http.client.HTTPConnection("127.0.0.1", self.server.server_port)
        asked.request("GET", path)
        answer = asked.getresponse()
        body = answer.read()
        asked.close()
        assert answer.status == 200, (path, answer.status, body[:200])
        return body

    def __exit__(self, *failure: object) -> None:
        self.server.shutdown()


def bench_bundle(size: int, folder: Path, before: Memories | None) -> Memories:
    """The highest memory of the bundle and of verify.py in MB; `before` is that of a smaller log."""
    sealer = Sealer(settings.LEDGER_ORIGIN, [SignerKey(settings.LEDGER_ORIGIN, b"\x07" * 32)], Memory(folder / "last"))
    begin = time.perf_counter()
    sealer.seal()
    say(f"{size} events: hash all, store the tree, sign", f"{time.perf_counter() - begin:.1f} s")
    bench_proofs(size)
    target = folder / "audit.tar.gz"
    seconds, memory = process(command=[ROOT / "manage.py", "bundle", target])
    say(f"{size} events: bundle", f"{size / seconds:,.0f} events/s")
    bundled = say_memory(f"{size} events: bundle", memory, before and before[0])
    with tarfile.open(target) as archive:
        archive.extractall(folder, filter="data")
    say(f"{size} events: bundle, packed", f"{target.stat().st_size / 2**20:.1f} MB")
    seconds, memory = process("-I", "-S", command=[folder / "audit/verify.py", folder / "audit"])
    rate = size / seconds
    say(
        f"{size} events: verify.py, one core",
        f"{rate:,.0f} events/s",
        f"at least {LEAST_VERIFIED:,}",
        met=rate >= LEAST_VERIFIED,
    )
    return bundled, say_memory(f"{size} events: verify.py", memory, before and before[1])


def say_memory(what: str, memory: float, before: float | None) -> float:
    """Flat is at most a tenth more than for the smaller log before."""
    aim = f"flat, {before:.0f} MB before" if before else ""
    say(f"{what}, highest memory", f"{memory:.0f} MB", aim, met=not before or memory <= 1.1 * before)
    return memory


REPORT = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(*(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""


def process(*options: str, command: list[object]) -> tuple[float, float]:
    """Seconds of processor time and the highest memory in MB of a Python process of its own."""
    words = [sys.executable, *options, "-c", REPORT, *map(str, command)]
    started = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert started.stderr is not None
    said = started.stderr.read()
    _, status, used = os.wait4(started.pid, 0)
    assert status == 0, said
    return used.ru_utime + used.ru_stime, int(said.split()[-1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    given = parser.parse_args()
    if settings.PROFILE != "test":
        sys.exit("this empties the database: say LANCASTER_PROFILE=test and LANCASTER_DATA for one of its own")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.INFO)
    bench_append()
    before: Memories | None = None
    for size in sorted(given.sizes):
        fill(size)
        with tempfile.TemporaryDirectory() as name:
            before = bench_bundle(size, Path(name), before)
    wipe()


if __name__ == "__main__":
    main()
