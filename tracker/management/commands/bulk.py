"""Makes the manifest of the bulk files, and the files where a folder is named."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from tracker.subscriptions import bulk


class Command(BaseCommand):
    help = "Makes the manifest of the bulk files at the head, and writes them where a folder is named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="where to write the files and manifest.json")

    def handle(self, *args: Any, **options: Any) -> None:
        made = bulk.make(timezone.now())
        if folder := options["folder"]:
            folder.mkdir(parents=True, exist_ok=True)
            for name, (lines, _) in bulk.FILES.items():
                with (folder / name).open("wb") as file:
                    file.writelines(lines(made.position))
            (folder / "manifest.json").write_text(json.dumps(_manifest(made), indent=2) + "\n")
        self.stdout.write(f"position {made.position}")
        for file in made.files:
            self.stdout.write(f"{file['sha256']}  {file['name']}  {file['rows']} rows")


def _manifest(made: Any) -> dict[str, Any]:
    instants = {name: getattr(made, name).isoformat() for name in ("recorded_at", "made_at")}
    return {"position": made.position, **instants, "code_version": made.code_version} | {
        "files": made.files,
        "counts": made.counts,
    }
