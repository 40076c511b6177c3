"""An embargo ends by itself: a real worker records what was approved, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.conf import settings

from measures import review
from measures.drafts import Draft
from measures.tasks import record_due
from tests.measures.admin.hands import person
from tests.measures.test_review import DUTY, STREAM, TO_20, event, types
from tests.processes import CeleryWorker, until

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.slow
def test_an_approved_draft_is_recorded_when_its_embargo_is_over(
    committed_db: None, celery_worker_process: Callable[..., CeleryWorker]
) -> None:
    DUTY.record()
    editor, reviewer = person("editor", "editor"), person("reviewer", "reviewer")
    draft = review.save(
        uuid4(), author=editor, type="measure.rate_changed", stream=STREAM, typed={}, batch=[event(TO_20)]
    )
    draft = review.submit(draft, by=editor, now=NOW, seen=draft.expected, confirmed={})
    draft = review.approve(draft, by=reviewer, now=NOW, embargo_until=datetime(2026, 1, 6, tzinfo=UTC))
    assert types() == ["measure.described", "measure.adopted"]

    celery_worker_process()
    record_due.delay()
    record_due.delay()
    until(lambda: Draft.objects.get(pk=draft.pk).state == "recorded", "the draft is recorded")
    assert types() == ["measure.described", "measure.adopted", "measure.rate_changed"]


def test_the_beat_looks_for_them() -> None:
    assert "measures.tasks.record_due" in [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
