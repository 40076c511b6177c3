"""Django's migrate, as the owner of the tables; afterwards every role has its rights on what is new."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from tracker import roles


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=roles.owner_alias())

    def handle(self, *args: Any, **options: Any) -> str | None:
        if options["database"] == roles.OWNER_ALIAS:
            roles.make(roles.OWNER_ALIAS, passwords=False)
        return super().handle(*args, **options)
