"""What a superuser changes behind the triggers, `manage.py verify` finds; and it refuses nothing honest."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.db import connection

from tests.tracker.ledger.given import (
    ORIGIN,
    TODAY,
    behind_the_triggers,
    project,
    record,
    regrow,
    reviewed,
    rewrite,
    sealer,
    tell,
    verified,
)
from tracker import attachments, log
from tracker.ledger.attestation import attest
from tracker.ledger.canonical import canonical
from tracker.ledger.models import Opening, Seal, SealKey
from tracker.ledger.notes import Checkpoint, SignerKey, sign, unverified

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(db, tmp_path):
    """A told history, projected, attested and sealed."""
    tell()
    log.append([reviewed("measure/example", reason="Asked by Jane Doe")])
    project()
    attest(TODAY)
    sealer(tmp_path).seal()
    return tmp_path


def execute(table, statement, *values):
    with behind_the_triggers(table) as cursor:
        cursor.execute(statement, values)


def test_an_honest_log_is_never_refused(history):
    report = verified()
    assert "FAIL" not in report
    assert report.count("ok ") == 16


def test_an_empty_log_is_honest(db):
    assert "FAIL" not in verified()


def test_entries_after_the_last_checkpoint_are_said_to_be_unsealed(history):
    record(2)
    project()
    report = verified()
    assert "FAIL" not in report
    assert "the last 2 entries are not sealed yet" in report


def test_a_row_updated(history):
    rewrite(3, {"occurred_on": "2020-01-01"}, hashes=False, tree=False)
    assert "FAIL  entries: position 3: the entry is not what was hashed" in verified()


def test_a_row_updated_and_hashed_again(history):
    rewrite(3, {"occurred_on": "2020-01-01"}, tree=False)
    assert "FAIL  entries: position 3: column occurred_on is not what the entry says" in verified()


def test_a_row_updated_with_its_column_and_hashed_again(history):
    rewrite(3, {"occurred_on": "2020-01-01"}, tree=False)
    execute("tracker_event", "UPDATE tracker_event SET occurred_on = '2020-01-01' WHERE position = 3")
    report = verified()
    assert "FAIL  head: the head's frontier is not that of the entries" in report
    assert "is not over the entries that the log holds now" in report


def test_a_column_updated_beside_its_entry(history):
    execute("tracker_event", "UPDATE tracker_event SET known_from = '2019-01-01' WHERE position = 2")
    assert "FAIL  entries: position 2: column known_from is not what the entry says" in verified()


def test_a_row_deleted(history):
    execute("tracker_event", "DELETE FROM tracker_event WHERE position = 3")
    assert "FAIL  entries: position 4 follows position 2" in verified()


def test_a_row_inserted(history):
    execute(
        "tracker_event",
        "INSERT INTO tracker_event SELECT position + 1000, gen_random_uuid(), stream, version + 1000, type, schema,"
        " known_from, known_seq, occurred_on, recorded_at, corrects, entry, leaf_hash FROM tracker_event"
        " WHERE position = 2",
    )
    assert "FAIL  entries: position 1002 follows position" in verified()


def test_a_row_inserted_at_the_end_with_everything_that_belongs_to_it(history):
    """Only the sealed head tells it from an honest entry, and the read models do not know it."""
    before = log.head().position
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracker_head DISABLE TRIGGER USER")
    log.append([reviewed("measure/example", approver=None)])
    assert f"the last {log.head().position - before} entries are not sealed yet" in verified()


def test_two_rows_swapped(history):
    with behind_the_triggers("tracker_event") as cursor:
        cursor.execute("ALTER TABLE tracker_event DROP CONSTRAINT event_from_one")
        cursor.execute("UPDATE tracker_event SET position = -position WHERE position IN (2, 3)")
        cursor.execute("UPDATE tracker_event SET position = 5 + position WHERE position < 0")
    assert "FAIL  entries: position 2: column position is not what the entry says" in verified()


def test_the_tail_cut_off(history):
    execute("tracker_event", "DELETE FROM tracker_event WHERE position > 5")
    assert "FAIL  entries: the log ends at 5" in verified()


def test_the_tail_cut_off_with_its_head(history):
    execute("tracker_event", "DELETE FROM tracker_event WHERE position > 5")
    seals = list(Seal.objects.all())
    regrow()
    Seal.objects.bulk_create(seals)
    assert "the log has 5" in verified()


def test_everything_truncated(history):
    execute("tracker_event", "TRUNCATE tracker_event")
    assert "FAIL  entries: the log ends at 0" in verified()


def test_an_entry_back_dated(history):
    """The instant is inside the hash; with the column, the hash and the tree made to fit, order and checkpoint tell."""
    earlier = "2020-01-01T00:00:00.000000Z"
    rewrite(5, {"recorded_at": earlier}, tree=False)
    execute("tracker_event", "UPDATE tracker_event SET recorded_at = %s WHERE position = 5", earlier)
    assert "FAIL  entries: position 5: recorded before the entry in front of it" in verified()


def test_a_guard_taken_down(history):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracker_event DISABLE TRIGGER event_no_change")
    assert "FAIL  guards: triggers are missing or disabled: event_no_change" in verified()


def test_a_guard_hollowed_out(history):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION tracker_refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$"
        )
    assert "FAIL  guards: the database function tracker_refuse is not the one" in verified()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE measures_segment SET rate = 11 WHERE rate = 10",
        "UPDATE measures_segment SET recorded_until = 7 WHERE rate = 84",
        "UPDATE measures_segment SET recorded_until = 1000 WHERE rate = 84",
        "UPDATE measures_segment SET recorded_from = recorded_from - 1",
        "UPDATE measures_measure SET title = 'Another' WHERE slug = 'example'",
        "UPDATE measures_segment SET known_from = known_from - 1",
        "DELETE FROM measures_segment WHERE rate = 84",
    ],
)
def test_a_read_model_edited(history, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount > 0
    assert "FAIL  measures: measure/" in verified()


def test_a_row_of_nowhere_in_a_read_model(history):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE measures_measure SET stream = 'measure/nowhere' WHERE slug = 'another'")
    report = verified()
    assert "FAIL  measures: " in report
    assert "another" in report or "nowhere" in report


def test_a_read_model_rebuilt_by_another_fold_without_saying_so(history):
    """What the tables say now and what the log attests are two things."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE measures_segment SET sentence = 'free' WHERE rate = 10")
    assert "FAIL  attestations: measures at" in verified()


