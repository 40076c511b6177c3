"""The sealer: signs the log's head as a checkpoint, once or for ever."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connection, connections

from tracker import log
from tracker.ledger.keys import NoKey, signers
from tracker.ledger.notes import NoteError
from tracker.ledger.sealing import Memory, Sealer, SealRefused
from tracker.management.progress import bar
from tracker.roles import SEALER_ALIAS


class Command(BaseCommand):
    help = (
        "Hashes the log itself, checks it against the last checkpoint that it signed, signs the head and publishes "
        "it. Refuses a log that is shorter than, or another than, what it signed. Runs as a process of its own, under "
        "a database role of its own (DATABASE_SEALER_URL), with a key that nothing else can read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--watch", type=float, metavar="SECONDS", help="stay, and look every so many seconds")

    def handle(self, *args: Any, **options: Any) -> None:
        if SEALER_ALIAS in settings.DATABASES:
            connections["default"] = connections.create_connection(SEALER_ALIAS)
        memory = Memory(settings.LEDGER_STATE_FILE)
        try:
            sealer = Sealer(settings.LEDGER_ORIGIN, signers(), memory)
            with memory.held():
                self._first(sealer)
                while options["watch"]:
                    time.sleep(options["watch"])
                    self._again(sealer)
        except (NoKey, NoteError, SealRefused) as error:
            raise CommandError(str(error)) from None

    def _first(self, sealer: Sealer) -> None:
        with bar("Hashing the log", log.head().position) as advance:
            sealer.progress = advance
            self._seal(sealer)
        sealer.progress = lambda count: None

    def _again(self, sealer: Sealer) -> None:
        """A database that is away is waited for."""
        try:
            self._seal(sealer)
        except (OperationalError, InterfaceError) as error:
            self.stderr.write(f"the database does not answer: {error}")
            connection.close()

    def _seal(self, sealer: Sealer) -> None:
        if seal := sealer.seal():
            self.stdout.write(seal.note)
        elif not sealer.tree.size:
            self.stdout.write("nothing is recorded yet")
