"""Who may do what, as groups: `migrate` makes them and gives each what it lacks.

Nobody may change or delete an event, whatever the group: there is no such permission.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

LABELS = ("tracker", "measures")
SEE = Q(content_type__app_label__in=LABELS, codename__startswith="view_")

ROLES = {
    "editor": SEE | Q(codename="write_draft"),
    "reviewer": SEE | Q(codename__in=["write_draft", "review_draft", "retry_parked"]),
    "publisher": SEE | Q(codename__in=["write_draft", "publish_draft"]),
    "auditor": SEE,
    "administrator": Q(
        content_type__app_label="auth", codename__in=["view_user", "add_user", "change_user", "view_group"]
    )
    | Q(content_type__app_label="knox", codename__in=["view_authtoken", "delete_authtoken"]),
}
"""Editors draft and submit, reviewers also approve, publishers publish alone in an emergency, auditors see everything
and change nothing, administrators keep the users and their tokens and see no draft."""


def grant_roles() -> None:
    """Makes the groups, and gives them what they should have; what somebody gave them besides stays."""
    for label in ("auth", "knox", *LABELS):
        create_permissions(apps.get_app_config(label), verbosity=0)
    for name, wanted in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(wanted))
