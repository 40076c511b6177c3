"""Lists in another cut: some fields, or the whole list as a table that no spreadsheet runs."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from measures import commands
from measures.events import measures as vocabulary
from tests.measures.api.asking import TODAY, answer, ask, happened, problem, project, talks, told, truce
from tests.measures.given import adopted, given, on
from tracker.api import paging
from tracker.api.exports import cell, harmless

pytestmark = pytest.mark.django_db

LISTS = (
    "measures/",
    "measures/us-example/timeline/",
    "measures/us-example/history/",
    "negotiations/",
    "negotiations/talks/rounds/",
    "negotiations/talks/positions/",
    "negotiations/talks/commitments/",
    "negotiations/talks/history/",
    "commitments/",
    "indicators/",
    "indicators/share/observations/",
    "cases/",
    "disputes/",
    "disputes/quarrel/",
    "calendar/?valid_at=2025-04-03",
    "events/",
)


@pytest.fixture(autouse=True)
def _a_world() -> None:
    told(truce())
    talks()


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def rows(path: str, **query: Any) -> list[dict[str, str]]:
    response = ask(path, format="csv", **query)
    assert response["Content-Type"] == "text/csv"
    return list(csv.DictReader(io.StringIO(body(response).decode())))


def sheet(path: str, **query: Any) -> list[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(body(ask(path, format="xlsx", **query))))
    return list(book["results"].iter_rows(values_only=True))


def with_query(path: str, query: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{query}"


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_also_a_table(path: str) -> None:
    listed = answer(path)["results"]
    found = list(csv.reader(io.StringIO(body(ask(with_query(path, "format=csv"))).decode())))
    assert set(found[0]) == set(listed[0] if listed else found[0])
    assert len(found) == 1 + len(listed)
    book = load_workbook(io.BytesIO(body(ask(with_query(path, "format=xlsx")))))
    assert list(next(book["results"].iter_rows(values_only=True))) == found[0]


@pytest.mark.parametrize("path", [*LISTS, "measures/us-example/", "negotiations/talks/", "disputes/"])
def test_every_answer_can_be_cut_to_some_fields(path: str) -> None:
    whole = answer(path)
    items = whole.get("results", [whole])
    name = next(iter(items[0])) if items and "results" in whole else "slug"
    cut = answer(with_query(path, f"fields={name}"))
    if "results" in whole:
        assert cut["results"] == [{name: item[name]} for item in items]
        assert {key for key in whole if key != "results"} <= set(cut)
    else:
        assert cut[name] == whole[name]
        assert "title" not in cut


def test_a_table_has_what_the_list_has() -> None:
    [row] = rows("measures/", valid_at="2025-06-01")
    [item] = answer("measures/", valid_at="2025-06-01")["results"]
    assert (row["slug"], row["rate"], row["legal"]) == ("us-example", "10", "in_force")
    assert row["set_by"] == " ".join(str(link["position"]) for link in item["set_by"])
    assert json.loads(row["terms"])[0]["rate"] == 10
    assert row["confirmed"] == "true"
    assert row["next_change"] == "" or json.loads(row["next_change"])


def test_numbers_and_days_are_such_in_a_workbook() -> None:
    head, first, *_ = sheet("measures/us-example/timeline/", fields="valid_from,rate,term")
    assert head == ("valid_from", "rate", "term")
    assert (first[0].date(), first[1]) == (date(2025, 4, 2), 0)


def test_fields_choose_and_order_the_columns() -> None:
    assert list(rows("measures/", fields="title,slug")[0]) == ["title", "slug"]


def test_a_table_is_the_whole_list(monkeypatch: pytest.MonkeyPatch) -> None:
    told(*(given(on("2025-01-01", adopted("5%", "2025-01-02")), stream=f"measure/m{n:03}") for n in range(60)))
    monkeypatch.setattr(paging, "PIECE", 7)
    slugs = [row["slug"] for row in rows("measures/", order="-slug")]
    assert len(slugs) == 61
    assert slugs == sorted(slugs, reverse=True)


def test_filters_and_clocks_hold_for_tables_too() -> None:
    assert rows("measures/", legal="terminated") == []
    assert rows("measures/", known_at="2025-01-01") == []
    response = ask("measures/", format="csv", valid_at="2025-06-01")
    assert response["Content-Disposition"] == 'attachment; filename="measures-2025-06-01-at-16.csv"'


@pytest.mark.parametrize("name", ["limit", "cursor"])
def test_a_page_of_a_table_is_refused(name: str) -> None:
    assert problem(ask("measures/", format="csv", **{name: "5"})) == (400, "contradictory-parameters")


@pytest.mark.parametrize("wanted", ["", "slug,", "slug,nothing", "Slug", "slug title"])
def test_a_field_that_is_not_there_is_refused(wanted: str) -> None:
    assert problem(ask("measures/", fields=wanted)) == (400, "malformed-parameter")


def test_another_format_is_refused() -> None:
    assert problem(ask("measures/", format="pdf")) == (400, "malformed-parameter")
    assert problem(ask("measures/us-example/", format="csv")) == (400, "unknown-parameter")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert cell([text]) == f"'{text}"
    assert cell({"a": text}).startswith("{")  # type: ignore[union-attr]


def test_a_title_that_is_a_formula_arrives_as_a_text() -> None:
    fields = {"title": "=cmd|' /C calc'!A0", "kind": "other", "direction": "import", "implementer": "US"}
    commands.record([happened("measure/trap", "2025-01-01", vocabulary.Described, **fields)], today=TODAY)
    project()
    titles = {row["slug"]: row["title"] for row in rows("measures/")}
    assert titles["trap"] == "'=cmd|' /C calc'!A0"
    cells = [row[0] for row in sheet("measures/", fields="title")]
    assert "'=cmd|' /C calc'!A0" in cells


def test_a_negative_number_stays_a_number() -> None:
    assert cell(-5) == -5


def test_tables_are_compressed_and_revalidated() -> None:
    response = ask("measures/", headers={"Accept-Encoding": "gzip"}, format="csv")
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(body(response)).startswith(b"slug,")
    again = Client().get("/api/v1/measures/", {"format": "csv"}, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_rows_are_built_while_they_are_sent(monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any) -> None:
    told(*(given(on("2025-01-01", adopted("5%", "2025-01-02")), stream=f"measure/m{n:03}") for n in range(30)))
    monkeypatch.setattr(paging, "PIECE", 10)
    body(ask("measures/", format="csv"))  # what boxes say is written out once
    with django_assert_num_queries(1):  # the point alone
        response = ask("measures/", format="csv")
    with django_assert_num_queries(1 + 4):  # the cursor; of each piece which boxes hold
        body(response)
