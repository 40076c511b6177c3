"""Files are read as they are, or refused with the row and the column: nothing in them runs, unpacks or is guessed."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from measures.admin.bulk.reading import FORMULA, MOST_ROWS, Table, Unreadable, read
from measures.admin.bulk.writing import written_csv, xlsx


def of_csv(text: str | bytes) -> Table:
    return read("rows.csv", text if isinstance(text, bytes) else text.encode())


def of_sheet(*rows: list[Any], percent: bool = False) -> Table:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if percent:
        sheet["A2"].number_format = "0.0%"
    out = io.BytesIO()
    book.save(out)
    return read("rows.xlsx", out.getvalue())


def cells(table: Table) -> list[dict[str, str]]:
    return [row.cells for row in table.rows]


def told(table: Table) -> list[tuple[int, str, str]]:
    return [(item.row, item.column, item.message) for item in table.problems]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_whatever_separates_its_cells(delimiter: str) -> None:
    assert cells(of_csv(f"a{delimiter}b\n1{delimiter}2\n")) == [{"a": "1", "b": "2"}]


def test_the_mark_of_spreadsheets_is_no_part_of_the_first_column() -> None:
    assert of_csv(b"\xef\xbb\xbfa,b\n1,2\n").header == ("a", "b")


def test_rows_count_as_spreadsheets_do_and_empty_ones_are_passed_over() -> None:
    assert [row.number for row in of_csv("a,b\n1,2\n,\n3,4\n").rows] == [2, 4]


def test_a_cell_may_hold_several_lines() -> None:
    assert cells(of_csv('a,b\n"x\ny",2\n')) == [{"a": "x\ny", "b": "2"}]


def test_another_encoding_is_told_at_its_cell() -> None:
    table = of_csv("a,b\nEinfuhr,gut\nZölle,2\n".encode("latin-1"))
    assert told(table) == [(3, "a", "is not UTF-8 text: save the file as “CSV UTF-8” or as XLSX")]
    assert table.problems[0].value == "Z�lle"


@pytest.mark.parametrize("content", ["a,b\n1,2\n".encode("utf-16"), b"PK\x03\x04 whatever", b"\xd0\xcf\x11\xe0 old"])
def test_what_is_no_csv_is_refused_whole(content: bytes) -> None:
    with pytest.raises(Unreadable, match="is no CSV in UTF-8"):
        of_csv(content)


def test_a_quote_that_is_never_closed_is_refused() -> None:
    with pytest.raises(Unreadable, match="is no CSV"):
        of_csv('a,b\n"1,2\n')


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(1)"])
def test_a_formula_in_a_csv_is_told_at_its_cell(text: str) -> None:
    assert told(of_csv(f"a,b\n{text},2\n")) == [(2, "a", FORMULA)]


def test_a_formula_in_a_sheet_is_told_at_its_cell() -> None:
    assert told(of_sheet(["a", "b"], ["=1+1", "x"])) == [(2, "a", FORMULA)]


def test_an_apostrophe_before_a_sign_guards_it_and_is_no_text() -> None:
    assert cells(of_csv("a,b\n'=1+1,'-3\n")) == [{"a": "=1+1", "b": "-3"}]


@pytest.mark.parametrize(
    ("text", "said"), [("a\x00b", "is not UTF-8 text"), ("x" * 20_001, "has 20001 characters, at most 20000")]
)
def test_a_cell_that_no_text_is_like_is_told(text: str, said: str) -> None:
    [(row, column, message)] = told(of_csv(f"a,b\n{text},2\n"))
    assert (row, column) == (2, "a")
    assert message.startswith(said)


def test_a_cell_beside_the_named_columns_is_told() -> None:
    assert told(of_csv("a,b\n1,2,3\n")) == [(2, "", "stands in column 3, which the first row does not name")]


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "the first row is empty"), ("a,a\n1,2", "names 'a' twice"), ("a,,b\n1,2,3", "has no name")],
)
def test_a_first_row_that_names_no_columns_is_refused(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        of_csv(text)


def test_a_file_of_too_many_rows_is_refused() -> None:
    with pytest.raises(Unreadable, match="more than 2000 rows; split it"):
        of_csv("a\n" + "1\n" * (MOST_ROWS + 1))


def test_a_sheet_reads_as_it_would_be_typed() -> None:
    table = of_sheet(["a", "b", "c", "d"], [date(2025, 5, 14), 7.5, 28452000, True])
    assert cells(table) == [{"a": "2025-05-14", "b": "7.5", "c": "28452000", "d": "yes"}]


def test_a_percentage_of_a_sheet_reads_as_it_is_shown() -> None:
    assert cells(of_sheet(["a"], [0.075], percent=True)) == [{"a": "7.5%"}]


def test_a_code_that_is_text_keeps_its_zero() -> None:
    assert cells(of_sheet(["code"], ["0101"])) == [{"code": "0101"}]


def test_what_is_no_sheet_is_refused() -> None:
    with pytest.raises(Unreadable, match="it is no XLSX file"):
        read("rows.xlsx", b"a,b\n1,2\n")


def packed(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", text)
    return out.getvalue()


def test_an_archive_that_unpacks_to_much_is_refused_before_it_is_unpacked() -> None:
    bomb = packed(xl__sharedStrings="0" * (60 * 1024 * 1024))
    assert len(bomb) < 100_000
    with pytest.raises(Unreadable, match="unpacks to 62914560 bytes"):
        read("rows.xlsx", bomb)


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    bomb = bytearray(xlsx({"rows": [["a"], ["x" * 100_000]]}))
    parts = zipfile.ZipFile(io.BytesIO(bytes(bomb))).infolist()
    sheet = next(part for part in parts if "sheet1" in part.filename)
    true = sheet.file_size.to_bytes(4, "little")
    lie = (10).to_bytes(4, "little")
    with pytest.raises(Unreadable, match="cannot be read as XLSX"):
        read("rows.xlsx", bytes(bomb).replace(true, lie))


def test_entities_that_grow_are_refused() -> None:
    grow = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
    whole = xlsx({"rows": [["a"], ["1"]]})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, grow if name.startswith("xl/worksheets") else old.read(name))
    with pytest.raises(Unreadable, match="cannot be read as XLSX: ValueError"):
        read("rows.xlsx", out.getvalue())


DANGEROUS = ["=1+1", "+1", "-3.5", "@sum", "\tx", "plain", "0101"]


def test_what_is_written_as_csv_holds_no_formula_and_reads_back_the_same() -> None:
    written = written_csv([["a"], *([text] for text in DANGEROUS)])
    lines = written.decode("utf-8-sig").splitlines()[1:]
    assert not [line for line in lines if line.lstrip('"')[:1] in tuple("=+-@\t")]
    assert [row["a"] for row in cells(read("x.csv", written))] == DANGEROUS


def test_what_is_written_as_xlsx_holds_no_formula_and_reads_back_the_same() -> None:
    written = xlsx({"rows": [["a"], *([text] for text in DANGEROUS)]})
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    table = read("x.xlsx", written)
    assert not table.problems
    assert [row["a"] for row in cells(table)] == DANGEROUS
