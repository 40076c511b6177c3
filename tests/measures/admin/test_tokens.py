"""Tokens in the workplace: one's own to make, shown once; administrators withdraw any."""

from __future__ import annotations

import re
from typing import Any

import pytest
from knox.models import AuthToken

from tests.measures.admin.hands import person
from tests.measures.api.asking import ask
from tracker.api.tokens import issue

pytestmark = pytest.mark.django_db

PLACE = "/admin/knox/authtoken/"


def test_an_editor_makes_a_token_of_their_own_and_sees_it_once(sit: Any) -> None:
    client = sit("editor")
    made = client.post(f"{PLACE}add/", {"days": 30}, follow=True)
    [text] = re.findall(r"tmt_[0-9a-f]{64}", made.content.decode())
    assert ask("event-types/", headers={"Authorization": f"Bearer {text}"}).status_code == 200
    assert AuthToken.objects.get().user.username == "editor"
    assert text not in client.get(PLACE).content.decode()


@pytest.mark.parametrize("days", ["0", "367", "x"])
def test_it_holds_for_a_year_at_most(sit: Any, days: str) -> None:
    assert sit("editor").post(f"{PLACE}add/", {"days": days}).status_code == 200
    assert not AuthToken.objects.exists()


def test_nobody_sees_the_tokens_of_others(sit: Any) -> None:
    made, _ = issue(person("somebody", "editor"))
    client = sit("editor")
    assert made.token_key not in client.get(PLACE).content.decode()
    assert client.post(f"{PLACE}{made.pk}/delete/", {"post": "yes"}).status_code in (302, 403)
    assert AuthToken.objects.filter(pk=made.pk).exists()


def test_who_only_looks_has_no_tokens(sit: Any) -> None:
    assert sit("auditor").get(PLACE).status_code == 403


def test_an_administrator_withdraws_any_and_makes_none(sit: Any) -> None:
    made, _ = issue(person("somebody", "editor"))
    client = sit("administrator")
    assert made.token_key in client.get(PLACE).content.decode()
    assert client.get(f"{PLACE}add/").status_code == 403
    assert client.post(f"{PLACE}{made.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not AuthToken.objects.exists()
