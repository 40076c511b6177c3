"""The audit bundle, verified as a stranger would: by the script in it, under a Python without anything else."""

from __future__ import annotations

import ast
import json
import random
import shutil
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from measures.events.common import Codes, Coverage
from tests.measures.given import adopted, given, on
from tests.tracker.ledger.given import (
    ORIGIN,
    TODAY,
    behind_the_triggers,
    bundle,
    newest_seal,
    project,
    record,
    regrow,
    relist,
    reviewed,
    rewrite,
    run,
    sealer,
    tell,
)
from tracker import attachments, log
from tracker.events import AttachmentRef
from tracker.ledger import verify as script
from tracker.ledger.attestation import attest
from tracker.ledger.notes import SignerKey

pytestmark = pytest.mark.django_db
LEDGER = Path(__file__).parents[3] / "tracker/ledger"
KEY = SignerKey(ORIGIN, b"\x07" * 32)


@pytest.fixture
def sealed(db, tmp_path):
    """A told history, attested and sealed at two sizes."""
    tell()
    log.append([reviewed("measure/example", reason="Asked by Jane Doe")])
    log.append([reviewed("measure/example", approval="two_person", approver="ed-other")])
    project()
    sealer(tmp_path).seal()
    attest(TODAY)
    record(3)
    sealer(tmp_path).seal()
    return tmp_path


