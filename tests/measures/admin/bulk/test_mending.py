"""Rows that correct an entry or take it out: by the sheet of a correction, told wrong by column, found again."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from measures import commands
from measures.admin.bulk.checking import Checked, check
from measures.admin.bulk.columns import require_known, template
from measures.admin.bulk.reading import Row, Unreadable, read
from measures.drafts import Draft
from measures.events.common import Codes, Coverage
from measures.uploads import Upload
from tests.measures.admin.bulk.conftest import as_csv
from tests.measures.admin.bulk.test_pages import checked, make_draft, page, text
from tests.measures.admin.conftest import project
from tests.measures.admin.test_corrections import rate
from tests.measures.admin.test_desk import step
from tests.measures.given import Story, adopted, given, on
from tracker import log
from tracker.events import event_type
from tracker.ledger.openings import COMMITMENT

pytestmark = pytest.mark.django_db

TODAY = date(2026, 1, 1)
CORRECTED, RETRACTED = "entry.corrected", "entry.retracted"
WHY = {
    "entry": "2",
    "reason_code": "rate-error",
    "reason": "The order says 12%.",
    "sources.1.title": "The gazette",
    "sources.1.citation": "No. 1",
}
MENDED = {"right.obligation": "12%"}


def judged(*changes: dict[str, str], type: str = CORRECTED) -> Checked:
    return check(event_type(type), "mend.csv", [Row(n, WHY | row) for n, row in enumerate(changes, 2)], today=TODAY)


def wrong(*changes: dict[str, str], type: str = CORRECTED) -> list[tuple[int, str, str]]:
    return [(item.row, item.column, item.message) for item in judged(*changes, type=type).problems]


def record(found: Checked) -> None:
    commands.record([item.event for item in found.fresh], today=TODAY)


def patch(found: Checked) -> dict[str, Any]:
    [item] = found.found
    return item.event.payload.patch  # type: ignore[attr-defined]


def test_what_a_row_says_of_an_entry_is_its_correction(duty: Story) -> None:
    found = judged(MENDED | {"right.known_from": "2025-04-01"})
    assert found.problems == []
    assert patch(found) == {"obligation": {"kind": "ad_valorem", "percent": "12"}, "known_from": "2025-04-01"}
    [item] = found.found
    assert item.event.corrects == log.get(position=2).id  # type: ignore[union-attr]
    assert (item.event.stream, item.event.known_from) == ("measure/example", None)
    assert item.event.meta.origin == "import mend.csv row 2"


def test_an_entry_is_named_by_its_id_as_well(duty: Story) -> None:
    entry = str(log.get(position=2).id)  # type: ignore[union-attr]
    assert patch(judged(MENDED | {"entry": entry})) == patch(judged(MENDED | {"entry": "#2"}))


def test_an_empty_cell_leaves_a_field_and_none_takes_it_out(duty: Story) -> None:
    assert patch(judged({"right.obligation": "", "right.effective_from": "(none)"})) == {"effective_from": None}


def test_lists_and_structs_of_the_entry_are_mended_in_part(duty: Story) -> None:
    record(judged({"right.instrument.title": "Order 7", "right.instrument.url": "https://example.org/7"}))
    record(judged({"right.people": "He Lifeng; Vice-Premier; CN", "right.sources.1.published": "2025-04-01"}))
    assert patch(judged({"right.instrument.title": "Order 8"}))["instrument"] == {
        "title": "Order 8",
        "url": "https://example.org/7",
    }
    assert patch(judged({"right.people": "(none)"})) == {"people": None}
    source = {"title": "The gazette", "citation": "No. 1", "official": True, "published": "2025-04-01"}
    both = patch(judged({"right.sources.2.title": "A", "right.sources.2.citation": "2"}))["sources"]
    assert [*both] == [source, {"title": "A", "citation": "2"}]


def test_a_retraction_needs_the_entry_the_reason_and_a_source(duty: Story) -> None:
    [found] = judged({"reason_code": "duplicate"}, type=RETRACTED).found
    assert (found.sentence, found.about) == ("Retracted entry #2: duplicate.", "Adopted 10% from 5 April 2025.")
    with pytest.raises(Unreadable, match=r"entry, reason_code, reason, sources\.1\.title are missing"):
        require_known(event_type(RETRACTED), ("note",))
    with pytest.raises(Unreadable, match=r"entry\.retracted has no column 'right\.obligation'"):
        require_known(event_type(RETRACTED), ("entry", "right.obligation"))


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ({"entry": "99"}, "entry", "there is no entry 99 in the log"),
        ({"entry": "9" * 30}, "entry", "names no entry; write its position in the log, such as 12, or its id"),
        ({"entry": str(uuid4())}, "entry", "in the log"),
        ({"entry": "the rate"}, "entry", "“the rate” names no entry; write its position"),
        ({"entry": ""}, "entry", "names no entry"),
        ({"reason_code": "oops"}, "reason_code", "oops is not one of the available choices"),
        ({"reason": ""}, "reason", "This field is required"),
        ({"sources.1.citation": ""}, "sources.1", "needs a url"),
        ({"right.held_on": "2025-04-01"}, "right.held_on", "entry 2 is measure.adopted, which has no such field"),
        ({"right.new_date": "2025-04-01"}, "right.new_date", "has no such field"),
        ({"right.obligation": "a lot"}, "right.obligation", "a lot"),
        ({"right.known_from": "2031-01-01"}, "right.known_from", "lies after today"),
        ({"right.known_from": "(none)"}, "right.known_from", "This field is required"),
        ({"right.effective_until": "2025-04-01"}, "right.effective_until", "is not after effective_from"),
        ({"right.obligation": "10 %"}, "", "Nothing differs from how the entry reads now"),
        ({"right.coverage.products.codes": "8599"}, "right.coverage.products.codes", "HS 2022 has no 8599"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_told_at_its_row_and_column(
    duty: Story, change: dict[str, str], column: str, said: str
) -> None:
    found = wrong({"entry": "1", "right.title": "Another title"}, MENDED | change)
    assert [(row, name) for row, name, _ in found] == [(3, column)], found
    assert said in found[0][2]


def test_a_field_that_was_meant_is_proposed(duty: Story) -> None:
    [(_, _, said)] = wrong({"right.period_until": "2025-05-01"})
    assert said.endswith("did you mean right.effective_until?")
    with pytest.raises(Unreadable, match=r"no column 'right\.obligations'"):
        require_known(event_type(CORRECTED), ("entry", "right.obligations"))


def test_an_entry_that_is_retracted_already_is_told(duty: Story) -> None:
    record(judged({"reason_code": "duplicate"}, type=RETRACTED))
    said = "entry 2 is retracted already"
    assert wrong(MENDED) == [(2, "entry", said)]
    [(row, column, message)] = wrong({"reason_code": "other"}, type=RETRACTED)
    assert (row, column) == (2, "entry")
    assert message.startswith(said)


def test_a_correction_is_retracted_not_corrected(duty: Story) -> None:
    record(judged(MENDED))
    assert wrong({"entry": "3", "right.obligation": "13%"}) == [
        (2, "entry", "entry 3 is a correction: retract it and correct the original")
    ]
    record(judged({"entry": "3"}, type=RETRACTED))
    assert patch(judged({"right.obligation": "13%"}))["obligation"]["percent"] == "13"


def test_two_rows_about_one_entry_are_told(duty: Story) -> None:
    said = "row 2 is about the same entry; put all of it into one row"
    assert wrong(MENDED, {"right.known_from": "2025-04-01"}) == [(3, "entry", said)]


def test_a_correction_that_leaves_an_old_fault_of_another_field_is_taken(duty: Story) -> None:
    """Codes that the nomenclature does not have stand in many a gazette: only what the row says is judged."""
    coverage = Coverage(products=Codes(codes=("8599",), revision="2022"))
    given(on("2025-05-01", adopted("5%", "2025-05-01", coverage=coverage)), stream="measure/other").record()
    assert judged({"entry": "4", "right.note": "as printed"}).problems == []


def test_each_row_tells_what_changes_and_which_answers_about_the_past(duty: Story) -> None:
    [found] = judged(MENDED).found
    assert found.mended == [("Obligation", "10%", "12%")]
    assert (found.before, found.after) == ("In force at 10%.", "In force at 12%.")
    assert found.answers == [
        "in force from 2025-04-05 on, as known from 2025-04-02 on: In force at 10% → In force at 12%"
    ]


def test_a_second_run_finds_everything_recorded_whatever_its_words(duty: Story) -> None:
    rows = ({"entry": "1", "right.title": "Another title"}, MENDED)
    record(judged(*rows))
    again = judged(*rows)
    assert [item.position for item in again.found] == [3, 4]
    assert again.problems == []
    assert [item.position for item in judged(MENDED | {"reason": "In other words."}).found] == [4]
    assert [item.position for item in judged({"right.obligation": "13%"}).found] == [None]


def test_a_second_run_finds_retractions_too(duty: Story) -> None:
    record(judged({}, type=RETRACTED))
    assert [item.position for item in judged({}, type=RETRACTED).found] == [3]


def test_no_id_tells_the_words_that_the_log_withholds(duty: Story) -> None:
    one, other = judged(MENDED), judged(MENDED | {"reason": "Something else."})
    assert one.found[0].event.id == other.found[0].event.id


def test_the_template_has_the_fields_of_the_type_that_is_corrected() -> None:
    offered = [column.name for column in template(event_type(CORRECTED), event_type("measure.adopted"))]
    assert offered[:4] == ["entry", "reason_code", "reason", "sources.1.title"]
    assert {"right.obligation", "right.effective_from", "right.known_from", "sources.2.url"} <= {*offered}
    assert "right.sources.1.title" not in offered
    require_known(event_type(CORRECTED), tuple(offered))
    plain = [column.name for column in template(event_type(CORRECTED))]
    assert [name for name in plain if name.startswith("right.")] == [
        "right.known_from",
        "right.occurred_on",
        "right.known_seq",
    ]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_page_of_corrections_gives_the_template_of_a_type(sit: Any, ending: str) -> None:
    editor = sit("editor")
    shown = text(editor.get(reverse("admin:import_type", args=[CORRECTED]) + "?of=measure.adopted"))
    address = reverse("admin:import_template", args=[CORRECTED, ending]) + "?of=measure.adopted"
    assert f'href="{address}"' in shown
    assert "right.obligation" in read(f"x.{ending}", editor.get(address).content).header
    assert "Retract" in text(editor.get(reverse("admin:import")))
    assert editor.get(reverse("admin:import_type", args=[CORRECTED]) + "?of=measure.nothing").status_code == 404


def test_corrections_go_through_the_same_review_and_move_only_the_recorded_clock(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    upload = checked(editor, a_file(MENDED), type=CORRECTED)
    shown = page(editor, upload)
    assert "Obligation: <del>10%</del> <b>12%</b>" in shown
    assert "Answers about past days change" in shown
    make_draft(editor, upload)
    step(editor, Draft.objects.get(), "submit")
    assert "Recorded as #3" in text(step(reviewer, Draft.objects.get(), "approve"))
    project()
    assert (rate(), rate(position=2)) == (12, 10)
    assert "Nothing new" in page(editor, checked(editor, a_file(MENDED), type=CORRECTED))


def test_no_file_keeps_the_words_that_the_log_withholds(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    make_draft(editor, checked(editor, a_file(MENDED), type=CORRECTED))
    step(editor, Draft.objects.get(), "submit")
    step(reviewer, Draft.objects.get(), "approve")
    checked(editor, a_file(MENDED), type=CORRECTED)
    assert "order says" not in str([*Upload.objects.values(), *Draft.objects.values()])
    assert COMMITMENT.match(Upload.objects.latest("created_at").found[0]["event"]["data"]["reason"])


def a_file(*changes: dict[str, str]) -> Any:
    return SimpleUploadedFile("mend.csv", as_csv([WHY | row for row in changes]))
