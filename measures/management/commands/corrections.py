"""Lists corrections and retractions with the answers that they changed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measures import queries
from measures.wording import percent
from tracker import log
from tracker.clocks import FAR
from tracker.comparison import Difference
from tracker.log import Recorded
from tracker.sentences import say

TYPES = ("entry.corrected", "entry.retracted")


class Command(BaseCommand):
    help = "Lists corrections and retractions, each with the ranges of valid and known days whose answer it changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--position", type=int, help="only the correction at this position")
        parser.add_argument("--measure", help="only corrections of this measure")

    def handle(self, *args: Any, position: int | None = None, measure: str | None = None, **options: Any) -> None:
        for event in _corrections(position, measure):
            corrected = log.get(id=event.corrects) if event.corrects else None
            positions = {str(corrected.id): corrected.position} if corrected else {}
            self.stdout.write(f"#{event.position} {event.recorded_at:%Y-%m-%d %H:%M} {event.stream}")
            self.stdout.write(f"  {say(event, positions)}")
            for difference in queries.changed_answers(event):
                self.stdout.write(f"  {_line(difference)}")


def _corrections(position: int | None, measure: str | None) -> list[Recorded]:
    stream = f"measure/{measure}" if measure else None
    found = [event for type_ in TYPES for event in log.read(type=type_, stream=stream)]
    found = [event for event in found if position in (None, event.position)]
    if position is not None and not found:
        raise CommandError(f"position {position} holds no correction")
    return sorted(found, key=lambda event: event.position)


def _line(difference: Difference) -> str:
    valid = f"{difference.valid_from} to {_open(difference.valid_until)}"
    known = f"{difference.known_from} to {_open(difference.known_until)}"
    return f"in force {valid}, as known {known}: {_words(difference.old)} → {_words(difference.new)}"


def _open(day: Any) -> str:
    return "open" if day == FAR else str(day)


def _words(value: Any) -> str:
    if value is None:
        return "no answer"
    term, legal, application, rate = value
    return f"{term} {legal}, {application}, {percent(rate)}"
