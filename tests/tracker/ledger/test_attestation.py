"""Attestations: the log commits to what followed from it."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.projections import PROJECTIONS
from tests.tracker.ledger.given import TODAY, project, record, reviewed, tell
from tracker import log
from tracker.ledger import state
from tracker.ledger.attestation import attest, newest
from tracker.models import Checkpoint, Parked
from tracker.projections import projection

pytestmark = pytest.mark.django_db


def test_each_read_model_is_attested_at_its_position():
    tell()
    position = log.head().position
    recorded = attest(TODAY)
    assert [item.data["projection"] for item in recorded] == sorted(kind.name for kind in PROJECTIONS)
    assert {item.data["position"] for item in recorded} == {position}
    assert {item.stream for item in recorded} == {"ledger/attestations"}
    assert {item.meta["approval"] for item in recorded} == {"automatic"}


def test_an_attestation_calls_for_no_other():
    tell()
    attest(TODAY)
    project()
    assert attest(TODAY) == ()


def test_only_what_moved_is_attested_again():
    tell()
    attest(TODAY)
    log.append([reviewed("measure/example", "2025-07-01")])
    project()
    assert [item.data["projection"] for item in attest(TODAY)] == ["measures"]


def test_the_attested_digest_is_that_of_a_fold_of_the_log():
    tell()
    attest(TODAY)
    for kind in PROJECTIONS:
        said = newest()[kind.name]
        events = log.read_by_stream(kind.categories, said.position)
        found = state.folded_state(kind, said.position, state.histories(events), lambda count: None)
        assert (found.digest, found.rows) == (said.digest, said.rows)


def test_an_edit_of_a_read_model_changes_its_digest():
    tell()
    position = log.head().position
    before = state.stored_state(projection("measures"), 1, position).digest
    with connection.cursor() as cursor:
        cursor.execute("UPDATE measures_segment SET sentence = sentence || ' ' WHERE rate = 84")
    assert state.stored_state(projection("measures"), 1, position).digest != before


def test_a_changed_fold_is_an_event_with_both_digests():
    tell()
    attest(TODAY)
    before = newest()["measures"]
    newer = before.fold_version + 1
    Checkpoint.objects.filter(projection="measures").update(fold_version=newer)
    changed, attested = attest(TODAY)
    assert changed.type == "fold.changed"
    assert (changed.data["from_version"], changed.data["to_version"]) == (before.fold_version, newer)
    assert changed.data["before"] == before.digest
    assert changed.data["position"] == before.position
    assert (attested.type, attested.data["fold_version"]) == ("projection.attested", newer)


def test_a_read_model_with_a_parked_stream_is_not_attested():
    tell()
    Parked.objects.create(projection="measures", generation=1, stream="measure/example", position=2, error="x")
    assert "measures" not in {item.data["projection"] for item in attest(TODAY)}


def test_the_order_in_which_streams_are_folded_does_not_matter():
    one, two = state.State("x", 1), state.State("x", 1)
    streams = {"b/1": {b"x"}, "a/1": {b"y", b"z"}, "a/0": set()}

    @settings(max_examples=20)
    @given(st.permutations(list(streams)))
    def check(order):
        again = state.State("x", 1)
        for stream in order:
            again.add(stream, streams[stream])
        assert again.digest == one.digest

    for stream, lines in streams.items():
        one.add(stream, lines)
    assert one.digest != two.digest
    assert one.rows == 3
    check()


def test_nothing_is_attested_while_nothing_is_projected():
    record(3)
    assert attest(TODAY) == ()
