"""Arms, interleaved rounds, medians and ratios."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Arm:
    """One contestant of a bout. `prepare` runs once and is not timed; `sample` returns a figure in the bout's unit."""

    bout: str
    name: str
    sample: Callable[[int], float]
    prepare: Callable[[int], None] | None = None

    @property
    def ours(self) -> bool:
        return self.name.startswith("Lancaster")


@dataclass(frozen=True)
class Bout:
    """One piece of work: its title, its unit, and whether a higher figure is better."""

    name: str
    title: str
    unit: str = "events/s"
    higher: bool = True


@dataclass
class Figures:
    arm: Arm
    samples: list[float] = field(default_factory=list)
    error: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.samples) if self.samples else float("nan")


def rate(count: int, work: Callable[[], Any]) -> float:
    """How many a second."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def milliseconds(works: Sequence[Callable[[], Any]]) -> float:
    """The median duration of some calls."""
    taken = []
    for work in works:
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def run(bout: Bout, arms: Sequence[Arm], scale: int, rounds: int) -> list[Figures]:
    """Prepares each arm once, then runs the rounds; an arm that fails is reported, not hidden."""
    found = [Figures(arm) for arm in arms]
    for figures in found:
        if figures.arm.prepare:
            _in_a_process(figures, scale, "prepare")
    for turn in range(rounds):
        order = found[turn % len(found) :] + found[: turn % len(found)]
        for figures in order:
            value = None if figures.error else _in_a_process(figures, scale, "sample")
            if value is not None:
                figures.samples.append(value)
    return found


def _in_a_process(figures: Figures, scale: int, what: str) -> float | None:
    command = [sys.executable, "-m", "tests.benchmarks", what, figures.arm.bout, figures.arm.name, str(scale)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, env=os.environ, check=False)
    if done.returncode:
        figures.error = (done.stderr.strip().splitlines() or ["failed"])[-1]
        return None
    return float(json.loads(done.stdout.strip().splitlines()[-1]))


def table(bout: Bout, found: Sequence[Figures]) -> str:
    """The bout in text: medians, spread, and ours beside each other arm; above 1 is better."""
    lines = [f"{bout.name}: {bout.title} ({bout.unit})"]
    for figures in found:
        if figures.error:
            lines.append(f"  {figures.arm.name:45} failed: {figures.error}")
            continue
        low, high = min(figures.samples), max(figures.samples)
        spread = f"{figures.median:12,.2f}  [{low:,.2f} to {high:,.2f}]"
        lines.append(f"  {figures.arm.name:45} {spread}  {_beside(bout, figures, found)}".rstrip())
    return "\n".join(lines)


def _beside(bout: Bout, figures: Figures, found: Sequence[Figures]) -> str:
    """Ours in times of each other arm."""
    if not figures.arm.ours:
        return ""
    return ", ".join(f"x{ratio(bout, figures, other):.2f} of {other.arm.name}" for other in found if _compares(other))


def _compares(figures: Figures) -> bool:
    return bool(figures.samples) and not figures.arm.ours


def ratio(bout: Bout, figures: Figures, other: Figures) -> float:
    """The median of the ratios round by round; above 1 means better than the other."""
    pairs = zip(figures.samples, other.samples, strict=False)
    return statistics.median((mine / theirs) if bout.higher else (theirs / mine) for mine, theirs in pairs)


def as_data(bout: Bout, found: Sequence[Figures], scale: int) -> dict[str, Any]:
    return {
        "bout": bout.name,
        "title": bout.title,
        "unit": bout.unit,
        "scale": scale,
        "arms": [
            {
                "name": figures.arm.name,
                "median": figures.median,
                "samples": figures.samples,
                "beside": {
                    other.arm.name: ratio(bout, figures, other)
                    for other in found
                    if figures.arm.ours and figures.samples and _compares(other)
                },
                "error": figures.error,
            }
            for figures in found
        ],
    }
