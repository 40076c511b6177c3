"""An annex of product codes is sent with the sheet, told wrong row by row, and stored as an attachment."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from measures.drafts import Draft
from tests.measures.admin.test_desk import page_of, step
from tests.measures.admin.test_record import SUSPENSION, send
from tests.measures.given import Story
from tracker import attachments, log

pytestmark = pytest.mark.django_db

SCOPE = {"stream": "example", "data-effective_from": "2025-06-01"}
FIELD = "data-coverage-products-attachment"


def sent(client: Any, content: bytes | str, *, name: str = "annex.csv", **more: Any) -> Any:
    content = content.encode() if isinstance(content, str) else content
    file = {f"{FIELD}-file": SimpleUploadedFile(name, content)}
    return send(client, "measure.scope_changed", SCOPE | file | more)


def refused(answer: Any) -> list[str]:
    part = answer.context["sheet"].payload.children["coverage"].children["products"].children["attachment"]
    return [str(message) for message in part.non_field_errors()]


def test_an_annex_is_stored_and_named_by_the_entry(sit: Any, duty: Story) -> None:
    sent(sit("editor"), "code,note\n8541.41,diodes\n0101,horses\n")
    stored = b"code,note\r\n854141,diodes\r\n0101,horses\r\n"
    digest = sha256(stored).hexdigest()
    assert Draft.objects.get().events[0]["data"]["coverage"]["products"]["attachment"] == {
        "sha256": digest, "media_type": "text/csv", "title": "annex.csv", "rows": 2,
    }  # fmt: skip
    attachment = attachments.stored(digest)
    assert attachment is not None
    assert bytes(attachment.content) == stored


def test_the_same_annex_is_the_same_attachment_whatever_it_came_from(sit: Any, duty: Story) -> None:
    book = Workbook()
    assert book.active is not None
    for row in (["code"], ["0101"], [8541]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    client = sit("editor")
    sent(client, out.getvalue(), name="annex.xlsx")
    sent(client, "code\n01.01\n8541\n")
    named = {draft.events[0]["data"]["coverage"]["products"]["attachment"]["sha256"] for draft in Draft.objects.all()}
    assert len(named) == 1


def test_an_entry_with_an_annex_is_recorded(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    sent(editor, "code\n8541\n")
    step(editor, Draft.objects.get(), "submit")
    step(reviewer, Draft.objects.get(), "approve")
    assert log.read(after=2)[0].data["coverage"]["products"]["attachment"]["rows"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("code\n8541\n84x1\n", "annex.csv row 3, code “84x1”: is not accepted; write 2 to 10 digits"),
        (
            "code\n101\n",
            "annex.csv row 2, code “101”: is not accepted; write 2 to 10 digits, with or without dots; was",
        ),
        ("code\n8541\n85.41\n", "annex.csv row 3, code “85.41”: stands in row 2 already"),
        ("code\n8599\n", "annex.csv row 2, code “8599”: is no code of HS 2022"),
        ("code\n85999900\n", "annex.csv row 2, code “85999900”: is no code of HS 2022"),
        ("code,revision\n8541,2022\n8542,2017\n", "annex.csv row 3, revision “2017”: is another revision"),
        ("code\n=1+1\n", "annex.csv row 2, code “=1+1”: is a formula"),
        ("8541\n8542\n", "annex.csv row 1, 8541 “8541”: is a code; the first row names the columns"),
        ("code\n", "annex.csv has no row under the first one"),
        ("code\nZölle\n".encode("latin-1"), "annex.csv row 2, code “Z\ufffdlle”: is not UTF-8 text"),
        ("code\n8541\n".encode("utf-16"), "annex.csv: it is no CSV in UTF-8"),
    ],
    ids=["form", "zero", "twice", "unknown", "national", "revisions", "formula", "header", "empty", "bytes", "utf-16"],
)
def test_a_wrong_annex_is_told_row_by_row_and_nothing_is_stored(
    sit: Any, duty: Story, content: str | bytes, said: str
) -> None:
    answer = sent(sit("editor"), content)
    assert refused(answer)[0].startswith(said)
    assert 'class="part fold" open' in answer.content.decode()
    assert not Draft.objects.exists()


def test_many_wrong_rows_are_counted(sit: Any, duty: Story) -> None:
    answer = sent(sit("editor"), "code\n" + "x\n" * 15)
    assert refused(answer)[-1] == "and 5 more"


@pytest.mark.parametrize(
    "more", [{"data-coverage-products-system": "other"}, {"data-coverage-products-revision": "2017"}]
)
def test_codes_of_what_is_not_shipped_are_taken_as_they_are(sit: Any, duty: Story, more: dict[str, str]) -> None:
    assert sent(sit("editor"), "code\n8599\n", **more).status_code == 302


def test_an_annex_is_kept_while_another_field_is_mended(sit: Any, duty: Story) -> None:
    page = sent(sit("editor"), "code\n8541\n", **{"data-effective_from": "soon"}).content.decode()
    assert (
        f'name="{FIELD}-sha256" value="{sha256(b"code" + bytes([13, 10]) + b"8541" + bytes([13, 10])).hexdigest()}"'
        in page
    )


def test_what_was_said_against_an_annex_is_no_part_of_a_saved_draft(sit: Any, duty: Story) -> None:
    file = {f"{FIELD}-file": SimpleUploadedFile("annex.csv", b"code\nx\n")}
    client = sit("editor")
    send(client, "measure.scope_changed", SCOPE | file, button="save")
    draft = Draft.objects.get()
    assert not [name for name in draft.typed if "refused" in name or name.endswith("-file")]
    assert client.get(reverse("admin:draft_edit", args=[draft.pk])).status_code == 200


def test_a_sheet_without_an_annex_is_as_before(sit: Any, duty: Story) -> None:
    client = sit("editor")
    send(client, "measure.suspended", SUSPENSION)
    assert "attachment" not in Draft.objects.get().events[0]["data"]
    assert page_of(client, Draft.objects.get()).status_code == 200
