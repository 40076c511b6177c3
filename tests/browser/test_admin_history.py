"""A whole history from elsewhere in real Chromium: typed by an editor, approved by a reviewer, asked by a client."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator

from tests.browser.workplace import Hands, sit
from tests.measures.histories import ZERO_DUTY_ASKED
from tracker import log
from tracker.projections import catch_up, ensure_checkpoints, projections

__all__ = ["sit"]

pytestmark = pytest.mark.browser

STREAM = "measure/ar-soya-export-duty"
NEW = {
    "new-title": "Argentina's export duty on soya beans",
    "new-kind": "additional_duty",
    "new-direction": "export",
    "new-implementer": "AR",
}
RELIEF = {
    "data-effective_from": "2025-09-23",
    "data-effective_until": "2025-11-01",
    "data-until_condition": "USD 7bn of sworn sales",
}


def test_a_relief_until_a_date_or_an_amount_is_recorded_and_answers_on_two_clocks(sit: Any) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    adopted = {"data-obligation": "26%", "data-effective_from": "2025-07-31"}
    record(editor, reviewer, "measure.adopted", "2025-07-31", {"stream": STREAM, **NEW, **adopted})
    relief = record(editor, reviewer, "measure.suspended", "2025-09-22", RELIEF)
    met = {"data-entry": relief, "data-effective_from": "2025-09-25"}
    record(editor, reviewer, "measure.condition_met", "2025-09-24", met)
    ensure_checkpoints()
    for kind in projections():
        catch_up(kind.name)
    for question in ZERO_DUTY_ASKED:
        asked = f"/api/v1/measures/ar-soya-export-duty/?valid_at={question.valid}&known_at={question.known}"
        answer = editor.page.request.get(editor.base + asked).json()
        assert (answer["legal"], answer["application"], answer["rate"]) == (
            question.legal,
            question.application,
            question.rate,
        ), question


def record(editor: Hands, reviewer: Hands, type: str, known: str, typed: dict[str, str]) -> str:
    """Fills the sheet, previews, submits, approves; the id of what was recorded."""
    is_new = not log.exists(STREAM)
    editor.go(f"/admin/record/{type}/" + ("" if is_new else f"?stream={STREAM}"))
    source = {"data-sources-0-title": "Boletín Oficial", "data-sources-0-citation": "Decreto 682/2025"}
    for name, value in {**typed, "known_from": known, **source}.items():
        put(editor.page.locator(f"[name='{name}']"), value)
    editor.click("Preview")
    editor.click("Submit for review")
    reviewer.go(editor.page.url.removeprefix(editor.base))
    reviewer.click("Approve and record")
    reviewer.sees("Recorded as #")
    return str(log.read(stream=STREAM, backwards=True, limit=1)[0].id)


def put(field: Locator, value: str) -> None:
    """Types or chooses, after unfolding what hides the field."""
    while not field.is_visible():
        field.locator("xpath=ancestor::details[not(@open)][last()]/summary").click()
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)
