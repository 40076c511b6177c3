"""Rebuilds projections beside the live ones."""

from __future__ import annotations

from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tracker import log
from tracker.projections import Faulted, projection, projections
from tracker.rebuild import RebuildFailed, back, changed, discard_old, rebuild


class Command(BaseCommand):
    help = (
        "Folds the whole log into a new generation, compares its rows with what was folded, and puts it in the place "
        "of the live one, which is kept. Appending and reading go on meanwhile; a killed rebuild is started again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="projections; all of them by default")
        parser.add_argument("--changed", action="store_true", help="those folded by another version than the code's")
        parser.add_argument("--back", action="store_true", help="make the generation before the live one live again")
        parser.add_argument("--discard-old", action="store_true", help="delete the generations that no longer serve")

    def handle(self, *args: Any, **options: Any) -> None:
        known = [kind.name for kind in projections()]
        if unknown := sorted(set(options["names"]) - set(known)):
            raise CommandError(f"there is no projection {unknown[0]!r}; there are {', '.join(known)}")
        wanted = options["names"] or known
        if options["changed"]:
            wanted = [name for name in changed() if name in wanted]
        for name in wanted:
            self._back(name) if options["back"] else self._rebuild(name)
            if options["discard_old"]:
                self.stdout.write(f"{name}: {discard_old(name)} old generations deleted")

    def _back(self, name: str) -> None:
        try:
            done = back(name)
        except RebuildFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{name}: generation {done.generation} is live again, at position {done.position}")

    def _rebuild(self, name: str) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        console = Console(file=cast(IO[str], self.stdout))
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(name, total=log.count(projection(name).categories, log.head().position))
            try:
                done = rebuild(name, progress=lambda count: bar.advance(task, count))
            except (RebuildFailed, Faulted) as error:
                raise CommandError(f"{name} is not rebuilt: {error}") from error
        self.stdout.write(f"{name}: generation {done.generation} is live, at position {done.position}")
