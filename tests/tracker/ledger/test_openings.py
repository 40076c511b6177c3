"""Text that may name persons: committed to in the log, kept beside it, erasable."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.tracker.ledger.given import bundle, record, reviewed, run, sealer, tell, verified
from tracker import log
from tracker.ledger import tiles
from tracker.ledger.models import Opening, Seal
from tracker.ledger.openings import commitment, text_of
from tracker.log import WrongExpectedVersion

pytestmark = pytest.mark.django_db


def record_with_reason(text="Asked by Jane Doe"):
    return log.append([reviewed("measure/example", reason=text)])[0]


def test_the_log_holds_a_commitment_in_the_place_of_a_reason():
    recorded = record_with_reason()
    assert recorded.meta["reason"].startswith("sha256:")
    assert b"Jane" not in recorded.entry
    assert text_of(recorded.meta["reason"]) == "Asked by Jane Doe"


def test_equal_texts_have_different_commitments():
    assert record_with_reason().meta["reason"] != record_with_reason().meta["reason"]


def test_anybody_with_salt_and_text_can_check_the_commitment():
    recorded = record_with_reason()
    opening = Opening.objects.get()
    assert commitment(bytes(opening.salt), opening.text) == recorded.meta["reason"]


def test_a_batch_that_is_refused_leaves_no_text_behind():
    with pytest.raises(WrongExpectedVersion):
        log.append([reviewed("measure/example", reason="x")], expected={"measure/example": 7})
    assert not Opening.objects.exists()


def test_a_batch_that_is_repeated_keeps_its_first_text_alone():
    event = reviewed("measure/example", reason="Asked by Jane Doe")
    first, again = log.append([event]), log.append([event])
    assert first[0].entry == again[0].entry
    assert Opening.objects.get().commitment == first[0].meta["reason"]


def test_erasing_changes_no_entry_root_or_proof(tmp_path):
    tell()
    said = record_with_reason().meta["reason"]
    sealer(tmp_path).seal()
    size = log.head().position
    before = list(log.leaves(upto=size)), tiles.root_at(size), tiles.inclusion_proof(2, size), Seal.objects.get().note
    call_command("erase", said, "--actor", "ed-test", stdout=StringIO())
    after = list(log.leaves(upto=size)), tiles.root_at(size), tiles.inclusion_proof(2, size), Seal.objects.get().note
    assert after == before
    assert text_of(said) is None
    assert not Opening.objects.exists()
    assert "FAIL" not in verified("--log-only")
    sealer(tmp_path).seal()
    assert run("verify.py", bundle(tmp_path)).returncode == 0


def test_an_erasure_is_recorded_and_bundled(tmp_path):
    said = record_with_reason().meta["reason"]
    call_command("erase", said, "--actor", "ed-test", stdout=StringIO())
    (event,) = log.read(type="text.erased")
    assert event.data == {"commitment": said, "reason_code": "data-subject-request"}
    sealer(tmp_path).seal()
    assert said in (bundle(tmp_path) / "erasures.csv").read_text()


def test_what_is_erased_cannot_be_erased_again():
    said = record_with_reason().meta["reason"]
    call_command("erase", said, "--actor", "ed-test", stdout=StringIO())
    with pytest.raises(CommandError, match="erased already"):
        call_command("erase", said, "--actor", "ed-test", stdout=StringIO())


def test_a_text_that_came_back_after_its_erasure_is_found():
    said = record_with_reason().meta["reason"]
    opening = Opening.objects.get()
    call_command("erase", said, "--actor", "ed-test", stdout=StringIO())
    opening.save(force_insert=True)
    assert "is recorded as erased, but the text is there" in verified("--log-only")


def test_events_without_a_reason_have_no_opening():
    record(2)
    assert not Opening.objects.exists()
