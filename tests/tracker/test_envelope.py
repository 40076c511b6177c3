"""The envelope: what is hashed for ever, byte by byte, and what is refused before it gets there."""

import json
import secrets
from bisect import bisect_left
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracker.tallies import META, SOURCES, Closed, Counted, correcting, counted
from tests.tracker.test_log import set_clock
from tracker import envelope, log
from tracker.envelope import MAX_ENTRY_BYTES, Meta, NewEvent
from tracker.events import EventError
from tracker.ledger.canonical import canonical
from tracker.vocabulary import EntryCorrected, EntryRetracted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tallies")]

ONE = UUID("00000000-0000-4000-8000-000000000001")
TWO = UUID("00000000-0000-4000-8000-000000000002")
RETRACTED = EntryRetracted(sources=SOURCES, reason_code="duplicate", reason="Counted twice.")


def test_the_bytes_of_an_entry_never_change(monkeypatch):
    """The golden entry: whatever changes these bytes breaks every proof that was ever given."""
    set_clock("2025-06-10 12:00:00.5Z")
    monkeypatch.setattr(secrets, "token_bytes", bytes)  # a salt of zeros, so that the commitment is always the same
    meta = Meta(
        actor="ed-abc",
        approval="two_person",
        approver="ed-xyz",
        reason="Two read the notice.",
        origin="import facts.jsonl row 7",
        request_id="r-1",
        correlation_id=TWO,
    )
    event = counted(amount=3, label="péché", known="2025-06-09", known_seq=2, occurred_on="2025-06", id=ONE, meta=meta)
    recorded = log.append([counted(stream="tally/b"), event])[1]
    assert recorded.entry.decode() == (
        '{"corrects":null,"data":{"amount":3,"label":"péché",'
        '"sources":[{"title":"Ledger","url":"https://example.org/ledger"}]},'
        '"format":1,"id":"00000000-0000-4000-8000-000000000001","known_from":"2025-06-09","known_seq":2,'
        '"meta":{"actor":"ed-abc","approval":"two_person","approver":"ed-xyz",'
        '"correlation_id":"00000000-0000-4000-8000-000000000002","origin":"import facts.jsonl row 7",'
        '"reason":"sha256:27b6d582c29cbea12d0f578826c4a28a647ea0775cb55e5046d00bc6ec99283b",'
        '"request_id":"r-1"},"occurred_on":"2025-06","position":2,'
        '"recorded_at":"2025-06-10T12:00:00.500000Z","schema":2,"stream":"tally/a","type":"tally.counted","version":1}'
    )
    assert recorded.leaf_hash.hex() == "b9cb4a0cd04ea4cd493f5de7189b1738fc8b45ce61d9fcb14781c054eb756e61"


def test_a_correction_names_its_entry_and_has_no_known_day():
    target = log.append([counted(id=ONE)])[0]
    recorded = log.append([correcting(target.id, RETRACTED)])[0]
    assert recorded.envelope["corrects"] == str(ONE)
    assert recorded.envelope["known_from"] is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=500))
def test_what_the_database_stores_are_the_canonical_bytes_of_what_it_says(label):
    recorded = log.append([counted(label=label)])[0]
    assert recorded.entry == canonical(json.loads(recorded.entry))
    assert recorded.envelope["data"]["label"] == label
    assert log.get(position=recorded.position) == recorded


def test_the_columns_say_what_the_entry_says():
    recorded = log.append([counted(known_seq=2, occurred_on="2025")])[0]
    stored = log.read(positions=[recorded.position])[0]
    assert stored.id == recorded.id
    said = stored.envelope
    assert said["id"] == str(stored.id)
    assert said["recorded_at"] == stored.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert date.fromisoformat(said["known_from"]) == stored.known_from
    for name in ("position", "stream", "version", "type", "schema", "known_seq", "occurred_on"):
        assert said[name] == getattr(stored, name)
    assert stored.leaf_hash == sha256(b"\x00" + stored.entry).digest()


def refused(event) -> EventError:
    before = log.head()
    with pytest.raises(EventError) as error:
        log.append([counted(stream="tally/other"), event])
    assert log.head() == before, "something of a refused batch was stored"
    return error.value


