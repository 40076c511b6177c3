"""What a row becomes: the event that it would record, or what is wrong with it and where.

A row becomes what a browser would send of the sheet of its type, so that forms and rules say the same of both. The id
of a row's event follows from what the row says (from its `reference`, where it has one): a file that is read again
adds only what is new.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID, uuid5

from django import forms
from django.http import QueryDict

from measures.admin.bulk.columns import ERRORS, RIGHT, Column, columns
from measures.admin.bulk.reading import Problem, Row
from measures.admin.fields import EntryField, OneOfField, YesNoField
from measures.admin.forms import Rows, StructForm
from measures.admin.sheets import RecordSheet, Sheet
from measures.drafts import as_data
from measures.rules import Violation
from tracker import envelope, log
from tracker.events import EventError, EventType, Payload
from tracker.log import NewEvent

NAMESPACE = UUID("b4c7a4de-6a0e-5c0b-9f0d-7d2f3f1c6e11")
SAID = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


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
    right: Payload | None = None
    """Of a correction: the entry as it will read."""
    about: str = ""
    """Of a correction or retraction: the entry that it is about, in words."""
    mended: list[tuple[str, str, str]] = field(default_factory=list)
    """Of a correction: each field, as it reads now and as is right."""
    answers: list[str] = field(default_factory=list)
    """The answers about the past that change by it and the other rows about its stream."""


class Wrong(Exception):
    """Cells of a row are refused."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)


def happened(kind: EventType, file: str, row: Row, today: date) -> Found:
    """What comes of a row that says what happened. Raises Wrong."""
    sheet = RecordSheet(kind, today=today, data=typed(columns(kind), row))
    event = the_event(sheet, file, row)
    return Found(row.number, replace(event, id=identity(event)))


def the_event(sheet: Sheet, file: str, row: Row) -> NewEvent:
    """The event of a filled sheet, with its row as its origin. Raises Wrong."""
    if not sheet.is_valid():
        raise Wrong(_problems(row, sheet))
    try:
        [event] = sheet.batch()
        event = replace(event, meta=replace(event.meta, origin=f"import {file} row {row.number}"))
        envelope.compose(event)
    except EventError as error:
        raise Wrong([problem(row, path_of(error.field), str(error))]) from None
    return event


def identity(event: NewEvent) -> UUID:
    """The id of a row's event: the same for the same reference in a stream, or for the same content without one."""
    said = as_data(event)
    reference = said["data"].get("reference")
    key = [said["type"], said["stream"], reference] if reference else said
    return uuid5(NAMESPACE, json.dumps(key, sort_keys=True, ensure_ascii=False))


def typed(known: Mapping[str, Column], row: Row) -> QueryDict:
    """What a browser would send of a sheet filled with the cells of a row. Raises Wrong."""
    sent, wrong = QueryDict(mutable=True), []
    for name, text in said_in(row):
        column = known[name]
        try:
            sent[column.field] = _typed(column, text)
        except ValueError as error:
            wrong.append(problem(row, name, str(error)))
        lengthen(sent, column)
    if wrong:
        raise Wrong(wrong)
    return sent


def said_in(row: Row) -> Iterator[tuple[str, str]]:
    """The columns in which a row says something, and what."""
    return ((name, text.strip()) for name, text in row.cells.items() if name != ERRORS and text.strip())


def lengthen(sent: QueryDict, column: Column) -> None:
    """Makes the lists as long as a column needs them."""
    for prefix, least in column.lists:
        sent[f"{prefix}-TOTAL_FORMS"] = str(max(least, int(sent.get(f"{prefix}-TOTAL_FORMS", 0))))
        sent[f"{prefix}-INITIAL_FORMS"] = "0"


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
    if not number.isdecimal():
        return text
    found = log.get(position=int(number)) if len(number) < 19 else None
    if found is None:
        raise ValueError(f"there is no entry {text} in the log")
    return str(found.id)


def _problems(row: Row, sheet: Sheet) -> Iterator[Problem]:
    """What the forms of a sheet say, each at its column; right values have columns of their own."""
    for form in sheet.all_forms():
        right = RIGHT if sheet.mends(form) else ""
        said = _said(form, right) if isinstance(form, StructForm) else _plain(form, right)
        yield from (problem(row, path, message) for path, message in said)


def _plain(form: forms.Form, path: str) -> Iterator[tuple[str, str]]:
    return ((path + name, " ".join(map(str, messages))) for name, messages in form.errors.items())


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


def problem(row: Row, path: str, message: str) -> Problem:
    """A problem at the column of a path, or at the one that holds it, as a list that stands in one cell."""
    column = next((name for name in row.cells if path == name or path.startswith(f"{name}.")), path)
    inside = path.removeprefix(column).lstrip(".")
    text = message if not inside else f"{inside}: {message}"
    return Problem(row.number, column, row.cells.get(column, "")[:200], text)


def path_of(pointer: str) -> str:
    """A pointer of rules and payloads as a column's name.

    `/data/sources/0/url` is sources.1.url, `patch/obligation` is right.obligation, `corrects` is entry.
    """
    parts = pointer.removeprefix("/data").strip("/").split("/")
    named = {"corrects": "entry", "patch": RIGHT.rstrip(".")}.get(parts[0], parts[0])
    return ".".join(str(int(part) + 1) if part.isdigit() else part for part in [named, *parts[1:]])
