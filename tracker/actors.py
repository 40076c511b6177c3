"""Pseudonyms: people stand in the log under a stable name that says nothing about them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from tracker.models import Pseudonym

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def pseudonym(user: Any) -> str:
    """The stable pseudonym of a user, made at first use: `ed-` and eight random characters."""
    found, _ = Pseudonym.objects.get_or_create(
        user=user, defaults={"name": "ed-" + "".join(secrets.choice(ALPHABET) for _ in range(8))}
    )
    return found.name


def users(names: Iterable[str]) -> dict[str, str]:
    """The user name behind each pseudonym, for those who may see it."""
    return dict(Pseudonym.objects.filter(name__in=list(names)).values_list("name", "user__username"))
