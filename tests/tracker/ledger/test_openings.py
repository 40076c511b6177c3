"""Text that may name persons: committed to in the log, kept beside it, erasable."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command

from tests.tracker.ledger.given import SOURCE, WRITER, bundle, record, reviewed, run, sealer, tell, verified
from tracker import log
from tracker.events import EventError
from tracker.ledger import tiles
from tracker.ledger.models import Opening, Seal
from tracker.ledger.openings import commitment, commitments_of, text_of, texts_of
from tracker.log import NewEvent, WrongExpectedVersion
from tracker.vocabulary import EntryCorrected, EntryRetracted

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


def corrections():
    """A correction and a retraction with their texts."""
    (first,) = log.append([reviewed("measure/example")])
    said: Any = {"sources": (SOURCE,), "reason_code": "source-misread"}
    corrected = EntryCorrected(patch={"through": "2025-06-02"}, schema=1, reason="Jane Doe misread", **said)
    retracted = EntryRetracted(reason="Jane Doe again", **said)
    return [
        NewEvent(stream=first.stream, payload=payload, meta=WRITER, known_from=None, corrects=first.id)
        for payload in (corrected, retracted)
    ]


def test_the_reasons_of_corrections_and_retractions_are_commitments_too():
    recorded = log.append(corrections())
    assert not any(b"Jane" in item.entry for item in recorded)
    assert [text_of(item.data["reason"]) for item in recorded] == ["Jane Doe misread", "Jane Doe again"]
    assert [commitments_of(item) for item in recorded] == [{"reason": item.data["reason"]} for item in recorded]


def test_a_correction_that_is_repeated_keeps_its_first_text_alone():
    batch = corrections()
    first, again = log.append(batch), log.append(batch)
    assert [item.entry for item in first] == [item.entry for item in again]
    assert sorted(texts_of(Opening.objects.values_list("pk", flat=True)).values()) == [
        "Jane Doe again",
        "Jane Doe misread",
    ]


@pytest.mark.parametrize("reason", ["", "x" * 20_001], ids=["empty", "too long"])
def test_a_text_that_its_field_does_not_take_is_refused_and_not_hidden(reason):
    item = corrections()[1]
    with pytest.raises(EventError, match=r"/data/reason"):
        log.append([replace(item, payload=msgspec.structs.replace(item.payload, reason=reason))])
    assert not Opening.objects.exists()


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
