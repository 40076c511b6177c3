"""What happens to editors: two at one measure, impatient clicks, the keyboard alone, a server that ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from measures import commands, review
from measures.drafts import Draft
from measures.events import negotiations
from measures.events.common import Person
from tests.browser.test_admin import PAGE, STREAM, draft_of, duty, suspend
from tests.browser.workplace import Hands, sit
from tests.measures.admin.conftest import project
from tests.measures.admin.hands import person
from tests.measures.given import SOURCE, Story
from tests.processes import database_url, until
from tracker import log
from tracker.envelope import NewEvent

__all__ = ["duty", "sit"]

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SINCE = date(2025, 5, 12)
SUSPENDED = "Suspended from 14 May 2025 until 12 August 2025."


def test_the_second_of_two_editors_sees_both_changes_and_loses_nothing(sit: Any, duty: Story) -> None:
    first, second, reviewer = sit("editor"), sit("publisher"), sit("reviewer")
    suspend(second)
    first.go(PAGE)
    first.click("Change rate", "link")
    first.fill("data-obligation", "20%")
    first.fill("data-effective_from", "2025-06-01")
    first.fill("data-sources-0-title", "The gazette")
    first.fill("data-sources-0-citation", "No. 3")
    first.click("Preview")
    first.click("Submit for review")
    reviewer.go(first.page.url.removeprefix(first.base))
    reviewer.click("Approve and record")
    second.click("Submit for review")
    second.sees("somebody recorded in between, look again")
    second.sees("Changed to 20% from 1 June 2025.")
    second.sees(SUSPENDED)
    second.click("Change it", "link")
    expect(second.page.locator("[name='data-sources-0-citation']")).to_have_value("No. 2")
    second.click("Preview")
    second.click("Submit for review")
    second.sees("It awaits review")


def test_impatient_clicks_record_once(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    editor.go("/admin/record/measure.suspended/")
    editor.fill("stream", "example")
    editor.fill("data-effective_from", "2025-05-14")
    editor.fill("data-sources-0-title", "The gazette")
    editor.fill("data-sources-0-citation", "No. 2")
    editor.page.get_by_role("button", name="Preview").dblclick()
    editor.page.wait_for_url("**/admin/draft/**")
    editor.page.get_by_role("button", name="Submit for review").dblclick()
    editor.sees("It awaits review")
    reviewer.go(editor.page.url.removeprefix(editor.base))
    reviewer.page.get_by_role("button", name="Approve and record").dblclick()
    reviewer.sees("Recorded")
    assert Draft.objects.count() == 1
    assert log.head().position == 3


def tab_to(hands: Hands, selector: str) -> None:
    """Presses Tab until what a selector names has the focus."""
    for _ in range(120):
        hands.page.keyboard.press("Tab")
        if hands.page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"no way to {selector} with the keyboard")


def test_a_suspension_is_recorded_with_the_keyboard_alone(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    keys = editor.page.keyboard
    tab_to(editor, "a[href$='measure.suspended/']")
    keys.press("Enter")
    editor.page.wait_for_url("**/measure.suspended/")
    tab_to(editor, "[name=stream]")
    keys.type("exam")
    editor.page.get_by_role("option").first.wait_for()
    keys.press("ArrowDown")
    keys.press("Enter")
    for name, value in {"data-effective_from": "2025-05-14", "data-effective_until": "2025-08-12"}.items():
        tab_to(editor, f"[name={name}]")
        keys.type(value)
    for name, value in {"title": "The gazette", "citation": "No. 2"}.items():
        tab_to(editor, f"[name=data-sources-0-{name}]")
        keys.type(value)
    keys.press("Enter")
    editor.page.wait_for_url("**/admin/draft/**")
    tab_to(editor, "button[value=submit]")
    keys.press("Enter")
    editor.sees("It awaits review")
    reviewer.go("/admin/")
    tab_to(reviewer, f"a[href$='{draft_of(editor).pk}/']")
    reviewer.page.keyboard.press("Enter")
    reviewer.page.wait_for_url("**/admin/draft/**")
    tab_to(reviewer, "button[value=approve]")
    reviewer.page.keyboard.press("Enter")
    reviewer.sees("Recorded as #3")


def test_an_entry_is_taken_out_through_review(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    editor.go("/admin/tracker/event/2/change/")
    editor.click("Retract", "link")
    editor.page.locator("[name='data-reason_code']").select_option("duplicate")
    editor.fill("data-reason", "It is the announcement, not the order.")
    editor.fill("data-sources-0-title", "The gazette")
    editor.fill("data-sources-0-citation", "No. 1")
    editor.click("Preview")
    editor.sees("Answers about past days change")
    editor.click("Submit for review")
    reviewer.go(editor.page.url.removeprefix(editor.base))
    reviewer.click("Approve and record")
    reviewer.sees("Recorded as #3")


def test_a_publisher_publishes_alone_in_an_emergency(sit: Any, duty: Story) -> None:
    publisher = sit("publisher")
    suspend(publisher)
    publisher.unfold("Publish it alone, in an emergency")
    publisher.fill("reason", "It bites tonight")
    publisher.click("Publish now, alone")
    publisher.sees("published alone in an emergency: It bites tonight")
    assert log.read(stream=STREAM)[-1].meta["approval"] == "emergency"


def test_a_reviewer_is_asked_and_finds_the_draft_on_top(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    suspend(editor)
    editor.click("Submit for review")
    editor.page.locator("#assignee").select_option("reviewer")
    editor.click("Ask")
    editor.sees("reviewer is asked to review it")
    reviewer.go("/admin/")
    reviewer.sees("you are asked")


def test_a_session_begins_with_the_delegations_of_the_last_one(sit: Any, committed_db: None) -> None:
    source = (SOURCE,)
    people = (Person(name="He Lifeng", role="Vice-Premier", side="CN"), Person(name="Scott Bessent", side="US"))
    told = [
        negotiations.Described(title="The talks", parties=("US", "CN"), sources=source),
        negotiations.SessionHeld(held_on="2025-05-11", city="Geneva", people=people, sources=source),
    ]
    for payload in told:
        event = NewEvent(stream="negotiation/talks", payload=payload, meta=review.THOUGHT, known_from=SINCE)
        commands.record([event], today=SINCE)
    project()
    editor = sit("editor", log_in=False)
    editor.log_in("editor")
    editor.go("/admin/measures/negotiation/talks/change/")
    editor.click("Another like it", "link")
    editor.fill("data-held_on", "2025-06-09")
    editor.fill("data-minutes", "360")
    editor.fill("data-venue", "Lancaster House")
    editor.fill("data-city", "London")
    editor.fill("known_from", "2025-06-09")
    editor.fill("data-sources-0-title", "US-China trade talks in London")
    editor.fill("data-sources-0-url", "https://example.org/london")
    editor.click("Preview")
    editor.sees("Session held in London, Lancaster House, 360 minutes.")
    editor.click("Submit for review")
    assert editor.count <= 30
    assert [someone["side"] for someone in draft_of(editor).events[-1]["data"]["people"]] == ["CN", "US"]


class WebServer:
    """The site in a process of its own, which can be ended and begun again at the same address."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "manage.py", "runserver", "--noreload", "--insecure", f"127.0.0.1:{self.port}"]
        environment = os.environ | {"DATABASE_URL": database_url(), "DATABASE_OWNER_URL": database_url()}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        until(self._answers, "the web server answers")

    def _answers(self) -> bool:
        with socket.socket() as door:
            return door.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def web_server(duty: Story) -> Iterator[WebServer]:
    server = WebServer()
    server.start()
    yield server
    server.end()


