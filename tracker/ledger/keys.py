"""Where the sealer's private keys come from: a file that nobody else can read, or the environment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from tracker.ledger.notes import NoteError, SignerKey, signer_key


class NoKey(Exception):
    """There is no usable private key: the message says what to do."""


def signers() -> list[SignerKey]:
    """The private keys that sign, newest first. Raises NoKey."""
    text = settings.LEDGER_KEY or _read(settings.LEDGER_KEY_FILE)
    try:
        keys = [signer_key(line) for line in text.split()]
    except NoteError as error:
        raise NoKey(str(error)) from None
    if not keys:
        raise NoKey("no private key in LEDGER_KEY or LEDGER_KEY_FILE: run manage.py keygen")
    if foreign := [key.name for key in keys if key.name != settings.LEDGER_ORIGIN]:
        raise NoKey(f"the key is of {foreign[0]}, but LEDGER_ORIGIN is {settings.LEDGER_ORIGIN}")
    return keys


def _read(path: Path) -> str:
    if not path.exists():
        raise NoKey(f"{path} does not exist: run manage.py keygen, or set LEDGER_KEY_FILE or LEDGER_KEY")
    if path.stat().st_mode & 0o077:
        raise NoKey(f"{path} can be read by others: chmod 600 {path}")
    return path.read_text()


def write(path: Path, keys: Sequence[SignerKey]) -> None:
    """Replaces the key file; only its owner can read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("".join(f"{key.secret()}\n" for key in keys))
    fresh.replace(path)
