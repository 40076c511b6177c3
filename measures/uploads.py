"""Uploads: files of rows of one event type. They are checked, shown and made a draft; nothing else comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models

from tracker.events import event_type, withheld_fields

WITHHELD = "(in the log)"
"""Stands in a cell whose text the log withholds, once it is there: an erasure has one place to go to."""


class Upload(models.Model):
    """The rows of a file, how far their check has come, and what it found. Its draft bears the same id."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="uploads")
    type = models.TextField()
    name = models.TextField()
    """The name of the file."""
    header = models.JSONField(default=list)
    rows = models.JSONField(default=list)
    """The rows as read: the number in the file, and cells by column."""
    unread = models.JSONField(default=list)
    """What the file's cells could not be read for: row, column, value, message."""
    done = models.IntegerField(default=0)
    """How many rows are checked."""
    found = models.JSONField(default=list)
    """What comes of each row that reads well."""
    problems = models.JSONField(default=list)
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ["-created_at"]
        verbose_name = "import"

    def __str__(self) -> str:
        return self.name

    def withhold(self, said: Mapping[str, Mapping[str, Any]]) -> None:
        """Forgets of the rows whose events are in the log what the log withholds. `said` is their data there, by id."""
        names = withheld_fields(event_type(self.type).payload)
        for item in self.found if names else ():
            if data := said.get(item["event"]["id"]):
                item["event"]["data"] |= {name: data[name] for name in names}
                cells = next(row["cells"] for row in self.rows if row["number"] == item["row"])
                cells |= {name: WITHHELD for name in names if name in cells}

    @property
    def fresh(self) -> list[dict[str, Any]]:
        """The rows that read well and are not in the log yet."""
        wrong = {item["row"] for item in self.problems}
        return [item for item in self.found if item["position"] is None and item["row"] not in wrong]

    @property
    def known(self) -> int:
        """How many rows are in the log already."""
        return sum(1 for item in self.found if item["position"] is not None)

    @property
    def is_ready(self) -> bool:
        """Whether it can be made a draft: all rows read well, and some are new."""
        return bool(self.checked_at and self.fresh and not self.problems)
