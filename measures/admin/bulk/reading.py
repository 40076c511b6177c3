"""Tables from files: CSV or XLSX in, rows of text out. What cannot be read is told by row and column, never guessed.

The size is bounded before anything is unpacked. A formula is refused, since its value is whatever the program that
wrote the file made of it.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from openpyxl import load_workbook

MOST_ROWS = 2_000
MOST_COLUMNS = 200
MOST_CHARACTERS = 20_000
MOST_UNPACKED = 25 * 1024 * 1024
MOST_PARTS = 500
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
GUARDED = re.compile(r"^'(?=[=+\-@\t\r\n])")
"""The apostrophe that keeps a text from being taken for a formula."""

FORMULA = "is a formula: paste its value, or put an apostrophe before the text"


class Unreadable(ValueError):
    """The file as a whole cannot be taken; the message says why and what is accepted."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell, or with a row as a whole where no column is named. Rows count as spreadsheets do."""

    row: int
    column: str
    value: str
    message: str


@dataclass(frozen=True)
class Row:
    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    header: tuple[str, ...]
    rows: list[Row]
    problems: list[Problem] = field(default_factory=list)


Cell = tuple[str, str]
"""The text of a cell, and what is wrong with it; empty where nothing is."""


def read(name: str, content: bytes, *, most: int = MOST_ROWS) -> Table:
    """The table in a file of that name; in a workbook, that on the first sheet. Raises Unreadable."""
    lines = _xlsx(content, most) if name.lower().endswith(".xlsx") else _csv(content)
    try:
        header = _header(next(lines, []))
        return _table(header, list(islice(lines, most + 1)), most)
    except csv.Error as error:
        raise Unreadable(f"it is no CSV: {error}") from None


def _header(cells: list[Cell]) -> tuple[str, ...]:
    names = [text.strip() for text, _ in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise Unreadable("the first row is empty; it names the columns, as in the template")
    if "" in names or len(set(names)) < len(names):
        twice = next((name for name in names if names.count(name) > 1), "")
        raise Unreadable(f"the first row names {twice!r} twice" if twice else "a column in the first row has no name")
    return tuple(names)


def _table(header: tuple[str, ...], lines: list[list[Cell]], most: int) -> Table:
    table = Table(header, [])
    for number, cells in enumerate(lines, start=2):
        if not any(text.strip() for text, _ in cells):
            continue
        if len(table.rows) == most:
            raise Unreadable(f"it has more than {most} rows; split it")
        table.problems.extend(_problems(number, header, cells))
        table.rows.append(Row(number, {name: text for name, (text, _) in zip(header, cells, strict=False)}))
    return table


def _problems(number: int, header: tuple[str, ...], cells: Iterable[Cell]) -> Iterator[Problem]:
    for place, (text, wrong) in enumerate(cells):
        if place >= len(header) and text.strip():
            yield Problem(number, "", _shown(text), f"stands in column {place + 1}, which the first row does not name")
        elif wrong:
            yield Problem(number, header[place], _shown(text), wrong)


def _shown(text: str) -> str:
    """Text that can be shown and stored whatever it was."""
    clean = NO_TEXT.sub("\ufffd", text)
    return clean if len(clean) <= 200 else clean[:199] + "…"


def _cell(text: str, *, formula: bool) -> Cell:
    """A cell's text without the apostrophe before it, and what is wrong with it."""
    if formula:
        return _shown(text), FORMULA
    if NO_TEXT.search(text):
        return _shown(text), "is not UTF-8 text: save the file as “CSV UTF-8” or as XLSX"
    if len(text) > MOST_CHARACTERS:
        return _shown(text), f"has {len(text)} characters, at most {MOST_CHARACTERS} are taken"
    return GUARDED.sub("", text), ""


def _csv(content: bytes) -> Iterator[list[Cell]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unreadable("it is no CSV in UTF-8; save it as “CSV UTF-8”, or as XLSX with that ending")
    text = content.decode("utf-8-sig", errors="surrogateescape")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
        yield [_cell(cell, formula=cell.startswith("=")) for cell in cells]


def _xlsx(content: bytes, most: int) -> Iterator[list[Cell]]:
    _require_small(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        for cells in book.worksheets[0].iter_rows(max_row=most + 3, max_col=MOST_COLUMNS):
            yield [_of_sheet(cell) for cell in cells]
    except Exception as error:  # whatever the parser meets in a file that somebody made
        raise Unreadable(f"it cannot be read as XLSX: {type(error).__name__}") from error


def _require_small(content: bytes) -> None:
    """Refuses an archive that unpacks to more than a table takes; no part gives more than its entry says."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Unreadable("it is no XLSX file") from None
    size = sum(part.file_size for part in parts)
    if size > MOST_UNPACKED or len(parts) > MOST_PARTS:
        raise Unreadable(f"it unpacks to {size} bytes in {len(parts)} parts, at most {MOST_UNPACKED} are taken")


def _of_sheet(cell: Any) -> Cell:
    if cell.value is None:
        return "", ""
    if cell.data_type == "e":
        return str(cell.value), "is an error of the spreadsheet"
    return _cell(_text(cell), formula=cell.data_type == "f")


def _text(cell: Any) -> str:
    """What a cell of a sheet says, as it would be typed: 25% where it is shown as 25%."""
    value = cell.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat()
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        percent = "%" in (cell.number_format or "")
        return f"{number * 100:f}".rstrip("0").rstrip(".") + "%" if percent else _plain(number)
    return str(value)


def _plain(number: Decimal) -> str:
    return f"{number:f}".rstrip("0").rstrip(".") if number % 1 else f"{number.to_integral_value():f}"
