"""The start page: what waits, what is mine, what stands still, what comes, and the buttons to record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from measures import queries
from measures.admin import words
from measures.admin.pages import now_point
from measures.admin.record import choice
from measures.drafts import Draft
from measures.models import Segment
from measures.wording import standing
from tracker import log
from tracker.clocks import Point
from tracker.events import event_type
from tracker.projections import lag, parked_streams
from tracker.sentences import say

AHEAD = timedelta(days=120)
WITHOUT_INSTRUMENT = timedelta(days=30)
MOST = 10


def context(request: HttpRequest) -> dict[str, Any]:
    """What the start page shows; to who sees no drafts, as an administrator of users, only the tables."""
    if not request.user.has_perm("measures.view_draft"):
        return {"is_desk": False}
    now, lags = timezone.now(), list(lag())
    point = now_point(request)
    upcoming = list(queries.calendar(point, now.date() + AHEAD)[:MOST])
    late = list(overdue(point)[:MOST])
    wanted = {segment.slug for segment in [*upcoming, *late]}
    titles = dict(queries.measures(point).filter(slug__in=wanted).values_list("slug", "title"))
    return {
        "is_desk": True,
        "awaiting": Draft.objects.awaiting_review().select_related("author")[:MOST],
        "mine": Draft.objects.in_hand(request.user)[:MOST],
        "stopped": [checkpoint for checkpoint, _ in lags if checkpoint.error],
        "behind": max((count for _, count in lags), default=0),
        "parked": parked_streams()[:MOST],
        "upcoming": [_told(segment, titles) for segment in upcoming],
        "overdue": [_told(segment, titles) for segment in late],
        "corrections": corrections(now - timedelta(days=7)),
        "empty": log.head().position == 0,
        "groups": [
            (category, [choice(event_type(f"{category}.{name}")) for name in names]) for category, names in FIRST
        ],
    }


FIRST = [("measure", ("announced", "adopted", *words.FIRST["measure"])), *list(words.FIRST.items())[1:]]


def overdue(point: Point) -> Any:
    """Announced longer ago than a month, and nothing adopted since."""
    since = point.valid_at - WITHOUT_INSTRUMENT
    rows = Segment.objects.at(point).filter(headline=True, legal="announced", valid_from__lt=since)
    return rows.order_by("valid_from")


def _told(segment: Segment, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "day": segment.valid_from,
        "stream": segment.stream,
        "title": titles.get(segment.slug, segment.slug),
        "term": "" if segment.headline else segment.term,
        "standing": standing(segment),
    }


def corrections(since: Any) -> list[dict[str, Any]]:
    """Corrections and retractions recorded since an instant, newest first."""
    kinds = ("entry.corrected", "entry.retracted")
    found = [item for kind in kinds for item in log.read(type=kind, backwards=True, limit=MOST)]
    recent = sorted((item for item in found if item.recorded_at >= since), key=lambda item: -item.position)
    places = log.places([item.corrects for item in recent if item.corrects])
    return [{"event": item, "sentence": say(item, places)} for item in recent[:MOST]]
