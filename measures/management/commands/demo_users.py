"""The three logins of the demo, one for each role, in groups of the same names."""

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

PASSWORDS = {name: f"{name}-of-the-demo" for name in ("editor", "reviewer", "auditor")}
APPS = ("tracker", "measures")


class Command(BaseCommand):
    help = "Makes the users editor, reviewer and auditor with known passwords. For the demo alone."

    def handle(self, *args: object, **options: object) -> None:
        if settings.PROFILE == "production":
            raise CommandError("demo users have known passwords: LANCASTER_PROFILE must be demo")
        with transaction.atomic():
            for name, password in PASSWORDS.items():
                user = self._user(name, password)
                self._group(name).user_set.add(user)
        if options["verbosity"]:
            for name, password in PASSWORDS.items():
                self.stdout.write(f"{name:<9} {password}")

    def _user(self, name: str, password: str) -> User:
        user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        return user

    def _group(self, name: str) -> Group:
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(
            *Permission.objects.filter(content_type__app_label__in=APPS, codename__startswith="view_")
        )
        return group
