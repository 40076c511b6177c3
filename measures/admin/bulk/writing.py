"""Tables to files: rows of text out as CSV or XLSX, of which no cell is ever taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

DANGEROUS = re.compile(r"^[=+\-@\t\r\n]")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Rows = Iterable[Sequence[str]]


def download(name: str, ending: str, sheets: dict[str, Rows]) -> HttpResponse:
    """A file to keep: all sheets as XLSX, the first one as CSV. Raises KeyError for another ending."""
    written = xlsx(sheets) if ending == "xlsx" else written_csv(next(iter(sheets.values())))
    answer = HttpResponse(written, content_type=TYPES[ending])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer


def written_csv(rows: Rows, *, mark: bool = True) -> bytes:
    """UTF-8, with the mark by which spreadsheets know it; an apostrophe guards what might be taken for a formula."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[guarded(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig" if mark else "utf-8")


def guarded(text: str) -> str:
    return f"'{text}" if DANGEROUS.match(text) else text


def xlsx(sheets: dict[str, Rows]) -> bytes:
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for place in range(1, 60):
            sheet.column_dimensions[get_column_letter(place)].width = 24
        for row in rows:
            sheet.append([_text_cell(sheet, cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text_cell(sheet: Any, text: str) -> Any:
    """A cell that is text and stays it when it is edited: codes keep their zeros, and nothing is a formula."""
    cell = WriteOnlyCell(sheet)
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = bool(DANGEROUS.match(text))
    return cell
