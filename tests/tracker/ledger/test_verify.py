"""What `verify.py` takes for an entry and what it reads of a bundle: exactly the canonical form, and nothing beside it.

The log here is made without a database; `test_bundle` verifies real ones.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.tracker.ledger.given import ORIGIN, relist
from tracker.ledger import verify as script
from tracker.ledger.canonical import canonical, leaf_hash
from tracker.ledger.notes import Checkpoint, SignerKey, sign
from tracker.ledger.tree import extend, root

KEY = SignerKey(ORIGIN, b"\x07" * 32)
META = {"actor": "ed-one", "approval": "imported", "origin": "command"}
ENTRY: dict[str, Any] = {
    "corrects": None,
    "data": {"sources": [{"title": "The gazette"}], "through": "2025-06-01"},
    "format": 1,
    "id": "0b5e3a52-5b5c-4f6e-9a39-3c1a3f3f6d10",
    "known_from": "2025-06-01",
    "known_seq": None,
    "meta": META,
    "occurred_on": "2025-05",
    "position": 1,
    "recorded_at": "2025-06-01T10:00:00.000000Z",
    "schema": 1,
    "stream": "measure/example",
    "type": "sources.reviewed",
    "version": 1,
}


def doubt(line: bytes) -> str:
    """What the first entry of a log is refused for; empty where it is accepted."""
    try:
        script.Entries().read(line)
    except script.Doubt as found:
        return str(found)
    return ""


def of(**changes: Any) -> bytes:
    return canonical(ENTRY | changes) + b"\n"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"data": {}},
        {"data": {"note": 'quotes " and \\ and \n and \x01 and é and \u2028', "few": [[], {}, -5, 0, True, False]}},
        {"meta": META | {"reason": "sha256:" + "0" * 64}},
        {"meta": META | {"approval": "two_person", "approver": "ed-two"}},
        {"corrects": "0b5e3a52-5b5c-4f6e-9a39-3c1a3f3f6d11", "known_from": None},
        {"known_seq": 2**31 - 1, "occurred_on": None},
    ],
)
def test_an_entry_in_canonical_form_is_accepted(changes):
    assert doubt(of(**changes)) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"position": True}, "not the fields of an entry"),
        ({"version": True}, "not the fields of an entry"),
        ({"position": "1"}, "not the fields of an entry"),
        ({"data": []}, "not the fields of an entry"),
        ({"meta": "ed-one"}, "not the fields of an entry"),
        ({"stream": 7}, "not the fields of an entry"),
        ({"position": 2}, "it says position 2"),
        ({"version": 2}, "version 2 of"),
        ({"recorded_at": "2025-06-01T10:00:00Z"}, "is not an instant"),
        ({"recorded_at": "٢٠٢٥-06-01T10:00:00.000000Z"}, "is not an instant"),
        ({"meta": META | {"approval": "two_person"}}, "author and approver are one"),
        ({"meta": META | {"approval": "two_person", "approver": ""}}, "author and approver are one"),
        ({"meta": META | {"approval": "two_person", "approver": "ed-one"}}, "author and approver are one"),
    ],
)
def test_an_entry_that_says_what_none_can_say_is_refused(changes, reason):
    assert reason in doubt(of(**changes))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'{"corrects"', b'\xef\xbb\xbf{"corrects"', "not JSON"),
        (b"}\n", b"}\r\n", "not canonical JSON"),
        (b"}\n", b"}{}\n", "not canonical JSON"),
        (b'"format":1', b'"format":NaN', "NaN is a float"),
        (b'"through"', b'"a":-Infinity,"through"', "-Infinity is a float"),
        (b'"through"', b'"a":1e2,"through"', "1e2 is a float"),
        (b'"through"', b'"a":-0,"through"', "not canonical JSON"),
        (b'"through"', b'"a":007,"through"', "not JSON"),
        (b'"through"', b'"a":9007199254740992,"through"', "beyond 2^53"),
        (b'"through"', b'"a":' + b"9" * 9000 + b',"through"', "beyond 2^53"),
        (b'"through"', b'"through":"2025-06-02","through"', "not canonical JSON"),
        (b'"through"', b'"zz":1,"through"', "not canonical JSON"),
        (b'"through"', '"sourcesé":1,"through"'.encode(), "is not ASCII"),
        (b"gazette", b"gaz\\u0065tte", "not canonical JSON"),
        (b"gazette", b"gazette\\/", "not canonical JSON"),
        (b"gazette", b"\\ud800", "not canonical JSON"),
        (b"gazette", b"gaz\x00ette", "not JSON"),
        (b"gazette", b"gaz\xff", "not JSON in UTF-8"),
        (b"gazette", b"\xed\xa0\x80", "not JSON in UTF-8"),
        (b"[{", b"[" * 20_000 + b"{", "not JSON in UTF-8"),
        (b"gazette", b"g" * 66_000, "not one line of at most 65535 bytes"),
        (b'"stream":"measure/example"', b'"stream":"measure/\\u0065xample"', "not canonical JSON"),
        (b'"meta":{', b'"meta": {', "not canonical JSON"),
        (b',"occurred_on"', b' ,"occurred_on"', "not canonical JSON"),
    ],
)
def test_an_entry_written_in_another_way_is_refused(old, new, reason):
    line = of()
    assert line.count(old) == 1
    assert reason in doubt(line.replace(old, new))


texts = st.text(st.characters(exclude_characters="\0"))
scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8)
pieces = st.sampled_from([" ", "\r", ",", ":", "{", "}", "[", "]", '"', "\\", "0", "-", "null", "1.0", '"a":1,', "é"])


@given(st.dictionaries(st.sampled_from(sorted(ENTRY)), values), st.lists(st.tuples(st.integers(0, 400), pieces)))
@example({"data": {"é": 1}}, [])
@example({"meta": {"é": 1}}, [])
def test_what_is_accepted_is_the_canonical_form_of_an_entry(changes, insertions):
    """Whatever the fields hold and whatever is put in between."""
    text = json.dumps(ENTRY | changes, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for place, piece in insertions:
        text = text[:place] + piece + text[place:]
    line = text.encode(errors="surrogatepass") + b"\n"
    if not doubt(line):
        said = json.loads(line)
        assert canonical(said) + b"\n" == line
        assert said.keys() == ENTRY.keys()
        assert (type(said["position"]), type(said["version"])) == (int, int)


# A bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The smallest bundle there is, of one entry."""
    bundle = tmp_path / "audit"
    (bundle / "checkpoints").mkdir(parents=True)
    (bundle / "events.jsonl").write_bytes(of())
    head = root(extend(0, [], [leaf_hash(of()[:-1])])[1])
    (bundle / "checkpoints/1").write_text(sign(Checkpoint(ORIGIN, 1, head).text(), [KEY]))
    (bundle / "keys.txt").write_text(f"{KEY.verifier}\n")
    (bundle / "MANIFEST.json").write_text(json.dumps({"origin": ORIGIN}))
    relist(bundle)
    return bundle


