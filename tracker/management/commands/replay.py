"""Replays the log to any point."""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tracker import log
from tracker.ledger import scratch
from tracker.ledger.comparison import Asked, Compared, compare, replay
from tracker.ledger.scratch import Differing, ScratchError
from tracker.ledger.state import State
from tracker.management.progress import Advance, bar
from tracker.projections import Projection, projections, serving


class Command(BaseCommand):
    help = (
        "Folds the log to a point of the three clocks and writes the rows as JSON lines, or compares them row by row "
        "with what the read models hold; with --into it fills tables of a schema of its own and compares those. The "
        "digest goes to standard error. The same point, the same bytes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        clock = parser.add_mutually_exclusive_group()
        clock.add_argument("--position", type=int, help="default: the newest")
        clock.add_argument("--recorded-at", type=datetime.fromisoformat, metavar="INSTANT")
        parser.add_argument("--valid-at", type=date.fromisoformat, metavar="DAY", help="default: all valid days")
        parser.add_argument("--known-at", type=date.fromisoformat, metavar="DAY", help="default: all known days")
        parser.add_argument("--projection", action="append", help="default: all")
        parser.add_argument("--stream", help="one stream, such as measure/example")
        parser.add_argument("--compare", action="store_true", help="show what differs from the read models; status 1")
        parser.add_argument("--into", metavar="SCHEMA", help="write the rows into tables of a new schema instead")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = self._asked(options)
        kinds = self._kinds(options["projection"])
        try:
            if options["into"]:
                scratch.make(options["into"])
        except ScratchError as error:
            raise CommandError(str(error)) from None
        differing = sum(self._run(kind, asked, options) for kind in kinds)
        if differing:
            raise CommandError(f"{differing} rows differ")

    def _asked(self, options: dict[str, Any]) -> Asked:
        head = log.head().position
        position, instant = options["position"], options["recorded_at"]
        if position is not None and not 0 <= position <= head:
            raise CommandError(f"position {position} is not in the log: 0 to {head}")
        if instant is not None and instant.tzinfo is None:
            instant = timezone.make_aware(instant)
        at = log.resolve(position=head if position is None else position, recorded_at=instant)
        return Asked(at.position, options["valid_at"], options["known_at"], options["stream"])

    def _kinds(self, names: list[str] | None) -> list[Projection]:
        known = {kind.name: kind for kind in projections()}
        if unknown := set(names or ()) - known.keys():
            raise CommandError(f"no read model {min(unknown)}; there are {', '.join(sorted(known))}")
        return [known[name] for name in names or known]

    def _run(self, kind: Projection, asked: Asked, options: dict[str, Any]) -> int:
        generation = self._generation(kind, asked) if options["compare"] else 0
        differing = 0
        total = None if asked.stream else log.count(kind.categories, asked.position)
        with bar(kind.name, total) as advance:
            if options["into"]:
                state = scratch.fill(options["into"], kind, asked, advance)
                found = scratch.compare(options["into"], kind, generation, asked) if options["compare"] else ()
                differing = sum(map(self._differing, found))
            elif options["compare"]:
                state = State(kind.name, asked.position)
                differing = sum(self._compared(item, state) for item in compare(kind, generation, asked, advance))
            else:
                state = self._written(kind, asked, advance)
        sys.stdout.flush()
        self.stderr.write(f"{kind.name} fold {kind.version} at {asked.position}: {state.rows} rows, {state.digest}")
        return differing

    def _written(self, kind: Projection, asked: Asked, advance: Advance) -> State:
        state = State(kind.name, asked.position)
        for stream, lines in replay(kind, asked, advance):
            state.add(stream, lines)
            self._lines(b"", lines)
        return state

    def _compared(self, item: Compared, state: State) -> int:
        state.add(item.stream, item.folded)
        self._lines(b"- ", item.foreign)
        self._lines(b"+ ", item.missing)
        return len(item.foreign) + len(item.missing)

    def _differing(self, item: Differing) -> int:
        self.stdout.write(f"{'+' if item.side == 'scratch' else '-'} {item.table} {item.row}")
        return 1

    def _generation(self, kind: Projection, asked: Asked) -> int:
        checkpoint = serving().filter(projection=kind.name).first()
        if checkpoint is None or checkpoint.position < asked.position:
            reached = checkpoint.position if checkpoint else 0
            raise CommandError(f"{kind.name} has reached position {reached}, not {asked.position}: nothing to compare")
        return checkpoint.generation

    def _lines(self, mark: bytes, lines: set[bytes]) -> None:
        for line in sorted(lines):
            self.stdout.write((mark + line).decode())
