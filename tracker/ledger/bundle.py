"""The audit bundle: everything that an outsider needs to verify the log and to fold it again, in one archive.

Written in one pass over the log into a folder beside the target, then packed. Memory does not grow with the number of
events, and the same log at the same position gives the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from tracker import attachments, log
from tracker.ledger import attestation
from tracker.ledger.models import Opening, Seal
from tracker.ledger.notes import Checkpoint, opened
from tracker.ledger.receipts import asked_again
from tracker.ledger.sealing import published_keys
from tracker.ledger.sources import fold_sources
from tracker.ledger.state import stored_state
from tracker.projections import projections, serving

HERE = Path(__file__).parent
SCRIPTS = ("verify.py", "refold.py")
BLOCK = 1 << 20
NAMED = re.compile(rb'"sha256":"([0-9a-f]{64})"')
CORRECTION = ["position", "recorded_at", "stream", "type", "corrects", "reason_code", "reason", "patch"]
CORRECTION += ["actor", "approver"]
APPROVAL = ["position", "recorded_at", "stream", "type", "approval", "actor", "approver", "origin"]
ERASURE = ["position", "recorded_at", "commitment", "reason_code"]

README = """An audit bundle of {origin}: the first {size} entries of the log, up to {recorded_at}.

    python3 -I -S verify.py .       proves that nothing was altered, removed, reordered or put in (Python 3.8 or newer)
    python3 -I -S refold.py .       proves what followed from it (Python 3.11 or newer)

Both need nothing but Python. Compare keys.txt with a copy from elsewhere and say --key; keep the newest file of
checkpoints/ and say --pin the next time. verify.py is short: read it, or take it from the project's repository.

