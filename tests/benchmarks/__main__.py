"""`python -m tests.benchmarks [bout ...] [--scale N] [--rounds N] [--json FILE]`"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from tests.benchmarks import as_of, bare, ours, peers, slow, visible  # noqa: E402
from tests.benchmarks.harness import Arm, Bout, as_data, run, table  # noqa: E402

BOUTS = (
    Bout("append_1", "one event a commit, one writer"),
    Bout("append_8", "one event a commit, eight writers"),
    Bout("append_1_slow", "one event a commit, one writer, each flush two milliseconds slower"),
    Bout("append_8_slow", "one event a commit, eight writers, each flush two milliseconds slower"),
    Bout("append_1000", "a thousand events a commit"),
    Bout("projection", "from the log to the read model, exactly once"),
    Bout("visible", "from an append to rows that answer, through Celery", "ms", higher=False),
    Bout("growth_log", "one append to a log of the scale", "ms", higher=False),
    Bout("growth_log_projected", "append and project one event beside a log of the scale", "ms", higher=False),
    Bout("growth_stream", "append and project one more event of a stream", "ms", higher=False),
    Bout("as_of_one", "one measure at a point of three clocks", "ms", higher=False),
    Bout("as_of_all", "everything in force at a point of three clocks", "ms", higher=False),
)
ARMS: list[Arm] = [*bare.ARMS, *peers.ARMS, *ours.ARMS, *as_of.ARMS, *visible.ARMS, *slow.ARMS]


def main() -> None:
    if sys.argv[1:2] in (["prepare"], ["sample"]):
        what, bout, name, scale = sys.argv[1:5]
        arm = next(arm for arm in ARMS if (arm.bout, arm.name) == (bout, name))
        value = arm.sample(int(scale)) if what == "sample" else arm.prepare(int(scale)) if arm.prepare else None
        sys.stdout.write(json.dumps(value if value is not None else 0) + "\n")
        sys.stdout.flush()
        os._exit(0)  # the peers' threads and pools need no farewell
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("bouts", nargs="*", default=[bout.name for bout in BOUTS])
    parser.add_argument("--scale", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    results = []
    for work in BOUTS:
        if work.name in asked.bouts:
            found = run(work, [arm for arm in ARMS if arm.bout == work.name], asked.scale, asked.rounds)
            sys.stdout.write(table(work, found) + "\n")
            sys.stdout.flush()
            results.append(as_data(work, found, asked.scale))
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n")


main()
