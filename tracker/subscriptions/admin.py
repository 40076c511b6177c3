"""Webhooks for operators: who is subscribed, what came of each message, and the few things to do about it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from tracker.admin import ReadOnlyAdmin
from tracker.subscriptions import delivering
from tracker.subscriptions.models import Bulk, Delivery, Subscription


class OwnOrAll(ReadOnlyAdmin):
    """Everybody sees their own; superusers all, and act on all."""

    owner: str

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(**{self.owner: request.user})


@admin.register(Subscription)
class SubscriptionAdmin(OwnOrAll):
    when_empty = "No webhook of yours. Programs subscribe through the API, at /api/v1/webhooks/."
    owner = "owner"
    list_display = ("url", "owner", "state", "reason", "failures", "position")
    list_filter = ("state",)
    list_select_related = ("owner",)
    exclude = ("secret", "former_secret", "busy_until")
    actions = ("send_a_test", "pause", "resume")

    @admin.action(description="Send a test message")
    def send_a_test(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        from tracker.api.stream import rendered

        for row in rows:
            said = delivering.test(row, rendered, timezone.now()).log[-1]
            level = messages.SUCCESS if said["status"] and said["status"] < 300 else messages.ERROR
            self.message_user(request, f"{said['status'] or said['error']} from {row.url}", level)

    @admin.action(description="Pause")
    def pause(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        for row in rows:
            delivering.pause(row)

    @admin.action(description="Resume, with what waits")
    def resume(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        for row in rows:
            delivering.resume(row, timezone.now())


@admin.register(Delivery)
class DeliveryAdmin(OwnOrAll):
    when_empty = "Nothing was sent yet. What a webhook is sent, and what came of it, is listed here."
    owner = "subscription__owner"
    list_display = ("created_at", "type", "stream", "position", "state", "attempts", "subscription")
    list_filter = ("state",)
    list_select_related = ("subscription",)
    actions = ("send_again",)

    @admin.action(description="Send again")
    def send_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        for row in rows:
            delivering.resend(row, timezone.now())


@admin.register(Bulk)
class BulkAdmin(ReadOnlyAdmin):
    when_empty = "No bulk files are made yet. The worker makes them, or manage.py bulk does now."
    list_display = ("position", "made_at", "code_version")