def test_a_draft_survives_the_end_of_the_server(browser: Any, web_server: WebServer) -> None:
    person("editor", "editor")
    context = browser.new_context()
    editor = Hands(context.new_page(), web_server.url)
    editor.log_in("editor")
    editor.click("Suspend", "link")
    editor.fill("stream", "example")
    editor.fill("data-effective_from", "soon")
    editor.click("Save for later")
    editor.sees("It is not complete yet.")
    web_server.end()
    web_server.start()
    editor.go("/admin/")
    editor.click("measure.suspended, not complete yet", "link")
    editor.click("Fill what is missing", "link")
    expect(editor.page.locator("[name='data-effective_from']")).to_have_value("soon")
    context.close()
    editor.is_content()


def test_a_doubt_is_confirmed_with_a_reason_that_stays(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    editor.go("/admin/record/measure.suspended/?stream=measure/example")
    editor.fill("data-effective_from", "2025-05-14")
    editor.fill("known_from", "2025-05-12")
    editor.fill("data-sources-0-title", "The gazette")
    editor.fill("data-sources-0-citation", "No. 2")
    editor.fill("data-sources-0-published", "2025-05-20")
    editor.click("Preview")
    editor.sees("The known day is not before the earliest source was published.")
    editor.page.get_by_label("It is right all the same, because").check()
    editor.fill("reason-S5", "The draft was public before")
    editor.click("Submit for review")
    reviewer.go(editor.page.url.removeprefix(editor.base))
    reviewer.sees("Confirmed: The draft was public before")
    reviewer.click("Approve and record")
    reviewer.sees("Recorded as #3")


def test_an_approved_draft_is_held_until_its_instant(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    suspend(editor)
    editor.click("Submit for review")
    reviewer.go(editor.page.url.removeprefix(editor.base))
    reviewer.unfold("Hold it until an instant")
    reviewer.fill("embargo_until", "2999-01-01T00:00")
    reviewer.click("Approve and record")
    reviewer.sees("recorded after 2999-01-01 00:00 UTC")
    assert log.head().position == 2
    reviewer.click("Record it now")
    reviewer.sees("Recorded as #3")


def test_a_history_tells_every_entry_with_its_clocks_and_unfolds_what_it_holds(sit: Any, duty: Story) -> None:
    auditor = sit("auditor")
    auditor.go(PAGE)
    auditor.sees("Adopted 10% from 5 April 2025.")
    auditor.sees("known from 2025-04-02")
    payload = auditor.page.locator(".history pre").first
    expect(payload).to_be_hidden()
    auditor.unfold("Payload")
    expect(payload).to_contain_text('"effective_from": "2025-04-05"')
