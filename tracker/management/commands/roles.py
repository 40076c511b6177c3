"""The database's roles, made and given their rights."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction

from tracker import roles


class Command(BaseCommand):
    help = "Makes the database's roles (application, sealer, reader), sets their passwords and gives them their rights."

    def handle(self, *args: Any, **options: Any) -> None:
        using = roles.owner_alias()
        try:
            with transaction.atomic(using=using):
                roles.make(using, passwords=True)
                roles.grant(using)
        except DatabaseError as error:
            raise CommandError(f"DATABASE_OWNER_URL: {error}".strip()) from error
        if options["verbosity"]:
            for group, user, _ in roles.logins():
                self.stdout.write(f"{group}: {user or 'whoever runs the process'}")
            self.stdout.write(f"{roles.READER}: CREATE ROLE ana LOGIN PASSWORD '...' IN ROLE {roles.READER};")
