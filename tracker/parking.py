"""Parking: a stream that cannot be folded stands still with its reason, and all others go on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING

import django.db
from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet

from tracker import log
from tracker.events import FutureSchema, UnknownEventType
from tracker.folding import fold_streams
from tracker.models import Parked
from tracker.running import batches

if TYPE_CHECKING:
    from tracker.projections import Projection

logger = logging.getLogger(__name__)

MAX_PARK = 20
"""More streams parked in one generation mean that the code is wrong, not the data: the projection stops."""

NEWER_CODE_WROTE_IT = (FutureSchema, UnknownEventType)


class Faulted(Exception):
    """A fault of the code or of the log: the projection stops until somebody has looked."""


def may_be_the_data(error: Exception) -> bool:
    """Whether one stream's events may be what fails; a lost connection, a missing column or newer events are not."""
    if isinstance(error, django.db.Error):
        too_large = getattr(error.__cause__, "sqlstate", None) or ""
        return isinstance(error, DataError | IntegrityError) or too_large.startswith("54")
    return not isinstance(error, (Faulted, *NEWER_CODE_WROTE_IT))


def fold_alone(kind: Projection, generation: int, stream: str, since: int, upto: int) -> Parked | None:
    """Folds one stream as far as it goes, at worst batch by batch, and says where and why it stopped.

    So what is parked does not depend on how many events a step read.
    """
    if _fold_apart(kind, generation, stream, since, upto) is None:
        return None
    items = log.read(since, stream=stream, upto=upto)
    for end, _ in batches(items, since):
        if error := _fold_apart(kind, generation, stream, since, end):
            logger.error("projection %s parks %s", kind.name, stream, exc_info=error)
            position = next(item.position for item in items if item.position > since)
            reason = "".join(traceback.format_exception(error, limit=-5))
            return Parked(projection=kind.name, generation=generation, stream=stream, position=position, error=reason)
        since = end
    return None


def _fold_apart(kind: Projection, generation: int, stream: str, since: int, upto: int) -> Exception | None:
    try:
        with transaction.atomic():
            fold_streams(kind, generation, [stream], since, upto, log.read(since, stream=stream, upto=upto))
    except Exception as error:
        if not may_be_the_data(error):
            raise
        return error
    return None


def park(stopped: Iterable[Parked]) -> None:
    """Parks streams; raises Faulted when so many stand still in their generation that it cannot be the data."""
    for each in stopped:
        each.save(force_insert=True)
        standing = Parked.objects.filter(projection=each.projection, generation=each.generation).count()
        if standing > MAX_PARK:
            raise Faulted(f"{standing} streams cannot be folded, the last is {each.stream}: {each.error}")


def parked_streams() -> QuerySet[Parked]:
    """The streams that could not be folded, the latest first."""
    return Parked.objects.order_by("-parked_at")
