"""What comes of the rows of a file: for each the event that it would record, or what is wrong with it and where.

A row becomes what a browser would send of the sheet of its type, so that forms and rules say the same of both. The id
of a row's event follows from what the row says (from its `reference`, where it has one): a file that is read again
adds only what is new.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID, uuid5

from django import forms
from django.http import QueryDict

from measures import commands, nomenclature, preview
from measures.admin.bulk.columns import ERRORS, Column, columns
from measures.admin.bulk.reading import Problem, Row
from measures.admin.fields import EntryField, OneOfField, YesNoField
from measures.admin.forms import Rows, StructForm
from measures.admin.sheets import RecordSheet
from measures.drafts import as_data
from measures.rules import Violation, provisional
from tracker import envelope, log
from tracker.events import EventError, EventType
from tracker.log import NewEvent, Recorded
from tracker.sentences import say

NAMESPACE = UUID("b4c7a4de-6a0e-5c0b-9f0d-7d2f3f1c6e11")
SAID = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
Tell = Callable[[int], None]
"""Hears how many rows are done."""


@dataclass
class Found:
    """A row that reads well: its event, and what a person should know before it is recorded."""

    row: int
    event: NewEvent
    sentence: str = ""
    position: int | None = None
    """Where it stands in the log already."""
    doubles: list[int] = field(default_factory=list)
    soft: list[Violation] = field(default_factory=list)
    before: str = ""
    after: str = ""


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
    for done, row in enumerate(rows, start=1):
        try:
            found.append(Found(row.number, _event(kind, file, row, today)))
        except _Wrong as wrong:
            problems += wrong.problems
        tell(done)
    problems += _repeated(found)
    _recorded(found, problems)
    problems += list(nomenclature_problems(found))
    _judge(found, problems, today)
    _tell_effects(found, today)
    return Checked(found, sorted(problems, key=lambda item: item.row))


class _Wrong(Exception):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)


def _event(kind: EventType, file: str, row: Row, today: date) -> NewEvent:
    """The event of a row. Raises _Wrong with the cells that are refused."""
    sheet = RecordSheet(kind, today=today, data=_as_sent(kind, row))
    if not sheet.is_valid():
        raise _Wrong(_problems(row, sheet))
    try:
        [event] = sheet.batch()
        event = replace(event, meta=replace(event.meta, origin=f"import {file} row {row.number}"))
        envelope.compose(event)
    except EventError as error:
        raise _Wrong([_problem(row, _path(error.field), str(error))]) from None
    return replace(event, id=identity(event))


def identity(event: NewEvent) -> UUID:
    """The id of a row's event: the same for the same reference in a stream, or for the same content without one."""
    said = as_data(event)
    reference = said["data"].get("reference")
    key = [said["type"], said["stream"], reference] if reference else said
    return uuid5(NAMESPACE, json.dumps(key, sort_keys=True, ensure_ascii=False))


def _as_sent(kind: EventType, row: Row) -> QueryDict:
    """What a browser would send of a sheet filled with the cells of a row. Raises _Wrong."""
    known, sent, wrong = columns(kind), QueryDict(mutable=True), []
    for name, text in row.cells.items():
        if name == ERRORS or not text.strip():
            continue
        column = known[name]
        try:
            sent[column.field] = _typed(column, text.strip())
        except ValueError as error:
            wrong.append(_problem(row, name, str(error)))
        for prefix, least in column.lists:
            sent[f"{prefix}-TOTAL_FORMS"] = str(max(least, int(sent.get(f"{prefix}-TOTAL_FORMS", 0))))
            sent[f"{prefix}-INITIAL_FORMS"] = "0"
    if wrong:
        raise _Wrong(wrong)
    return sent


def _typed(column: Column, text: str) -> str:
    """A cell as its form field takes it. Raises ValueError with the accepted form."""
    if isinstance(column.widget, EntryField):
        return _entry(text)
    if isinstance(column.widget, YesNoField | forms.BooleanField):
        if text.lower() not in SAID:
            raise ValueError(f"“{text}” is not accepted; write yes or no")
        return str(SAID[text.lower()]) if SAID[text.lower()] or isinstance(column.widget, YesNoField) else ""
    if isinstance(column.widget, OneOfField):
        return text.lower().replace(" ", "_") if text.islower() or " " in text else text
    return text


def _entry(text: str) -> str:
    """The id of the entry at a position, or an id as it is."""
    number = text.removeprefix("#")
    if not number.isdigit():
        return text
    found = log.get(position=int(number))
    if found is None:
        raise ValueError(f"there is no entry {text} in the log")
    return str(found.id)


