"""Users are kept by administrators, who record nothing and raise nobody above the groups."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from measures.roles import ROLES
from tests.measures.admin.hands import person

pytestmark = pytest.mark.django_db


def change(client: Any, user: User, **more: Any) -> Any:
    sent = {"username": user.username, "is_active": "on", "is_staff": "on"} | more
    return client.post(f"/admin/auth/user/{user.pk}/change/", sent)


def test_nobody_types_when_somebody_logged_in(sit: Any) -> None:
    user, client = person("friend"), sit("administrator")
    stamp = {"last_login_0": "2020-01-01", "last_login_1": "00:00:00"}
    joined = {"date_joined_0": "2020-01-01", "date_joined_1": "00:00:00"}
    assert change(client, user, **stamp, **joined).status_code == 302
    user.refresh_from_db()
    assert user.last_login is None
    assert user.date_joined.year > 2020


def test_migrating_makes_the_groups_with_their_permissions() -> None:
    granted = {
        group.name: {permission.codename for permission in group.permissions.all()} for group in Group.objects.all()
    }
    assert set(granted) >= set(ROLES)
    assert "write_draft" in granted["editor"]
    assert "review_draft" not in granted["editor"]
    assert {"write_draft", "review_draft"} <= granted["reviewer"]
    assert "publish_draft" not in granted["reviewer"]
    assert {"write_draft", "publish_draft"} <= granted["publisher"]
    assert all(name.startswith("view_") for name in granted["auditor"])


def test_no_group_may_change_or_delete_anything_of_the_log() -> None:
    for group in Group.objects.filter(name__in=ROLES):
        for permission in group.permissions.filter(content_type__app_label__in=("tracker", "measures")):
            assert not permission.codename.startswith(("add_", "change_", "delete_"))


def test_an_administrator_gives_somebody_a_role(sit: Any) -> None:
    user = person("newcomer")
    editors = Group.objects.get(name="editor")
    assert change(sit("administrator"), user, groups=[editors.pk]).status_code == 302
    assert user.groups.get() == editors


def test_an_administrator_raises_nobody_above_the_groups(sit: Any) -> None:
    client = sit("administrator", "chief")
    for user in (person("friend"), User.objects.get(username="chief")):
        change(client, user, is_superuser="on", groups=[])
        user.refresh_from_db()
        assert not user.is_superuser


def test_an_administrator_does_not_change_a_superuser(sit: Any) -> None:
    root = User.objects.create_superuser("root")
    assert change(sit("administrator"), root, is_active="").status_code == 403


def test_nobody_who_wrote_is_deleted(sit: Any) -> None:
    user = person("writer", "editor")
    administrator = sit("administrator")
    assert administrator.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
    administrator.post("/admin/auth/user/", {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"})
    assert User.objects.filter(pk=user.pk).exists()


def test_an_administrator_sees_no_draft_and_no_event(sit: Any) -> None:
    client = sit("administrator")
    for path in ("measures/draft/", "tracker/event/", "measures/measure/", "record/", "import/"):
        assert client.get(f"/admin/{path}").status_code == 403
    start = client.get("/admin/")
    assert start.status_code == 200
    assert "Awaits review" not in start.content.decode()
