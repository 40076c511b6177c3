"""Verifies the live database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction

from tracker import log
from tracker.ledger import checking, readmodels
from tracker.ledger.checking import Doubt, Found
from tracker.ledger.guards import guards
from tracker.ledger.models import Verification
from tracker.ledger.notes import NoteError, VerifierKey, verifier_key
from tracker.ledger.sealing import published_keys
from tracker.management.progress import bar
from tracker.projections import serving


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything is read as of one instant: what is recorded, sealed or projected meanwhile is no contradiction."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


class Command(BaseCommand):
    help = (
        "Verifies the database that it runs on: guards, entries, order, head, checkpoints, tree, attachments, "
        "openings, kept answers, and every read model against a fold of the log. Each check prints ok or FAIL; "
        "one FAIL and the status is 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--key", action="append", default=[], help="a public key from elsewhere")
        parser.add_argument("--pin", action="append", default=[], help="a file with a checkpoint that was kept")
        parser.add_argument("--log-only", action="store_true", help="leave the read models out")

    def handle(self, *args: Any, **options: Any) -> None:
        self.failed, self.report = 0, list[str]()
        keys, pins = self._given(options)
        with snapshot():
            upto = log.head().position
            self._verify(keys, pins, log_only=options["log_only"])
        self._keep(upto)
        if self.failed:
            raise CommandError(f"{self.failed} checks failed")

    def _verify(self, keys: list[VerifierKey], pins: dict[str, str], *, log_only: bool) -> None:
        self._check("guards", guards)
        if found := self._entries(keys, pins):
            self._check("head", lambda: checking.head(found))
            self._check("checkpoints", lambda: checking.checkpoints(found, keys, pins))
            self._check("nodes", checking.nodes)
            self._check("attachments", lambda: checking.attachments(found))
            self._check("openings", lambda: checking.openings(found))
        self._check("receipts", checking.receipts)
        if not log_only:
            self._read_models()

    def _keep(self, upto: int) -> None:
        """The result, for the auditor's page; a role that may only read keeps none."""
        try:
            with transaction.atomic():
                Verification.objects.create(position=upto, passed=not self.failed, report="\n".join(self.report))
        except DatabaseError as error:
            self.stderr.write(f"the result is not kept: {error}".strip())

    def _given(self, options: dict[str, Any]) -> tuple[list[VerifierKey], dict[str, str]]:
        try:
            keys = [verifier_key(text) for text in options["key"]] or published_keys()
        except NoteError as error:
            raise CommandError(str(error)) from None
        return keys, {name: Path(name).read_text() for name in options["pin"]}

    def _entries(self, keys: list[VerifierKey], pins: dict[str, str]) -> Found | None:
        kept: list[Found] = []

        def check() -> str:
            with bar("Entries", log.head().position) as advance:
                kept.append(checking.entries(checking.sizes(pins, keys), advance))
            return f"{kept[0].size} are what was hashed, dense, in order, and their columns say the same"

        self._check("entries", check)
        return kept[0] if kept else None

    def _read_models(self) -> None:
        for checkpoint in serving().order_by("projection"):
            with bar(checkpoint.projection, None) as advance:
                self._check(checkpoint.projection, lambda: readmodels.read_model(checkpoint, advance))  # noqa: B023
        self._check("generations", readmodels.generations)
        self._check("attestations", readmodels.attestations)

    def _check(self, name: str, check: Callable[[], str]) -> None:
        try:
            with transaction.atomic():  # what fails in the database ends this check, not the snapshot
                said = check()
            self._say(f"ok    {name}: {said}")
        except (Doubt, LookupError) as doubt:
            self._fail(f"{name}: {doubt}")
        except Exception as error:
            self._fail(f"{name}: {type(error).__name__}: {error}")

    def _fail(self, said: str) -> None:
        self.failed += 1
        self._say(f"FAIL  {said}")

    def _say(self, line: str) -> None:
        self.report.append(line)
        self.stdout.write(line)
