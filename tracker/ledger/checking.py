"""Verifying the live log: each check proves one thing, and finds what was changed behind the triggers.

Nothing here asks the database whether it is in order: entries are hashed again, and columns are derived from them
again. The guards are verified in `guards`, the read models in `readmodels`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings

from tracker import log
from tracker.attachments import stored
from tracker.ledger import tiles
from tracker.ledger.canonical import NotCanonical, canonical, leaf_hash
from tracker.ledger.models import Node, Opening, Seal
from tracker.ledger.notes import NoteError, VerifierKey, opened
from tracker.ledger.openings import commitment, commitments_of
from tracker.ledger.receipts import asked_again, receipt_of
from tracker.ledger.tree import extend, root
from tracker.log import Recorded
from tracker.models import Attachment, Head

NAMED = re.compile(rb'"sha256":"([0-9a-f]{64})"')
CHUNK = 2000


class Doubt(Exception):
    """Something that does not hold: the message names it."""


@dataclass
class Found:
    """What one pass over the log gives to the other checks."""

    size: int
    frontier: list[bytes]
    roots: dict[int, bytes]
    attachments: set[str]
    withheld: set[str]
    """The commitments that stand in the place of texts."""
    erased: set[str]


Check = Callable[[], str]
Progress = Callable[[int], None]


def require(holds: object, message: str) -> None:
    if not holds:
        raise Doubt(message)


def entries(sizes: Iterable[int], progress: Progress) -> Found:
    """Reads the whole log: bytes, hashes, columns, order. Raises Doubt at the first entry that does not hold."""
    reading = _Reading(set(sizes))
    for item in _all(log.head().position):
        reading.read(item)
        progress(1)
    return reading.found


def _all(upto: int) -> Iterator[Recorded]:
    """Every event in order; also one that lies beyond the head."""
    after = 0
    while items := log.read(after, limit=CHUNK):
        yield from items
        after = items[-1].position
    if after < upto:
        raise Doubt(f"the log ends at {after}, its head says {upto}: entries are missing at the end")


class _Reading:
    def __init__(self, sizes: set[int]) -> None:
        self.sizes, self.versions = sizes, dict[str, int]()
        self.recorded_at = datetime.min.replace(tzinfo=UTC)
        self.found = Found(0, [], {}, set(), set(), set())

    def read(self, item: Recorded) -> None:
        found, where = self.found, f"position {item.position}"
        require(item.position == found.size + 1, f"{where} follows position {found.size}")
        require(leaf_hash(item.entry) == item.leaf_hash, f"{where}: the entry is not what was hashed")
        self._columns(item, where)
        _approval(item, where)
        if item.corrects:
            _correction(item, where)
        version = self.versions.get(item.stream, 0) + 1
        require(item.version == version, f"{where}: version {item.version} of {item.stream}, expected {version}")
        require(item.recorded_at >= self.recorded_at, f"{where}: recorded before the entry in front of it")
        self.versions[item.stream], self.recorded_at = version, item.recorded_at
        found.size, found.frontier = extend(found.size, found.frontier, [item.leaf_hash])
        if found.size in self.sizes:
            found.roots[found.size] = root(found.frontier)
        found.attachments.update(digest.decode() for digest in NAMED.findall(item.entry))
        found.withheld.update(commitments_of(item).values())
        if item.type == "text.erased":
            found.erased.add(item.data["commitment"])

    def _columns(self, item: Recorded, where: str) -> None:
        """The columns say what the entry says, and the entry is canonical."""
        try:
            said = item.envelope
            again = canonical(said)
        except (ValueError, NotCanonical) as error:
            raise Doubt(f"{where}: the entry is not canonical JSON: {error}") from None
        require(again == item.entry, f"{where}: the entry is not in canonical form")
        for name, value in _expected(said).items():
            same = getattr(item, name) == value and type(value) is not bool
            require(same, f"{where}: column {name} is not what the entry says")


def _approval(item: Recorded, where: str) -> None:
    meta = item.meta
    if meta.get("approval") == "two_person":
        apart = meta.get("approver") and meta["approver"] != meta.get("actor")
        require(apart, f"{where}: approved by two persons, but author and approver are one")


def _correction(item: Recorded, where: str) -> None:
    """It concerns an earlier entry of its stream, and says why."""
    concerned = log.get(id=item.corrects)
    earlier = concerned and concerned.stream == item.stream and concerned.position < item.position
    require(earlier, f"{where}: it corrects no earlier entry of {item.stream}")
    require(item.data.get("reason_code"), f"{where}: a correction without the code of a reason")


def _expected(said: dict[str, Any]) -> dict[str, object]:
    names = ("position", "stream", "version", "type", "schema", "known_seq", "occurred_on")
    return {name: said[name] for name in names} | {
        "id": UUID(said["id"]),
        "corrects": UUID(said["corrects"]) if said["corrects"] else None,
        "known_from": date.fromisoformat(said["known_from"]) if said["known_from"] else None,
        "recorded_at": datetime.fromisoformat(said["recorded_at"]),
    }


def head(found: Found) -> str:
    row = Head.objects.get(id=1)
    require(row.size == found.size, f"the head says {row.size} entries, the log has {found.size}")
    require([bytes(peak) for peak in row.frontier] == found.frontier, "the head's frontier is not that of the entries")
    if last := log.get(position=found.size):
        require(row.recorded_at == last.recorded_at, "the head's instant is not that of the last entry")
    return f"{found.size} entries, root {root(found.frontier).hex()}"


def checkpoints(found: Found, keys: Sequence[VerifierKey], pins: dict[str, str]) -> str:
    """Every checkpoint and every pin is signed and is over the entries that the log holds now."""
    notes: list[tuple[str, str, int | None]] = [
        (f"the checkpoint at {seal.size}", seal.note, seal.size) for seal in Seal.objects.order_by("size")
    ]
    notes += [(f"the pin {name}", note, None) for name, note in pins.items()]
    for what, note, size in notes:
        try:
            said = opened(note, keys, settings.LEDGER_ORIGIN)
        except NoteError as error:
            raise Doubt(f"{what}: {error}") from None
        require(size in (None, said.size), f"{what} is over {said.size} entries")
        require(said.size <= found.size, f"{what} is over {said.size} entries, the log has {found.size}")
        require(found.roots.get(said.size) == said.root, f"{what} is not over the entries that the log holds now")
    unsealed = found.size - max((seal.size for seal in Seal.objects.only("size")), default=0)
    return f"{len(notes)} signed and true" + (f"; the last {unsealed} entries are not sealed yet" if unsealed else "")


def sizes(pins: dict[str, str], keys: Sequence[VerifierKey]) -> set[int]:
    """The sizes at which roots are needed."""
    found = set(Seal.objects.values_list("size", flat=True))
    for note in pins.values():
        try:
            found.add(opened(note, keys).size)
        except NoteError:
            continue
    return found


def nodes() -> str:
    """Every stored node is the root of the 256 hashes below it, and none is missing or too many."""
    count = 0
    sealed = max(Seal.objects.values_list("size", flat=True), default=0)
    for level in range(1, 8):
        stored = Node.objects.filter(level=level)
        want = sealed >> tiles.BITS * level
        require(stored.count() == want, f"level {level} of the tree has {stored.count()} nodes, expected {want}")
        for number, value in stored.order_by("number").values_list("number", "hash").iterator():
            below = tiles.hashes(level - 1, number * tiles.WIDTH, (number + 1) * tiles.WIDTH)
            require(tiles.fold_hashes(below) == bytes(value), f"node {number} of level {level} is not of its leaves")
            count += 1
    return f"{count} of the tree follow from the leaves"


def attachments(found: Found) -> str:
    count = 0
    named = set(found.attachments)
    for digest in Attachment.objects.order_by("pk").values_list("pk", flat=True):
        attachment = stored(digest)
        assert attachment is not None
        require(
            sha256(bytes(attachment.content)).hexdigest() == digest, f"attachment {digest} is not what its name says"
        )
        named.discard(digest)
        count += 1
    require(not named, f"attachments that entries name are missing: {', '.join(sorted(named)[:3])}")
    return f"{count} are what their hashes say"


def openings(found: Found) -> str:
    """Every text is what was committed to, and none is gone but those whose erasure is recorded."""
    count, missing = 0, found.withheld - found.erased
    for item in Opening.objects.iterator():
        fits = commitment(bytes(item.salt), item.text) == item.commitment
        require(fits, f"the text behind {item.commitment} is not the one that was committed to")
        require(item.commitment not in found.erased, f"{item.commitment} is recorded as erased, but the text is there")
        missing.discard(item.commitment)
        count += 1
    missing -= {item.data["commitment"] for item in log.read(type="text.erased")}  # while this was looking
    require(not missing, f"the text behind {min(missing, default='')} is gone, and no erasure is recorded")
    return f"{count} fit their commitments, {len(found.erased)} erased"


def receipts() -> str:
    """Every kept answer is as it was sent, and asked again its question gets the same answer."""
    count, excused = 0, Counter[str]()
    for asked in asked_again():
        kept = asked.receipt
        same = receipt_of(kept.path, bytes(kept.answer)) == kept.sha256
        require(same, f"the kept answer {kept.sha256} was changed")
        require(asked.same or asked.excuse, f"{kept.path} was answered otherwise: receipt {kept.sha256}")
        excused[asked.excuse] += bool(asked.excuse)
        count += 1
    reasons = "".join(f"; {number} not asked again: {why}" for why, number in sorted(excused.items()) if number)
    return f"{count} kept answers are as they were sent, and asked again the same{reasons}"
