"""The workplace in real Chromium, on a real web server, with a real Celery worker behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from measures import commands, review
from measures.admin import addresses
from measures.drafts import Draft
from measures.events.common import Instrument
from tests.browser.workplace import Hands, sit
from tests.measures.given import SOURCE, Story, adopted, given, on, rate_changed
from tests.processes import CeleryWorker, until
from tracker import log
from tracker.envelope import NewEvent
from tracker.projections import catch_up, ensure_checkpoints, projections

__all__ = ["sit"]

pytestmark = pytest.mark.browser

STREAM = "measure/example"
PAGE = "/admin/measures/measure/example/change/"


@pytest.fixture
def duty(committed_db: None) -> Story:
    """A duty of 10% since April 2025, recorded and projected."""
    story = given(on("2025-04-02", adopted("10%", "2025-04-05")))
    story.record()
    ensure_checkpoints()
    for kind in projections():
        catch_up(kind.name)
    return story


def draft_of(hands: Hands) -> Draft:
    return Draft.objects.get(pk=hands.page.url.rstrip("/").split("/")[-1])


def suspend(hands: Hands, start: str = "2025-05-14", until: str = "2025-08-12") -> None:
    """From the start page to the preview of a suspension."""
    hands.click("Suspend", "link")
    hands.fill("stream", "example")
    hands.fill("data-effective_from", start)
    hands.fill("data-effective_until", until)
    hands.fill("data-sources-0-title", "The gazette")
    hands.fill("data-sources-0-citation", "No. 2")
    hands.click("Preview")


def test_a_rate_change_is_recorded_approved_and_shown_by_the_api(
    sit: Any, duty: Story, celery_worker_process: Callable[..., CeleryWorker]
) -> None:
    celery_worker_process()
    editor, reviewer = sit("editor"), sit("reviewer")
    editor.go(PAGE)
    editor.click("Change rate", "link")
    editor.fill("data-obligation", "20%")
    editor.fill("data-effective_from", "2025-06-01")
    editor.fill("data-sources-0-title", "The gazette")
    editor.fill("data-sources-0-url", "https://example.org/gazette/2")
    editor.click("Preview")
    editor.sees("In force at 20%")
    editor.click("Submit for review")
    editor.sees("It awaits review")

    reviewer.go("/admin/")
    reviewer.click("Changed to 20% from 1 June 2025.", "link")
    reviewer.click("Approve and record")
    reviewer.sees("Recorded as #3")

    def rate() -> Any:
        address = f"{reviewer.base}/api/v1/measures/example/?valid_at=2025-06-02"
        return json.loads(reviewer.page.request.get(address).text())["rate"]

    until(lambda: rate() == 20, "the API shows the new rate")
    reviewer.click(f"See {STREAM}", "link")
    reviewer.sees("In force at 20%")


def test_suspending_a_measure_until_a_date_takes_at_most_twelve_interactions(sit: Any, duty: Story) -> None:
    editor = sit("editor", log_in=False)
    editor.log_in("editor")
    suspend(editor)
    editor.click("Submit for review")
    editor.sees("It awaits review")
    assert editor.count <= 12
    assert draft_of(editor).sentence == "Suspended from 14 May 2025 until 12 August 2025."


DELEGATIONS = """\
Scott Bessent; US Treasury Secretary; US
Howard Lutnick; US Commerce Secretary; US
Jamieson Greer; US Trade Representative; US
He Lifeng; Vice-Premier; CN
Wang Wentao; Minister of Commerce; CN
Li Chenggang; China International Trade Representative; CN"""


def test_the_london_session_with_delegations_takes_at_most_thirty_interactions(sit: Any, committed_db: None) -> None:
    editor = sit("editor", log_in=False)
    editor.log_in("editor")
    editor.click("Add session", "link")
    editor.fill("stream", "us-cn-2025")
    editor.unfold("It is not there yet: describe a new negotiation")
    editor.fill("new-title", "US-China trade talks of 2025")
    editor.fill("new-parties", "US\nCN")
    editor.fill("data-held_on", "2025-06-09")
    editor.fill("data-minutes", "360")
    editor.fill("data-parties", "US\nCN")
    editor.fill("data-venue", "Lancaster House")
    editor.fill("data-city", "London")
    editor.unfold("Figures, people, links and notes")
    editor.unfold("People")
    editor.fill("data-people-paste", DELEGATIONS)
    editor.fill("known_from", "2025-06-09")
    editor.fill("data-sources-0-title", "US-China trade talks in London")
    editor.fill("data-sources-0-url", "https://example.org/london")
    editor.click("Preview")
    editor.sees("Session held in London, Lancaster House, 360 minutes.")
    editor.click("Submit for review")
    assert editor.count <= 30
    people = draft_of(editor).events[-1]["data"]["people"]
    assert [someone["side"] for someone in people] == ["US", "US", "US", "CN", "CN", "CN"]


def test_a_stream_is_found_by_a_few_letters_and_taken_with_the_keyboard(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    editor.click("Suspend", "link")
    field = editor.page.locator("#id_stream")
    field.press_sequentially("exam")
    option = editor.page.get_by_role("option").first
    expect(option).to_contain_text("In force at 10%.")
    field.press("ArrowDown")
    assert option.get_attribute("aria-selected") == "true"
    field.press("Enter")
    expect(field).to_have_value(STREAM)
    expect(option).to_be_hidden()


def test_bad_input_is_told_at_its_field_and_keeps_what_was_typed(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    suspend(editor, start="14 May 2025")
    editor.sees("“14 May 2025” is not accepted; write YYYY-MM-DD, YYYY-MM, YYYY-Q1, YYYY-H1 or YYYY")
    for field, value in {"data-effective_from": "14 May 2025", "data-sources-0-citation": "No. 2"}.items():
        expect(editor.page.locator(f"[name='{field}']")).to_have_value(value)
    expect(editor.page.locator("[name='data-effective_from']")).to_be_focused()
    editor.fill("data-effective_from", "2025-05-14")
    editor.click("Preview")
    editor.sees("Suspended from 14 May 2025 until 12 August 2025.")


def test_another_source_is_added_without_leaving_the_page(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    editor.click("Suspend", "link")
    editor.fill("data-effective_from", "2025-05-14")
    editor.click("Add another source")
    expect(editor.page.locator("[name='data-sources-1-url']")).to_be_focused()
    expect(editor.page.locator("[name='data-effective_from']")).to_have_value("2025-05-14")
    expect(editor.page.locator("[name='data-sources-TOTAL_FORMS']")).to_have_value("2")


def test_the_sheet_works_without_scripts(sit: Any, duty: Story) -> None:
    editor = sit("editor", java_script_enabled=False)
    editor.click("Suspend", "link")
    editor.fill("stream", "example")
    editor.click("Add another source")
    expect(editor.page.locator("[name='data-sources-1-title']")).to_be_visible()
    editor.sees("In force at 10%. measure/example")


def test_a_conflict_is_shown_with_what_changed_and_loses_nothing(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    suspend(editor)
    editor.click("Submit for review")
    told = rate_changed("15%", "2025-09-01")
    payload = told.kind(sources=(SOURCE,), **told.fields)
    event = NewEvent(stream=STREAM, payload=payload, meta=review.THOUGHT, known_from=date(2025, 4, 3))
    commands.record([event], today=date(2026, 1, 1))
    reviewer.go("/admin/")
    reviewer.click("Suspended from 14 May 2025 until 12 August 2025.", "link")
    reviewer.sees("Recorded here since its author looked")
    reviewer.sees("Changed to 15% from 1 September 2025.")
    expect(reviewer.page.get_by_role("button", name="Approve and record")).to_be_disabled()
    reviewer.click("I have looked; it still holds")
    reviewer.click("Approve and record")
    reviewer.sees("Recorded as #4")


def test_a_reviewer_sends_back_and_the_author_mends(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    suspend(editor)
    editor.click("Submit for review")
    reviewer.go(editor.page.url.removeprefix(editor.base))
    reviewer.fill("comment", "The truce was extended to 10 November.")
    reviewer.click("Send back")
    editor.go("/admin/")
    editor.sees("sent back")
    editor.click("Suspended from 14 May 2025 until 12 August 2025.", "link")
    editor.sees("The truce was extended to 10 November.")
    editor.click("Change it", "link")
    editor.fill("data-effective_until", "2025-11-10")
    editor.click("Preview")
    editor.click("Submit for review")
    reviewer.go(editor.page.url.removeprefix(editor.base))
    reviewer.click("Approve and record")
    reviewer.sees("Recorded as #3")
    assert log.read(stream=STREAM)[-1].data["effective_until"] == "2025-11-10"


def test_an_entry_is_corrected_through_review(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    editor.go("/admin/tracker/event/2/change/")
    editor.click("Correct", "link")
    editor.page.locator("[name='data-reason_code']").select_option("rate-error")
    editor.fill("data-reason", "The order says 12%.")
    editor.fill("right-obligation", "12%")
    editor.fill("data-sources-0-title", "The order")
    editor.fill("data-sources-0-citation", "No. 1, page 3")
    editor.click("Preview")
    editor.sees("Answers about past days change")
    editor.click("Submit for review")
    reviewer.go(editor.page.url.removeprefix(editor.base))
    reviewer.click("Approve and record")
    reviewer.sees("Recorded as #3")
    reviewer.go("/admin/tracker/event/2/change/")
    reviewer.sees("Corrected entry #2: rate-error.")


def test_a_draft_survives_logging_out(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    editor.click("Suspend", "link")
    editor.fill("stream", "example")
    editor.fill("data-effective_from", "soon")
    editor.click("Save for later")
    editor.sees("It is not complete yet.")
    editor.click("Log out")
    editor.log_in("editor")
    editor.page.get_by_role("link", name="measure.suspended, not complete yet").click()
    editor.click("Fill what is missing", "link")
    expect(editor.page.locator("[name='data-effective_from']")).to_have_value("soon")


EVERY_PAGE = [
    "/admin/",
    "/admin/record/",
    "/admin/record/measure.described/",
    "/admin/record/measure.postponed/",
    "/admin/record/measure.adopted/?stream=measure/example",
    "/admin/record/negotiation.commitment_made/",
    "/admin/import/",
    "/admin/import/measure.rate_changed/",
    PAGE,
    "/admin/correct/2/",
    "/admin/retract/2/",
    "/admin/measures/measure/",
    "/admin/measures/segment/",
    "/admin/measures/draft/",
    "/admin/measures/upload/",
    "/admin/tracker/event/",
    "/admin/tracker/event/?q=example",
    "/admin/tracker/event/2/change/",
    "/admin/tracker/checkpoint/",
    "/admin/tracker/parked/",
    "/admin/password_change/",
]


def test_no_page_breaks_the_policy_or_asks_an_outside_host(sit: Any, duty: Story) -> None:
    """The fixture holds every console message and every request of these pages against it."""
    reviewer = sit("reviewer")
    for path in EVERY_PAGE:
        reviewer.go(path)
        reviewer.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("path", ["/admin/", "/admin/record/measure.suspended/", PAGE])
def test_no_page_is_wider_than_a_small_screen(sit: Any, duty: Story, path: str) -> None:
    editor = sit("editor", viewport={"width": 390, "height": 844})
    editor.go(path)
    assert editor.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_users_pages_of_the_stock_admin_keep_to_the_policy(sit: Any) -> None:
    administrator = sit("administrator")
    for path in ("/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/group/"):
        administrator.go(path)
        administrator.page.wait_for_load_state("networkidle")


def test_parties_codes_and_instruments_are_found_by_words(sit: Any, duty: Story) -> None:
    act: Any = {"title": "Executive Order 14257", "citation": "90 FR 15041", "url": "https://example.org/order"}
    told = rate_changed("15%", "2025-09-01", instrument=Instrument(**act))
    event = NewEvent(
        stream=STREAM,
        payload=told.kind(sources=(SOURCE,), **told.fields),
        meta=review.THOUGHT,
        known_from=date(2025, 4, 3),
    )
    commands.record([event], today=date(2026, 1, 1))
    for kind in projections():
        catch_up(kind.name)
    editor = sit("editor")
    editor.go(f"/admin/record/measure.adopted/?stream={STREAM}")
    editor.page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")

    def choose(field: str, text: str, offered: str) -> None:
        entry = editor.page.locator(f"[name='{field}']")
        entry.press_sequentially(text)
        expect(editor.page.get_by_role("option", name=offered).first).to_be_visible()
        entry.press("ArrowDown")
        entry.press("Enter")

    choose("data-coverage-origins", "chin", "China")
    choose("data-coverage-products-codes", "mules", "Horses, asses, mules and hinnies; live")
    choose("data-coverage-products-codes", "8542", "Electronic integrated circuits")
    choose("data-instrument-title", "14257", "Executive Order 14257")
    typed = {name: editor.page.locator(f"[name='data-{name}']").input_value() for name in CHOSEN}
    assert typed == CHOSEN


CHOSEN = {
    "coverage-origins": "CN\n",
    "coverage-products-codes": "0101\n8542\n",
    "instrument-title": "Executive Order 14257",
    "instrument-citation": "90 FR 15041",
    "instrument-url": "https://example.org/order",
}


def test_a_pasted_address_of_our_own_network_fills_in_nothing_and_disturbs_nobody(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    editor.click("Suspend", "link")
    with editor.page.expect_response("**/admin/address/") as asked:
        editor.fill("data-sources-0-url", f"{editor.base}/")
        editor.page.keyboard.press("Tab")
    assert asked.value.json() == {}
    expect(editor.page.locator("[name='data-sources-0-title']")).to_have_value("")


def test_a_pasted_address_fills_in_the_title_of_its_page(sit: Any, duty: Story, monkeypatch: Any) -> None:
    """The page that is asked is our own, for which the rule against that is lifted."""
    monkeypatch.setattr(addresses.look, "__kwdefaults__", {"allowed": lambda address, port: True})
    editor = sit("editor")
    editor.click("Suspend", "link")
    editor.fill("data-sources-0-url", f"{editor.base}/about/")
    editor.page.keyboard.press("Tab")
    title = editor.page.locator("[name='data-sources-0-title']")
    expect(title).to_have_value(re.compile("About"))
    editor.fill("data-sources-0-url", f"{editor.base}/")
    editor.page.keyboard.press("Tab")
    editor.page.wait_for_timeout(500)
    expect(title).to_have_value(re.compile("About"))
