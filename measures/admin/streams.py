"""The pages of measures, talks, cases, indicators, disputes and groups: standing, history, what can happen next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, Subquery, Value
from django.db.models.functions import Least
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html

from measures import models, nomenclature, queries, selecting, wording
from measures.admin import picture, words
from measures.admin.lookup import MOST
from measures.admin.pages import now_point, page, today, today_rows
from measures.admin.record import choice, choices
from measures.admin.sides import ApplicationFilter, ImplementerFilter, KindFilter, LegalFilter, MeasureList, counted
from measures.drafts import Draft
from measures.rules import renamed
from measures.templatetags.workplace import stream_page
from tracker import log
from tracker.actors import users
from tracker.admin import ReadOnlyAdmin, names_of, sentence_of
from tracker.clocks import Point
from tracker.events import event_type
from tracker.facets import MOST_COUNTED
from tracker.log import Recorded


class StreamAdmin(ReadOnlyAdmin):
    """One row a stream, as it reads today; its page is found by slug, which lasts, not by row, which does not."""

    category: str
    list_display: Any = ("title_link", "first_known")
    list_display_links = None
    search_fields = ("title", "slug")
    ordering = ("slug",)

    @property
    def when_empty(self) -> str:  # type: ignore[override]
        return f"No {self.opts.verbose_name} is recorded yet. Record the first one from the start page."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return today_rows(request, self.model).order_by("slug")  # also where the list is sorted by what many share

    @admin.display(description="title", ordering="title")
    def title_link(self, row: Any) -> str:
        page = stream_page(row.stream)
        return format_html('<a href="{}">{}</a><span class="about">{}</span>', page, row.title, row.slug)

    @admin.display(description="kind", ordering="kind")
    def sort(self, row: Any) -> str:
        return words.plain(row.kind)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        stream = f"{self.category}/{object_id}"
        history = log.last(stream, SHOWN)
        if not history:
            return self.elsewhere(object_id)
        point = now_point(request)
        row = next(iter(today_rows(request, self.model).filter(stream=stream)), None)
        return page(
            request,
            "stream",
            row.title if row else object_id,
            opts=self.opts,
            row=row,
            stream=stream,
            slug=object_id,
            behind=history[-1].position > point.position,
            history=told(history),
            earlier=history[0].version - 1,
            verbs=[choice(event_type(f"{self.category}.{name}")) for name in words.FIRST[self.category]],
            groups=choices(self.category),
            drafts=Draft.objects.filter(stream=stream, state__in=UNDECIDED)
            .select_related("author")
            .defer("events", "typed"),
            **self.more(row, point, history),
        )

    def elsewhere(self, slug: str) -> HttpResponse:
        """The answer for a slug that is no stream's. Raises Http404."""
        raise Http404(f"there is no {self.category}/{slug}")

    def more(self, row: Any, point: Point, history: Sequence[Recorded]) -> dict[str, Any]:
        """What the page of this kind of stream shows besides."""
        return {}


UNDECIDED = [Draft.State.DRAFT, Draft.State.SUBMITTED, Draft.State.SENT_BACK, Draft.State.APPROVED]


SHOWN = 100
"""So many entries of a history, periods of a timeline and figures, the newest ones, stand on a page; lists have all."""


def told(history: Sequence[Recorded]) -> list[dict[str, Any]]:
    """Entries in sentences, newest first, with what touched each and the people behind the pseudonyms.

    What touches an entry comes after it: beside the last entries of a stream only what they name has to be found.
    """
    places = {str(item.id): item.position for item in history}
    places |= log.places({named for item in history for named in names_of(item)} - places.keys())
    touched: dict[str, list[int]] = {}
    for item in history:
        if item.corrects:
            touched.setdefault(str(item.corrects), []).append(item.position)
    names = {name for item in history for name in (item.meta["actor"], item.meta.get("approver")) if name}
    people = users(names)
    return [
        {
            "event": item,
            "sentence": sentence_of(item, places),
            "names": [places[named] for named in names_of(item) if named in places],
            "touched_by": touched.get(str(item.id), []),
            "actor": people.get(item.meta["actor"], item.meta["actor"]),
            "approver": people.get(item.meta.get("approver", ""), item.meta.get("approver")),
        }
        for item in reversed(history)
    ]


def periods(stream: str, point: Point) -> tuple[list[Any], date | None]:
    """The segments of a measure from the day on which the last ones begin, or today; where others ended, that day."""
    rows = queries.timeline(stream, point)
    first = rows.order_by("-valid_from").values("valid_from")[SHOWN : SHOWN + 1]
    kept = Q(first=None) | Q(valid_until__gt=Least("first", Value(point.valid_at)))
    shown = list(rows.annotate(first=Subquery(first)).filter(kept))
    return shown, min(shown[0].first, point.valid_at) if shown and shown[0].first else None


