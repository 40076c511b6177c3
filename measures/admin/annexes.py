"""Annexes of product codes: a file in the sheet of an entry becomes an attachment that the entry names by its SHA-256.

The first column of the file holds the codes, its first row names the columns. What is stored is that table as CSV, its
codes as digits: the same annex is the same attachment, from whichever program it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import QueryDict

from measures import nomenclature
from measures.admin.bulk.reading import Problem, Row, Table, Unreadable, read
from measures.admin.bulk.writing import written_csv
from measures.admin.fields import CODE
from measures.admin.forms import REFUSED
from tracker import attachments

FILE = "-attachment-file"
"""How the names of the file fields end; before it stands the prefix of the list of codes."""
MOST_CODES = 20_000
MOST_TOLD = 10
REVISION = "revision"
"""The column that may say which revision a code belongs to."""


def taken(data: QueryDict, files: Mapping[str, Any]) -> QueryDict:
    """What was sent, with each annex stored and named in its fields, or with what is wrong with it."""
    annexes = {name.removesuffix(FILE): file for name, file in files.items() if name.endswith(FILE)}
    if not annexes:
        return data
    more = data.copy()
    for codes, file in annexes.items():
        prefix = f"{codes}-attachment"
        try:
            for name, value in _stored(file, data, codes).items():
                more[f"{prefix}-{name}"] = value
        except Refused as refused:
            more.setlist(f"{prefix}-{REFUSED}", refused.messages)
    return more


class Refused(ValueError):
    """An annex that cannot be taken; the messages name its rows."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


def _stored(file: Any, data: QueryDict, codes: str) -> dict[str, str]:
    """Stores an annex and returns the fields that name it. Raises Refused."""
    try:
        table = read(file.name, file.read(), most=MOST_CODES)
    except Unreadable as error:
        raise Refused([f"{file.name}: {error}"]) from None
    revision = data.get(f"{codes}-revision") or nomenclature.REVISION
    checked = revision if data.get(f"{codes}-system") != "other" else ""
    problems = sorted([*table.problems, *_problems(table, revision, checked)], key=lambda problem: problem.row)
    if problems or not table.rows:
        raise Refused(_told(file.name, problems))
    content = written_csv([table.header, *(_line(table, row) for row in table.rows)], mark=False)
    digest = attachments.store(content, media_type="text/csv")
    return {"sha256": digest, "media_type": "text/csv", "title": file.name[:200], "rows": str(len(table.rows))}


def _told(name: str, problems: list[Problem]) -> list[str]:
    told = [f"{name} row {item.row}, {item.column or 'row'} “{item.value}”: {item.message}" for item in problems]
    more = [f"and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
    return [*told[:MOST_TOLD], *more] or [f"{name} has no row under the first one, which names the columns"]


def _problems(table: Table, revision: str, checked: str) -> Iterator[Problem]:
    """What is wrong with the codes: their form, a repetition, another revision, or that there is no such code."""
    column = table.header[0]
    if code(column).isdigit():
        yield Problem(1, column, column, "is a code; the first row names the columns: write “code” above it")
    first: dict[str, int] = {}
    for row in table.rows:
        digits, typed = code(row.cells[column]), row.cells[column]
        said = row.cells.get(REVISION, "").strip()
        if said and said != revision:
            yield Problem(row.number, REVISION, said, f"is another revision than that of the entry, {revision}")
        elif not re.search(CODE, digits):
            yield Problem(row.number, column, typed, _misshapen(digits))
        elif first.setdefault(digits, row.number) != row.number:
            yield Problem(row.number, column, typed, f"stands in row {first[digits]} already")
        elif nomenclature.unknown([digits], checked):
            yield Problem(row.number, column, typed, f"is no code of HS {revision}")


def _misshapen(digits: str) -> str:
    lost = digits.isdigit() and len(digits) % 2
    hint = "; was a leading zero lost? Format the column as text" if lost else ""
    return f"is not accepted; write 2 to 10 digits, with or without dots{hint}"


def code(text: str) -> str:
    """A product code without the dots and spaces that people write in it."""
    return re.sub(r"[.\s]", "", text)


def _line(table: Table, row: Row) -> list[str]:
    cells = [row.cells.get(name, "") for name in table.header]
    return [code(cells[0]), *cells[1:]]
