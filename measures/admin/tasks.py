"""The Celery tasks of the workplace: a worker checks the rows of an upload, while a page shows how far it has come."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

LONGEST = 300
"""Seconds after which a check is broken off, and says so: its file is too much for one batch."""


@shared_task(acks_late=True, reject_on_worker_lost=True, ignore_result=True, soft_time_limit=LONGEST)
def check_upload(id: str) -> None:
    """Checks the rows of an upload; repeating it gives the state as of then."""
    from measures.admin.bulk import keeping
    from measures.uploads import Upload

    now = timezone.now()
    for upload in Upload.objects.filter(pk=id):
        keeping.check(upload, today=now.date(), now=now)


@shared_task(ignore_result=True, soft_time_limit=LONGEST)
def check_waiting() -> None:
    """Checks the uploads whose worker was cut off, or never woken."""
    from measures.admin.bulk import keeping

    now = timezone.now()
    for upload in keeping.waiting(now):
        keeping.check(upload, today=now.date(), now=now)


def wake(id: Any) -> None:
    """Asks a worker to check an upload; a broker that is down costs a log line, `check_waiting` repairs it."""
    try:
        check_upload.apply_async([str(id)], retry=False)
    except (OperationalError, ConnectionError, TimeoutError, OSError) as error:
        logger.warning("could not wake a worker to check upload %s: %s", id, error)
