"""`manage.py demo_users`."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from measures.management.commands.demo_users import PASSWORDS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["editor", "reviewer", "auditor"])
def test_each_logs_in_to_the_admin_in_the_group_of_its_name(client, name):
    call_command("demo_users", verbosity=0)
    assert client.login(username=name, password=PASSWORDS[name])
    assert client.get("/admin/").status_code == 200
    assert [group.name for group in User.objects.get(username=name).groups.all()] == [name]


def test_a_second_start_changes_nothing_and_mends_a_forgotten_password():
    call_command("demo_users", verbosity=0)
    before = dict(User.objects.values_list("username", "password"))
    editor = User.objects.get(username="editor")
    editor.set_password("forgotten")
    editor.save()

    call_command("demo_users", verbosity=0)
    after = dict(User.objects.values_list("username", "password"))
    assert {name: after[name] for name in ("reviewer", "auditor")} == {
        name: before[name] for name in ("reviewer", "auditor")
    }
    assert User.objects.get(username="editor").check_password(PASSWORDS["editor"])


def test_known_passwords_are_refused_in_production(settings):
    settings.PROFILE = "production"
    with pytest.raises(CommandError, match="LANCASTER_PROFILE must be demo"):
        call_command("demo_users", verbosity=0)
    assert not User.objects.exists()
