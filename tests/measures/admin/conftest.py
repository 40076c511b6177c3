"""Editors at the admin, and a measure to work on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.measures.admin.hands import person
from tests.measures.given import Story, adopted, given, on
from tracker.projections import catch_up, ensure_checkpoints, projections


@pytest.fixture
def sit() -> Callable[..., Client]:
    """A client at which somebody of a role sits: `sit("editor")`."""

    def seated(role: str, name: str = "") -> Client:
        client = Client()
        client.force_login(person(name or role, role))
        return client

    return seated


@pytest.fixture
def duty() -> Story:
    """A duty of 10% since April 2025, recorded and projected."""
    story = given(on("2025-04-02", adopted("10%", "2025-04-05")))
    story.record()
    project()
    return story


def project() -> None:
    ensure_checkpoints()
    for kind in projections():
        catch_up(kind.name)
