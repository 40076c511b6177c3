"""Users: administrators keep them and their groups, and cannot raise anybody, themselves included, above all groups."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

ABOVE_GROUPS = ("is_superuser", "user_permissions")
OF_ITSELF = ("last_login", "date_joined")
"""What the machine writes, and nobody types."""

admin.site.unregister(User)


@admin.register(User)
class PeopleAdmin(UserAdmin):
    """The stock page of a user; what lies above groups is for superusers alone, and nobody is deleted: they wrote."""

    list_display = ("username", "last_login", "is_active", "is_staff", "roles")

    @admin.display(description="groups")
    def roles(self, row: User) -> str:
        return ", ".join(group.name for group in row.groups.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return OF_ITSELF if request.user.is_superuser else (*ABOVE_GROUPS, *OF_ITSELF)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        mine = bool(obj is None or not obj.is_superuser or request.user.is_superuser)
        return mine and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
