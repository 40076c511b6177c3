"""Tokens of the API: whoever writes makes their own, which is shown once; administrators see and withdraw all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from knox.models import AuthToken

from tracker.api import tokens

admin.site.unregister(AuthToken)


class TokenForm(forms.ModelForm):
    """How long it shall hold is all that there is to say."""

    days = forms.IntegerField(
        min_value=1, max_value=tokens.MOST_DAYS, initial=tokens.DAYS, help_text="How long it holds."
    )

    class Meta:
        model = AuthToken
        fields = ()


@admin.register(AuthToken)
class TokenAdmin(admin.ModelAdmin):
    """A token is of whoever makes it, so that nobody writes in another's name."""

    form = TokenForm
    list_display = ("beginning", "user", "created", "expiry")
    list_display_links = None
    list_select_related = ("user",)
    ordering = ("-created",)

    @admin.display(description="begins with")
    def beginning(self, row: AuthToken) -> str:
        return f"{row.token_key}…"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows if _keeps_all(request) else rows.filter(user=request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _keeps_all(request) or self.has_add_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("measures.write_draft"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of one's own, or as a keeper of all; the list that is deleted from holds no other."""
        return _keeps_all(request) or (self.has_add_permission(request) and (obj is None or obj.user == request.user))

    def save_model(self, request: HttpRequest, obj: AuthToken, form: Any, change: bool) -> None:
        made, text = tokens.issue(request.user, form.cleaned_data["days"])
        obj.__dict__.update(made.__dict__)
        messages.success(request, f"Copy it now, it is not shown again: {text}")


def _keeps_all(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("knox.delete_authtoken"))
