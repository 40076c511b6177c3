"""Records the shipped data, or given files, through the commands. Safe to repeat: what is there stays."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from measures import commands, importing
from measures.importing import Batch, ImportProblem
from tracker import attachments, log
from tracker.events import EventError


@dataclass
class Tally:
    """What came of the lines: events recorded now, events that were there, lines that were refused."""

    new: int = 0
    known: int = 0
    problems: list[str] = field(default_factory=list)


class Command(BaseCommand):
    help = "Records the shipped events (or the files given) through the commands; repeating it adds nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--file",
            dest="files",
            action="append",
            type=Path,
            metavar="PATH",
            help="a file of events, one batch a line; may be repeated (default: the shipped files)",
        )

    def handle(self, *args: Any, files: list[Path] | None, verbosity: int, **options: Any) -> None:
        for path in importing.attachments():
            attachments.store(path.read_bytes(), media_type="text/csv")
        tally = Tally()
        batches = self._read(files or importing.files(), tally)
        self._record(importing.in_order(batches), tally, quiet=verbosity == 0)
        for problem in tally.problems:
            self.stderr.write(problem)
        self.stdout.write(f"{tally.new} events new, {tally.known} already there, {len(tally.problems)} lines refused")
        if tally.problems:
            raise CommandError(f"{len(tally.problems)} lines were refused; the others are recorded")

    def _read(self, paths: Iterable[Path], tally: Tally) -> list[Batch]:
        batches = []
        for path in paths:
            if not path.is_file():
                raise CommandError(f"--file {path}: no such file")
            for item in importing.read(path):
                if isinstance(item, ImportProblem):
                    tally.problems.append(str(item))
                else:
                    batches.append(item)
        return batches

    def _record(self, batches: list[Batch], tally: Tally, *, quiet: bool) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
            for batch in progress.track(batches, description="Recording"):
                self._record_one(batch, tally)

    def _record_one(self, batch: Batch, tally: Tally) -> None:
        before = log.head().position
        try:
            recorded = commands.record(batch.events, today=datetime.now(UTC).date())
        except (EventError, log.LogBusy) as error:
            named = getattr(error, "field", "") or "line"
            tally.problems.append(f"{batch.file} row {batch.row} ({batch.reference}), {named}: {error}")
            return
        if recorded[-1].position > before:
            tally.new += len(recorded)
        else:
            tally.known += len(recorded)
