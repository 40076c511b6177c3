"""The other read models, as tables to look at, and the list of drafts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from measures import models, wording
from measures.admin import words
from measures.admin.pages import now_rows
from measures.drafts import Draft
from measures.templatetags.workplace import stream_page
from measures.uploads import Upload
from tracker.admin import ReadOnlyAdmin
from tracker.clocks import FAR
from tracker.events import event_type
from tracker.facets import MOST_STREAMS
from tracker.projections import projections


class TableAdmin(ReadOnlyAdmin):
    """The rows of a read model over all valid days, as known and recorded today."""

    when_empty = "No rows yet. They follow within seconds from what is recorded, which begins on the start page."
    list_display_links = None
    search_fields = ("slug",)
    ordering = ("stream", "valid_from")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return now_rows(request, self.model)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the streams whose slug has the term in it, which are far fewer than rows."""
        if not search_term.strip():
            return queryset, False
        named = next(kind.models[0] for kind in projections() if self.model in kind.models)
        found = now_rows(request, named).filter(slug__icontains=search_term.strip())
        streams = list(found.values_list("stream", flat=True).distinct()[:MOST_STREAMS])
        request.is_cut = len(streams) == MOST_STREAMS  # type: ignore[attr-defined]
        return queryset.filter(stream__in=streams), False

    @admin.display(description="stream", ordering="slug")
    def page(self, row: Any) -> str:
        return format_html('<a href="{}">{}</a>', stream_page(row.stream), row.slug)

    @admin.display(description="until", ordering="valid_until")
    def until(self, row: Any) -> Any:
        return "open" if row.valid_until == FAR else row.valid_until

    @admin.display(description="legal status", ordering="legal")
    def legally(self, row: Any) -> str:
        return wording.LEGAL[row.legal]

    @admin.display(description="application", ordering="application")
    def applied(self, row: Any) -> str:
        return words.plain(row.application)

    @admin.display(description="rate", ordering="rate")
    def percent(self, row: Any) -> str:
        return "" if row.rate is None else wording.percent(row.rate)

    @admin.display(description="kind", ordering="kind")
    def sort(self, row: Any) -> str:
        return words.plain(row.kind)

    @admin.display(description="status", ordering="status")
    def stands(self, row: Any) -> str:
        return words.plain(row.status)


TABLES: dict[Any, tuple[str, ...]] = {
    models.Segment: ("page", "term", "party", "valid_from", "until", "legally", "applied", "percent", "sentence"),
    models.Meeting: ("page", "round", "sort", "occurred_on", "city", "venue", "minutes"),
    models.Delegation: ("page", "round", "party", "head", "occurred_on"),
    models.Position: ("page", "sort", "by", "text", "occurred_on"),
    models.Agreement: ("page", "sort", "parties", "text", "occurred_on"),
    models.Commitment: ("page", "commitment", "by", "what", "due", "stands", "valid_from", "until"),
    models.Observation: ("page", "period_from", "period_until", "summary"),
    models.Membership: ("page", "member", "valid_from", "until"),
    models.Proceeding: ("page", "sort", "forum", "number", "outcome", "occurred_on"),
}

for model, columns in TABLES.items():
    admin.site.register(model, TableAdmin, list_display=columns)


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """All drafts; each has a page of its own, where its review takes place."""

    when_empty = "No drafts yet. Choose on the start page what happened: what you begin and leave is kept here."
    list_display = ("what", "stream", "state", "author", "assignee", "reviewer", "updated_at")
    list_display_links = None
    list_filter = ("state",)
    list_select_related = ("author", "assignee", "reviewer")
    search_fields = ("stream", "type", "author__username")
    ordering = ("-updated_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what the drafts hold, which for a file of rows is much."""
        return super().get_queryset(request).defer("events", "typed")

    @admin.display(description="what")
    def what(self, row: Draft) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:draft", args=[row.pk]), words.verb(event_type(row.type))
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("admin:draft", id=object_id)


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """All imports; each has a page of its own."""

    when_empty = "No file was sent yet. Choose “Import a file” on the start page; a template comes with each type."
    list_display = ("what", "type", "author", "created_at", "checked_at")
    list_display_links = None
    list_select_related = ("author",)
    search_fields = ("name", "type", "author__username")
    ordering = ("-created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("rows", "found", "problems", "unread")

    @admin.display(description="file")
    def what(self, row: Upload) -> str:
        return format_html('<a href="{}">{}</a>', reverse("admin:upload", args=[row.pk]), row.name)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("admin:upload", id=object_id)
