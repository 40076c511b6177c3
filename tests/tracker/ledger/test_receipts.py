"""Answers that were kept."""

from __future__ import annotations

from datetime import date

import pytest

from tests.tracker.ledger.given import bundle, relist, run, sealer, tell, verified
from tracker.ledger.models import Receipt
from tracker.ledger.receipts import keep
from tracker.replay import resolve_point

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/measures/example/?valid_at=2025-08-20&position=4"


@pytest.fixture
def kept(db):
    tell()
    return keep(ADDRESS, resolve_point(today=date(2025, 8, 20), position=4), b'{"rate": 4}')


def test_the_same_answer_is_kept_once(kept):
    again = keep(ADDRESS, resolve_point(today=date(2025, 8, 20), position=4), b'{"rate": 4}')
    assert again == kept
    assert kept.point["position"] == 4


def test_a_kept_answer_travels_in_the_bundle_and_is_checked_there(kept, tmp_path):
    sealer(tmp_path).seal()
    folder = bundle(tmp_path)
    (question,) = (folder / "questions").iterdir()
    assert ADDRESS in question.read_text()
    assert "ok    questions: 1 kept answers" in run("verify.py", folder).stdout
    question.write_text(question.read_text().replace("rate", "rata"))
    relist(folder)
    assert "is not the answer that was kept" in run("verify.py", folder).stdout


def test_a_kept_answer_that_was_changed_is_found(kept):
    Receipt.objects.update(answer=b'{"rate": 5}')
    assert "FAIL  receipts: the kept answer" in verified("--log-only")
