"""Tokens: who asks, when they say so. Reading needs none; the database keeps only their hashes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

FORM = re.compile(rb"tmt_[0-9a-f]{64}")
DAYS = 90
MOST_DAYS = 366
REFUSED = "the token is unknown, expired or withdrawn; send `Authorization: Bearer tmt_...`"


class Tokens(TokenAuthentication):
    """`Authorization: Bearer tmt_...`; whoever sends none stays anonymous."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, AuthToken]:
        """The user of a token. Raises AuthenticationFailed, in the same words whatever is wrong with it."""
        if not FORM.fullmatch(token):
            raise AuthenticationFailed(REFUSED)
        try:
            found: tuple[Any, AuthToken] = super().authenticate_credentials(token)
        except AuthenticationFailed:
            raise AuthenticationFailed(REFUSED) from None
        return found


def issue(user: Any, days: int = DAYS) -> tuple[AuthToken, str]:
    """A new token of a user and its text, which nobody can read again. It holds for 1 to 366 days.

    Raises ValueError for another number of days.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"a token holds for 1 to {MOST_DAYS} days, not {days}")
    made: tuple[AuthToken, str] = AuthToken.objects.create(user, expiry=timedelta(days=days))
    return made
