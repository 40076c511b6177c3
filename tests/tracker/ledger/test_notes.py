"""Signed notes and checkpoints, as C2SP writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.ledger import verify as script
from tracker.ledger.notes import (
    Checkpoint,
    NoteError,
    SignerKey,
    checkpoint,
    opened,
    sign,
    signer_key,
    verifier_key,
    verify,
)

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1E"
    "RYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
OURS = SignerKey("tracker.example/ledger", b"\x01" * 32)
OTHER = SignerKey("witness.example/w1", b"\x02" * 32)
TEXT = Checkpoint("tracker.example/ledger", 1000, b"\x09" * 32).text()


def test_the_example_of_the_specification_verifies():
    text, signed = verify(EXAMPLE, [verifier_key(EXAMPLE_KEY)])
    assert text == "This is an example message.\n"
    assert [str(key) for key in signed] == [EXAMPLE_KEY]


def test_a_private_key_reads_back_as_itself():
    assert signer_key(OURS.secret()) == OURS
    assert OURS.secret().startswith("PRIVATE+KEY+tracker.example/ledger+")


def test_a_private_key_never_shows_in_its_repr():
    assert OURS.secret() not in repr(OURS)
    assert "\\x01" not in repr(OURS)


def test_two_keys_sign_one_note_while_one_takes_over_from_the_other():
    newer = SignerKey(OURS.name, b"\x03" * 32)
    note = sign(TEXT, [newer, OURS])
    for key in (newer, OURS):
        assert opened(note, [key.verifier], OURS.name).size == 1000


def test_signatures_of_unknown_keys_are_passed_over():
    text, signed = verify(sign(TEXT, [OTHER, OURS]), [OURS.verifier])
    assert signed == [OURS.verifier]
    assert text == TEXT


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        (sign(TEXT, [OTHER]), "no known key"),
        (sign(TEXT, [OURS]).replace("1000", "1001"), "does not verify"),
        (sign(TEXT, [OURS]).replace("\u2014", "-"), "not a signature line"),
        (sign(TEXT, [OURS]) + "\n", "not a signed note"),
        (sign(TEXT, [OURS])[:-1], "not a signed note"),
        (TEXT, "not a signed note"),
        (sign(TEXT, [OURS]).replace("\n1000", "\n10\t00"), "control characters"),
    ],
)
def test_a_note_that_is_not_as_it_was_signed_is_refused(note, reason):
    with pytest.raises(NoteError, match=reason):
        verify(note, [OURS.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "origin\n01000\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n",
        "origin\n-1\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n",
        "origin\n10\nCQkJCQ==\n",
        "origin\n10\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\nextension\n",
        "origin\n10\n",
    ],
)
def test_what_is_no_checkpoint_of_three_lines_is_refused(text):
    with pytest.raises(NoteError):
        checkpoint(text)


def test_a_checkpoint_of_another_log_is_refused():
    with pytest.raises(NoteError, match="not of 'elsewhere'"):
        opened(sign(TEXT, [OURS]), [OURS.verifier], "elsewhere")


@given(
    st.binary(min_size=32, max_size=32),
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=80),
)
def test_the_script_of_the_bundle_accepts_what_the_sealer_signs_and_nothing_else(seed, words):
    key = SignerKey("tracker.example/ledger", seed)
    message = words.encode()
    signature = bytes(key.line(words).encode())
    assert signature
    data = script.unbase64(key.line(words).split(" ")[2].strip(), "signature")[4:]
    public = key.verifier.public
    assert script.signature_holds(public, message, data)
    assert not script.signature_holds(public, message + b"!", data)
    assert not script.signature_holds(public, message, data[:-1] + bytes([data[-1] ^ 1]))


def test_the_script_reads_the_example_of_the_specification():
    name, identity, public = script.read_key(EXAMPLE_KEY)
    assert (name, identity.hex()) == ("example.com/foo", "530d903a")
    signature = script.unbase64(EXAMPLE.split(" ")[-1].strip(), "signature")[4:]
    assert script.signature_holds(public, b"This is an example message.\n", signature)


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [  # RFC 8032 section 7.1, tests 1 and 2
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ],
)
def test_the_script_verifies_the_vectors_of_ed25519(public, message, signature):
    assert script.signature_holds(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