def verified(bundle: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The status and the last line that begins with ok or FAIL."""
    relist(bundle)
    status = script.main([str(bundle)])
    said = capsys.readouterr().out
    return status, [line for line in said.splitlines() if line.startswith(("ok", "FAIL"))][-1]


def test_the_smallest_bundle_verifies(folder, capsys):
    assert verified(folder, capsys)[0] == 0


def test_a_checkpoint_whose_newlines_were_translated_is_not_what_was_signed(folder, capsys):
    path = folder / "checkpoints/1"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert verified(folder, capsys) == (1, "FAIL  checkpoints/1 is not a signed note")


def test_an_opening_may_hold_whatever_ends_a_line_elsewhere(folder, capsys):
    salt, text = "00" * 32, "one\u2028two\x85three\x0bfour\nfive"
    said = "sha256:" + sha256(bytes.fromhex(salt) + text.encode()).hexdigest()
    opening = json.dumps({"commitment": said, "salt": salt, "text": text}, ensure_ascii=False) + "\n"
    (folder / "openings.jsonl").write_bytes(opening.encode() * 2)
    assert verified(folder, capsys)[0] == 0


def test_a_key_that_stands_twice_is_refused_wherever_json_is_read(folder, capsys):
    (folder / "openings.jsonl").write_text('{"text":"one","text":"two"}\n')
    assert verified(folder, capsys) == (1, "FAIL  a key stands twice in text, text")


def test_a_file_that_lies_elsewhere_is_refused(folder, capsys):
    (folder.parent / "elsewhere").write_bytes((folder / "events.jsonl").read_bytes())
    (folder / "events.jsonl").unlink()
    (folder / "events.jsonl").symlink_to(folder.parent / "elsewhere")
    assert verified(folder, capsys) == (1, "FAIL  events.jsonl is not a plain file")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("checkpoints")])
def test_what_is_no_file_and_no_folder_is_a_file_too_many(folder, capsys, make):
    make(folder / "openings.jsonl")
    assert verified(folder, capsys)[1] == "FAIL  files and list differ: openings.jsonl"


def test_no_name_in_a_bundle_can_write_a_line_of_its_own(folder, capsys):
    (folder / "\x1b[2K\nok    all").write_text("")
    relist(folder)
    (folder / "\x1b[2K\nok    all").unlink()
    script.main([str(folder)])
    assert capsys.readouterr().out.splitlines()[-1] == "FAIL  files and list differ: \\x1b[2K\\nok    all"
