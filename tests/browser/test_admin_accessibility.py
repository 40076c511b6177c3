"""The workplace passes axe: labels, contrast in light and dark, order of headings, names of what can be pressed."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from tests.browser.test_admin import EVERY_PAGE, duty, suspend
from tests.browser.workplace import Hands, sit

__all__ = ["duty", "sit"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = (files("axe_core_python") / "axe.min.js").read_text()
UNFOLD = "() => document.querySelectorAll('details').forEach(part => part.open = true)"
RUN = {
    "light": "() => axe.run(document, {resultTypes: ['violations']})",
    "dark": "() => axe.run(document, {resultTypes: ['violations'], runOnly: ['color-contrast']})",
}
"""What a scheme can change is colours: everything else is asked once."""


def findings(hands: Hands, scheme: str = "light") -> list[str]:
    """What axe has against the page with everything unfolded: rule, and the first element."""
    hands.page.evaluate(UNFOLD)
    hands.page.evaluate(AXE)
    found = hands.page.evaluate(RUN[scheme])["violations"]
    return [f"{item['impact']} {item['id']}: {item['nodes'][0]['html'][:200]}" for item in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(sit: Any, duty: Any, scheme: str) -> None:
    editor = sit("editor", color_scheme=scheme)
    suspend(editor)
    draft = editor.page.url.removeprefix(editor.base)
    found = {}
    for path in [*EVERY_PAGE, draft, f"{draft}edit/"]:
        editor.go(path)
        found[path] = findings(editor, scheme)
    assert {path: said for path, said in found.items() if said} == {}


def test_axe_finds_nothing_on_a_sheet_with_errors(sit: Any, duty: Any) -> None:
    editor = sit("editor")
    suspend(editor, start="soon")
    assert findings(editor) == []
