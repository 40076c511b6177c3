"""The sealer signs what follows from what it signed, and nothing else."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from tests.tracker.ledger.given import (
    ORIGIN,
    TODAY,
    at,
    behind_the_triggers,
    newest_seal,
    record,
    regrow,
    reviewed,
    rewrite,
    sealer,
    tell,
)
from tracker import log, roles
from tracker.ledger.attestation import attest
from tracker.ledger.models import Seal, SealKey
from tracker.ledger.notes import NoteError, SignerKey, opened
from tracker.ledger.sealing import Memory, SealRefused, current, published_keys

pytestmark = pytest.mark.django_db


def test_nothing_is_signed_while_nothing_is_recorded(tmp_path):
    assert sealer(tmp_path).seal() is None
    assert current() is None


def test_a_checkpoint_is_over_all_entries_and_signed_by_the_published_key(tmp_path):
    record(5)
    sealer(tmp_path).seal()
    assert opened(newest_seal().note, published_keys(), ORIGIN).size == 5
    found = current()
    assert found is not None
    assert found[1].size == 5


def test_the_same_head_is_signed_once(tmp_path):
    record(5)
    running = sealer(tmp_path)
    assert running.seal()
    assert running.seal() is None
    assert sealer(tmp_path).seal() is None


def test_each_checkpoint_goes_on_from_the_last(tmp_path):
    running = sealer(tmp_path)
    for count in (3, 300, 5):
        record(count)
        running.seal()
    assert list(Seal.objects.order_by("size").values_list("size", flat=True)) == [3, 303, 308]
    assert sealer(tmp_path).seal() is None


def test_a_shorter_log_is_refused(tmp_path):
    record(10)
    sealer(tmp_path).seal()
    with behind_the_triggers("tracker_event") as cursor:
        cursor.execute("DELETE FROM tracker_event WHERE position > 6")
    regrow()
    with pytest.raises(SealRefused, match="6 entries, a checkpoint over 10 was signed"):
        sealer(tmp_path).seal()


def test_a_database_restored_from_a_backup_is_refused_even_when_it_has_grown_again(tmp_path):
    record(6)
    sealer(tmp_path).seal()
    record(4)
    sealer(tmp_path).seal()
    with behind_the_triggers("tracker_event") as cursor:
        cursor.execute("DELETE FROM tracker_event WHERE position > 6")
    regrow()
    record(8)
    with pytest.raises(SealRefused, match="the first 10 entries are not those that were signed"):
        sealer(tmp_path).seal()


def test_a_rewritten_history_is_refused_though_every_hash_in_the_database_fits(tmp_path):
    record(10)
    sealer(tmp_path).seal()
    rewrite(3, {"occurred_on": "2020-01-01"})
    record(1)
    with pytest.raises(SealRefused, match="not those that were signed"):
        sealer(tmp_path).seal()


def test_an_entry_changed_under_its_hash_is_refused_before_it_was_ever_signed(tmp_path):
    record(10)
    rewrite(3, {"occurred_on": "2020-01-01"}, hashes=False, tree=False)
    with pytest.raises(SealRefused, match="position 3"):
        sealer(tmp_path).seal()


def test_a_head_that_does_not_follow_from_the_entries_is_refused(tmp_path):
    record(10)
    with behind_the_triggers("tracker_head") as cursor:
        cursor.execute("UPDATE tracker_head SET frontier[1] = decode(repeat('00', 32), 'hex')")
    with pytest.raises(SealRefused, match="head row"):
        sealer(tmp_path).seal()


def test_a_sealer_without_its_memory_does_not_trust_the_database(tmp_path):
    record(5)
    sealer(tmp_path).seal()
    with pytest.raises(SealRefused, match="remembers none"):
        sealer(tmp_path / "new").seal()


def test_another_key_does_not_go_on_with_what_it_cannot_verify(tmp_path):
    record(5)
    sealer(tmp_path).seal()
    memory = tmp_path / "last-checkpoint"
    memory.write_text(memory.read_text().replace("\n5\n", "\n4\n"))
    with pytest.raises(NoteError, match="does not verify"):
        sealer(tmp_path).seal()


def test_what_was_signed_and_not_published_is_signed_and_published_again(tmp_path):
    record(5)
    running = sealer(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "_publish", lambda note: None)  # the process dies here
        running.seal()
    assert not Seal.objects.exists()
    assert sealer(tmp_path).seal()
    assert newest_seal().size == 5


def test_a_second_sealer_has_to_wait(tmp_path):
    with (
        Memory(tmp_path / "last").held(),
        pytest.raises(SealRefused, match="another sealer"),
        Memory(tmp_path / "last").held(),
    ):
        pass


def test_a_new_key_takes_over_beside_the_old_one(tmp_path):
    old, new = SignerKey(ORIGIN, b"\x07" * 32), SignerKey(ORIGIN, b"\x08" * 32)
    record(2)
    sealer(tmp_path, old).seal()
    record(2)
    sealer(tmp_path, new, old).seal()
    both = newest_seal()
    record(2)
    sealer(tmp_path, new).seal()
    alone = newest_seal()
    assert opened(both.note, [old.verifier]) == opened(both.note, [new.verifier])
    assert opened(alone.note, [new.verifier]).size == 6
    with pytest.raises(NoteError):
        opened(alone.note, [old.verifier])
    assert {key.vkey for key in SealKey.objects.all()} == {str(old.verifier), str(new.verifier)}


def test_attestations_alone_are_not_sealed_before_a_day_has_passed(tmp_path, monkeypatch):
    tell()
    running = sealer(tmp_path)
    running.seal()
    assert attest(TODAY)
    assert running.seal() is None
    assert sealer(tmp_path).seal() is None
    from tracker.ledger import sealing

    monkeypatch.setattr(sealing, "IDLE", sealing.IDLE * 0)
    assert sealer(tmp_path).seal()
    assert newest_seal().size == log.head().position


def test_what_is_sealed_cannot_be_changed(tmp_path):
    record(300)
    sealer(tmp_path).seal()
    for statement in ("UPDATE tracker_seal SET note = ''", "DELETE FROM tracker_node", "TRUNCATE tracker_sealkey"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_sealer_has_a_role_that_can_seal_and_nothing_else(tmp_path):
    record(300)
    roles.make("default", passwords=False)
    roles.grant("default")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE tracker_sealer")
    assert sealer(tmp_path).seal()
    assert newest_seal().size == 300
    for statement in (
        "INSERT INTO tracker_head (id) VALUES (2)",
        "UPDATE tracker_head SET size = 1",
        "DELETE FROM tracker_event",
        "UPDATE tracker_seal SET note = ''",
        "SELECT * FROM tracker_opening",
        "SELECT * FROM auth_user",
    ):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


# The commands


@pytest.fixture
def files(tmp_path, settings):
    settings.LEDGER_ORIGIN, settings.LEDGER_KEY = ORIGIN, ""
    settings.LEDGER_KEY_FILE, settings.LEDGER_STATE_FILE = tmp_path / "a" / "keys", tmp_path / "b" / "last"
    return settings


def said(*command):
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_keygen_makes_a_file_that_only_its_owner_can_read(files):
    vkey = said("keygen").strip()
    assert vkey.startswith(f"{ORIGIN}+")
    assert files.LEDGER_KEY_FILE.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="exists"):
        said("keygen")
    assert said("keygen", "--if-missing").strip() == vkey


def test_keygen_rotates_and_retires(files):
    old = said("keygen").strip()
    new, also = said("keygen", "--rotate").split()
    assert also == old
    assert said("keygen", "--retire").split() == [new]


def test_a_published_key_stands_in_the_log(files):
    vkey = said("keygen").strip()
    assert said("keygen", "--publish", vkey) == "recorded at position 1\n"
    assert at(1).data == {"vkey": vkey}


def test_seal_prints_the_note_that_it_signed(files):
    said("keygen")
    log.append([reviewed("measure/example")])
    note = said("seal")
    assert note.startswith(f"{ORIGIN}\n1\n")
    assert note.strip() == Seal.objects.get().note.strip()


def test_seal_says_what_is_missing(files):
    with pytest.raises(CommandError, match=r"run manage\.py keygen"):
        said("seal")
    said("keygen")
    files.LEDGER_KEY_FILE.chmod(0o644)
    with pytest.raises(CommandError, match="can be read by others"):
        said("seal")