def test_a_checkpoint_replaced_by_one_of_a_foreign_key(history):
    foreign = SignerKey(ORIGIN, b"\x66" * 32)
    seal = Seal.objects.get()
    note = sign(Checkpoint(ORIGIN, seal.size, b"\x01" * 32).text(), [foreign])
    execute("tracker_seal", "UPDATE tracker_seal SET note = %s", note)
    assert "FAIL  checkpoints: the checkpoint at" in verified()


def test_a_checkpoint_replaced_with_the_real_key(history):
    seal = Seal.objects.get()
    note = sign(Checkpoint(ORIGIN, seal.size, b"\x01" * 32).text(), [SignerKey(ORIGIN, b"\x07" * 32)])
    execute("tracker_seal", "UPDATE tracker_seal SET note = %s", note)
    assert "is not over the entries that the log holds now" in verified()


def test_history_rewritten_and_signed_again_is_found_by_a_pin_alone(history, tmp_path):
    pin = tmp_path / "pin"
    pin.write_text(Seal.objects.get().note)
    rewrite(3, {"occurred_on": "2020-01-01"}, tree=False)
    execute("tracker_event", "UPDATE tracker_event SET occurred_on = '2020-01-01' WHERE position = 3")
    regrow()
    sealer(tmp_path / "forger").seal()
    assert "FAIL  checkpoints" not in verified("--log-only")
    assert f"FAIL  checkpoints: the pin {pin} is not over the entries that the log holds now" in verified(
        "--log-only", "--pin", str(pin)
    )


def test_a_node_of_the_tree_replaced(db, tmp_path):
    record(300)
    sealer(tmp_path).seal()
    execute("tracker_node", "UPDATE tracker_node SET hash = decode(repeat('00', 32), 'hex')")
    assert "FAIL  nodes: node 0 of level 1 is not of its leaves" in verified("--log-only")


def test_an_attachment_replaced(history):
    attachments.store(b"0101;0102", media_type="text/csv")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracker_attachment DROP CONSTRAINT attachment_is_named_by_its_hash")
    execute("tracker_attachment", "UPDATE tracker_attachment SET content = 'other'")
    assert "FAIL  attachments: attachment" in verified("--log-only")


def test_an_opening_replaced(history):
    Opening.objects.update(text="Asked by nobody")
    assert "FAIL  openings: the text behind sha256:" in verified("--log-only")


def test_an_opening_deleted_without_a_word(history):
    Opening.objects.all().delete()
    assert "is gone, and no erasure is recorded" in verified("--log-only")


def test_a_truth_value_in_the_place_of_a_number(history):
    rewrite(1, {"position": True, "version": True})
    assert "FAIL  entries: position 1: column position is not what the entry says" in verified("--log-only")


def test_a_checkpoint_of_another_log(history):
    foreign = SignerKey("elsewhere.example/ledger", b"\x66" * 32)
    seal = Seal.objects.get()
    SealKey.objects.create(vkey=str(foreign.verifier))
    signed = sign(Checkpoint(foreign.name, seal.size, unverified(seal.note).root).text(), [foreign])
    execute("tracker_seal", "UPDATE tracker_seal SET note = %s", signed)
    assert "the checkpoint is of 'elsewhere.example/ledger'" in verified("--log-only")


def test_every_checkpoint_thrown_away_with_the_last_entry_is_found_by_what_the_sealer_keeps(history):
    execute("tracker_event", "DELETE FROM tracker_event WHERE position = %s", log.head().position)
    regrow()
    assert "the log has" in verified("--log-only", "--pin", str(history / "last-checkpoint"))


def appended_by_hand(stream, kind, *, data, corrects=None, **meta):
    """An entry that went round the commands, straight to the database function."""
    opening = {"corrects": corrects, "data": data, "format": 1, "id": str(uuid4()), "known_from": None}
    opening |= {"known_seq": None, "meta": {"actor": "ed-x", "origin": "command"} | meta, "occurred_on": None}
    ending = {"schema": 1, "stream": stream, "type": kind}
    texts = {"open": canonical(opening).decode()[:-1] + ',"position":'}
    texts["close"] = '",' + canonical(ending).decode()[1:-1] + ',"version":'
    with connection.cursor() as cursor:
        cursor.execute("SELECT tracker_append(%s, '{}')", [json.dumps([{**opening, **ending, **texts, "nth": 1}])])


def test_an_author_who_approves_alone_round_the_commands(history):
    said = {"approval": "two_person", "approver": "ed-x"}
    appended_by_hand("measure/example", "sources.reviewed", data={"through": "2025-06-01"}, **said)
    assert "approved by two persons, but author and approver are one" in verified("--log-only")


def test_a_correction_of_an_entry_of_another_stream(history):
    foreign = next(str(item.id) for item in log.read(stream="measure/another"))
    data = {"patch": {}, "reason": "sha256:" + "0" * 64, "reason_code": "duplicate"}
    appended_by_hand("measure/example", "entry.corrected", data=data, corrects=foreign, approval="imported")
    assert "it corrects no earlier entry of measure/example" in verified("--log-only")
