"""An editor's hands and eyes in a real browser: every click and every field filled is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.measures.admin.hands import person

PASSWORD = "one of the tests"  # of users that live as long as a test


class Hands:
    """One person at one page. `count` is the number of interactions so far."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base, self.count = page, base, 0
        self.wrong: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith(self.base):
            self.wrong.append(f"outside request: {request.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def click(self, name: str, role: str = "button") -> None:
        self.count += 1
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]

    def unfold(self, name: str) -> None:
        self.count += 1
        self.page.locator("summary", has_text=re.compile(rf"^\s*{re.escape(name)}\s*$")).first.click()

    def fill(self, field: str, value: str) -> None:
        self.count += 1
        self.page.locator(f"[name='{field}']").fill(value)

    def log_in(self, name: str) -> None:
        self.go("/admin/")
        self.fill_log_in(name)

    def fill_log_in(self, name: str) -> None:
        """Where the log-in stands there already, as after a session that ended."""
        self.fill("username", name)
        self.fill("password", PASSWORD)
        self.click("Log in")

    def sees(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text)

    def is_content(self) -> None:
        """No error, no violation of the policy, no outside host so far."""
        assert not self.wrong, self.wrong


@pytest.fixture
def sit(browser: Browser, live_server: Any, committed_db: None) -> Iterator[Any]:
    """Seats people at browsers of their own: `sit("editor")` is logged in. In the end no page of theirs went wrong."""
    seats: list[tuple[BrowserContext, Hands]] = []

    def seated(role: str, *, log_in: bool = True, **options: Any) -> Hands:
        person(role, role)
        context = browser.new_context(**options)
        hands = Hands(context.new_page(), live_server.url)
        seats.append((context, hands))
        if log_in:
            hands.log_in(role)
        return hands

    yield seated
    for context, hands in seats:
        context.close()
        hands.is_content()
