"""What was typed when the session ended, when somebody logged in anew beside it, or when the server broke."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from measures.admin import record
from measures.drafts import Draft
from tests.browser.test_admin import draft_of, duty
from tests.browser.workplace import Hands, sit
from tests.measures.given import Story

__all__ = ["duty", "sit"]

pytestmark = pytest.mark.browser

SHEET = "/admin/record/measure.suspended/?stream=measure/example"


def type_a_sheet(hands: Hands) -> None:
    hands.go(SHEET)
    hands.fill("data-effective_from", "2025-05-14")
    hands.fill("data-summary", "Words that took an hour")
    hands.fill("data-sources-0-title", "The gazette")
    hands.fill("data-sources-0-citation", "No. 2")
    hands.click("Add another source")
    hands.fill("data-sources-1-title", "The newspaper")
    hands.fill("data-sources-1-citation", "Page 3")
    hands.page.locator("[name='data-sources-1-official']").check()


def has_it_again(hands: Hands) -> None:
    """Everything that was typed stands there, and goes on as if nothing had been."""
    hands.sees("did not arrive")
    expect(hands.page.locator("[name='data-authority']")).to_be_hidden()
    expect(hands.page.locator("[name='data-summary']")).to_have_value("Words that took an hour")
    expect(hands.page.locator("[name='data-sources-1-title']")).to_have_value("The newspaper")
    expect(hands.page.locator("[name='data-sources-1-official']")).to_be_checked()
    hands.click("Preview")
    hands.sees("Suspended from 14 May 2025.")
    assert len(draft_of(hands).events[-1]["data"]["sources"]) == 2


def without_status(hands: Hands, status: int) -> None:
    """Forgets that the browser told of an answer that the test asked for."""
    hands.wrong = [said for said in hands.wrong if f"status of {status}" not in said]


def test_what_was_typed_when_the_session_ended_stands_there_after_the_next_log_in(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    type_a_sheet(editor)
    editor.page.context.clear_cookies(name="sessionid")
    editor.click("Preview")
    editor.fill_log_in("editor")
    has_it_again(editor)
    editor.go(SHEET)
    expect(editor.page.locator("[name='data-summary']")).to_have_value("")
    assert Draft.objects.count() == 1


def test_somebody_else_who_logs_in_there_does_not_see_it(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    sit("publisher")
    type_a_sheet(editor)
    editor.page.context.clear_cookies(name="sessionid")
    editor.click("Preview")
    editor.fill_log_in("publisher")
    expect(editor.page.locator("[name='data-summary']")).to_have_value("")


def test_a_form_of_an_earlier_log_in_says_what_to_do_and_loses_nothing(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    type_a_sheet(editor)
    editor.page.context.clear_cookies(name="csrftoken")
    editor.click("Preview")
    editor.sees("Nothing was recorded")
    without_status(editor, 403)
    editor.click("Back to it", "link")
    has_it_again(editor)


def test_what_was_typed_when_the_server_broke_stands_there_again(
    sit: Any, duty: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = sit("editor")
    type_a_sheet(editor)
    with monkeypatch.context() as broken:
        broken.setattr(record, "judged", lambda sheet: 1 / 0)
        editor.click("Preview")
        editor.sees("Our fault")
    without_status(editor, 500)
    editor.go(SHEET)
    has_it_again(editor)


@pytest.mark.parametrize("first_day", ["2025-05-14", "soon"])
def test_the_way_back_from_a_preview_leads_to_what_was_sent_and_to_the_same_draft(
    sit: Any, duty: Story, first_day: str
) -> None:
    editor = sit("editor")
    type_a_sheet(editor)
    editor.fill("data-effective_from", first_day)
    editor.click("Preview")
    if first_day == "soon":
        editor.sees("is not accepted")
        editor.fill("data-effective_from", "2025-05-14")
        editor.click("Preview")
    editor.sees("Suspended from 14 May 2025.")
    editor.page.go_back()
    expect(editor.page.locator("[name='data-effective_from']")).to_have_value("2025-05-14")
    expect(editor.page.locator("[name='data-sources-1-title']")).to_have_value("The newspaper")
    editor.fill("data-effective_from", "2025-05-15")
    editor.click("Preview")
    editor.sees("Suspended from 15 May 2025.")
    assert Draft.objects.count() == 1


def test_the_way_back_from_a_step_leads_to_the_page_on_which_one_was_refused(sit: Any, duty: Story) -> None:
    publisher = sit("publisher")
    type_a_sheet(publisher)
    publisher.click("Preview")
    publisher.unfold("Publish it alone, in an emergency")
    publisher.click("Publish now, alone")
    publisher.sees("Say why it cannot wait")
    publisher.click("Submit for review")
    publisher.sees("It awaits review")
    publisher.page.go_back()
    publisher.sees("It awaits another person.")


def test_what_arrived_is_not_filled_in_again(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    type_a_sheet(editor)
    editor.fill("data-effective_from", "soon")
    editor.click("Preview")
    editor.sees("is not accepted")
    editor.click("Save for later")
    editor.sees("It is not complete yet.")
    expect(editor.page.get_by_text("did not arrive")).to_have_count(0)
    editor.go(SHEET)
    expect(editor.page.locator("[name='data-summary']")).to_have_value("")
