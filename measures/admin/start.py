"""The start page: what waits, what is mine, what stands still, what comes, and the buttons to record.

It costs as many queries whatever there is: what is alike is asked together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.http import HttpRequest
from django.utils import timezone

from measures import queries
from measures.admin import words
from measures.admin.pages import NEWEST, point_at
from measures.admin.record import choice
from measures.drafts import Draft
from measures.models import Segment
from measures.wording import standing
from tracker import log
from tracker.clocks import NEVER, Point
from tracker.events import event_type
from tracker.parking import parked_streams
from tracker.projections import lag
from tracker.replay import reach_of
from tracker.sentences import say

AHEAD = timedelta(days=120)
WITHOUT_INSTRUMENT = timedelta(days=30)
MOST = 10
CORRECTIONS = ("entry.corrected", "entry.retracted")


def context(request: HttpRequest) -> dict[str, Any]:
    """What the start page shows; to who sees no drafts, as an administrator of users, only the tables."""
    if not request.user.has_perm("measures.view_draft"):
        return {"is_desk": False}
    now, lags = timezone.now(), list(lag())
    point = point_at(reach_of(checkpoint for checkpoint, _ in lags))
    size = max((checkpoint.position + behind for checkpoint, behind in lags), default=None)
    return {
        "is_desk": True,
        **drafts(request.user),
        **effects(point),
        "stopped": [checkpoint for checkpoint, _ in lags if checkpoint.error],
        "behind": max((count for _, count in lags), default=0),
        "parked": parked_streams()[:MOST],
        "corrections": corrections(now - timedelta(days=7)),
        "empty": not (log.head().position if size is None else size),
        "groups": [
            (category, [choice(event_type(f"{category}.{name}")) for name in names]) for category, names in FIRST
        ],
    }


FIRST = [("measure", ("announced", "adopted", *words.FIRST["measure"])), *list(words.FIRST.items())[1:]]


def drafts(user: Any) -> dict[str, list[dict[str, Any]]]:
    """What awaits review, what somebody was asked to review first, and what is in hand; without what it holds."""
    shown = ("pk", "sentence", "stream", "state", "expected", "submitted_at", "updated_at")
    people = {"by": F("author__username"), "asked": F("assignee__username")}
    parts = {"awaiting": Draft.objects.awaiting_review(user), "mine": Draft.objects.in_hand(user)}
    rows = list(_together({name: part.annotate(**people).values(*shown, *people) for name, part in parts.items()}))
    awaiting = [row for row in rows if row["part"] == "awaiting"]
    mine = [row for row in rows if row["part"] == "mine"]
    return {
        "awaiting": sorted(awaiting, key=lambda row: (row["asked"] != user.get_username(), row["submitted_at"])),
        "mine": sorted(mine, key=lambda row: row["updated_at"], reverse=True),
    }


def effects(point: Point) -> dict[str, list[dict[str, Any]]]:
    """What comes, and what was announced long ago and has no instrument, with the titles of the measures."""
    point = replace(point, position=NEVER - 1)  # of each table its newest rows: none waits for another
    title = Subquery(queries.measures(point).filter(stream=OuterRef("stream")).values("title")[:1])
    coming = queries.calendar(point, point.valid_at + AHEAD).filter(**NEWEST)
    parts = {"upcoming": coming, "overdue": overdue(point).filter(**NEWEST)}
    rows = list(_together({name: part.annotate(title=title) for name, part in parts.items()}))
    rows.sort(key=lambda row: (row.valid_from, row.slug, row.term))
    return {name: [_told(row) for row in rows if row.part == name] for name in parts}


def _together(parts: dict[str, QuerySet[Any]]) -> Iterable[Any]:
    """The first rows of several queries as one, each row with the name of its part."""
    first, *others = [part.annotate(part=Value(name, output_field=CharField()))[:MOST] for name, part in parts.items()]
    return first.union(*others, all=True)


def overdue(point: Point) -> QuerySet[Segment]:
    """Announced longer ago than a month, and nothing adopted since."""
    since = point.valid_at - WITHOUT_INSTRUMENT
    rows = Segment.objects.at(point).filter(headline=True, legal="announced", valid_from__lt=since)
    return rows.order_by("valid_from")


def _told(segment: Any) -> dict[str, Any]:
    return {
        "day": segment.valid_from,
        "stream": segment.stream,
        "title": segment.title or segment.slug,
        "term": "" if segment.headline else segment.term,
        "standing": standing(segment),
    }


def corrections(since: Any) -> list[dict[str, Any]]:
    """Corrections and retractions recorded since an instant, newest first."""
    recent = [item for item in log.latest(CORRECTIONS, MOST) if item.recorded_at >= since]
    places = log.places([item.corrects for item in recent if item.corrects]) if recent else {}
    return [{"event": item, "sentence": say(item, places)} for item in recent]
