"""Text that may name persons: the log holds a commitment, the text lies in a table from which it can be erased.

The commitment is SHA-256 over a random salt of 32 bytes and the text. Without the salt nobody can guess the text from
it; with both anybody can check it. `tracker.log.append` puts a commitment in the place of every `meta.reason`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

from django.db import InterfaceError, OperationalError

from tracker.envelope import NewEvent
from tracker.ledger.models import Opening

COMMITMENT = re.compile(r"sha256:[0-9a-f]{64}")
SALT_BYTES = 32


def commitment(salt: bytes, text: str) -> str:
    return "sha256:" + sha256(salt + text.encode()).hexdigest()


def commit(text: str) -> Opening:
    """The opening of a fresh commitment to a text, not stored yet."""
    salt = secrets.token_bytes(SALT_BYTES)
    return Opening(commitment=commitment(salt, text), salt=salt, text=text)


@contextmanager
def concealed(batch: Sequence[NewEvent]) -> Iterator[tuple[list[NewEvent], list[Opening]]]:
    """The batch with commitments for reasons. Their openings are stored first, and go again if the block fails."""
    hidden = [_hidden(item) for item in batch]
    openings = [opening for _, opening in hidden if opening]
    Opening.objects.bulk_create(openings)
    try:
        yield [item for item, _ in hidden], openings
    except (OperationalError, InterfaceError):
        raise  # the batch may be in the log all the same: a retry finds out
    except BaseException:
        forget(openings)
        raise


def _hidden(item: NewEvent) -> tuple[NewEvent, Opening | None]:
    if item.meta.reason is None or COMMITMENT.fullmatch(item.meta.reason):
        return item, None
    opening = commit(item.meta.reason)
    return replace(item, meta=replace(item.meta, reason=opening.commitment)), opening


def forget(openings: Sequence[Opening]) -> None:
    """Deletes openings, such as those of a batch that was in the log already."""
    if openings:
        Opening.objects.filter(pk__in=[opening.pk for opening in openings]).delete()


def withheld(said: str | None) -> bool:
    """Whether this is a commitment, whose text is not for the public."""
    return said is not None and bool(COMMITMENT.fullmatch(said))


def text_of(said: str | None) -> str | None:
    """The text behind a commitment; None once it was erased. What is no commitment is returned as it is."""
    if not withheld(said):
        return said
    opening = Opening.objects.filter(commitment=said).first()
    return opening.text if opening else None
