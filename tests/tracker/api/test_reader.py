"""Swagger UI, offline and under the strict policy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page


@pytest.mark.browser
def test_the_description_can_be_read_and_tried_without_asking_another_host(page: Page, live_server: Any) -> None:
    said: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(f"{live_server.url}/api/v1/docs/")
    page.get_by_role("heading", name="Lancaster").first.wait_for()
    operation = page.locator("#operations-problems-problems")
    operation.locator("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    operation.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
    assert said == []
    assert {host for host in hosts if host} == {urlsplit(live_server.url).netloc}


def test_only_the_icons_of_its_style_sheet_loosen_the_policy(client: Any) -> None:
    policy = client.get("/api/v1/docs/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "img-src 'self' data:" in policy
    assert "data:" not in client.get("/api/v1/problems/").headers.get("Content-Security-Policy", "")
