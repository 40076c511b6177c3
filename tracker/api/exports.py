"""An answer in another cut: some of its fields, or a whole list as a table for a spreadsheet.

Tables are streamed: rows are read and written piece by piece, whatever their number.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, get_args, get_origin

import msgspec
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from msgspec import Raw
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from tracker.api.parameters import Form, Parameter, one_of
from tracker.api.shapes import Link, ProblemError

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMAT = Parameter(
    name="format",
    form=one_of(["json", "csv", "xlsx"]),
    default="json",
    example="json",
    description="`csv` and `xlsx` give the whole list as a table, all pages in one: without `limit` and `cursor`.",
)
NO_RECEIPT = ProblemError(
    code="contradictory-parameters",
    detail="a receipt is for an answer in JSON; leave receipt or format out",
    parameter="format",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What begins so, a spreadsheet would run."""


@cache
def item_of(shape: Any) -> Any:
    """What a list lists; None where the shape is no list."""
    fields = {} if shape is None else {item.name: item.type for item in msgspec.structs.fields(shape)}
    listed = fields.get("results")
    return get_args(listed)[0] if listed is not None and get_origin(listed) is list else None


@cache
def names(shape: Any) -> tuple[str, ...]:
    """The fields of a shape as JSON has them."""
    return tuple(item.encode_name for item in msgspec.structs.fields(shape))


@cache
def parameters(shape: Any) -> tuple[Parameter, ...]:
    """What cuts an answer of this shape."""
    if shape is None:
        return ()
    item = item_of(shape)
    return (_fields(item or shape), *([FORMAT] if item else []))


def _fields(shape: Any) -> Parameter:
    known = names(shape)
    most = len(",".join(known))

    def read(text: str) -> tuple[str, ...]:
        wanted = tuple(text.split(","))
        if set(wanted) - set(known) or len(text) > most:
            raise ValueError(text)
        return tuple(dict.fromkeys(wanted))

    word = "|".join(known)
    return Parameter(
        name="fields",
        form=Form(
            f"names with commas between, of {', '.join(known)}",
            {"type": "string", "pattern": f"^({word})(,({word}))*$", "maxLength": most},
            read,
        ),
        example=known[0],
        description="Only these fields of each item.",
    )


def cut(answer: Any, shape: Any, wanted: Sequence[str] | None) -> Any:
    """An answer with only the wanted fields of it, or of each item of its list; what is written already stays so."""
    if not wanted:
        return answer
    item = item_of(shape)
    if item is None:
        return _some(answer, wanted)
    return {
        name: [_some(row, wanted) for row in answer.results] if name == "results" else value
        for name, value in _pairs(answer)
    }


def _some(answer: Any, wanted: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in _pairs(answer) if name in wanted}


def _pairs(struct: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(struct, Raw):
        return msgspec.json.decode(struct, type=dict[str, Raw]).items()
    return ((item.encode_name, getattr(struct, item.name)) for item in msgspec.structs.fields(struct))


def table(rows: Iterable[Any], shape: Any, wanted: Sequence[str] | None, kind: str, name: str) -> HttpResponseBase:
    """The rows of a list as a file for download."""
    columns = list(wanted or names(shape))
    cells = ([cell(value) for value in _row(read(row, shape), columns)] for row in rows)
    disposition = f'attachment; filename="{name}.{kind}"'
    if kind == "xlsx":
        return FileResponse(_workbook(columns, cells), content_type=XLSX, headers={"Content-Disposition": disposition})
    lines = _lines(columns, cells)
    return StreamingHttpResponse(lines, content_type=CSV, headers={"Content-Disposition": disposition})


def read(item: Any, shape: Any) -> Any:
    """An item as its shape, also where it is written already."""
    return msgspec.json.decode(item, type=shape) if isinstance(item, Raw) else item


def _row(row: Any, columns: Sequence[str]) -> Iterator[Any]:
    found: Mapping[str, Any] = dict(_pairs(row))
    return (found[name] for name in columns)


def cell(value: Any) -> str | int | float | date | None:
    """A value for a table: texts harmless, events by position, what is nested as JSON."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case None | int() | float() | date() if not isinstance(value, bool | datetime):
            return value
        case str():
            return harmless(value)
        case datetime():
            return value.isoformat()
        case [Link(), *_]:
            return " ".join(str(link.position) for link in value)
        case [*parts] if all(isinstance(part, str) for part in parts):
            return harmless("; ".join(parts)) or None
    return harmless(msgspec.json.encode(value).decode())


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(columns: list[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """CSV as RFC 4180 has it, a line at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(row)
        if buffer.tell() > 2**14:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _workbook(columns: list[str], rows: Iterable[Sequence[Any]]) -> Any:
    """A workbook of one sheet in a temporary file, which goes when it is closed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("results")
    sheet.append(columns)
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return file
