"""Streams that a projection could not fold."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracker.models import Checkpoint, Parked
from tracker.projections import SERVING, retry_parked


class Command(BaseCommand):
    help = "Lists parked streams with their errors, or folds them again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["list", "retry"])
        parser.add_argument("stream", nargs="?", help="one stream, such as measure/example; all by default")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(_serving(options["stream"]))
        if options["stream"] and not found:
            raise CommandError(f"{options['stream']} is not parked")
        if options["action"] == "list":
            self._list(found)
        else:
            self._retry(found)

    def _list(self, found: list[Parked]) -> None:
        for each in found:
            self.stdout.write(f"{each.projection}  {each.stream}  from position {each.position} on")
            self.stdout.write(f"    {each.error.strip()}".replace("\n", "\n    "))
        self.stdout.write(f"{len(found)} parked")

    def _retry(self, found: list[Parked]) -> None:
        failed = [each for each in found if not retry_parked(each)]
        for each in found:
            self.stdout.write(f"{each.projection}  {each.stream}  {'still parked' if each in failed else 'goes on'}")
        if failed:
            raise CommandError(f"{len(failed)} of {len(found)} still cannot be folded; `park list` says why")


def _serving(stream: str | None) -> list[Parked]:
    """What is parked in the generations that are served."""
    live = set(Checkpoint.objects.filter(status__in=SERVING).values_list("projection", "generation"))
    rows = Parked.objects.order_by("projection", "position")
    rows = rows.filter(stream=stream) if stream else rows
    return [each for each in rows if (each.projection, each.generation) in live]
