"""What the environment may say: every variable by name, secrets also from files, nothing misspelt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PREFIX = "LANCASTER_"
OURS = frozenset({"LANCASTER_DATA", "LANCASTER_EMBEDDED", "LANCASTER_PROFILE"})
SECRETS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_SEALER_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "METRICS_TOKEN",
)
"""Each may be given as NAME, or as NAME_FILE: the path of a file that holds it."""


def refuse_unknown(environment: Mapping[str, str]) -> None:
    """Raises ImproperlyConfigured, naming it, for a variable of ours that nothing reads: it is misspelt."""
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in OURS:
            raise ImproperlyConfigured(f"{name} is not a variable of this project: {', '.join(sorted(OURS))} are")


def from_files(environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets that are given as NAME_FILE. An empty variable counts as none.

    Raises:
        ImproperlyConfigured: naming the variable, where the file cannot be read, is empty, or both are given.
    """
    given = {name: environment[f"{name}_FILE"] for name in SECRETS if environment.get(f"{name}_FILE")}
    return {name: _read(name, path, environment) for name, path in given.items()}


def _read(name: str, path: str, environment: Mapping[str, str]) -> str:
    if environment.get(name):
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both given: give one")
    try:
        secret = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read: {error}") from None
    if not secret:
        raise ImproperlyConfigured(f"{name}_FILE: {path} is empty")
    return secret
