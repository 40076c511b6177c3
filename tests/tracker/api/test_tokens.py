"""Tokens: who asks with one is known, who asks with a bad one is told, who asks without reads all the same."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from knox.models import AuthToken

from tests.measures.admin.hands import person
from tests.measures.api.asking import ask, problem
from tracker.api.tokens import issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return person("client")


def with_token(text: str) -> Any:
    return ask("event-types/", headers={"Authorization": f"Bearer {text}"})


def command(*words: str) -> str:
    out = StringIO()
    call_command("token", *words, stdout=out)
    return out.getvalue().strip()


def test_reading_needs_no_token() -> None:
    assert ask("event-types/").status_code == 200


def test_a_token_is_accepted_and_stored_as_a_hash_alone(user: User) -> None:
    _, text = issue(user)
    assert text.startswith("tmt_")
    assert with_token(text).status_code == 200
    stored = str(AuthToken.objects.values().get())
    assert text not in stored
    assert text[20:] not in stored


@pytest.mark.parametrize("text", ["tmt_" + "0" * 64, "no-token", "\x00", "tmt_", "é", "a b"])
def test_a_bad_token_is_a_401_even_where_none_is_needed(text: str) -> None:
    response = with_token(text)
    assert problem(response) == (401, "unauthorized")
    assert response["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_is_refused(user: User) -> None:
    found, text = issue(user)
    AuthToken.objects.filter(pk=found.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    assert problem(with_token(text)) == (401, "unauthorized")


def test_a_token_dies_with_the_account(user: User) -> None:
    _, text = issue(user)
    user.is_active = False
    user.save()
    assert problem(with_token(text)) == (401, "unauthorized")


def test_the_command_makes_lists_and_withdraws(user: User) -> None:
    text = command("client", "--days=7")
    assert with_token(text).status_code == 200
    assert command("client", "--list").startswith(text[:15])
    assert command("client", f"--withdraw={text[:15]}") == "withdrew 1"
    assert problem(with_token(text)) == (401, "unauthorized")


@pytest.mark.parametrize("words", [("nobody",), ("client", "--days=0"), ("client", "--withdraw=tmt_none")])
def test_the_command_says_what_is_wrong(user: User, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        command(*words)
