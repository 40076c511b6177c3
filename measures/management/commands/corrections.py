"""Lists corrections and retractions with the answers that they changed."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measures.changes import Change, changed_answers
from tracker import log
from tracker.clocks import DAWN, FAR
from tracker.log import Recorded
from tracker.replay import NotProjectedYet
from tracker.sentences import say

DECIMAL = re.compile(r"-?\d+\.\d+")
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
            for line in _changes(event):
                self.stdout.write(f"  {line}")


def _corrections(position: int | None, measure: str | None) -> list[Recorded]:
    stream = f"measure/{measure}" if measure else None
    found = [event for type_ in TYPES for event in log.read(type=type_, stream=stream)]
    found = [event for event in found if position in (None, event.position)]
    if position is not None and not found:
        raise CommandError(f"position {position} holds no correction")
    return sorted(found, key=lambda event: event.position)


def _changes(event: Recorded) -> list[str]:
    try:
        return [_line(change) for change in changed_answers(event)] or ["no answer changed"]
    except NotProjectedYet as error:
        return [str(error)]


def _line(change: Change) -> str:
    days = change.range
    valid = f"{_first(days.valid_from)} to {_until(days.valid_until)}"
    known = f"{_first(days.known_from)} to {_until(days.known_until)}"
    what = " ".join(filter(None, (change.kind, change.name)))
    return f"valid {valid}, known {known}: {what}: {_words(change)}"


def _first(day: date) -> str:
    return "ever" if day == DAWN else day.isoformat()


def _until(day: date) -> str:
    return "open" if day == FAR else day.isoformat()


def _words(change: Change) -> str:
    """Each field that differs; where something came or went, what it says."""
    if None in (change.range.old, change.range.new):
        said = ", ".join(f"{name} {_value(old or new)}" for name, old, new in change.fields if old or new)
        return f"no answer → {said}" if change.range.old is None else f"{said} → no answer"
    return ", ".join(f"{name} {_value(old)} → {_value(new)}" for name, old, new in change.fields)


def _value(value: Any) -> str:
    """A JSON value, in a line; decimals without trailing zeros."""
    if value in (None, "", []):
        return "none"
    if isinstance(value, str):
        return value.rstrip("0").rstrip(".") if DECIMAL.fullmatch(value) else value
    return json.dumps(value, ensure_ascii=False)
