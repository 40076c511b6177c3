"""Records the digest of each read model in the log."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tracker.ledger.attestation import attest


class Command(BaseCommand):
    help = "Appends the digest of every read model that moved since its last attestation. Run daily."

    def handle(self, *args: Any, **options: Any) -> None:
        recorded = attest(timezone.now().date())
        for item in recorded:
            self.stdout.write(f"{item.position} {item.type} {item.data['projection']} {item.data.get('digest', '')}")
        if not recorded:
            self.stdout.write("nothing moved since the last attestation")
