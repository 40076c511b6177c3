"""The Celery task of the domain: what was approved under an embargo goes into the log when its instant has come."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone


@shared_task(ignore_result=True)
def record_due() -> None:
    """Records the approved drafts that wait for nothing; repeating it changes nothing."""
    from measures import review

    review.record_due(timezone.now())