@pytest.mark.parametrize(
    ("event", "field", "words"),
    [
        (lambda: counted(stream="measure/x"), "stream", "tally.counted belongs in streams tally/..., not 'measure/x'"),
        (lambda: counted(stream="tally"), "stream", "'tally' is not a stream; write <category>/<slug>"),
        (lambda: counted(stream="tally/"), "stream", "is not a stream"),
        (lambda: counted(stream="tally/A b"), "stream", "is not a stream"),
        (lambda: counted(stream="tally/" + "a" * 192), "stream", "at most 190 characters"),
        (lambda: replace(counted(), known_from=None), "known_from", "`known_from` is a day (YYYY-MM-DD)"),
        (lambda: replace(counted(), known_from=datetime(2025, 6, 9, 12)), "known_from", "is a day (YYYY-MM-DD)"),  # noqa: DTZ001
        (lambda: counted(known_seq=-1), "known_seq", "known_seq -1 is not a number from 0"),
        (lambda: counted(known_seq=2**31), "known_seq", "known_seq 2147483648 is not a number from 0"),
        (lambda: counted(occurred_on="2025-02-30"), "occurred_on", "'2025-02-30' is not a date; write YYYY-MM-DD"),
        (lambda: counted(occurred_on="yesterday"), "occurred_on", "'yesterday' is not a date; write YYYY-MM-DD"),
        (lambda: counted(counted_on="2025-13"), "/data/counted_on", "'2025-13' is not a date; write YYYY-MM-DD"),
        (lambda: counted(corrects=ONE), "corrects", "`corrects` names an entry in corrections only"),
        (lambda: replace(correcting(ONE, RETRACTED), corrects=None), "corrects", "`corrects` names an entry"),
        (
            lambda: replace(correcting(ONE, RETRACTED), known_from=date(2025, 6, 9)),
            "known_from",
            "only corrections have",
        ),
        (lambda: counted(amount="3"), "/data/amount", "Expected `int`, got `str`"),
        (lambda: counted(amount=2**53), "data", "9007199254740992 is beyond 2^53"),
        (lambda: counted(label="a\0b"), "data", "text may not hold the character NUL"),
        (lambda: replace(counted(), payload=Closed(sources=())), "/data/sources", "length >= 1"),
    ],
)
def test_a_malformed_event_is_refused_by_field_and_nothing_of_its_batch_is_stored(event, field, words):
    error = refused(event())
    assert error.field == field
    assert words in str(error)


def test_two_megabytes_are_refused_with_what_to_do_instead():
    patch = EntryCorrected(
        sources=SOURCES, patch={"codes": "8" * 2_000_000}, schema=2, reason_code="other", reason="all of them"
    )
    error = refused(correcting(ONE, patch))
    assert str(error) == "entry.corrected: the entry exceeds 60000 bytes; attach long code lists instead"
    assert (error.field, error.code) == ("data", "entry-too-large")


def test_an_entry_may_have_sixty_thousand_bytes_and_no_more():
    def noted(size: int) -> NewEvent:
        return replace(counted(), payload=Counted(sources=SOURCES * 400, amount=1, note="é" * size))

    def is_too_large(size: int) -> bool:
        try:
            envelope.compose(noted(size))
        except EventError as error:
            return error.code == "entry-too-large"
        return False

    first_refused = bisect_left(range(20_001), True, lo=1, key=is_too_large)
    assert 1 < first_refused < 20_000
    recorded = log.append([noted(first_refused - 1)])[0]
    assert MAX_ENTRY_BYTES - 2 * envelope.LOGS_OWN_BYTES < len(recorded.entry) <= MAX_ENTRY_BYTES


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"actor": ""}, "actor", "actor is empty; write the pseudonym of who records"),
        ({"approval": "nobody"}, "approval", "approval 'nobody' is none of two_person, imported, emergency"),
        ({"approval": "two_person"}, "approver", "approver None must be somebody else than the author 'ed-test'"),
        ({"approval": "two_person", "approver": "ed-test"}, "approver", "must be somebody else than the author"),
    ],
)
def test_who_records_on_whose_approval_is_checked_where_it_is_hashed(said, field, words):
    with pytest.raises(EventError) as error:
        replace(META, **said)
    assert error.value.field == field
    assert words in str(error.value)


def test_an_emergency_needs_no_second_person_and_says_so():
    recorded = log.append([counted(meta=replace(META, approval="emergency"))])[0]
    assert recorded.meta == {"actor": "ed-test", "approval": "emergency", "origin": "command"}
