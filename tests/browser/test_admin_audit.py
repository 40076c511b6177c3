"""The auditor's pages in a browser: they answer without a script of ours, under the strict policy, and pass axe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_admin_accessibility import findings
from tests.browser.workplace import sit
from tests.tracker.ledger.given import ORIGIN, TODAY, project, sealer, tell
from tracker.ledger.attestation import attest

__all__ = ["sit"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ASKED = "/admin/audit/replay/?projection=measures&valid_at=2025-06-01&known_at=&position=&stream="
PAGES = [
    "/admin/audit/",
    ASKED,
    "/admin/audit/corrections/",
    "/admin/audit/check/",
    "/admin/tracker/event/?correction=yes",
    "/compare/?from_valid_at=2025-05-01&to_valid_at=2025-06-01",
]


@pytest.fixture
def sealed(committed_db: None, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_ORIGIN = ORIGIN
    tell()
    attest(TODAY)
    project()
    sealer(tmp_path).seal()


def test_an_auditor_replays_to_a_day_picked_in_the_form(sit: Any, sealed: None) -> None:
    auditor = sit("auditor")
    auditor.click("Audit", "link")
    auditor.click("Replay", "link")
    auditor.fill("valid_at", "2025-06-01")
    auditor.fill("known_at", "2025-06-01")
    auditor.click("Replay")
    auditor.sees("The tables agree, row by row")
    auditor.sees("measure/example")


def test_an_auditor_saves_the_bundle(sit: Any, sealed: None) -> None:
    auditor = sit("auditor")
    auditor.go("/admin/audit/")
    with auditor.page.expect_download() as saving:
        auditor.click("Download the audit bundle", "link")
    assert saving.value.suggested_filename.startswith("audit-tracker.example-ledger-")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(sit: Any, sealed: None, scheme: str) -> None:
    auditor = sit("auditor", color_scheme=scheme)
    found = {}
    for path in PAGES:
        auditor.go(path)
        found[path] = findings(auditor, scheme)
    assert {path: said for path, said in found.items() if said} == {}
