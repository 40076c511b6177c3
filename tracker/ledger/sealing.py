"""The sealer: signs checkpoints, and never two that contradict each other.

It trusts the database for nothing that it signed before: it hashes the entries itself, and remembers its last
checkpoint in a file of its own, so that a database restored from a backup cannot make it sign a shorter or another
history. It needs to read the log and to insert nodes, checkpoints and keys, nothing else (see `tracker.roles`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from tracker import log
from tracker.ledger import tiles
from tracker.ledger.canonical import leaf_hash
from tracker.ledger.models import Seal, SealKey
from tracker.ledger.notes import Checkpoint, SignerKey, VerifierKey, opened, sign, verifier_key
from tracker.ledger.tree import extend, root
from tracker.models import Event, Head

ATTESTATION = "projection.attested"
IDLE = timedelta(days=1)
"""Attestations alone are sealed after this time, so that they neither wait for ever nor call for each other."""

Progress = Callable[[int], None]


class SealRefused(Exception):
    """The sealer will not sign: the message says what contradicts what."""


@dataclass
class Memory:
    """The file in which the sealer keeps the last note that it signed."""

    path: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the file against a second sealer. Raises SealRefused when there is one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(f"{self.path}.lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SealRefused(f"another sealer holds {self.path}") from None
            yield

    def note(self) -> str | None:
        return self.path.read_text() if self.path.exists() else None

    def write(self, note: str) -> None:
        """Replaces the note, on disk before anything is published."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        with open(fresh, "w") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@dataclass
class Tree:
    """What the sealer has hashed itself: a frontier over the entries so far."""

    size: int = 0
    frontier: list[bytes] = field(default_factory=list)
    substance: bool = False
    """Whether anything but attestations came since the last checkpoint."""

    def root(self) -> bytes:
        return root(self.frontier)


@dataclass
class Sealer:
    """Seals the log under an origin with one key, or with two while one takes over from the other."""

    origin: str
    keys: Sequence[SignerKey]
    memory: Memory
    tree: Tree = field(default_factory=Tree)
    progress: Progress = lambda count: None

    def seal(self) -> Seal | None:
        """Signs and publishes the log's head; None where nothing new wants sealing. Raises SealRefused."""
        last = self._last()
        head = Head.objects.get(id=1)
        before = replace(self.tree)
        try:
            self._read(head, last)
        except SealRefused:
            self.tree = before  # what was refused is read again, and refused again
            raise
        if not self._wanted(last):
            return None
        note = sign(Checkpoint(self.origin, self.tree.size, self.tree.root()).text(), self.keys)
        self.memory.write(note)
        return self._publish(note)

    def _publish(self, note: str) -> Seal:
        with transaction.atomic():
            for key in self.keys:
                SealKey.objects.get_or_create(vkey=str(key.verifier))
            tiles.grow(self.tree.size)
            seal = Seal.objects.create(size=self.tree.size, note=note)
        self.tree.substance = False
        return seal

    def _last(self) -> Checkpoint | None:
        """The last checkpoint that this sealer signed."""
        note = self.memory.note()
        if note is None:
            if newest := Seal.objects.order_by("-size").first():
                raise SealRefused(
                    f"the database holds a checkpoint at {newest.size}, but the sealer remembers none in "
                    f"{self.memory.path}: bring the file back, or write the note into it if you have checked it"
                )
            return None
        return opened(note, self._known_keys(), self.origin)

    def _known_keys(self) -> list[VerifierKey]:
        stored = [verifier_key(text) for text in SealKey.objects.values_list("vkey", flat=True)]
        return [key.verifier for key in self.keys] + stored

    def _read(self, head: Head, last: Checkpoint | None) -> None:
        """Hashes what is new up to the head and compares with what was signed and with the head row."""
        if last and head.size < last.size:
            raise SealRefused(
                f"the log has {head.size} entries, a checkpoint over {last.size} was signed: "
                "is this a database restored from a backup?"
            )
        waypoints = [last.size] if last and last.size > self.tree.size else []
        for upto in [*waypoints, head.size]:
            self._extend(upto)
            if last and upto == last.size and self.tree.root() != last.root:
                raise SealRefused(f"the first {last.size} entries are not those that were signed")
            if last and upto == last.size:
                self.tree.substance = False
        if self.tree.root() != root([bytes(peak) for peak in head.frontier]):
            raise SealRefused("the head row does not follow from the entries: run verify")

    def _extend(self, upto: int) -> None:
        for position, entry, stored in log.leaves(self.tree.size, upto=upto):
            leaf = leaf_hash(entry)
            if position != self.tree.size + 1 or leaf != stored:
                raise SealRefused(f"position {position} is out of order or not what was hashed: run verify")
            self.tree.size, self.tree.frontier = extend(self.tree.size, self.tree.frontier, [leaf])
            self.tree.substance |= f'"type":"{ATTESTATION}"'.encode() not in entry
            self.progress(1)
        if self.tree.size != upto:
            raise SealRefused(f"the log ends at {self.tree.size}, its head says {upto}: run verify")

    def _wanted(self, last: Checkpoint | None) -> bool:
        published = Seal.objects.order_by("-size").first()
        if self.tree.size == (published.size if published else 0):
            return False
        if published is None or self.tree.substance or (last and last.size > published.size):
            return True
        return timezone.now() - published.sealed_at >= IDLE


def unsealed(now: datetime) -> tuple[int, float]:
    """The size under the newest checkpoint, and for how many seconds an entry beyond it has wanted sealing."""
    size = Seal.objects.aggregate(Max("size", default=0))["size__max"]
    beyond = Event.objects.filter(position__gt=size).exclude(type=ATTESTATION).order_by("position")
    since = beyond.values_list("recorded_at", flat=True).first()
    return size, max((now - since).total_seconds(), 0.0) if since else 0.0


def current() -> tuple[Seal, Checkpoint] | None:
    """The newest published checkpoint, its signature checked; None before the first."""
    seal = Seal.objects.order_by("-size").first()
    return (seal, opened(seal.note, published_keys())) if seal else None


def published_keys() -> list[VerifierKey]:
    """The public keys that sealed this log, oldest first."""
    return [verifier_key(text) for text in SealKey.objects.order_by("since").values_list("vkey", flat=True)]
