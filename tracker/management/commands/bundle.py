"""Writes the audit bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracker import log
from tracker.ledger.bundle import NothingSealed, Wanted, write
from tracker.management.progress import bar


class Command(BaseCommand):
    help = (
        "Writes everything that an auditor needs to verify the log offline and to fold it again: entries, checkpoints, "
        "keys, attachments, folds, extracts and the two scripts. Ends at the newest checkpoint."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", nargs="?", type=Path, help="default: tracker-audit-<size>.tar.gz here")
        parser.add_argument("--unsealed", action="store_true", help="add the entries after the newest checkpoint")
        parser.add_argument("--openings", action="store_true", help="add the texts behind commitments")

    def handle(self, *args: Any, **options: Any) -> None:
        head = log.head().position
        name = settings.LEDGER_ORIGIN.replace("/", "-")
        with bar("Writing entries", head) as advance:
            wanted = Wanted(head if options["unsealed"] else None, options["openings"], advance)
            target = options["target"] or Path(f"tracker-audit-{name}.tar.gz")
            try:
                newest = write(target, wanted)
            except NothingSealed as error:
                raise CommandError(str(error)) from None
        self.stdout.write(f"{target}: {newest.size} sealed entries")
