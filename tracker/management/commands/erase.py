"""Erases a text behind a commitment."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tracker.ledger.erasure import erase
from tracker.log import Meta


class Command(BaseCommand):
    help = "Deletes the text behind a commitment (sha256:...) and records that it was; the log stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("commitment")
        parser.add_argument("--actor", required=True, help="the pseudonym of who decided")
        parser.add_argument("--reason-code", default="data-subject-request")

    def handle(self, *args: Any, **options: Any) -> None:
        meta = Meta(actor=options["actor"], approval="automatic", origin="command")
        try:
            recorded = erase(
                options["commitment"], reason_code=options["reason_code"], meta=meta, today=timezone.now().date()
            )
        except LookupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"erased; recorded at position {recorded.position}")
