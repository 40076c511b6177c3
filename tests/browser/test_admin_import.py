"""Importing a file in real Chromium, checked by a real worker: refused with its rows, mended, reviewed, recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from measures.uploads import Upload
from tests.browser.test_admin import duty
from tests.browser.test_admin_accessibility import findings
from tests.browser.workplace import Hands, sit
from tests.measures.admin.bulk.conftest import as_csv, rows
from tests.measures.given import Story
from tests.processes import CeleryWorker
from tracker import log

__all__ = ["duty", "sit"]

pytestmark = pytest.mark.browser

Workers = Callable[..., CeleryWorker]


def send(hands: Hands, folder: Path, *changes: dict[str, str], name: str = "rates.csv") -> None:
    path = folder / name
    path.write_bytes(as_csv(rows(*changes)))
    hands.go("/admin/import/measure.rate_changed/")
    hands.count += 1
    hands.page.locator("input[type=file]").set_input_files(path)
    hands.click("Check it")


@pytest.fixture
def worker(duty: Story, celery_worker_process: Workers) -> CeleryWorker:
    return celery_worker_process()


def test_a_file_is_refused_with_its_rows_then_mended_reviewed_and_recorded(
    sit: Any, worker: CeleryWorker, tmp_path: Path
) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    editor.click("Import a file", "link")
    editor.click("Change rate", "link")
    send(editor, tmp_path, {}, {"effective_from": "soon"})
    editor.sees("1 thing to mend; nothing of the file is recorded")
    editor.sees("“soon” is not accepted; write YYYY-MM-DD, YYYY-MM, YYYY-Q1, YYYY-H1 or YYYY")
    assert findings(editor) == []
    send(editor, tmp_path, {}, {"effective_from": "2025-07-01", "obligation": "30%"})
    editor.sees("All rows read well")
    assert findings(editor) == []
    editor.click("Make 2 new rows a draft")
    editor.click("Submit for review")
    reviewer.go("/admin/")
    reviewer.click("2 rows of rates.csv: measure.rate_changed", "link")
    reviewer.sees("Changed to 30% from 1 July 2025.")
    reviewer.click("Approve and record")
    reviewer.sees("Recorded as #3, #4")
    send(editor, tmp_path, {}, {"effective_from": "2025-07-01", "obligation": "30%"}, name="again.csv")
    editor.sees("Nothing new: every row is in the log")
    assert log.head().position == 4


def test_the_page_shows_how_far_the_check_has_come(
    sit: Any, duty: Story, celery_worker_process: Workers, tmp_path: Path
) -> None:
    """The worker comes late, so that the page is seen waiting."""
    editor = sit("editor")
    many = [{"effective_from": f"2025-{month:02}-{day:02}"} for month in range(6, 12) for day in range(1, 29)]
    send(editor, tmp_path, *many)
    bar = editor.page.locator("progress")
    expect(bar).to_have_attribute("value", "0")
    assert findings(editor) == []
    Upload.objects.update(done=100)
    expect(editor.page.locator("[data-done]")).to_have_text("100")
    celery_worker_process()
    editor.sees("168 new, 0 recorded already")


def test_a_file_of_fifty_megabytes_is_told_before_it_is_sent(sit: Any, duty: Story, tmp_path: Path) -> None:
    huge = tmp_path / "huge.csv"
    huge.write_bytes(b"x" * (50 * 1024 * 1024))
    editor = sit("editor")
    editor.go("/admin/import/measure.rate_changed/")
    field = editor.page.locator("input[type=file]")
    field.set_input_files(huge)
    expect(editor.page.locator(".errorlist")).to_have_text("It has 50.0 MB, at most 10 MB are taken")
    expect(field).to_have_value("")
