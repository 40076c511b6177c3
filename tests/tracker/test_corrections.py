"""Corrections and retractions: we were wrong, the world did not change."""

from datetime import date
from uuid import UUID

import pytest

from tests.tracker.tallies import (
    FIRST_SCHEMA,
    META,
    SOURCES,
    Closed,
    Counted,
    CountedOnce,
    correcting,
    count,
)
from tracker import events, log
from tracker.corrections import check_correction, settle
from tracker.envelope import NewEvent
from tracker.events import EventError, FutureSchema
from tracker.vocabulary import EntryCorrected, EntryRetracted, SourcesReviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tallies")]


def correct(target, **patch) -> UUID:
    payload = EntryCorrected(sources=SOURCES, patch=patch, schema=2, reason_code="source-misread", reason="Misread.")
    return log.append([correcting(target, payload)])[0].id


def retract(target) -> UUID:
    payload = EntryRetracted(sources=SOURCES, reason_code="duplicate", reason="Counted twice.")
    return log.append([correcting(target, payload)])[0].id


def settled():
    return settle(log.read(stream="tally/a"))


def amounts() -> list[int]:
    return [entry.payload.amount for entry in settled() if isinstance(entry.payload, Counted)]


def test_entries_stand_in_order_of_known_day_then_place_within_the_day_then_position():
    count(amount=1, known="2025-06-10", known_seq=2)
    count(amount=2, known="2025-06-10", known_seq=1)
    count(amount=3, known="2025-06-09")
    count(amount=4, known="2025-06-10")
    count(amount=5, known="2025-06-10", known_seq=1)
    assert amounts() == [3, 4, 2, 5, 1]


def test_a_correction_replaces_fields_in_place_and_the_last_wins():
    first = count(amount=1, label="boxes")
    count(amount=10)
    correct(first.id, amount=2)
    correct(first.id, amount=3)
    entry = settled()[0]
    assert (entry.payload.amount, entry.payload.label) == (3, "boxes")
    assert entry.positions == (1, 3, 4)
    assert amounts() == [3, 10]


def as_the_code_of_then(monkeypatch, write):
    """Records with the code that knew schema 1 alone."""
    with monkeypatch.context() as then:
        then.setitem(events._types, "tally.counted", FIRST_SCHEMA)
        return write()


def test_a_correction_is_read_in_the_schema_that_it_was_written_in(monkeypatch):
    payload = CountedOnce(sources=SOURCES, count=1)
    old = NewEvent(stream="tally/a", payload=payload, meta=META, known_from=date(2025, 6, 10))
    first = as_the_code_of_then(monkeypatch, lambda: log.append([old]))[0]
    patch = EntryCorrected(sources=SOURCES, patch={"count": 3}, schema=1, reason_code="rate-error", reason="Misread.")
    as_the_code_of_then(monkeypatch, lambda: log.append([correcting(first.id, patch)]))
    assert amounts() == [3]
    correct(first.id, label="boxes")
    entry = settled()[0]
    assert (entry.payload.amount, entry.payload.label) == (3, "boxes")


def test_a_correction_that_newer_code_wrote_is_not_guessed_at():
    first = count(amount=1)
    patch = EntryCorrected(sources=SOURCES, patch={"sum": 3}, schema=3, reason_code="rate-error", reason="Misread.")
    log.append([correcting(first.id, patch)])
    with pytest.raises(FutureSchema):
        settled()


def test_a_correction_is_written_in_the_schema_of_today():
    patch = EntryCorrected(sources=SOURCES, patch={"count": 3}, schema=1, reason_code="rate-error", reason="x")
    error = refused(count().id, patch)
    assert (error.field, str(error)) == ("schema", "a patch in schema 1 of tally.counted: write it in schema 2")


def test_a_correction_to_nothing_takes_an_optional_field_out():
    first = count(label="boxes")
    correct(first.id, label=None)
    assert settled()[0].payload.label is None


def test_a_correction_may_move_an_entry_on_the_known_clock_and_within_its_day():
    first = count(amount=1, known="2025-06-10", known_seq=5, occurred_on="2025-06-08")
    count(amount=2, known="2025-06-11")
    correct(first.id, known_from="2025-06-11", known_seq=1, occurred_on="2025-06")
    moved = settled()[1]
    assert (moved.known_from, moved.known_seq, moved.occurred_on) == (date(2025, 6, 11), 1, "2025-06")
    assert amounts() == [2, 1]
    correct(first.id, known_seq=None, occurred_on=None)
    assert amounts() == [1, 2]


def test_a_retraction_takes_an_entry_out():
    first = count(amount=1)
    count(amount=2)
    retract(first.id)
    assert amounts() == [2]


def test_retracting_a_correction_brings_back_what_it_hid():
    first = count(amount=1)
    earlier, later = correct(first.id, amount=2), correct(first.id, amount=3)
    retract(later)
    assert amounts() == [2]
    retract(earlier)
    assert amounts() == [1]
    assert settled()[0].positions == (1,)


