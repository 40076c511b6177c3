"""The editors' workplace: the stock admin site with its own start page and the ways to record."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path


class Workplace(AdminSite):
    """Every page asks for a log-in of staff; what a person may do on it follows from the groups of `measures.roles`."""

    site_title = "Lancaster"
    site_header = "Lancaster"
    index_title = "Workplace"
    index_template = "admin/workplace/start.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from measures.admin import start

        return super().index(request, {**start.context(request), **(extra_context or {})})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from measures.admin import corrections, desk, lookup, record

        own = [
            path("record/", self.admin_view(record.choose), name="record"),
            path("record/<str:type>/", self.admin_view(record.fill), name="record_type"),
            path("correct/<int:position>/", self.admin_view(corrections.correct), name="correct"),
            path("retract/<int:position>/", self.admin_view(corrections.retract), name="retract"),
            path("draft/<uuid:id>/", self.admin_view(desk.draft), name="draft"),
            path("draft/<uuid:id>/edit/", self.admin_view(desk.edit), name="draft_edit"),
            path("streams/", self.admin_view(lookup.streams), name="streams"),
        ]
        return own + super().get_urls()
