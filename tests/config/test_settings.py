"""The settings: what must be given, and what is safe when nothing is said."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "DATABASE_URL": "postgresql://lancaster@db.example.org/lancaster",
    "REDIS_URL": "redis://broker.example.org:6379/0",
    "SECRET_KEY": "k3y-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2,
    "ALLOWED_HOSTS": "tracker.example.org",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs manage.py with nothing in the environment but what is given."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY"])
def test_a_missing_variable_stops_the_start_with_its_name_in_one_line(name):
    answer = manage("check", **{key: value for key, value in PRODUCTION.items() if key != name})
    assert answer.returncode != 0
    assert answer.stderr.count("\n") == 1
    assert f"{name} is not set" in answer.stderr


@pytest.mark.parametrize(("given", "missing"), [("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")])
def test_one_address_alone_starts_no_embedded_server_for_the_other(given, missing, tmp_path):
    environment = {given: PRODUCTION[given], "LANCASTER_EMBEDDED": "1", "LANCASTER_DATA": str(tmp_path)}
    answer = manage("check", **environment)
    assert f"{missing} is not set" in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_another_database_than_postgresql_is_refused():
    answer = manage("check", **PRODUCTION | {"DATABASE_URL": "sqlite:///lancaster.sqlite3"})
    assert "PostgreSQL is the only database" in answer.stderr


def test_an_unknown_profile_is_refused_with_the_accepted_ones():
    answer = manage("check", **PRODUCTION | {"LANCASTER_PROFILE": "staging"})
    assert "it must be production, demo or test" in answer.stderr


def test_a_public_server_passes_the_deployment_checks_with_the_defaults():
    answer = manage("check", "--deploy", "--fail-level=INFO", **PRODUCTION)
    assert answer.returncode == 0, answer.stderr


def test_every_variable_that_is_read_stands_in_the_example():
    sources = [ROOT / "config" / "settings.py", ROOT / "config" / "demo.py"]
    read = {
        name
        for source in sources
        for name in re.findall(r"\b(?:env(?:\.\w+)?|environ\.get)\(\s*\"([A-Z_]+)\"", source.read_text())
    }
    listed = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    read |= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert listed == read | {"DATABASE_URL"}
