"""What comes of the rows of a file together: judged as a batch in their order, shown, and nothing recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from measures import commands, nomenclature, preview
from measures.admin import words
from measures.admin.bulk.columns import RIGHT
from measures.admin.bulk.mending import mended
from measures.admin.bulk.reading import Problem, Row
from measures.admin.bulk.rows import Found, Wrong, happened, path_of
from measures.beside import answers, past
from measures.events.common import Codes
from measures.rules import provisional
from tracker import log
from tracker.clocks import FAR
from tracker.corrections import settle
from tracker.events import EventType
from tracker.log import Recorded
from tracker.sentences import say

FEW = 3
"""Changed answers of a stream that are told at its row."""
MOST_SHOWN = 200
"""Characters of a cell that are shown beside what is wrong with it."""
Tell = Callable[[int], None]
"""Hears how many rows are done."""


@dataclass(frozen=True)
class Checked:
    """The rows that read well, and what is wrong with the others."""

    found: Sequence[Found]
    problems: Sequence[Problem]

    @property
    def fresh(self) -> list[Found]:
        """The rows that are not in the log yet."""
        return [item for item in self.found if item.position is None]


def check(kind: EventType, file: str, rows: Sequence[Row], *, today: date, tell: Tell = lambda done: None) -> Checked:
    """Judges all rows, as a batch in their order. Nothing is stored."""
    found: list[Found] = []
    problems: list[Problem] = []
    read = mended if kind.corrects else happened
    for done, row in enumerate(rows, start=1):
        try:
            found.append(read(kind, file, row, today))
        except Wrong as wrong:
            problems += wrong.problems
        tell(done)
    problems += _repeated(found)
    _recorded(found, problems)
    problems += list(nomenclature_problems(found))
    _judge(found, problems, today)
    _tell_effects(found, {item.row for item in problems}, today)
    cells = {row.number: row.cells for row in rows}
    told = [replace(item, value=item.value or cells[item.row].get(item.column, "")[:MOST_SHOWN]) for item in problems]
    return Checked(found, sorted(told, key=lambda item: item.row))


def _repeated(found: list[Found]) -> Iterator[Problem]:
    """Takes out the rows that say what an earlier row says, or mend what an earlier row mends."""
    first: dict[UUID, int] = {}
    for item in list(found):
        row = first.setdefault(item.event.corrects or item.event.id, item.row)
        if row == item.row:
            continue
        found.remove(item)
        if item.event.corrects is None:
            yield Problem(item.row, "", item.event.stream, f"repeats what row {row} says; drop one")
        else:
            yield Problem(item.row, "entry", "", f"row {row} is about the same entry; put all of it into one row")


def _recorded(found: list[Found], problems: list[Problem]) -> None:
    """Marks what is in the log already; takes out a row whose reference stands there with another content."""
    places = log.places(item.event.id for item in found)
    there = {item.id: item for item in log.read(positions=places.values())} if places else {}
    for item in list(found):
        entry = there.get(item.event.id)
        if entry is None:
            continue
        if item.event.corrects or entry.says(item.event):
            item.position = entry.position
            continue
        found.remove(item)
        said = f"its reference stands in the log, #{entry.position}, and says something else there: correct that entry"
        problems.append(Problem(item.row, "reference", str(entry.data.get("reference", "")), said))


def nomenclature_problems(found: list[Found]) -> Iterator[Problem]:
    """Product codes that their nomenclature does not have, and rows of another revision than the rows before."""
    revision = ""
    for item in found:
        for path, codes in _codes_in(item):
            revision = revision or codes.revision
            if codes.revision != revision:
                said = f"the rows before are of revision {revision}; a file keeps to one"
                yield Problem(item.row, f"{path}.revision", codes.revision, said)
            if unknown := nomenclature.unknown(codes.codes, codes.revision):
                said = f"HS {codes.revision} has no {', '.join(unknown[:5])}"
                yield Problem(item.row, f"{path}.codes", unknown[0], said)


def _codes_in(item: Found) -> Iterator[tuple[str, Codes]]:
    """The product codes that a row says, each with its column; of a correction those of the fields that it mends."""
    if item.right is None:
        yield from nomenclature.codes_in(item.event.payload)
    for path, codes in nomenclature.codes_in(item.right) if item.right else ():
        if path.partition(".")[0] in item.event.payload.patch:  # type: ignore[attr-defined]
            yield RIGHT + path, codes


def _judge(found: Sequence[Found], problems: list[Problem], today: date) -> None:
    """Asks the rules of what is new, as one batch."""
    fresh = [item for item in found if item.position is None]
    judged = commands.judge([item.event for item in fresh], today=today) if fresh else []
    for item, violations in zip(fresh, judged, strict=True):
        item.soft = [violation for violation in violations if not violation.hard]
        for violation in violations:
            if violation.hard:
                said = f"{violation.message} ({violation.rule}: {violation.sentence})"
                problems.append(Problem(item.row, path_of(violation.field), "", said))


def _tell_effects(found: Sequence[Found], wrong: Container[int], today: date) -> None:
    """Puts each row in words, with how its stream stands before and after all rows, and with what it may repeat."""
    histories: dict[str, list[Recorded]] = defaultdict(list)
    for entry in log.read(streams={item.event.stream for item in found}):
        histories[entry.stream].append(entry)
    grown = {stream: list(history) for stream, history in histories.items()}
    places = log.places(_names(found))
    for place, item in enumerate(found):
        before = grown.setdefault(item.event.stream, [])
        thought = provisional(item.event, before, place)
        item.sentence = say(thought, places)
        item.about = next((say(entry, places) for entry in before if entry.id == item.event.corrects), "")
        if item.position is None and item.row not in wrong:
            item.doubles = [double.position for double in preview.duplicates(thought, histories[item.event.stream])]
            item.mended = [_in_words(*change) for change in preview.mended(item.event, before)]
            before.append(thought)
    fresh = [item for item in found if item.position is None and item.row not in wrong]
    _tell_status(fresh, histories, grown, today)


def _names(found: Sequence[Found]) -> list[str]:
    """The entries that the rows are about, by id."""
    named = (item.event.corrects or getattr(item.event.payload, "entry", None) for item in found)
    return [str(name) for name in named if name]


def _in_words(name: str, now: Any, right: Any) -> tuple[str, str, str]:
    return words.label(name), words.told(now), words.told(right)


def _tell_status(
    fresh: Sequence[Found],
    before: Mapping[str, Sequence[Recorded]],
    after: Mapping[str, Sequence[Recorded]],
    today: date,
) -> None:
    """How a measure stands today without and with the rows, told at its first one."""
    for item in {item.event.stream: item for item in reversed(fresh)}.values():
        stream = item.event.stream
        if stream.startswith("measure/"):
            item.before = preview.status(before[stream], today) if before.get(stream) else ""
            item.after = preview.status(after[stream], today)
            item.answers = _past(before[stream], after[stream], today) if item.event.corrects else []


def _past(before: Sequence[Recorded], after: Sequence[Recorded], today: date) -> list[str]:
    """The answers about the past that a stream's corrections change, the first few in words."""
    changed = past(answers(settle(before), settle(after)), today)
    said = [
        f"in force {_days(item.valid_from, item.valid_until)}, as known {_days(item.known_from, item.known_until)}: "
        f"{item.before} → {item.after}"
        for item in changed[:FEW]
    ]
    return [*said, f"and {len(changed) - FEW} more"] if len(changed) > FEW else said


def _days(first: date, until: date) -> str:
    if until == FAR:
        return f"from {first} on"
    last = until - timedelta(days=1)
    return f"on {first}" if last == first else f"from {first} to {last}"
