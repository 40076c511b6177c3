"""The three logins of the demo, each in the group of its name (`measures.roles`)."""

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

PASSWORDS = {name: f"{name}-of-the-demo" for name in ("editor", "reviewer", "auditor")}


class Command(BaseCommand):
    help = "Makes the users editor, reviewer and auditor with known passwords. For the demo alone."

    def handle(self, *args: object, **options: object) -> None:
        if settings.PROFILE == "production":
            raise CommandError("demo users have known passwords: LANCASTER_PROFILE must be demo")
        with transaction.atomic():
            for name, password in PASSWORDS.items():
                self._user(name, password).groups.add(Group.objects.get(name=name))
        if options["verbosity"]:
            for name, password in PASSWORDS.items():
                self.stdout.write(f"{name:<9} {password}")

    def _user(self, name: str, password: str) -> User:
        user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        return user
