"""Rows about what we got wrong: each corrects one entry, or takes it out.

A row is what a browser would send of the sheet of a correction, opened at its entry and mended in the row's cells: what
differs afterwards is the correction. So that a file may be read again, the entry reads as it did before the row itself
was recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from typing import Any
from uuid import UUID, uuid5

from django import forms
from django.http import QueryDict

from measures.admin.bulk.columns import CLEARED, RIGHT, Column, of_reason, of_right
from measures.admin.bulk.reading import Row
from measures.admin.bulk.rows import NAMESPACE, Found, Wrong, lengthen, problem, said_in, the_event, typed
from measures.admin.forms import Rows, StructForm
from measures.admin.mending import CorrectionSheet
from tracker import corrections, log
from tracker.events import EventError, EventType, event_type, withheld_fields
from tracker.log import Recorded


def mended(kind: EventType, file: str, row: Row, today: date) -> Found:
    """What comes of a row that says what was wrong. Raises Wrong."""
    target = _target(row)
    own = _identity(kind, target, row)
    history = _before(own, log.read(stream=target.stream))
    sheet = CorrectionSheet(kind, target, data=_as_sent(kind, target, history, row), history=history)
    event = replace(the_event(sheet, file, row), id=own)
    return Found(row.number, event, right=sheet.right() if sheet.mended else None)


def _target(row: Row) -> Recorded:
    """The entry that a row is about, named by its position or its id. Raises Wrong."""
    text = row.cells.get("entry", "").strip()
    number = text.removeprefix("#")
    is_position = number.isdecimal() and len(number) < 19
    found = log.get(position=int(number)) if is_position else log.get(id=_id(row, text))
    if found is None:
        raise Wrong([problem(row, "entry", f"there is no entry {text} in the log")])
    return found


def _id(row: Row, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        said = f"“{text}” names no entry; write its position in the log, such as 12, or its id"
        raise Wrong([problem(row, "entry", said)]) from None


def _identity(kind: EventType, target: Recorded, row: Row) -> UUID:
    """The id of a row's event: the same for the same cells, but for what the log withholds, which no id may tell."""
    silent = ("entry", *withheld_fields(kind.payload))
    cells = {name: text for name, text in said_in(row) if name not in silent}
    return uuid5(NAMESPACE, json.dumps([kind.name, str(target.id), cells], sort_keys=True, ensure_ascii=False))


def _before(own: UUID, history: list[Recorded]) -> list[Recorded]:
    """A history before the entry with that id; the whole where it is not there."""
    version = next((entry.version for entry in history if entry.id == own), None)
    return history if version is None else [entry for entry in history if entry.version < version]


def _as_sent(kind: EventType, target: Recorded, history: list[Recorded], row: Row) -> QueryDict:
    """What a browser would send of the sheet, opened at its entry and filled with the cells of a row. Raises Wrong."""
    reasons = Row(row.number, {name: text for name, text in row.cells.items() if not name.startswith(RIGHT)})
    sent = typed({"entry": Column("entry", "entry")} | of_reason(kind), reasons)
    if kind.name == "entry.retracted":
        return sent
    try:
        corrections.mendable(history, target.id)
    except EventError as error:
        raise Wrong([problem(row, "entry", str(error))]) from None
    for name, text in _as_it_reads(CorrectionSheet(kind, target, history=history)):
        sent.setdefault(name, text)
    _mend(sent, target, row)
    return sent


def _as_it_reads(sheet: CorrectionSheet) -> Iterator[tuple[str, str]]:
    """What a browser would send of an entry's own fields, opened and left as they are."""
    assert sheet.mended is not None
    assert sheet.envelope is not None
    yield from _filled(sheet.envelope)
    yield from _filled(sheet.mended)


def _filled(form: forms.Form) -> Iterator[tuple[str, str]]:
    for field in form:
        value: Any = field.value()
        if isinstance(field.field, forms.BooleanField):
            value = "on" if value else ""
        if value not in (None, ""):
            yield field.html_name, str(value)
    for child in form.children.values() if isinstance(form, StructForm) else ():
        if isinstance(child, Rows):
            yield f"{child.prefix}-TOTAL_FORMS", str(len(child.forms))
            yield f"{child.prefix}-INITIAL_FORMS", "0"
        for inner in child if isinstance(child, Rows) else [child]:
            yield from _filled(inner)


def _mend(sent: QueryDict, target: Recorded, row: Row) -> None:
    """Puts the right values in the place of what the entry says. Raises Wrong."""
    known, cells = of_right(event_type(target.type)), {}
    for name, text in said_in(row):
        if not name.startswith(RIGHT):
            continue
        if name not in known:
            raise Wrong([problem(row, name, _no_field(target, name, list(known)))])
        cells[name] = "" if text == CLEARED else text
        if known[name].is_list:
            sent[f"{known[name].lists[-1][0]}-TOTAL_FORMS"] = "0"
        lengthen(sent, known[name])
        sent[known[name].field] = ""
    for name, values in typed(known, Row(row.number, cells)).lists():
        if not name.endswith("_FORMS"):
            sent.setlist(name, values)


def _no_field(target: Recorded, name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "the template for its type has the columns that there are"
    return f"entry {target.position} is {target.type}, which has no such field; {hint}"