def _problems(row: Row, sheet: RecordSheet) -> Iterator[Problem]:
    """What the forms of a sheet say, each at its column."""
    for form in sheet.all_forms():
        if isinstance(form, StructForm):
            for path, message in _said(form, ""):
                yield _problem(row, path, message)
        else:
            for name, messages in form.errors.items():
                yield _problem(row, name, " ".join(map(str, messages)))


def _said(form: StructForm, path: str) -> Iterator[tuple[str, str]]:
    for name, messages in form.errors.items():
        yield (path + name if name != "__all__" else path.rstrip(".")), " ".join(map(str, messages))
    for name, child in form.children.items():
        if isinstance(child, Rows):
            for message in child.non_form_errors():
                yield path + name, str(message)
            for number, each in enumerate(child, start=1):
                yield from _said(each, f"{path}{name}.{number}.")
        else:
            yield from _said(child, f"{path}{name}.")


def _problem(row: Row, path: str, message: str) -> Problem:
    """A problem at the column of a path, or at the one that holds it, as a list that stands in one cell."""
    column = next((name for name in row.cells if path == name or path.startswith(f"{name}.")), path)
    inside = path.removeprefix(column).lstrip(".")
    text = message if not inside else f"{inside}: {message}"
    return Problem(row.number, column, row.cells.get(column, "")[:200], text)


def _path(pointer: str) -> str:
    """A JSON pointer of the payload as a column's name: `/data/sources/0/url` is sources.1.url."""
    parts = pointer.removeprefix("/data").strip("/").split("/")
    return ".".join(str(int(part) + 1) if part.isdigit() else part for part in parts)


def _repeated(found: list[Found]) -> Iterator[Problem]:
    """Takes out the rows that say what an earlier row says."""
    first: dict[UUID, int] = {}
    for item in list(found):
        row = first.setdefault(item.event.id, item.row)
        if row != item.row:
            found.remove(item)
            yield Problem(item.row, "", item.event.stream, f"repeats what row {row} says; drop one")


def _recorded(found: list[Found], problems: list[Problem]) -> None:
    """Marks what is in the log already; takes out a row whose reference stands there with another content."""
    places = log.places(item.event.id for item in found)
    there = {item.id: item for item in log.read(positions=places.values())} if places else {}
    for item in list(found):
        entry = there.get(item.event.id)
        if entry is None:
            continue
        if entry.says(item.event):
            item.position = entry.position
            continue
        found.remove(item)
        said = f"its reference stands in the log, #{entry.position}, and says something else there: correct that entry"
        problems.append(Problem(item.row, "reference", str(entry.data.get("reference", "")), said))


def nomenclature_problems(found: list[Found]) -> Iterator[Problem]:
    """Product codes that their nomenclature does not have, and rows of another revision than the rows before."""
    revision = ""
    for item in found:
        for path, codes in nomenclature.codes_in(item.event.payload):
            revision = revision or codes.revision
            if codes.revision != revision:
                said = f"the rows before are of revision {revision}; a file keeps to one"
                yield Problem(item.row, f"{path}.revision", codes.revision, said)
            if unknown := nomenclature.unknown(codes.codes, codes.revision):
                said = f"HS {codes.revision} has no {', '.join(unknown[:5])}"
                yield Problem(item.row, f"{path}.codes", unknown[0], said)


def _judge(found: Sequence[Found], problems: list[Problem], today: date) -> None:
    """Asks the rules of what is new, as one batch."""
    fresh = [item for item in found if item.position is None]
    judged = commands.judge([item.event for item in fresh], today=today) if fresh else []
    for item, violations in zip(fresh, judged, strict=True):
        item.soft = [violation for violation in violations if not violation.hard]
        for violation in violations:
            if violation.hard:
                said = f"{violation.message} ({violation.rule}: {violation.sentence})"
                problems.append(Problem(item.row, _path(violation.field), "", said))


def _tell_effects(found: Sequence[Found], today: date) -> None:
    """Puts each row in words, with how its stream stands before and after all rows, and with what it may repeat."""
    histories: dict[str, list[Recorded]] = defaultdict(list)
    for entry in log.read(streams={item.event.stream for item in found}):
        histories[entry.stream].append(entry)
    grown = {stream: list(history) for stream, history in histories.items()}
    places = log.places(_names(found))
    for place, item in enumerate(found):
        thought = provisional(item.event, grown.setdefault(item.event.stream, []), place)
        item.sentence = say(thought, places)
        if item.position is None:
            before = histories.get(item.event.stream, [])
            item.doubles = [double.position for double in preview.duplicates(thought, before)]
            grown[item.event.stream].append(thought)
    _tell_status([item for item in found if item.position is None], histories, grown, today)


def _names(found: Sequence[Found]) -> list[str]:
    return [item.event.payload.entry for item in found if getattr(item.event.payload, "entry", None)]  # type: ignore[attr-defined]


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
