"""Prints docs/events.md, or writes it with --write."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tracker.reference import reference

PAGE = Path(settings.BASE_DIR) / "docs" / "events.md"


class Command(BaseCommand):
    help = "Prints the reference of all event types; --write puts it into docs/events.md."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="write docs/events.md")

    def handle(self, *args: Any, write: bool = False, **options: Any) -> None:
        if write:
            PAGE.write_text(reference())
            self.stdout.write(f"wrote {PAGE.name}")
        else:
            self.stdout.write(reference(), ending="")
