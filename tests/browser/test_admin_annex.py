"""An annex of codes in the sheet of an entry, in real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_admin import draft_of, duty
from tests.browser.test_admin_accessibility import findings
from tests.browser.workplace import sit
from tests.measures.given import Story

__all__ = ["duty", "sit"]

pytestmark = pytest.mark.browser


def test_an_annex_is_told_wrong_row_by_row_then_stored_with_the_entry(sit: Any, duty: Story, tmp_path: Path) -> None:
    editor, path = sit("editor"), tmp_path / "annex.csv"
    editor.go("/admin/record/measure.scope_changed/?stream=measure/example")
    editor.fill("data-effective_from", "2025-06-01")
    editor.page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    field = editor.page.locator("[name='data-coverage-products-attachment-file']")
    path.write_text("code\n8541\n8599\n")
    field.set_input_files(path)
    editor.fill("data-sources-0-title", "The gazette")
    editor.fill("data-sources-0-citation", "No. 2")
    editor.click("Preview")
    editor.sees("annex.csv row 3, code “8599”: is no code of HS 2022")
    assert field.is_visible()
    assert findings(editor) == []
    path.write_text("code\n8541\n8542\n")
    field.set_input_files(path)
    editor.click("Preview")
    editor.sees("What it says")
    assert draft_of(editor).events[0]["data"]["coverage"]["products"]["attachment"]["rows"] == 2
