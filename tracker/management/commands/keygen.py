"""Makes the key that signs checkpoints."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tracker import log
from tracker.ledger import keys
from tracker.ledger.attestation import SYSTEM
from tracker.ledger.notes import NoteError, SignerKey, verifier_key
from tracker.log import NewEvent
from tracker.vocabulary import KeyPublished, KeyRetired

STREAM = "ledger/keys"


class Command(BaseCommand):
    help = (
        "Makes the sealer's private key in LEDGER_KEY_FILE and prints the public one. With --rotate a new key signs "
        "beside the old ones; with --retire only the newest is left. --publish records a public key in the log."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--if-missing", action="store_true", help="do nothing where there is a key already")
        what.add_argument("--rotate", action="store_true", help="add a new key; both sign from now on")
        what.add_argument("--retire", action="store_true", help="drop all keys but the newest")
        what.add_argument("--publish", metavar="VKEY", help="record a public key in the log; needs no private key")
        what.add_argument("--withdraw", metavar="VKEY", help="record in the log that a key signs no more")
        parser.add_argument("--reason", default="rotation", help="why the key is withdrawn")

    def handle(self, *args: Any, **options: Any) -> None:
        if vkey := options["publish"] or options["withdraw"]:
            self._record(vkey, options)
        else:
            for key in self._keys(options):
                self.stdout.write(str(key.verifier))

    def _keys(self, options: dict[str, Any]) -> list[SignerKey]:
        path = settings.LEDGER_KEY_FILE
        if path.exists() and options["if_missing"]:
            return keys.signers()
        if path.exists() and not (options["rotate"] or options["retire"]):
            raise CommandError(f"{path} exists: say --rotate for a new key beside it, or --if-missing")
        if options["retire"]:
            made = keys.signers()[:1]
        else:
            made = [SignerKey.generate(settings.LEDGER_ORIGIN), *(keys.signers() if options["rotate"] else [])]
        keys.write(path, made)
        return made

    def _record(self, text: str, options: dict[str, Any]) -> None:
        try:
            vkey = str(verifier_key(text))
        except NoteError as error:
            raise CommandError(str(error)) from None
        said = KeyPublished(vkey=vkey) if options["publish"] else KeyRetired(vkey=vkey, reason=options["reason"])
        event = NewEvent(stream=STREAM, payload=said, meta=SYSTEM, known_from=timezone.now().date())
        self.stdout.write(f"recorded at position {log.append([event])[0].position}")
