"""Sentences of events: said from the entry as it is written as from what it means."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import msgspec
import pytest

from measures.events import measures, negotiations
from tests.measures.given import SOURCE
from tests.measures.shipped import histories
from tracker import envelope
from tracker.corrections import settle
from tracker.envelope import Meta, NewEvent, Recorded
from tracker.events import EventError, Payload
from tracker.sentences import say

META = Meta(actor="editor", approval="imported", origin="test")


def recorded(payload: Payload, stream: str = "measure/example") -> Recorded:
    item = NewEvent(stream=stream, payload=payload, meta=META, known_from=date(2025, 1, 1))
    return envelope.recorded(item, position=9, version=1, recorded_at=datetime(2026, 1, 1, tzinfo=UTC))


def test_the_shipped_entries_read_alike_from_their_bytes_and_from_their_payloads() -> None:
    for history in histories().values():
        written = {item.position: item for item in history}
        for entry in settle(history):
            if not entry.corrected_by:
                assert say(written[entry.position]) == say(entry)


def test_a_clause_without_a_value_is_left_out_with_its_preposition() -> None:
    suspended = measures.Suspended(effective_from="2025-05-14", sources=(SOURCE,))
    assert say(recorded(suspended)) == "Suspended from 14 May 2025."


def test_what_is_left_out_of_an_entry_reads_as_its_default() -> None:
    met = negotiations.CommitmentMet(commitment="ship", sources=(SOURCE,))
    assert say(recorded(met, "negotiation/example")) == "Commitment ship met (full)."


def test_entries_named_by_id_are_told_by_their_place_alone_or_in_a_list() -> None:
    one, other = str(uuid4()), str(uuid4())
    met = negotiations.CommitmentMet(commitment="ship", fulfilled_by=(one, "a list", other), sources=(SOURCE,))
    event = recorded(met, "negotiation/example")
    assert say(event, {one: 4, other: 7}) == "Commitment ship met (full) by #4, a list, #7."


def test_a_text_that_is_too_long_to_be_kept_is_read_all_the_same() -> None:
    text = "The list names goods, one by one, with braces {such} and 2025-05-14 as it stands. " * 3
    noted = measures.Noted(summary=text, sources=(SOURCE,))
    assert say(recorded(noted)) == f"Noted: {text.strip()}"


def test_an_entry_that_was_tampered_with_is_refused_as_an_event_that_is_malformed() -> None:
    event = recorded(measures.Suspended(effective_from="2025-05-14", sources=(SOURCE,)))
    changed = msgspec.structs.replace(event, entry=event.entry.replace(b'"2025-05-14"', b"[1]"))
    with pytest.raises(EventError, match=r"measure\.suspended"):
        say(changed)