events.jsonl     the entries, one a line, the very bytes that were hashed
checkpoints/     every signed tree head, named by its size
attachments/     what entries name by SHA-256
fold/            the source files of the folds
states/          the streams' digests of each read model at its newest attested position
approvals.csv  corrections.csv  erasures.csv     extracts of the log, for reading
questions/       answers that clients asked to have kept, and whether they are given again
openings.jsonl   texts behind commitments, where they were asked for
"""


class NothingSealed(Exception):
    """There is no checkpoint yet."""


@dataclass(frozen=True)
class Wanted:
    """What goes into a bundle beside the log. `upto` None is the newest checkpoint."""

    upto: int | None = None
    openings: bool = False
    progress: Callable[[int], None] = lambda count: None


def write(target: Path, wanted: Wanted) -> Checkpoint:
    """Writes the bundle as a gzipped tar and returns its newest checkpoint. Raises NothingSealed."""
    newest = _newest(wanted.upto)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".bundle-") as name:
        folder = Path(name)
        _fill(folder, newest, wanted)
        _pack(folder, target, _top(target))
    return newest


def _newest(upto: int | None) -> Checkpoint:
    seals = Seal.objects.order_by("-size")
    seal = (seals if upto is None else seals.filter(size__lte=upto)).first()
    if seal is None:
        raise NothingSealed("there is no checkpoint: run manage.py seal first")
    return opened(seal.note, published_keys())


def _fill(folder: Path, newest: Checkpoint, wanted: Wanted) -> None:
    size = max(newest.size, wanted.upto or 0)
    last = log.get(position=size)
    assert last is not None
    recorded_at = last.envelope["recorded_at"]
    (folder / "README.txt").write_text(README.format(origin=newest.origin, size=size, recorded_at=recorded_at))
    (folder / "keys.txt").write_text("".join(f"{key}\n" for key in published_keys()))
    for script in SCRIPTS:
        (folder / script).write_bytes((HERE / script).read_bytes())
    _checkpoints(folder / "checkpoints", newest.size)
    _attachments(folder / "attachments", _events(folder, size, wanted.progress))
    _sources(folder / "fold")
    _states(folder / "states", size)
    _questions(folder / "questions", size)
    if wanted.openings:
        _openings(folder / "openings.jsonl")
    about = {"format": 1, "origin": newest.origin, "position": size, "recorded_at": recorded_at}
    files = {str(path.relative_to(folder)): _hash(path) for path in _files(folder)}
    (folder / "MANIFEST.json").write_text(json.dumps(about | {"files": files}, indent=1, sort_keys=True) + "\n")


def _checkpoints(folder: Path, size: int) -> None:
    folder.mkdir()
    for seal in Seal.objects.filter(size__lte=size).iterator():
        (folder / str(seal.size)).write_text(seal.note)


def _events(folder: Path, size: int, progress: Callable[[int], None]) -> set[str]:
    """Writes the entries and the three extracts in one pass; returns the attachments that they name."""
    named: set[str] = set()
    with ExitStack() as stack:
        lines = stack.enter_context(open(folder / "events.jsonl", "wb"))
        corrections = _table(stack, folder / "corrections.csv", CORRECTION)
        approvals = _table(stack, folder / "approvals.csv", APPROVAL)
        erasures = _table(stack, folder / "erasures.csv", ERASURE)
        for _, entry, _ in log.leaves(upto=size):
            lines.write(entry + b"\n")
            named.update(digest.decode() for digest in NAMED.findall(entry))
            values = json.loads(entry)
            said = values | values["data"] | values["meta"]
            if values["type"].startswith("entry."):
                _row(corrections, CORRECTION, said | {"reason": values["data"]["reason"]})
            if values["type"] == "text.erased":
                _row(erasures, ERASURE, said)
            if values["meta"]["approval"] != "imported":
                _row(approvals, APPROVAL, values | values["meta"])
            progress(1)
    return named


def _table(stack: ExitStack, path: Path, columns: Sequence[str]) -> IO[str]:
    file = stack.enter_context(open(path, "w", newline=""))  # noqa: SIM115 - the stack closes it
    csv.writer(file, lineterminator="\n").writerow(columns)
    return file


def _row(file: IO[str], columns: Sequence[str], values: dict[str, Any]) -> None:
    cells = (values.get(name) for name in columns)
    texts = (json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else cell for cell in cells)
    csv.writer(file, lineterminator="\n").writerow(texts)


def _attachments(folder: Path, named: set[str]) -> None:
    """The attachments that the bundled entries name."""
    folder.mkdir()
    for digest in sorted(named):
        if found := attachments.stored(digest):
            (folder / digest).write_bytes(bytes(found.content))


def _sources(folder: Path) -> None:
    kinds = projections()
    for place, source in fold_sources(kinds).items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(source)
    listed = [{"name": kind.name, "version": kind.version, "module": kind.fold.__module__} for kind in kinds]
    (folder / "projections.json").write_text(json.dumps(listed, indent=1) + "\n")


def _states(folder: Path, size: int) -> None:
    folder.mkdir()
    for kind in projections():
        said = attestation.newest(size).get(kind.name)
        checkpoint = serving().filter(projection=kind.name).first()
        if said and checkpoint and checkpoint.fold_version == said.fold_version:
            state = stored_state(kind, checkpoint.generation, said.position)
            (folder / f"{kind.name}-{said.position}.txt").write_text(state.text())


def _questions(folder: Path, size: int) -> None:
    """The kept answers, each with what came of asking its question again."""
    folder.mkdir()
    for asked in asked_again(size):
        receipt, again = asked.receipt, "same" if asked.same else asked.excuse or "different"
        said = {"path": receipt.path, "point": receipt.point, "receipt": receipt.sha256, "again": again}
        said["answer"] = bytes(receipt.answer).decode()
        (folder / f"{receipt.sha256}.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")


def _openings(path: Path) -> None:
    with open(path, "w") as file:
        for item in Opening.objects.order_by("pk").iterator():
            said = {"commitment": item.commitment, "salt": bytes(item.salt).hex(), "text": item.text}
            file.write(json.dumps(said, ensure_ascii=False, sort_keys=True) + "\n")


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _hash(path: Path) -> str:
    total = sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            total.update(block)
    return total.hexdigest()


def _top(target: Path) -> str:
    return target.name.removesuffix(".gz").removesuffix(".tar")


def _pack(folder: Path, target: Path, top: str) -> None:
    """The folder as a tar without owners and times, so that equal bundles are equal bytes."""
    with (
        open(target, "wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in _files(folder):
            item = tarfile.TarInfo(f"{top}/{path.relative_to(folder)}")
            item.size, item.mode = path.stat().st_size, 0o644
            with open(path, "rb") as content:
                archive.addfile(item, content)
