"""Whether everything works."""

from __future__ import annotations

import json
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from tracker.status import Report, report

HEADINGS = ("projection", "gen", "status", "position", "behind", "seconds", "fold", "parked")


class Command(BaseCommand):
    help = "Shows the log, each projection, the triggers and the broker; exits with 1 when something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the same as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        found = report(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(found.as_data(), cls=DjangoJSONEncoder, indent=2))
        else:
            self._print(found)
        if found.problems:
            raise CommandError("\n".join(found.problems))

    def _print(self, found: Report) -> None:
        console = Console(file=cast(IO[str], self.stdout), highlight=False, soft_wrap=True)
        console.print(f"log {found.log_id}: {found.head} entries, the last recorded at {found.recorded_at}")
        table = Table(*HEADINGS, box=None, pad_edge=False)
        for each in found.projections:
            fold = str(each.fold_version)
            if each.code_version != each.fold_version:
                fold += f" (code {each.code_version})"
            numbers = each.position, each.lag_events, f"{each.lag_seconds:.0f}", fold, len(each.parked)
            table.add_row(each.projection, str(each.generation), each.status, *map(str, numbers))
        console.print(table)
        console.print(f"sealed: {found.sealed} entries")
        webhooks = ", ".join(f"{number} {state}" for state, number in found.webhooks.subscriptions.items())
        console.print(f"webhooks: {webhooks}; {found.webhooks.waiting} messages wait, {found.webhooks.failed} failed")
        missing = ", ".join(found.triggers_missing)
        console.print(f"triggers: {missing + ' missing' if missing else 'all in place'}")
        console.print(f"broker: {found.broker or 'answers'}")
        for sentence in found.guarantees_lost:
            console.print(f"not guaranteed: {sentence}")
