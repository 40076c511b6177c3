"""A PostgreSQL for one test alone, migrated by its owner and served by the application's role."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config import embedded

ROOT = Path(__file__).resolve().parent.parent.parent
CLEARED = ("LANCASTER_EMBEDDED", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL")

RECORD = """
import django; django.setup()
from datetime import date
from tracker import log
from tracker.events import Source
from tracker.log import Meta, NewEvent
from tracker.vocabulary import SourcesReviewed
source = Source(title="Talks in London", url="https://example.org/talks")
meta = Meta(actor="ed-test", approval="imported", origin="command")
payload = SourcesReviewed(through="2025-06-10", sources=(source,))
log.attach(b"8542", media_type="text/plain")
event = NewEvent(stream="dispute/rare-earths", payload=payload, meta=meta, known_from=date(2025, 6, 10))
print(log.append([event])[0].position)
"""
PROJECT = """
import django; django.setup()
from tracker.projections import catch_up, ensure_checkpoints, projections
ensure_checkpoints()
print([catch_up(kind.name) for kind in projections()][0])
"""


class Own:
    """The addresses of a database of the test's own, and commands that run against it as in the demo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.addresses = embedded.start_postgres(self.folder)

    def stop(self) -> None:
        embedded.stop_postgres(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that serves this database."""
        kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
        kept |= {"LANCASTER_PROFILE": "demo", "LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "config.settings"}
        return kept | self.addresses

    def manage(self, *arguments: str, **environment: str) -> str:
        """What manage.py prints; it must succeed."""
        return self.python("manage.py", *arguments, **environment)

    def record(self) -> int:
        """Records an event as the application; its position."""
        return int(self.python("-c", RECORD))

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
