"""A short history, a sealer, and what somebody with all rights over the database can do behind the triggers."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from measures.projections import PROJECTIONS
from tests.measures.given import adopted, corrected, given, on, suspended
from tracker import log
from tracker.events import Source
from tracker.ledger.canonical import canonical, leaf_hash
from tracker.ledger.models import Seal
from tracker.ledger.notes import SignerKey
from tracker.ledger.sealing import Memory, Sealer
from tracker.ledger.tree import extend
from tracker.log import Meta, NewEvent, Recorded
from tracker.projections import catch_up, ensure_checkpoints
from tracker.testing import _triggers
from tracker.vocabulary import SourcesReviewed

ORIGIN = "tracker.example/ledger"
WRITER = Meta(actor="ed-test", approval="imported", origin="command")
SOURCE = Source(title="The gazette", citation="No. 1")
TODAY = date(2026, 12, 31)


def reviewed(stream: str, day: str = "2025-06-01", **meta: Any) -> NewEvent:
    """The shortest event there is."""
    fields = {"actor": "ed-test", "approval": "imported", "origin": "command"} | meta
    payload = SourcesReviewed(through=day, sources=(SOURCE,))
    return NewEvent(stream=stream, payload=payload, meta=Meta(**fields), known_from=date.fromisoformat(day))


def record(count: int, *, batch: int = 50) -> list[Recorded]:
    """Records so many short events over seven streams."""
    events = [reviewed(f"measure/example-{number % 7}") for number in range(count)]
    return [item for first in range(0, count, batch) for item in log.append(events[first : first + batch])]


def tell() -> None:
    """A measure with a suspension and a correction, a second measure, and what was projected from them."""
    given(
        on("2025-04-02", adopted("10%", "2025-04-05")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="4")),
        corrected(2, effective_until="2025-11-10"),
    ).record(today=TODAY)
    given(on("2025-04-08", adopted("84%", "2025-04-09")), stream="measure/another").record(today=TODAY)
    project()


def project() -> None:
    ensure_checkpoints()
    for kind in PROJECTIONS:
        catch_up(kind.name)


def sealer(folder: Path, *keys: SignerKey) -> Sealer:
    """A sealer that keeps its memory in a folder; the same folder again is the same sealer restarted."""
    return Sealer(ORIGIN, keys or (SignerKey(ORIGIN, b"\x07" * 32),), Memory(folder / "last-checkpoint"))


def newest_seal() -> Seal:
    return Seal.objects.latest("size")


def at(position: int) -> Recorded:
    """The entry at a position."""
    found = log.get(position=position)
    assert found is not None
    return found


def verified(*arguments: str) -> str:
    """What `manage.py verify` prints; a failed check does not raise here."""
    out = StringIO()
    try:
        with override_settings(LEDGER_ORIGIN=ORIGIN):
            call_command("verify", *arguments, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


# The superuser


@contextmanager
def behind_the_triggers(*tables: str) -> Iterator[Any]:
    """A cursor while the triggers of some tables are off; then they stand again, as if nothing had been."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in tables:
            for trigger in _triggers(table):
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def rewrite(position: int, changes: Mapping[str, Any], *, hashes: bool = True, tree: bool = True) -> None:
    """Changes an entry; with `hashes` its leaf hash too, with `tree` the head and the nodes as well."""
    found = at(position)
    entry = canonical(found.envelope | dict(changes))
    leaf = leaf_hash(entry) if hashes else found.leaf_hash
    with behind_the_triggers("tracker_event") as cursor:
        cursor.execute(
            "UPDATE tracker_event SET entry = %s, leaf_hash = %s WHERE position = %s", [entry, leaf, position]
        )
    if tree:
        regrow()


def regrow() -> None:
    """Makes head and nodes follow from the leaf hashes that the table holds now, and forgets every checkpoint."""
    leaves = [leaf for _, _, leaf in log.leaves(upto=2**40)]
    size, frontier = extend(0, [], leaves)
    last = log.get(position=size)
    tables = ("tracker_head", "tracker_node", "tracker_seal")
    with behind_the_triggers(*tables) as cursor:
        cursor.execute(
            "UPDATE tracker_head SET size = %s, frontier = %s, recorded_at = %s",
            [size, frontier, last.recorded_at if last else None],
        )
        cursor.execute("TRUNCATE tracker_node, tracker_seal")


# The auditor


def bundle(folder: Path, name: str = "audit", **options: Any) -> Path:
    """The unpacked bundle of the log as it is."""
    call_command("bundle", folder / f"{name}.tar.gz", stdout=StringIO(), **options)
    with tarfile.open(folder / f"{name}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / name


def run(script: str, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A script of the bundle under a Python that sees nothing but its standard library."""
    command = [sys.executable, "-I", "-S", folder / script, folder, *arguments]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, env={})


def relist(folder: Path) -> None:
    """Makes the list of files fit what the bundle holds now, as a careful forger would."""
    from hashlib import sha256

    manifest = json.loads((folder / "MANIFEST.json").read_text())
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "MANIFEST.json")
    manifest["files"] = {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}
    (folder / "MANIFEST.json").write_text(json.dumps(manifest))
