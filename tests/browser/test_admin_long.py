"""Texts as people paste them: long words, other scripts, addresses that were followed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_admin import PAGE, duty
from tests.browser.workplace import sit
from tests.measures.admin.conftest import project
from tests.measures.given import Story

__all__ = ["duty", "sit"]

pytestmark = pytest.mark.browser

LONG = "=1+1 中文 العربية " + "Donaudampfschifffahrtsgesellschaft" * 14


def test_a_word_longer_than_the_page_never_makes_it_scroll_sideways(sit: Any, duty: Story) -> None:
    publisher = sit("publisher", viewport={"width": 1280, "height": 720})
    publisher.go("/admin/record/measure.noted/?stream=measure/example")
    publisher.fill("data-summary", LONG)
    publisher.fill("data-sources-0-title", LONG[:500])
    publisher.fill("data-sources-0-citation", "No. 2")
    publisher.click("Preview")
    publisher.sees("Noted:")
    draft = publisher.page.url.removeprefix(publisher.base)
    publisher.unfold("Publish it alone, in an emergency")
    publisher.fill("reason", LONG)
    publisher.click("Publish now, alone")
    publisher.sees("Recorded as #3")
    project()
    for address in [draft, PAGE, "/admin/tracker/event/3/change/", "/admin/tracker/event/", "/measures/example/"]:
        publisher.go(address)
        publisher.sees("Donau")
        assert publisher.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("https://example.org/n?utm_source=a&id=5&fbclid=b#part", "https://example.org/n?id=5#part"),
        ("https://example.org/n?utm_source=a", "https://example.org/n"),
        ("https://example.org/n?q=a%20b&x=utm_source", "https://example.org/n?q=a%20b&x=utm_source"),
    ],
)
def test_a_pasted_address_loses_what_follows_readers_about(sit: Any, duty: Story, pasted: str, kept: str) -> None:
    editor = sit("editor")
    editor.go("/admin/record/measure.noted/?stream=measure/example")
    editor.fill("data-sources-0-url", pasted)
    editor.page.keyboard.press("Tab")
    expect(editor.page.locator("[name='data-sources-0-url']")).to_have_value(kept)
