"""Signed notes and checkpoints as C2SP defines them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), with Ed25519.

A note is text that ends in a newline, an empty line, and signature lines. A checkpoint is a note of three lines:
origin, tree size, root hash. Keys are written as the specification's strings: `<name>+<key id>+<base64>`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
PRIVATE = "PRIVATE+KEY+"
DASH = "\u2014"


class NoteError(ValueError):
    """A key or note that is malformed, or that its keys do not verify; the message says which and why."""


@dataclass(frozen=True)
class VerifierKey:
    """The public half of a key and the name it signs under."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(ED25519 + self.public).decode()}"

    def verifies(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SignerKey:
    """A private key and the name it signs under. Its repr hides the key."""

    name: str
    seed: bytes

    @classmethod
    def generate(cls, name: str) -> SignerKey:
        _check_name(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def verifier(self) -> VerifierKey:
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return VerifierKey(self.name, private.public_key().public_bytes_raw())

    def secret(self) -> str:
        """The private key as it is kept in the key file."""
        return f"{PRIVATE}{self.name}+{self.verifier.id.hex()}+{b64encode(ED25519 + self.seed).decode()}"

    def __repr__(self) -> str:
        return f"SignerKey({self.verifier})"

    def line(self, text: str) -> str:
        """The signature line of a note's text."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{DASH} {self.name} {b64encode(self.verifier.id + signature).decode()}\n"


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: the log's name, its size and its root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteError(f"key name {name!r}: write a name like tracker.example.org/log, without spaces and plus signs")


def verifier_key(text: str) -> VerifierKey:
    """Reads `<name>+<key id>+<base64>`. Raises NoteError."""
    name, identity, public = _key_parts(text.strip())
    key = VerifierKey(name, public)
    if key.id.hex() != identity:
        raise NoteError(f"key {text!r}: the key id is {identity}, of its name and bytes it would be {key.id.hex()}")
    return key


def signer_key(text: str) -> SignerKey:
    """Reads `PRIVATE+KEY+<name>+<key id>+<base64>`. Raises NoteError, never with the key in its message."""
    if not text.startswith(PRIVATE):
        raise NoteError(f"a private key begins with {PRIVATE}")
    name, identity, seed = _key_parts(text.strip().removeprefix(PRIVATE))
    key = SignerKey(name, seed)
    if key.verifier.id.hex() != identity:
        raise NoteError(f"the private key of {name} does not have the id {identity}")
    return key


def _key_parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    identity, _, encoded = rest.partition("+")
    _check_name(name)
    data = _base64(encoded)
    if data[:1] != ED25519 or len(data) != 33:
        raise NoteError(f"the key of {name} is not an Ed25519 key (type 0x01 and 32 bytes, in base64)")
    return name, identity, data[1:]


def sign(text: str, keys: Iterable[SignerKey]) -> str:
    """The note of a text, signed with each key."""
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends with a newline")
    return text + "\n" + "".join(key.line(text) for key in keys)


def verify(note: str, keys: Iterable[VerifierKey]) -> tuple[str, list[VerifierKey]]:
    """The text of a note and the known keys that signed it, at least one.

    Signatures of unknown keys are passed over. Raises NoteError for a malformed note, for a known key whose signature
    fails, and where no known key signed.
    """
    text, lines = _parts(note)
    known = {(key.name, key.id): key for key in keys}
    signed = []
    for name, data in lines:
        key = known.get((name, data[:4]))
        if key is None:
            continue
        if not key.verifies(text, data[4:]):
            raise NoteError(f"the signature of {key} does not verify")
        signed.append(key)
    if not signed:
        raise NoteError("no known key signed the note")
    return text, signed


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    text, separator, block = note.rpartition("\n\n")
    if not separator or not block.endswith("\n"):
        raise NoteError("not a signed note: text, an empty line, signature lines that end in a newline")
    if any(ord(character) < 32 and character != "\n" for character in note):
        raise NoteError("a note holds no control characters but newlines")
    return text + "\n", [_signature(line) for line in block[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != DASH:
        raise NoteError(f"{line!r} is not a signature line: a dash, the key's name, base64")
    data = _base64(parts[2])
    if len(data) < 5:
        raise NoteError(f"the signature of {parts[1]} is too short")
    return parts[1], data


def checkpoint(text: str) -> Checkpoint:
    """Reads the text of a checkpoint; no extension lines. Raises NoteError."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteError("a checkpoint has three lines: origin, size, root hash in base64")
    origin, size, encoded = lines[:3]
    if not (size.isascii() and size.isdigit() and str(int(size)) == size):
        raise NoteError(f"{size!r} is not a tree size: decimal, no leading zeros")
    root = _base64(encoded)
    if len(root) != 32:
        raise NoteError(f"{encoded!r} is not a root hash of 32 bytes")
    return Checkpoint(origin, int(size), root)


def unverified(note: str) -> Checkpoint:
    """The checkpoint in a note, whoever signed it: for who hands the note on to be checked. Raises NoteError."""
    return checkpoint(_parts(note)[0])


def opened(note: str, keys: Iterable[VerifierKey], origin: str | None = None) -> Checkpoint:
    """The checkpoint in a note that one of the keys signed. Raises NoteError, also for another origin."""
    found = checkpoint(verify(note, keys)[0])
    if origin is not None and found.origin != origin:
        raise NoteError(f"the checkpoint is of {found.origin!r}, not of {origin!r}")
    return found


def _base64(text: str) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise NoteError(f"{text[:12]!r}... is not base64") from None
    if b64encode(data).decode() != text:
        raise NoteError(f"{text[:12]!r}... is not canonical base64")
    return data
