"""The tables beside the log: what the sealer writes, the openings of private text, and answers that were kept."""

from __future__ import annotations

from django.db import models


class Node(models.Model):
    """The root of 256^level consecutive leaves: what a tile of level 1 and above is made of. Never changed."""

    level = models.SmallIntegerField()
    number = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        app_label = "tracker"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["level", "number"], name="node_once")]

    def __str__(self) -> str:
        return f"level {self.level}, {self.number}"


class Seal(models.Model):
    """A published checkpoint: the signed note of the tree at a size. Never changed."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "tracker"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"


class SealKey(models.Model):
    """The public half of a key that signed checkpoints, since when. Never changed."""

    vkey = models.TextField(primary_key=True)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "tracker"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.vkey


class Opening(models.Model):
    """The text behind a commitment in the log. Deleting the row erases the text; the log stays as it is."""

    commitment = models.CharField(max_length=71, primary_key=True)
    salt = models.BinaryField()
    text = models.TextField()

    class Meta:
        app_label = "tracker"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.commitment


class Receipt(models.Model):
    """An answer that a client asked to have kept, as it was sent."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    path = models.TextField()
    point = models.JSONField()
    position = models.BigIntegerField()
    answer = models.BinaryField()
    kept_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "tracker"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["position"], name="receipt_position"),
            models.Index(fields=["kept_at"], name="receipt_kept_at"),
        ]

    def __str__(self) -> str:
        return self.path


class Verification(models.Model):
    """A run of `manage.py verify`: what it found of the log up to a position."""

    verified_at = models.DateTimeField(auto_now_add=True)
    position = models.BigIntegerField()
    passed = models.BooleanField()
    report = models.TextField()

    class Meta:
        app_label = "tracker"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{'passed' if self.passed else 'failed'} at {self.position}"
