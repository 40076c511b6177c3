"""The columns of an event type: one for each field of its sheet, named as the payload names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from django import forms

from measures.admin import words
from measures.admin.bulk.reading import Unreadable
from measures.admin.fields import EntryField
from measures.admin.forms import Rows, StructForm, struct_form
from measures.admin.knowledge import categories
from measures.admin.mending import UNASKED
from measures.admin.sheets import EnvelopeForm
from tracker.events import EventType, event_type, event_types

ERRORS = "errors"
"""The column in which a checked file says what is wrong; it is not read."""
MOST_NUMBERED = 9
RIGHT = "right."
"""Begins the columns of a file of corrections that hold the right values of the entries' fields."""
CLEARED = "(none)"
"""What is written in such a column where a field should say nothing."""
NOT_OFFERED = ("attachment", "concerns", "language", "quote", "says")
"""What a template leaves out, since it is seldom needed; it is read where a file has it."""


@dataclass(frozen=True)
class Column:
    """A column, the name of the form's field for it, and the lists of rows that it makes longer."""

    name: str
    field: str
    help: str = ""
    required: bool = False
    widget: Any = None
    lists: tuple[tuple[str, int], ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether its cells hold all rows of a list, one a line."""
        return bool(self.lists) and self.field == f"{self.lists[-1][0]}-paste"


def columns(kind: EventType) -> dict[str, Column]:
    """Every column that a file of the type may have, by name; of a file of corrections those about the reason."""
    return of_reason(kind) if kind.corrects else _of_fields(kind.name, "data", "")


@cache
def _of_fields(name: str, prefix: str, path: str) -> dict[str, Column]:
    """The columns of a type's own fields, in the forms of that prefix."""
    kind = event_type(name)
    found = [] if path else [_stream(kind)]
    found += _payload(struct_form(kind.payload)(prefix=prefix), path, required=not path)
    for field_name, field in EnvelopeForm.base_fields.items():
        found.append(Column(path + field_name, field_name, str(field.help_text), field.required and not path, field))
    return {column.name: column for column in found}


def _stream(kind: EventType) -> Column:
    stream = " or ".join(f"{category}/…" for category in categories(kind))
    return Column("stream", "stream", f"Which one: {stream}; a slug alone where there is one kind", True)


def of_right(kind: EventType) -> dict[str, Column]:
    """The columns for the right values of entries of a type."""
    return _of_fields(kind.name, "right", RIGHT)


def of_reason(kind: EventType) -> dict[str, Column]:
    """The columns that say which entry was wrong, and why."""
    return _of_reason(kind.name)


@cache
def _of_reason(name: str) -> dict[str, Column]:
    entry = Column("entry", "entry", "Which entry was wrong: its position in the log, such as 12, or its id", True)
    made = _payload(struct_form(event_type(name).payload, UNASKED)(prefix="data"))
    return {column.name: column for column in (entry, *made)}


def template(kind: EventType, of: EventType | None = None) -> list[Column]:
    """The columns of a new file: what is required first, one row of each list, two sources.

    A file of corrections has besides the fields of the type that is corrected, where one is named.
    """
    offered = [column for column in columns(kind).values() if _is_offered(column)]
    offered.sort(key=lambda column: not column.required)
    if kind.name != "entry.corrected":
        return offered
    right = of_right(of).values() if of else [of_right(kind)[RIGHT + name] for name in EnvelopeForm.base_fields]
    return [*offered, *(column for column in right if _is_offered(column))]


def _is_offered(column: Column) -> bool:
    if column.name.startswith(f"{RIGHT}sources."):
        return False
    most = 2 if column.name.startswith("sources.") else 1
    seldom = any(part in NOT_OFFERED for part in column.name.split("."))
    return not seldom and all(length <= most for _, length in column.lists)


def require_known(kind: EventType, header: tuple[str, ...]) -> None:
    """Raises Unreadable for a column that the type does not have, and for a required one that is missing."""
    known = columns(kind)
    for name in header:
        if name not in known and name != ERRORS and not (kind.name == "entry.corrected" and name in _all_right()):
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "the template has the columns that there are"
            raise Unreadable(f"{kind.name} has no column {name!r}; {hint}")
    missing = [column.name for column in known.values() if column.required and column.name not in header]
    if missing:
        raise Unreadable(f"the columns {', '.join(missing)} are missing; the template has them")


@cache
def _all_right() -> frozenset[str]:
    """The columns for right values of entries of any type."""
    return frozenset(name for kind in event_types() if not kind.corrects for name in of_right(kind))


def _payload(form: StructForm, path: str = "", lists: Any = (), required: bool = True) -> Iterator[Column]:
    for name in form.shown_order:
        child = form.children.get(name)
        if child is None:
            field = form.fields[name]
            needed = required and field.required
            yield Column(path + name, form.add_prefix(name), _help(field), needed, field, lists)
        elif isinstance(child, StructForm):
            yield from _payload(child, f"{path}{name}.", lists, False)
        else:
            yield from _rows(child, path + name, lists)


def _rows(rows: Rows, path: str, lists: Any) -> Iterator[Column]:
    """One column in which many are written, where a row is a few words; else columns for each row."""
    if rows.columns:
        form = f"One a line: {'; '.join(rows.columns)}"
        yield Column(path, f"{rows.prefix}-paste", form, lists=(*lists, (str(rows.prefix), 0)))
        return
    for number in range(1, MOST_NUMBERED + 1):
        row = rows.form(prefix=f"{rows.prefix}-{number - 1}")
        needed = bool(rows.min_num) and number == 1
        yield from _payload(row, f"{path}.{number}.", (*lists, (str(rows.prefix), number)), needed)


def _help(field: forms.Field) -> str:
    """What is written in a cell."""
    text = str(field.help_text)
    if isinstance(field, EntryField):
        return f"{text}: its position in the log, such as 12"
    if isinstance(field, forms.BooleanField):
        return f"{text} (yes or no)".strip()
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        said = ", ".join(words.plain(label) for value, label in choices if value != "")
        return f"{text} ({said})".strip()
    return text
