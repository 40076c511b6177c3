"""Asks kept questions again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker.ledger.models import Receipt
from tracker.ledger.receipts import Asked, asked_again
from tracker.management.progress import bar


class Command(BaseCommand):
    help = (
        "Asks every question whose answer was kept (receipt=1) again, at its own explicit clocks, and compares the "
        "answers. Prints ok, FAIL, or why the promise does not hold for it; one FAIL and the status is 1."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        with bar("Asking again", Receipt.objects.count()) as advance:
            for asked in asked_again():
                failed += not (asked.same or asked.excuse)
                self.stdout.write(_line(asked))
                advance(1)
        if failed:
            raise CommandError(f"{failed} kept answers are not what is answered today")


def _line(asked: Asked) -> str:
    mark = "ok   " if asked.same else "--   " if asked.excuse else "FAIL "
    said = f"{mark} {asked.receipt.sha256} {asked.receipt.path}"
    return f"{said} ({asked.excuse})" if asked.excuse else said
