"""The tables of those who follow the log: manifests of bulk files, subscriptions of webhooks, their deliveries."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Bulk(models.Model):
    """The manifest of the bulk files at a position: the files themselves are read from the log, the same for ever."""

    position = models.BigIntegerField(primary_key=True)
    recorded_at = models.DateTimeField()
    made_at = models.DateTimeField()
    code_version = models.CharField(max_length=40)
    files = models.JSONField()
    """Name, SHA-256, bytes and rows of each file."""
    counts = models.JSONField()
    """Events by type."""

    class Meta:
        default_permissions = ("view",)
        ordering = ["-position"]
        verbose_name = verbose_name_plural = "bulk files"

    def __str__(self) -> str:
        return f"bulk at {self.position}"


def _words() -> ArrayField:
    return ArrayField(models.TextField(), default=list, blank=True)


class Subscription(models.Model):
    """An address to which the events that its owner wants are posted."""

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        DEAD = "dead"

    id = models.UUIDField(primary_key=True, default=uuid4)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks")
    url = models.TextField()
    types = _words()
    streams = _words()
    categories = _words()
    secret = models.CharField(max_length=80)
    former_secret = models.CharField(max_length=80, blank=True, default="")
    former_until = models.DateTimeField(null=True)
    """Until then each message is signed with both secrets."""
    state = models.CharField(max_length=6, choices=State, default=State.ACTIVE)
    reason = models.TextField(blank=True, default="")
    """Why it was paused by itself."""
    position = models.BigIntegerField()
    """Events up to here have become deliveries."""
    failures = models.IntegerField(default=0)
    """Attempts in a row that the endpoint did not take."""
    next_at = models.DateTimeField()
    """Until then the endpoint is left alone."""
    busy_until = models.DateTimeField(null=True)
    """A worker has it until then."""
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """A message to an endpoint, under one id however often it is sent."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    position = models.BigIntegerField(null=True)
    """The event's; none for a test."""
    stream = models.TextField(blank=True, default="")
    type = models.TextField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    log = models.JSONField(default=list)
    """The last attempts: at, status, error, milliseconds."""
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "-position"]
        constraints = [models.UniqueConstraint(fields=["subscription", "position"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["subscription", "stream", "position"],
                condition=models.Q(state="waiting"),
                name="delivery_waiting",
            ),
            models.Index(fields=["subscription", "-created_at"], name="delivery_log"),
        ]

    def __str__(self) -> str:
        return f"{self.type} to {self.subscription_id}"
