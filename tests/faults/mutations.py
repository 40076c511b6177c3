"""Takes away each remedy of `tests.faults.pitfalls`, one at a time in a copy of the tree: its tests must fail then.

`make mutations` does all, `make mutations ONLY=poison` those whose pitfall or remedy has the word. With `--write` it
makes docs/pitfalls.md of the list instead.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.faults.pitfalls import PITFALLS, Remedy

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "pitfalls.md"
SECONDS = 300
"""A test that has not ended by then hangs without its remedy, which is a failure too."""
FAILED = 1
"""How pytest ends when tests ran and some failed; anything else is a fault of the mutation."""

HEAD = """# Pitfalls, remedies, tests

What is known to go wrong in event stores and projection engines, what stands against it here, and the test that fails
without it. `make mutations` takes each remedy away in a copy of the tree and runs its tests: all fail. This page is
made of `tests/faults/pitfalls.py` by `python -m tests.faults.mutations --write`.

"""


def chosen(word: str) -> Iterator[tuple[str, Remedy]]:
    for pitfall in PITFALLS:
        for remedy in pitfall.remedies:
            if word.lower() in f"{pitfall.name} {remedy.says}".lower():
                yield pitfall.name, remedy


def copied(folder: Path) -> Path:
    """The files of the tree, as they are, in a folder of their own."""
    tree = folder / "tree"
    names = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True)
    for name in filter(None, names.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    return tree


def outcome(tree: Path, tests: tuple[str, ...]) -> tuple[int | None, str]:
    """How pytest ended, None where it did not; and what it said."""
    # A folder of its own for what tests write: at each start pytest closes the common one to the servers in it.
    own = f"--basetemp={tree.parent / 'written'}"
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", own, "-p", "no:randomly", "-p", "no:cacheprovider", *tests]
    data = os.environ.get("LANCASTER_DATA") or str(ROOT / "var" / "test")
    run = subprocess.Popen(
        command,
        cwd=tree,
        env=os.environ | {"LANCASTER_DATA": data},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = run.communicate(timeout=SECONDS)
        return run.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        return None, "it hangs"


def without(tree: Path, remedy: Remedy) -> tuple[bool, str]:
    """Whether each test of a remedy fails without it, and why it does."""
    place = tree / remedy.file
    before = place.read_text()
    place.write_text(before.replace(remedy.text, remedy.without))
    try:
        code, said = outcome(tree, remedy.tests)
    finally:
        place.write_text(before)
    fallen = [line for line in said.splitlines() if line.startswith(("FAILED tests", "ERROR tests"))]
    missed = code == FAILED and all(any(test in line for line in fallen) for test in remedy.tests)
    return missed or code is None, "; ".join(fallen) or said[-2000:]


def run(word: str) -> int:
    """Takes away every chosen remedy; returns how many were not missed."""
    remedies, idle = list(chosen(word)), 0
    with tempfile.TemporaryDirectory() as folder:
        tree = copied(Path(folder))
        code, said = outcome(tree, tuple(dict.fromkeys(test for _, remedy in remedies for test in remedy.tests)))
        if code != 0:
            raise SystemExit(f"the tests fail with every remedy in place\n{said[-4000:]}")
        for name, remedy in remedies:
            missed, why = without(tree, remedy)
            idle += not missed
            print(f"{'fails ' if missed else 'PASSES'}  {name}: without “{remedy.says}”: {why}", flush=True)
    print(f"{len(remedies)} remedies taken away, {idle} of them not missed")
    return idle


def page() -> str:
    """docs/pitfalls.md."""
    lines = ["| pitfall | what goes wrong | what stands against it | fails without it |", "|---|---|---|---|"]
    for pitfall in PITFALLS:
        for place, remedy in enumerate(pitfall.remedies):
            first = (pitfall.name, pitfall.wrong) if place == 0 else ("", "")
            tests = "<br>".join(f"`{test.partition('::')[2]}`" for test in remedy.tests)
            where = f"{remedy.says} ([{Path(remedy.file).name}](../{remedy.file}))"
            lines.append(f"| {' | '.join((*first, where, tests))} |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page())
    else:
        sys.exit(run(" ".join(sys.argv[1:])) > 0)
