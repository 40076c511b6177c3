"""Lets a stopped projection go on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracker.projections import resume
from tracker.tasks import wake


class Command(BaseCommand):
    help = "Lets projections that were stopped by a fault run again, once it is mended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in options["names"]:
            if not resume(name):
                raise CommandError(f"{name} does not stand still; `status` shows what does")
            self.stdout.write(f"{name} goes on")
        wake()
