"""The tables of the core: the log (event, head, attachment), checkpoints, parked streams and pseudonyms.

Only `tracker.log` reads or writes the event table; triggers refuse every change to it.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tracker.ledger.models import Node as Node
from tracker.ledger.models import Opening as Opening
from tracker.ledger.models import Receipt as Receipt
from tracker.ledger.models import Seal as Seal
from tracker.ledger.models import SealKey as SealKey
from tracker.ledger.models import Verification as Verification
from tracker.subscriptions.models import Bulk as Bulk
from tracker.subscriptions.models import Delivery as Delivery
from tracker.subscriptions.models import Subscription as Subscription


class Event(models.Model):
    """One immutable event. Its columns are derived from `entry`, never the reverse."""

    position = models.BigIntegerField(primary_key=True)
    event_id = models.UUIDField(unique=True, db_column="id")
    stream = models.TextField()
    version = models.IntegerField()
    type = models.TextField()
    schema = models.SmallIntegerField()
    known_from = models.DateField(null=True)
    known_seq = models.IntegerField(null=True)
    occurred_on = models.TextField(null=True)  # noqa: DJ001 - a coarse date, or unknown
    recorded_at = models.DateTimeField()
    corrects = models.UUIDField(null=True)
    entry = models.BinaryField()
    leaf_hash = models.BinaryField()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["stream", "version"], name="event_stream_version"),
            models.CheckConstraint(condition=models.Q(position__gte=1, version__gte=1), name="event_from_one"),
        ]
        indexes = [
            models.Index(fields=["recorded_at", "position"], name="event_recorded_at"),
            models.Index(fields=["type", "position"], name="event_type"),
            models.Index(fields=["known_from"], name="event_known_from"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.type} {self.stream}"


class Head(models.Model):
    """The log's one head row: the append lock, the clock and the frontier of the Merkle tree."""

    log_id = models.UUIDField()
    size = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    frontier = ArrayField(models.BinaryField())

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1, size__gte=0), name="head_is_one_row")]

    def __str__(self) -> str:
        return f"head at {self.size}"


class Attachment(models.Model):
    """Bytes that an event names by their SHA-256, such as a long list of product codes."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    media_type = models.TextField()
    content = models.BinaryField()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.sha256


class Checkpoint(models.Model):
    """How far one generation of a projection has read."""

    class Status(models.TextChoices):
        BUILDING = "building"
        LIVE = "live"
        PAUSED = "paused"
        FAULTED = "faulted"
        RETIRED = "retired"

    projection = models.TextField()
    generation = models.SmallIntegerField()
    status = models.CharField(max_length=10, choices=Status)
    position = models.BigIntegerField(default=0)
    leaf_hash = models.BinaryField(null=True)
    fold_version = models.IntegerField()
    updated_at = models.DateTimeField(auto_now=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["projection", "generation"], name="checkpoint_generation"),
            models.UniqueConstraint(
                fields=["projection"],
                condition=models.Q(status__in=["live", "paused", "faulted"]),
                name="checkpoint_one_live",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.projection} generation {self.generation} at {self.position}"


class Parked(models.Model):
    """A stream that a projection could not fold: its later events wait behind it, all other streams go on."""

    projection = models.TextField()
    generation = models.SmallIntegerField()
    stream = models.TextField()
    position = models.BigIntegerField()
    error = models.TextField()
    parked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "parked streams"
        permissions = [("retry_parked", "Can have a parked stream folded again")]
        constraints = [
            models.UniqueConstraint(fields=["projection", "generation", "stream"], name="parked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.projection}: {self.stream} at {self.position}"


class Pseudonym(models.Model):
    """The stable name under which a person stands in the log."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pseudonym")
    name = models.CharField(max_length=40, unique=True)

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name