def last_line(done):
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("script", ["verify.py", "refold.py"])
def test_the_scripts_import_the_standard_library_alone(script):
    tree = ast.parse((LEDGER / script).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_an_honest_bundle_verifies_and_folds_again(sealed):
    folder = bundle(sealed)
    done = run("verify.py", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout
    again = run("refold.py", folder)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "ok    measures at position" in again.stdout


def test_verifying_and_folding_leaves_the_bundle_as_it_was(sealed):
    folder = bundle(sealed)
    run("refold.py", folder)
    assert run("verify.py", folder).returncode == 0


def test_the_same_log_gives_the_same_bytes(sealed):
    bundle(sealed, "one")
    bundle(sealed, "two")
    assert (sealed / "one.tar.gz").read_bytes()[20:] != b""
    one, two = sealed / "one", sealed / "two"
    assert (one / "MANIFEST.json").read_bytes() == (two / "MANIFEST.json").read_bytes()


def test_the_bundle_ends_at_the_newest_checkpoint(sealed):
    sealed_size = log.head().position
    record(4)
    folder = bundle(sealed)
    assert len((folder / "events.jsonl").read_bytes().splitlines()) == sealed_size
    assert run("verify.py", folder).returncode == 0


def test_unsealed_entries_are_a_doubt_unless_they_are_asked_for(sealed):
    record(4)
    folder = bundle(sealed, unsealed=True)
    done = run("verify.py", folder)
    assert (done.returncode, last_line(done)) == (1, "FAIL  4 entries after the last checkpoint are not sealed")
    allowed = run("verify.py", folder, "--allow-unsealed")
    assert allowed.returncode == 0
    assert "The last 4 entries are unsealed" in allowed.stdout


def test_without_a_checkpoint_there_is_no_bundle(tmp_path):
    record(1)
    with pytest.raises(CommandError, match=r"run manage\.py seal first"):
        call_command("bundle", tmp_path / "audit.tar.gz")


def test_the_limits_of_what_was_proved_are_said_in_words(sealed):
    folder = bundle(sealed)
    plain = run("verify.py", folder).stdout
    assert "could have rewritten all of this history" in plain
    assert "compare keys.txt with a copy from elsewhere" in plain
    pin = next((folder / "checkpoints").iterdir())
    sure = run("verify.py", folder, "--key", KEY.verifier, "--pin", pin).stdout
    assert "could have rewritten" not in sure
    assert "compare keys.txt" not in sure
    assert "1 pins given by you" in sure


def test_a_foreign_key_is_refused(sealed):
    done = run("verify.py", bundle(sealed), "--key", SignerKey(ORIGIN, b"\x01" * 32).verifier)
    assert done.returncode == 1
    assert "none of the keys signed it" in done.stdout


def test_history_rewritten_and_signed_again_passes_without_a_pin_and_fails_with_one(sealed):
    pin = sealed / "pin"
    pin.write_text(newest_seal().note)
    rewrite(3, {"occurred_on": "2020-01-01"}, tree=False)
    with behind_the_triggers("tracker_event") as cursor:
        cursor.execute("UPDATE tracker_event SET occurred_on = '2020-01-01' WHERE position = 3")
    regrow()
    sealer(sealed / "forger").seal()
    folder = bundle(sealed)
    unpinned = run("verify.py", folder, "--key", KEY.verifier)
    assert unpinned.returncode == 0
    assert "Whoever holds the log's key could have rewritten all of this history" in unpinned.stdout
    pinned = run("verify.py", folder, "--key", KEY.verifier, "--pin", pin)
    assert pinned.returncode == 1
    assert f"are not those of your pin {pin}" in last_line(pinned)


def test_a_log_rolled_back_behind_a_pin_is_found(sealed):
    pin = sealed / "pin"
    pin.write_text(newest_seal().note)
    with behind_the_triggers("tracker_seal") as cursor:
        cursor.execute("DELETE FROM tracker_seal WHERE size > 10")
    done = run("verify.py", bundle(sealed), "--pin", pin)
    assert done.returncode == 1
    assert "but your pin" in last_line(done)


def lines(folder):
    return (folder / "events.jsonl").read_bytes().splitlines(keepends=True)


def edit(number, old, new):
    def change(found):
        assert old in found[number]
        found[number] = found[number].replace(old, new)

    return change


def swap(found):
    found[2], found[3] = found[3], found[2]


FORGERIES = {
    "an entry edited": (edit(2, b'"format":1', b'"format":2'), "are not those of"),
    "an entry deleted": (lambda found: found.pop(2), "it says position"),
    "an entry twice": (lambda found: found.insert(2, found[2]), "it says position"),
    "two entries swapped": (swap, "it says position"),
    "the tail cut off": (lambda found: found.pop(), "the log ends at"),
    "a space put in": (edit(2, b'"format":1', b'"format": 1'), "not canonical JSON"),
    "a key twice": (edit(2, b'"format":1', b'"format":1,"format":1'), "not canonical JSON"),
    "keys unsorted": (edit(2, b'{"corrects":null,', b'{"zcorrects":null,'), "not canonical JSON"),
    "a float": (edit(2, b'"format":1', b'"format":1.0'), "is a float"),
    "a number too large": (edit(2, b'"format":1', b'"format":9007199254740993'), "beyond 2^53"),
    "a field too many": (edit(2, b'"version"', b'"verb":1,"version"'), "not the fields of an entry"),
    "a key not in ASCII": (edit(2, b'"format":1', '"format":{"\u00e4":1}'.encode()), "is not ASCII"),
    "a line without its end": (lambda found: found.append(found.pop().rstrip()), "not one line"),
    "no text": (lambda found: found.append(b"\xff\n"), "not JSON in UTF-8"),
    "not an object": (lambda found: found.append(b"[]\n"), "not the fields of an entry"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_entry_is_found_though_the_list_of_files_was_made_to_fit(sealed, name):
    folder, (change, reason) = bundle(sealed), FORGERIES[name]
    found = lines(folder)
    change(found)
    (folder / "events.jsonl").write_bytes(b"".join(found))
    relist(folder)
    done = run("verify.py", folder)
    assert done.returncode == 1
    assert reason in last_line(done), done.stdout


def test_an_author_who_approves_alone_is_found_even_in_an_unsealed_entry(sealed):
    log.append([reviewed("measure/example", approval="two_person", approver="ed-other")])
    folder = bundle(sealed, unsealed=True)
    text = (folder / "events.jsonl").read_text()
    head, _, tail = text.rpartition("ed-other")
    (folder / "events.jsonl").write_text(head + "ed-test" + tail)
    relist(folder)
    done = run("verify.py", folder, "--allow-unsealed")
    assert "author and approver are one" in last_line(done)


def test_an_entry_recorded_before_the_one_in_front_of_it_is_found(sealed):
    folder = bundle(sealed)
    found = lines(folder)
    year = json.loads(found[-1])["recorded_at"][:4].encode()
    found[-1] = found[-1].replace(b'"recorded_at":"' + year, b'"recorded_at":"2001')
    (folder / "events.jsonl").write_bytes(b"".join(found))
    relist(folder)
    assert "before the entry in front of it" in last_line(run("verify.py", folder))


def test_any_one_byte_changed_anywhere_is_found(sealed, capsys):
    """Every file of the bundle, some bytes of each; the script runs in this process, it is called so often."""
    folder, chance = bundle(sealed), random.Random(6962)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for place in chance.sample(range(len(content)), min(2, len(content))):
            if path.name in ("verify.py", "MANIFEST.json") and path.parent == folder:
                continue
            path.write_bytes(
                content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
            )
            assert script.main([str(folder)]) == 1, f"{path.name} at {place}"
            path.write_bytes(content)
    assert script.main([str(folder)]) == 0
    assert capsys.readouterr().out.count("FAIL") > 100


def test_a_file_too_many_or_too_few_is_found(sealed):
    folder = bundle(sealed)
    (folder / "extra").write_text("")
    assert "files and list differ: extra" in last_line(run("verify.py", folder))
    (folder / "extra").unlink()
    (folder / "approvals.csv").unlink()
    assert "files and list differ: approvals.csv" in last_line(run("verify.py", folder))


def test_a_checkpoint_replaced_is_found(sealed):
    folder = bundle(sealed)
    sizes = sorted((folder / "checkpoints").iterdir(), key=lambda path: int(path.name))
    shutil.copy(sizes[0], sizes[1])
    relist(folder)
    assert "is over" in last_line(run("verify.py", folder))


def test_a_bundle_that_is_none_is_a_doubt_and_not_a_crash(tmp_path):
    shutil.copy(LEDGER / "verify.py", tmp_path)
    done = run("verify.py", tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL  the bundle cannot be read")
    assert not done.stderr


def test_the_extracts_say_who_approved_and_what_was_corrected(sealed):
    folder = bundle(sealed)
    assert "two_person,ed-test,ed-other,command" in (folder / "approvals.csv").read_text()
    correction = (folder / "corrections.csv").read_text().splitlines()[1]
    assert ",entry.corrected," in correction
    assert "effective_until" in correction


def test_attachments_travel_with_the_log(sealed):
    digest = attachments.store(b"0101;0102", media_type="text/csv")
    attachments.store(b"named by nobody", media_type="text/plain")
    products = Codes(attachment=AttachmentRef(sha256=digest, media_type="text/csv"))
    listed = adopted("5%", "2025-06-09", coverage=Coverage(products=products))
    given(on("2025-06-08", listed), stream="measure/listed").record()
    sealer(sealed).seal()
    folder = bundle(sealed)
    assert [path.name for path in (folder / "attachments").iterdir()] == [digest]
    assert run("verify.py", folder).returncode == 0
    (folder / "attachments" / digest).unlink()
    relist(folder)
    assert "attachments that entries name are missing" in last_line(run("verify.py", folder))


def test_openings_are_bundled_only_when_asked_for(sealed):
    assert not (bundle(sealed) / "openings.jsonl").exists()
    folder = bundle(sealed, "open", openings=True)
    assert "Jane Doe" in (folder / "openings.jsonl").read_text()
    assert "ok    openings: 2 fit" in run("verify.py", folder).stdout
    text = (folder / "openings.jsonl").read_text().replace("Jane", "Joan")
    (folder / "openings.jsonl").write_text(text)
    relist(folder)
    assert "does not fit" in last_line(run("verify.py", folder))
