"""Makes the picture of the README from the running page: `make pictures`."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "page.png"

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


@pytest.fixture(autouse=True)
def asked_for(request: pytest.FixtureRequest) -> None:
    """An ordinary run of the suite changes no file of the repository."""
    if "pictures" not in request.config.option.markexpr:
        pytest.skip("pictures are made by `make pictures`")


def test_the_page_on_the_second_day_of_the_london_talks(browser: Browser, loaded_server: LiveServer):
    page = browser.new_page(viewport={"width": 1280, "height": 1230}, device_scale_factor=1.5, locale="en-GB")
    page.goto(f"{loaded_server.url}/?valid_at=2025-06-10&known_at=2025-06-10")
    page.evaluate("document.fonts.ready")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURE)
    page.close()
    assert PICTURE.stat().st_size > 50_000
