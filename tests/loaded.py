"""The shipped data, recorded and projected once a test process, in a database of its own that tests only read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.live_server_helper import LiveServer


@pytest.fixture(scope="session")
def loaded_database(django_db_modify_db_settings: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database that holds the shipped data, beside the test database."""
    before, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    name = f"test_lancaster_{os.getpid()}_loaded"
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"] = {**test, "NAME": name}
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        connection.settings_dict["TEST"] = test
        _load()
        _use(before)
    yield name
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _load() -> None:
    from tracker.projections import catch_up, ensure_checkpoints, projections

    call_command("load_facts", verbosity=0)
    ensure_checkpoints()
    for kind in projections():
        catch_up(kind.name)


@pytest.fixture
def loaded(loaded_database: str, django_db_blocker: Any) -> Iterator[None]:
    """The default connection reads the shipped data; a test that asks for this records nothing."""
    with django_db_blocker.unblock():
        empty = connection.settings_dict["NAME"]
        _use(loaded_database)
        yield
        _use(empty)


@pytest.fixture
def loaded_server(loaded: None) -> Iterator[LiveServer]:
    """A web server on the shipped data."""
    server = LiveServer("localhost:0")
    yield server
    server.stop()
