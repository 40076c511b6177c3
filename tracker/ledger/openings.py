"""Text that may name persons: the log holds a commitment, the text lies in a table from which it can be erased.

The commitment is SHA-256 over a random salt of 32 bytes and the text. Without the salt nobody can guess the text from
it; with both anybody can check it. `tracker.log.append` puts a commitment in the place of every `meta.reason` and of
every payload's fields that are `Withheld`, such as the reason of a correction.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from typing import TypeGuard

import msgspec
from django.db import InterfaceError, OperationalError

from tracker.envelope import NewEvent, Recorded, check
from tracker.events import UnknownEventType, event_type, withheld_fields
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
    """The batch with commitments for what it withholds.

    Their openings are stored first, and go again if the block fails. Raises EventError for a malformed event.
    """
    openings: list[Opening] = []
    hidden = [_hidden(item, openings) for item in batch]
    Opening.objects.bulk_create(openings)
    try:
        yield hidden, openings
    except (OperationalError, InterfaceError):
        raise  # the batch may be in the log all the same: a retry finds out
    except Exception:  # and not an interruption, which leaves open the same
        forget(openings)
        raise


def _hidden(item: NewEvent, openings: list[Opening]) -> NewEvent:
    """The event with commitments, whose openings are added to the list."""

    def hide(text: str) -> str:
        openings.append(commit(text))
        return openings[-1].commitment

    if item.meta.reason is not None:
        item = replace(item, meta=replace(item.meta, reason=hide(item.meta.reason)))
    if names := withheld_fields(type(item.payload)):
        check(item)  # of the texts themselves nothing can be said later
        said = {name: hide(getattr(item.payload, name)) for name in names}
        item = replace(item, payload=msgspec.structs.replace(item.payload, **said))
    return item


def forget(openings: Sequence[Opening]) -> None:
    """Deletes openings, such as those of a batch that was in the log already."""
    if openings:
        Opening.objects.filter(pk__in=[opening.pk for opening in openings]).delete()


def withheld(said: str | None) -> TypeGuard[str]:
    """Whether this is a commitment, whose text is not for the public."""
    return said is not None and bool(COMMITMENT.fullmatch(said))


def commitments_of(event: Recorded) -> dict[str, str]:
    """What an event withholds, each with the commitment in its place; `approval` is why it was recorded at all."""
    try:
        names = withheld_fields(event_type(event.type).payload)
    except UnknownEventType:
        names = ()
    found = {name: event.data.get(name) for name in names}
    found["approval"] = event.meta.get("reason")
    return {name: said for name, said in found.items() if withheld(said)}


def texts_of(commitments: Iterable[str]) -> dict[str, str]:
    """The texts behind commitments; those that were erased are left out."""
    return dict(Opening.objects.filter(pk__in=list(commitments)).values_list("commitment", "text"))


def text_of(commitment: str) -> str | None:
    """The text behind a commitment; None once it was erased."""
    return texts_of([commitment]).get(commitment)