WORD = 4
"""Fewer letters than this are no beginning of a country's name, and may be its code."""


@admin.register(models.Measure)
class MeasureAdmin(StreamAdmin):
    category = "measure"
    list_display = ("title_link", "stands", "rate", "sort", "implementer")
    list_filter = (LegalFilter, ApplicationFilter, KindFilter, ImplementerFilter)
    search_fields = ("title", "slug", "authority")  # type: ignore[assignment]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MeasureList

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Where the sides are counted, what is chosen on all of them is too."""
        pages = super().get_paginator(request, *args, **kwargs)
        pages.count = min(counted(request, self)[""].total(), MOST_COUNTED)
        return pages

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By words; a product code finds what covers it too, a country what it imposes and what is aimed at it."""
        found, doubles = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        digits = term.replace(".", "")
        if digits.isdigit():
            covering = selecting.measures(now_point(request), {"product": digits}).exclude(Q(covers="in_words"))
            return found | queryset.filter(stream__in=covering.values("stream")), doubles
        countries = [code for code, _ in nomenclature.find_countries(term, MOST) if len(term) >= WORD or code == term]
        concerned = Q(implementer__in=countries) | Q(targets__overlap=countries)
        return (found | queryset.filter(concerned) if countries else found), doubles

    @admin.display(description="status today", ordering="stands")
    def stands(self, row: Any) -> str:
        if row.merged_into:
            return f"merged into {row.merged_into}"
        legal = wording.LEGAL[row.legal or "not_announced"]
        shown = row.application not in (None, "applied", "not_applied")
        return f"{legal}, {words.plain(row.application)}" if shown else legal

    @admin.display(description="rate", ordering="rate")
    def rate(self, row: Any) -> str:
        return "" if row.rate is None else wording.percent(row.rate)

    def elsewhere(self, slug: str) -> HttpResponse:
        """A slug that the measure was given later leads to its page."""
        stream = renamed().get(slug)
        return redirect(stream_page(stream)) if stream else super().elsewhere(slug)

    def more(self, row: Any, point: Point, history: Sequence[Recorded]) -> dict[str, Any]:
        segments, since = periods(history[0].stream, point)
        return {
            "status": "" if row is None or row.merged_into else _status(row, point, segments),
            "segments": [(segment, wording.standing(segment)) for segment in segments],
            "since": since,
            "today": today(),
            "picture": picture.of_segments(segments, today()),
        }


def _status(row: models.Measure, point: Point, segments: Sequence[models.Segment]) -> str:
    """How a measure stands today, by the rows that the timeline beside it shows."""
    headline = [segment for segment in segments if segment.headline]
    now = next((item for item in headline if item.valid_from <= point.valid_at < item.valid_until), None)
    later = (item for item in headline if item.valid_from > point.valid_at)
    change = next((item for item in later if now is None or item.answer != now.answer), None)
    return wording.status(now, change, point.valid_at, row.first_known)


@admin.register(models.Negotiation)
class NegotiationAdmin(StreamAdmin):
    category = "negotiation"
    list_display = ("title_link", "parties", "first_known")

    def more(self, row: Any, point: Point, history: Sequence[Recorded]) -> dict[str, Any]:
        if row is None:
            return {}
        commitments = list(queries.commitments(point).filter(stream=row.stream))
        return {"commitments": [(item, queries.overdue(item, point.valid_at)) for item in commitments]}


@admin.register(models.Indicator)
class IndicatorAdmin(StreamAdmin):
    category = "indicator"
    list_display = ("title_link", "sort", "first_known")

    def more(self, row: Any, point: Point, history: Sequence[Recorded]) -> dict[str, Any]:
        rows = queries.observations(point).filter(stream=history[0].stream).reverse()
        found = list(rows[: SHOWN + 1])
        return {"observations": found[:SHOWN][::-1], "more_observations": len(found) > SHOWN}


@admin.register(models.Case)
class CaseAdmin(StreamAdmin):
    category = "case"
    list_display = ("title_link", "forum", "number", "first_known")


@admin.register(models.Dispute)
class DisputeAdmin(StreamAdmin):
    category = "dispute"
    list_display = ("title_link", "parties", "first_known")


@admin.register(models.Group)
class GroupAdmin(StreamAdmin):
    """Groups of countries."""

    category = "group"
    list_display = ("title_link",)

    def more(self, row: Any, point: Point, history: Sequence[Recorded]) -> dict[str, Any]:
        members = models.Membership.objects.known(point).filter(stream=row.stream) if row else ()
        return {"members": members}
