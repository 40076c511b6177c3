"""The tests of the core bring a vocabulary and a read model of their own: see `tests.tracker.tallies`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.tracker import tallies as counting
from tracker import events, projections


@pytest.fixture(scope="session")
def tally_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(counting.Tally)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(counting.Tally)


@pytest.fixture
def tallies(tally_table: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the tallies the only projection, and their events known beside all others."""
    for name, kind in counting.TYPES.items():
        monkeypatch.setitem(events._types, name, kind)
    monkeypatch.setattr(projections, "_projections", {"tallies": counting.PROJECTION})
    monkeypatch.setattr(counting, "broken", set())


@pytest.fixture
def committed_tallies(committed_db: None, tallies: None) -> Iterator[None]:
    """The same with real commits, for tests with several connections or processes."""
    yield
    counting.Tally.objects.all().delete()
