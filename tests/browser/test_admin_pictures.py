"""Makes the pictures of docs/editing.md from the running workplace: `make pictures`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from measures.admin.tasks import check_upload
from measures.uploads import Upload
from tests.browser.workplace import Hands, sit
from tests.measures.admin.bulk.conftest import as_csv
from tracker.projections import catch_up, ensure_checkpoints, projections

__all__ = ["sit"]

IMAGES = Path(__file__).parents[2] / "docs" / "images"
EXTENSION = {
    "stream": "us-s301-list-4a",
    "effective_from": "2026-12-01",
    "effective_until": "2027-06-01",
    "known_from": "2026-10-02",
    "sources.1.title": "Notice of suspension of action",
    "sources.1.url": "https://ustr.gov/notice",
}
VIEW = {"width": 1180, "height": 860}

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


@pytest.fixture(autouse=True)
def asked_for(request: pytest.FixtureRequest) -> None:
    """An ordinary run of the suite changes no file of the repository."""
    if "pictures" not in request.config.option.markexpr:
        pytest.skip("pictures are made by `make pictures`")


@pytest.fixture
def shipped(asked_for: None, committed_db: None) -> None:
    call_command("load_facts", verbosity=0)
    ensure_checkpoints()
    for kind in projections():
        catch_up(kind.name)


def keep(hands: Hands, name: str, part: str = "#content") -> None:
    hands.page.wait_for_load_state("networkidle")
    hands.page.evaluate("document.fonts.ready")
    hands.page.locator(part).screenshot(path=IMAGES / f"{name}.png")
    assert (IMAGES / f"{name}.png").stat().st_size > 10_000


def test_the_flow_from_the_start_page_to_the_log(sit: Any, shipped: None) -> None:
    editor, reviewer = sit("editor", viewport=VIEW), sit("reviewer", viewport=VIEW)
    keep(editor, "editing-start")
    editor.click("Suspend", "link")
    editor.page.locator("#id_stream").press_sequentially("list 4a")
    editor.page.get_by_role("option").first.wait_for()
    keep(editor, "editing-lookup", "main")
    editor.fill("stream", "us-s301-list-4a")
    editor.fill("data-effective_from", "2026-12-01")
    editor.fill("data-effective_until", "2027-06-01")
    editor.fill("data-sources-0-title", "Notice of suspension of action")
    editor.fill("data-sources-0-url", "https://ustr.gov/notice")
    editor.click("Preview")
    keep(editor, "editing-preview")
    editor.click("Submit for review")
    editor.go("/admin/measures/measure/us-s301-list-4a/change/")
    editor.page.screenshot(path=IMAGES / "editing-measure.png")
    reviewer.go("/admin/")
    reviewer.click("Suspended from 1 December 2026 until 1 June 2027.", "link")
    keep(reviewer, "editing-review", "form.next")


def test_a_correction(sit: Any, shipped: None) -> None:
    editor = sit("editor", viewport=VIEW)
    editor.go("/admin/measures/measure/us-s301-list-4a/change/")
    editor.page.locator(".history li", has_text="Changed to 7.5%").get_by_role("link", name="Correct").first.click()
    editor.page.locator("[name='data-reason_code']").select_option("effective-date-error")
    editor.fill("data-reason", "The notice says the fifteenth.")
    editor.fill("right-effective_from", "2020-02-15")
    editor.fill("data-sources-0-title", "The notice")
    editor.fill("data-sources-0-citation", "85 FR 3741")
    editor.click("Preview")
    keep(editor, "editing-correction")


def test_an_import(sit: Any, shipped: None, tmp_path: Path) -> None:
    path = tmp_path / "extensions.csv"
    path.write_bytes(as_csv([EXTENSION, EXTENSION | {"stream": "us-s301-list-1", "effective_until": "end of 2027"}]))
    editor = sit("editor", viewport=VIEW)
    editor.go("/admin/import/measure.suspended/")
    editor.page.locator("input[type=file]").set_input_files(path)
    editor.click("Check it")
    check_upload(str(Upload.objects.get().pk))
    editor.sees("What the rows say")
    keep(editor, "editing-import")


def test_an_auditor_replays(sit: Any, shipped: None) -> None:
    auditor = sit("auditor", viewport=VIEW)
    auditor.go("/admin/audit/replay/?projection=measures&valid_at=2025-06-10&known_at=2025-06-10&position=&stream=")
    auditor.sees("The tables agree, row by row")
    auditor.page.screenshot(path=IMAGES / "audit-replay.png")