def test_retracting_a_retraction_brings_the_entry_back_and_so_on():
    first = count(amount=1)
    retraction = retract(first.id)
    assert amounts() == []
    again = retract(retraction)
    assert amounts() == [1]
    retract(again)
    assert amounts() == []


def test_a_history_may_come_in_any_order():
    first = count(amount=1)
    retract(correct(first.id, amount=2))
    count(amount=5)
    history = log.read(stream="tally/a")
    assert settle(history[::-1]) == settle(history)


def test_a_review_of_sources_is_an_entry_with_a_known_day_and_a_real_one():
    def review(through):
        payload = SourcesReviewed(sources=SOURCES, through=through)
        return log.append([NewEvent(stream="tally/a", payload=payload, meta=META, known_from=date(2025, 6, 10))])

    review("2025-06-10")
    assert settled()[0].payload.through == "2025-06-10"
    with pytest.raises(EventError, match="'2025-06-31' is not a date"):
        review("2025-06-31")


# What cannot be corrected


def refused(target, payload) -> EventError:
    with pytest.raises(EventError) as error:
        check_correction(log.read(stream="tally/a"), target, payload)
    return error.value


def patching(*, schema=2, **patch) -> EntryCorrected:
    return EntryCorrected(sources=SOURCES, patch=patch, schema=schema, reason_code="other", reason="x")


RETRACTION = EntryRetracted(sources=SOURCES, reason_code="duplicate", reason="x")


def test_an_entry_of_another_stream_or_of_none_is_unknown():
    other = count("tally/b")
    assert refused(other.id, RETRACTION).code == "unknown-entry"
    assert refused(UUID(int=1), patching(amount=2)).code == "unknown-entry"


@pytest.mark.parametrize("payload", [RETRACTION, patching(amount=2)])
def test_what_is_retracted_can_be_neither_retracted_nor_corrected(payload):
    first = count()
    retraction = retract(first.id)
    error = refused(first.id, payload)
    assert (str(error), error.code) == ("entry 1 is retracted already", "already-retracted")
    retract(retraction)
    check_correction(log.read(stream="tally/a"), first.id, payload)


def test_a_correction_of_a_correction_is_refused_with_the_way_to_go():
    correction = correct(count().id, amount=2)
    error = refused(correction, patching(amount=3))
    assert str(error) == "entry 2 is a correction: retract it and correct the original"


@pytest.mark.parametrize(
    ("patch", "field", "words"),
    [
        ({"colour": "red"}, "patch/colour", "tally.counted has no field 'colour'; it has amount, "),
        ({"stream": "tally/b"}, "patch/stream", "tally.counted has no field 'stream'"),
        ({"type": "tally.closed"}, "patch/type", "tally.counted has no field 'type'"),
        ({"amount": "two"}, "patch/amount", "the corrected entry is malformed: tally.counted: Expected `int`"),
        ({"amount": None}, "patch/amount", "the corrected entry is malformed"),
        ({"sources": []}, "patch/sources", "the corrected entry is malformed"),
        ({"counted_on": "2025-02-30"}, "patch/counted_on", "'2025-02-30' is not a date; write YYYY-MM-DD"),
        ({"known_from": None}, "patch/known_from", "known_from cannot be removed; write YYYY-MM-DD"),
        ({"known_from": "2025-06"}, "patch/known_from", "known_from '2025-06': Expected `str` matching regex"),
        ({"known_from": "2025-02-30"}, "patch/known_from", "'2025-02-30' is not a date"),
        ({"known_from": 20250609}, "patch/known_from", "known_from 20250609: Expected `str`, got `int`"),
        ({"known_seq": "1"}, "patch/known_seq", "known_seq '1': Expected `int | null`, got `str`"),
        ({"known_seq": -1}, "patch/known_seq", "known_seq -1: Expected `int` >= 0"),
        ({"occurred_on": "2025-13"}, "patch/occurred_on", "'2025-13' is not a date"),
    ],
)
def test_a_patch_is_refused_by_field_value_and_accepted_form(patch, field, words):
    error = refused(count().id, patching(**patch))
    assert error.field == field
    assert words in str(error)


def test_a_patch_is_judged_together_with_the_corrections_before_it():
    target = count(amount=1).id
    correct(target, amount=2)
    check_correction(log.read(stream="tally/a"), target, patching(label="boxes", counted_on="2025"))


def test_an_entry_without_own_fields_can_still_move_on_the_known_clock():
    closed = NewEvent(stream="tally/a", payload=Closed(sources=SOURCES), meta=META, known_from=date(2025, 6, 10))
    log.append([closed])
    check_correction(log.read(stream="tally/a"), closed.id, patching(schema=1, known_from="2025-06-11"))
