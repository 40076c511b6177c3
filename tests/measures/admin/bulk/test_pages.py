"""An import from the template to the log: checked by a worker, shown, made a draft, reviewed as everything else."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from measures.admin.bulk.reading import read
from measures.admin.tasks import check_upload, check_waiting
from measures.drafts import Draft
from measures.uploads import Upload
from tests.measures.admin.bulk.conftest import as_csv, rows
from tests.measures.admin.test_desk import page_of, recorded_meanwhile, step
from tests.measures.given import Story
from tracker import log

pytestmark = pytest.mark.django_db

TYPE = "measure.rate_changed"
TWO: tuple[dict[str, str], ...] = ({}, {"effective_from": "2025-07-01", "obligation": "30%"})


def text(answer: Any) -> str:
    return answer.content.decode()


def send(client: Client, file: Any, *, type: str = TYPE, key: Any = None) -> Any:
    address = reverse("admin:import_type", args=[type])
    return client.post(address, {"file": file, "upload": str(key or uuid4())}, follow=True)


def checked(client: Client, file: Any, *, type: str = TYPE) -> Upload:
    """A file sent, and checked as the worker does."""
    answer = send(client, file, type=type)
    assert "form" not in answer.context or not answer.context["form"].errors, answer.context["form"].errors
    [upload] = Upload.objects.filter(checked_at=None)
    check_upload(str(upload.pk))
    upload.refresh_from_db()
    return upload


def page(client: Client, upload: Upload) -> str:
    return text(client.get(reverse("admin:upload", args=[upload.pk])))


def make_draft(client: Client, upload: Upload) -> Any:
    return client.post(reverse("admin:upload", args=[upload.pk]), {"step": "draft"}, follow=True)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_template_is_a_file_that_is_read_again(sit: Any, ending: str) -> None:
    answer = sit("editor").get(reverse("admin:import_template", args=[TYPE, ending]))
    assert f'filename="{TYPE}.{ending}"' in answer["Content-Disposition"]
    table = read(f"x.{ending}", answer.content)
    assert table.header[:4] == ("stream", "obligation", "effective_from", "sources.1.title")
    assert table.rows == []


def test_there_is_no_template_of_another_form_or_of_an_unknown_type(sit: Any) -> None:
    client = sit("editor")
    assert client.get(reverse("admin:import_template", args=[TYPE, "pdf"])).status_code == 404
    assert client.get(reverse("admin:import_template", args=["projection.attested", "csv"])).status_code == 404


def test_a_file_is_checked_by_a_worker_and_records_nothing(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    client = sit("editor")
    assert "Checking the rows" in text(send(client, a_file(*TWO)))
    [upload] = Upload.objects.all()
    check_upload(str(upload.pk))
    shown = page(client, upload)
    assert "All rows read well" in shown
    assert "Changed to 30% from 1 July 2025." in shown
    assert "<del>In force at 10%.</del>" in shown
    assert log.head().position == 2
    assert not Draft.objects.exists()


def test_faults_stand_in_order_of_the_rows_once_each_and_their_rows_are_not_new(
    sit: Any, duty: Story, a_file: Callable[..., Any]
) -> None:
    late = {"known_from": "2031-01-01"}
    upload = checked(sit("editor"), a_file(late, {"obligation": "=20%"}, {"effective_from": "2025-07-01"}, late))
    assert [(item["row"], item["column"]) for item in upload.problems] == [
        (2, "known_from"),
        (3, "obligation"),
        (5, ""),
    ]
    assert "is a formula" in upload.problems[1]["message"]
    assert [item["row"] for item in upload.fresh] == [4]
    assert upload.known == 0


def test_the_page_is_told_how_far_the_check_has_come(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    client = sit("editor")
    send(client, a_file(*TWO))
    [upload] = Upload.objects.all()
    address = reverse("admin:upload_progress", args=[upload.pk])
    assert client.get(address).json() == {"done": 0, "checked": False}
    check_upload(str(upload.pk))
    assert client.get(address).json() == {"done": 2, "checked": True}


def test_an_upload_whose_worker_was_cut_off_is_checked_by_the_sweep(
    sit: Any, duty: Story, a_file: Callable[..., Any]
) -> None:
    send(sit("editor"), a_file(*TWO))
    check_waiting()
    assert Upload.objects.get().checked_at is None
    Upload.objects.update(updated_at=timezone.now() - timedelta(minutes=2))
    check_waiting()
    assert len(Upload.objects.get().fresh) == 2


def test_sending_a_file_twice_by_a_double_click_keeps_one_upload(
    sit: Any, duty: Story, a_file: Callable[..., Any]
) -> None:
    client, key = sit("editor"), uuid4()
    for _ in range(2):
        send(client, a_file(*TWO), key=key)
    assert Upload.objects.count() == 1


def test_an_import_goes_through_the_same_review_as_everything(
    sit: Any, duty: Story, a_file: Callable[..., Any]
) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    answer = make_draft(editor, checked(editor, a_file(*TWO)))
    draft = Draft.objects.get()
    assert "2 rows of rates.csv" in text(editor.get("/admin/"))
    assert "Submit for review" in text(answer)
    assert "It awaits review" in text(step(editor, draft, "submit"))
    assert "somebody else" not in text(page_of(reviewer, draft))
    assert "Recorded as #3, #4" in text(step(reviewer, draft, "approve"))
    recorded = log.read(after=2)
    assert [item.meta["origin"] for item in recorded] == ["import rates.csv row 2", "import rates.csv row 3"]
    assert {item.meta["approval"] for item in recorded} == {"two_person"}
    assert len({item.recorded_at for item in recorded}) == 1


def test_many_rows_are_told_by_the_first_and_the_last(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    days = [{"effective_from": f"2025-07-0{day}", "obligation": f"{day}%"} for day in range(1, 8)]
    make_draft(editor, checked(editor, a_file(*days)))
    step(editor, Draft.objects.get(), "submit")
    answer = text(step(reviewer, Draft.objects.get(), "approve"))
    assert "Recorded as #3 to #9" in answer
    assert "and 2 more, up to event 9" in answer


def test_nobody_approves_an_import_of_their_own(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    reviewer = sit("reviewer")
    make_draft(reviewer, checked(reviewer, a_file({})))
    draft = Draft.objects.get()
    step(reviewer, draft, "submit")
    assert "somebody else than the author" in text(step(reviewer, draft, "approve"))
    assert log.head().position == 2


def test_a_second_run_of_a_file_finds_nothing_new(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    make_draft(editor, checked(editor, a_file(*TWO)))
    step(editor, Draft.objects.get(), "submit")
    step(reviewer, Draft.objects.get(), "approve")
    again = checked(editor, a_file(*TWO))
    shown = page(editor, again)
    assert "Nothing new: every row is in the log" in shown
    assert "recorded already as" in shown
    make_draft(editor, again)
    assert Draft.objects.count() == 1


def test_one_wrong_row_keeps_the_whole_file_out(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    editor = sit("editor")
    upload = checked(editor, a_file({}, {"effective_from": "soon"}))
    shown = page(editor, upload)
    assert "1 thing to mend; nothing of the file is recorded" in shown
    assert "“soon” is not accepted; write YYYY-MM-DD, YYYY-MM, YYYY-Q1, YYYY-H1 or YYYY" in shown
    assert "Make 1 new row" not in shown
    assert "Every row has to read well" in text(make_draft(editor, upload))
    assert not Draft.objects.exists()


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_checked_file_says_what_is_wrong_and_is_read_again(
    sit: Any, duty: Story, a_file: Callable[..., Any], ending: str
) -> None:
    editor = sit("editor")
    upload = checked(editor, a_file({"summary": "@sum"}, {"effective_from": "soon", "note": "-1+1"}))
    answer = editor.get(reverse("admin:upload_checked", args=[upload.pk, ending]))
    table = read(f"x.{ending}", answer.content)
    assert [row.cells["errors"][:14] for row in table.rows] == ["", "effective_from"]
    assert [table.rows[0].cells["summary"], table.rows[1].cells["note"]] == ["@sum", "-1+1"]
    if ending == "csv":
        assert "'@sum" in text(answer)
        assert "'-1+1" in text(answer)
    again = SimpleUploadedFile(f"again.{ending}", answer.content)
    assert len(checked(editor, again).problems) == 1


def test_what_somebody_recorded_since_the_check_is_shown_and_can_be_looked_at(
    sit: Any, duty: Story, a_file: Callable[..., Any]
) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    make_draft(editor, checked(editor, a_file({})))
    draft = Draft.objects.get()
    step(editor, draft, "submit")
    recorded_meanwhile()
    assert "Recorded here since its author looked" in text(page_of(reviewer, draft))
    assert "somebody recorded in between" in text(step(reviewer, draft, "approve"))
    step(reviewer, draft, "look_again")
    assert "Recorded as #4" in text(step(reviewer, draft, "approve"))


def test_a_row_that_was_recorded_since_the_check_is_not_recorded_twice(
    sit: Any, duty: Story, a_file: Callable[..., Any]
) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    first, second = checked(editor, a_file(*TWO)), checked(editor, a_file({}))
    for upload in (first, second):
        make_draft(editor, upload)
        step(editor, Draft.objects.get(pk=upload.pk), "submit")
    step(reviewer, Draft.objects.get(pk=second.pk), "approve")
    step(reviewer, Draft.objects.get(pk=first.pk), "look_again")
    refused = step(reviewer, Draft.objects.get(pk=first.pk), "approve")
    assert "repeated whole or not at all" in text(refused)
    assert log.head().position == 3
    editor.post(reverse("admin:draft", args=[first.pk]), {"step": "take_back"})
    editor.post(reverse("admin:upload", args=[first.pk]), {"step": "check"})
    check_upload(str(first.pk))
    make_draft(editor, Upload.objects.get(pk=first.pk))
    assert len(Draft.objects.get(pk=first.pk).events) == 1


def test_a_draft_of_rows_is_changed_by_another_file_not_by_a_sheet(
    sit: Any, duty: Story, a_file: Callable[..., Any]
) -> None:
    editor = sit("editor")
    make_draft(editor, checked(editor, a_file({})))
    draft = Draft.objects.get()
    answer = editor.get(reverse("admin:draft_edit", args=[draft.pk]))
    assert answer.url == reverse("admin:upload", args=[draft.pk])


def test_a_soft_rule_of_the_rows_wants_a_reason_once(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    editor = sit("editor")
    early = {"sources.1.published": "2025-05-25"}
    make_draft(editor, checked(editor, a_file(early, TWO[1] | early)))
    draft = Draft.objects.get()
    assert text(page_of(editor, draft)).count('name="reason-S5"') == 1
    assert "S5" in text(step(editor, draft, "submit"))
    assert "It awaits review" in text(step(editor, draft, "submit", **{"confirm": "S5", "reason-S5": "a reprint"}))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rates.csv", as_csv(rows({}), "utf-16"), "is no CSV in UTF-8"),
        ("rates.xlsx", b"PK\x03\x04 broken", "it is no XLSX file"),
        ("rates.csv", b"stream,rate\nx,1\n", "has no column &#x27;rate&#x27;"),
        ("rates.csv", as_csv(rows({})).splitlines()[0], "there is no row under the first one"),
        ("rates.csv", b"", "The submitted file is empty"),
    ],
    ids=["encoding", "broken", "column", "rows", "empty"],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    sit: Any, duty: Story, name: str, content: bytes, said: str
) -> None:
    answer = send(sit("editor"), SimpleUploadedFile(name, content))
    assert said in text(answer)
    assert not Upload.objects.exists()


def test_a_wrong_encoding_is_told_at_its_row(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    editor = sit("editor")
    upload = checked(editor, a_file({}, {"summary": "Zölle", "effective_from": "2025-07-01"}, encoding="latin-1"))
    assert [(item["row"], item["column"]) for item in upload.problems] == [(3, "summary")]


def test_a_file_of_fifty_megabytes_is_refused_before_it_is_read(sit: Any) -> None:
    huge = io.BytesIO(b"x" * (50 * 1024 * 1024))
    huge.name = "huge.csv"
    answer = send(sit("editor"), huge)
    assert answer.status_code == 413
    assert "at most 10485760 are taken" in text(answer)


def test_a_check_that_breaks_off_says_so(sit: Any, duty: Story, a_file: Callable[..., Any], monkeypatch: Any) -> None:
    editor = sit("editor")
    send(editor, a_file({}))
    monkeypatch.setattr("measures.admin.bulk.checking.check", lambda *args, **more: 1 / 0)
    check_upload(str(Upload.objects.get().pk))
    assert "the check broke off (ZeroDivisionError)" in page(editor, Upload.objects.get())


def test_an_auditor_sees_imports_and_begins_none(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    upload, auditor = checked(sit("editor"), a_file({})), sit("auditor")
    assert "All rows read well" in page(auditor, upload)
    assert "rates.csv" in text(auditor.get(reverse("admin:measures_upload_changelist")))
    assert auditor.get(reverse("admin:import")).status_code == 403
    assert send(auditor, a_file({})).status_code == 403
    assert make_draft(auditor, upload).status_code == 403


def test_the_import_of_somebody_else_is_not_made_a_draft(sit: Any, duty: Story, a_file: Callable[..., Any]) -> None:
    upload = checked(sit("editor"), a_file({}))
    assert make_draft(sit("editor", "other"), upload).status_code == 403
    assert not Draft.objects.exists()


def test_a_draft_of_many_rows_takes_a_fixed_number_of_queries(
    sit: Any, duty: Story, a_file: Callable[..., Any], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    editor = sit("editor")
    many = [{"effective_from": f"2025-07-{day:02}", "obligation": f"{day}%"} for day in range(1, 29)]
    make_draft(editor, checked(editor, a_file(*many)))
    draft = Draft.objects.get()
    with django_assert_max_num_queries(7):  # session, user, two of permissions, draft, upload, versions
        page_of(editor, draft)
