"""The pages in a real browser: travelling, the strict policy, the keyboard, small screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("loaded")]

PATHS = [
    "/?valid_at=2025-06-10&known_at=2025-06-10",
    "/measures/?valid_at=2025-06-10",
    "/measures/us-ieepa-reciprocal-cn/?valid_at=2025-08-20",
    "/negotiations/us-cn-2025/?valid_at=2025-06-10",
    "/indicators/cn-magnet-exports-to-us/",
    "/cases/us-ieepa-litigation/",
    "/events/",
    "/events/500/",
    "/about/",
    "/?valid_at=nonsense",
    "/nowhere/",
]
REFUSED = ("/?valid_at=nonsense", "/nowhere/")
"""Answered with an error status, which the browser itself notes in its console."""


@pytest.fixture
def site(loaded_server: LiveServer) -> str:
    return str(loaded_server.url)


@dataclass
class Visit:
    """What went wrong behind a page, and what it looks like."""

    errors: list[str] = field(default_factory=list)
    """Of the console and of scripts."""
    failed: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    """What was asked of other hosts."""
    font: bool = False
    faint: list[str] = field(default_factory=list)
    width: int = 0
    """On a phone of 360 px."""


@pytest.fixture(scope="module")
def visits() -> dict[tuple[str, str], Visit]:
    return {}


@pytest.fixture
def visit(browser: Browser, site: str, visits: dict[tuple[str, str], Visit]) -> Callable[..., Visit]:
    """Goes to a page once and looks at it from all sides: `visit("/about/", "dark")`."""

    def visited(path: str, scheme: Any = "light") -> Visit:
        if (path, scheme) not in visits:
            visits[path, scheme] = _look(browser, site, path, scheme)
        return visits[path, scheme]

    return visited


def _look(browser: Browser, site: str, path: str, scheme: Any) -> Visit:
    found, page = Visit(), browser.new_page(color_scheme=scheme)
    page.on("console", lambda message: found.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("requestfailed", lambda request: found.failed.append(request.url))
    page.on("request", lambda request: None if request.url.startswith(site) else found.elsewhere.append(request.url))
    page.goto(site + path)
    page.wait_for_load_state("networkidle")
    found.font = page.evaluate("document.fonts.check('16px \"Source Sans\"')")
    found.faint = page.evaluate(FAINT)
    page.set_viewport_size({"width": 360, "height": 740})
    found.width = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    return found


def row(page: Page, title: str) -> Any:
    """The row of a measure among what its side has in force."""
    return page.locator("table.state tr", has=page.get_by_role("link", name=title, exact=True)).first


def test_the_date_picker_travels(page: Page, site: str):
    page.goto(f"{site}/?valid_at=2025-05-01")
    expect(row(page, "Reciprocal tariff on Chinese goods")).to_contain_text("125%")
    page.get_by_label("In force on").fill("2025-08-20")
    page.get_by_role("button", name="Travel").click()
    expect(page).to_have_url(f"{site}/?valid_at=2025-08-20")
    expect(row(page, "Reciprocal tariff on Chinese goods").locator("td")).to_have_text("10%")
    page.get_by_label("As known on").fill("2025-05-15")
    page.get_by_role("button", name="Travel").click()
    expect(page).to_have_url(f"{site}/?valid_at=2025-08-20&known_at=2025-05-15")
    expect(row(page, "Reciprocal tariff on Chinese goods").locator("td")).to_contain_text("34%")


def test_an_earlier_position_shows_what_our_record_said_then(page: Page, site: str):
    page.goto(f"{site}/measures/us-ieepa-reciprocal-cn/?valid_at=2025-08-20")
    page.get_by_label("Record at position").fill("10")
    page.get_by_role("button", name="Travel").click()
    expect(page.get_by_text("Not yet in our record at position")).to_be_visible()


def test_a_day_that_is_none_is_told_at_the_field_and_can_be_mended_there(page: Page, site: str):
    page.goto(f"{site}/?valid_at=10.6.2025")
    field = page.get_by_label("In force on")
    expect(field).to_have_value("10.6.2025")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("“10.6.2025” is not a day; write YYYY-MM-DD"))
    field.fill("2025-06-10")
    field.press("Enter")
    expect(page.get_by_role("heading", name="London, 9–10 June 2025")).to_be_visible()


def test_a_figure_is_two_clicks_from_its_source(page: Page, site: str):
    page.goto(f"{site}{PATHS[0]}")
    row(page, "Fentanyl duty on Chinese goods").get_by_role("link", name="20%").click()
    expect(page.get_by_role("heading", name="Changed to 20%")).to_be_visible()
    source = page.get_by_role("region", name="Sources").get_by_role("link").first
    expect(source).to_have_attribute("href", re.compile("^https://"))


def test_a_link_of_the_drawing_leads_to_its_event(page: Page, site: str):
    page.goto(f"{site}{PATHS[0]}")
    page.locator("svg.wide a", has_text="London").last.click()
    expect(page).to_have_url(re.compile(r"/events/\d+/"))


def test_the_page_works_without_scripts(browser: Browser, site: str):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/?valid_at=2025-05-01")
    page.get_by_label("In force on").fill("2025-06-10")
    page.get_by_role("button", name="Travel").click()
    expect(page.get_by_role("heading", name="London, 9–10 June 2025")).to_be_visible()
    page.get_by_text("The same in words").click()
    expect(page.get_by_role("region", name="The line of time in words")).to_be_visible()
    context.close()


@pytest.mark.parametrize("path", PATHS)
def test_no_page_breaks_the_policy_or_asks_another_host(visit: Callable[..., Visit], path: str):
    found = visit(path)
    errors = [text for text in found.errors if path not in REFUSED or "Failed to load resource" not in text]
    assert (errors, found.failed, found.elsewhere) == ([], [], [])
    assert found.font


@pytest.mark.parametrize("path", [*PATHS, "/measures/", "/measures/?product=7208"])
def test_nothing_is_wider_than_a_phone(visit: Callable[..., Visit], path: str):
    assert visit(path).width <= 360


def test_a_phone_is_shown_the_narrow_drawing_and_a_laptop_the_wide_one(page: Page, site: str):
    page.goto(f"{site}{PATHS[0]}")
    expect(page.locator("svg.wide")).to_be_visible()
    expect(page.locator("svg.narrow")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator("svg.wide")).to_be_hidden()
    expect(page.locator("svg.narrow")).to_be_visible()


def test_the_keyboard_skips_to_the_content_and_its_focus_is_seen(page: Page, site: str):
    page.goto(f"{site}{PATHS[0]}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    for _ in range(12):
        width, style = page.evaluate(OUTLINE)
        assert (style, width >= 2) == ("solid", True), page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Tab")


OUTLINE = """() => {
  const style = getComputedStyle(document.activeElement);
  return [parseFloat(style.outlineWidth), style.outlineStyle];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS[:8])
def test_words_stand_out_from_what_they_stand_on(visit: Callable[..., Visit], scheme: str, path: str):
    """WCAG AA: 4.5 to 1, or 3 to 1 where they are large."""
    assert visit(path, scheme).faint == []


FAINT = """() => {
  const parse = text => {
    const srgb = text.startsWith('color(srgb');
    const found = text.match(/[\\d.]+/g).map(Number);
    const [r, g, b] = srgb ? found.slice(0, 3).map(v => v * 255) : found;
    return [r, g, b, found[3] ?? 1];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.unshift(parse(getComputedStyle(e).backgroundColor));
    return layers.reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest('svg title, .skip')) continue;
    const style = getComputedStyle(element), below = ground(element);
    const colour = over(parse(element.closest('svg') ? style.fill : style.color), below);
    const [a, b] = [light(colour), light(below)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) {
      const name = element.className.baseVal ?? element.className;
      faint.add(`${ratio.toFixed(2)} ${name}: ${walker.currentNode.data.trim()}`);
    }
  }
  return [...faint];
}"""
