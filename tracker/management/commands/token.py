"""Makes, lists and withdraws the tokens of the API."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import AuthToken

from tracker.api.tokens import DAYS, issue


class Command(BaseCommand):
    help = "Makes a token of the API for a user and prints it, this once; or lists or withdraws those there are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the name of the user")
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--days", type=int, default=DAYS, help=f"how long it holds, 1 to 366; {DAYS} by default")
        action.add_argument("--list", action="store_true", help="print the beginnings of the user's tokens")
        action.add_argument("--withdraw", metavar="BEGINNING", help="withdraw the token that begins so; `all` for all")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"there is no user {options['user']!r}")
        if options["list"]:
            self._list(user)
        elif options["withdraw"]:
            self._withdraw(user, options["withdraw"])
        else:
            self._issue(user, options["days"])

    def _issue(self, user: Any, days: int) -> None:
        try:
            _, token = issue(user, days)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(token)

    def _list(self, user: Any) -> None:
        for found in AuthToken.objects.filter(user=user).order_by("created"):
            self.stdout.write(f"{found.token_key}...  made {found.created:%Y-%m-%d}  until {found.expiry:%Y-%m-%d}")

    def _withdraw(self, user: Any, beginning: str) -> None:
        found = AuthToken.objects.filter(user=user)
        if beginning != "all":
            found = found.filter(token_key=beginning.removesuffix("..."))
        count, _ = found.delete()
        if not count:
            raise CommandError(f"{user} has no token that begins with {beginning!r}; --list shows them")
        self.stdout.write(f"withdrew {count}")
