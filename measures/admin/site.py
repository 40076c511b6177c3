"""The editors' workplace: the stock admin site with its own start page and the ways to record."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse

SECTIONS = {
    "Streams": "measures.Measure measures.Negotiation measures.Case measures.Indicator measures.Dispute measures.Group",
    "Records": "tracker.Event measures.Draft measures.Upload",
    "Tables": (
        "measures.Segment measures.Meeting measures.Delegation measures.Position measures.Agreement "
        "measures.Commitment measures.Observation measures.Proceeding measures.Membership"
    ),
    "Followers": "tracker.Subscription tracker.Delivery tracker.Bulk knox.AuthToken",
    "Machinery": "tracker.Checkpoint tracker.Parked tracker.Attachment tracker.Pseudonym",
    "People": "auth.User auth.Group",
}
"""The tables by their models: `Group` alone is a group of countries, and one of people."""


class Workplace(AdminSite):
    """Every page asks for a log-in of staff; what a person may do on it follows from the groups of `measures.roles`."""

    site_title = "Lancaster"
    site_header = "Lancaster"
    index_title = "Workplace"
    index_template = "admin/workplace/start.html"
    logout_template = "admin/workplace/logged_out.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from measures.admin import start

        return super().index(request, {**start.context(request), **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The tables by what people look for, instead of by app; what no section names stands where it stood."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        found = {model["model"]._meta.label: model for app in apps for model in app["models"]}
        frame = {"app_url": reverse("admin:index"), "has_module_perms": True}
        sections = []
        for name, labels in SECTIONS.items():
            models = [found.pop(label) for label in labels.split() if label in found]
            sections.append(frame | {"name": name, "app_label": name.lower(), "models": models})
        rest = [app | {"models": [model for model in app["models"] if model in found.values()]} for app in apps]
        return [app for app in [*sections, *rest] if app["models"]]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from measures.admin import addresses, audit, corrections, desk, lookup, record
        from measures.admin.bulk import pages

        own = [
            path("record/", self.admin_view(record.choose), name="record"),
            path("record/<str:type>/", self.admin_view(record.fill), name="record_type"),
            path("correct/<int:position>/", self.admin_view(corrections.correct), name="correct"),
            path("retract/<int:position>/", self.admin_view(corrections.retract), name="retract"),
            path("draft/<uuid:id>/", self.admin_view(desk.draft), name="draft"),
            path("draft/<uuid:id>/edit/", self.admin_view(desk.edit), name="draft_edit"),
            path("audit/", self.admin_view(audit.chain), name="audit"),
            path("audit/replay/", self.admin_view(audit.replay), name="audit_replay"),
            path("audit/corrections/", self.admin_view(audit.corrections), name="audit_corrections"),
            path("audit/bundle/", self.admin_view(audit.download), name="audit_bundle"),
            path("audit/check/", self.admin_view(audit.check), name="audit_check"),
            path("import/", self.admin_view(pages.choose), name="import"),
            path("import/<str:type>/", self.admin_view(pages.begin), name="import_type"),
            path("import/<str:type>/template.<str:ending>", self.admin_view(pages.blank), name="import_template"),
            path("upload/<uuid:id>/", self.admin_view(pages.upload), name="upload"),
            path("upload/<uuid:id>/progress/", self.admin_view(pages.progress), name="upload_progress"),
            path("upload/<uuid:id>/checked.<str:ending>", self.admin_view(pages.checked), name="upload_checked"),
            path("address/", self.admin_view(addresses.describe), name="address"),
            path("lookup/", self.admin_view(lookup.offers), name="lookup"),
        ]
        return own + super().get_urls()
