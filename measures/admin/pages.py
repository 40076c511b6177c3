"""What the workplace's own pages share."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from tracker.clocks import FAR, LAST_DAY, NEVER, Point
from tracker.projections import projections
from tracker.replay import Reach, reach


def page(request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
    """A page of the workplace in the frame of the admin."""
    return TemplateResponse(
        request, f"admin/workplace/{template}.html", {**admin.site.each_context(request), "title": title, **context}
    )


def require(request: HttpRequest, permission: str) -> None:
    """Raises PermissionDenied, a 403, unless the user has the permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied(f"this takes the permission {permission}")


def sent_id(request: HttpRequest, name: str) -> UUID:
    """The id that a form of ours was sent with. Raises BadRequest, a 400, where it has none."""
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise BadRequest(f"{name} is no id") from None


def now_point(request: HttpRequest) -> Point:
    """Today, at all that is known and projected; one query a request."""
    if not hasattr(request, "now_point"):
        request.now_point = point_at(reach())  # type: ignore[attr-defined]
    return request.now_point  # type: ignore[attr-defined]


NEWEST = {"recorded_until": NEVER, "known_until": FAR}
"""What a read model says now is open on both clocks; where a query says so, an index finds it without the past."""


def now_rows(request: HttpRequest, model: Any) -> QuerySet[Any]:
    """The rows of a read model as far as it has come, over all valid days."""
    return model.objects.filter(generation=now_point(request).generations[model.projection], **NEWEST)


def today_rows(request: HttpRequest, model: Any) -> QuerySet[Any]:
    """Those of them that hold today."""
    return now_rows(request, model).filter(valid_from__lte=today(), valid_until__gt=today())


NOT_STARTED = 0
"""The generation of a projection that no worker has begun: it has no rows."""


def point_at(served: Reach) -> Point:
    """Today, at all that is known, as far as the read models have come."""
    return Point(
        valid_at=today(),
        known_at=LAST_DAY,
        position=served.position,
        recorded_at=timezone.now(),
        generations={kind.name: NOT_STARTED for kind in projections()} | served.generations,
        fold_versions=served.fold_versions,
    )


def today() -> date:
    """The day of recording, in UTC."""
    return timezone.now().date()
