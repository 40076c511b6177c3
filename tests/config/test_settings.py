"""The settings: what must be given, and what is safe when nothing is said."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import OURS, SECRETS

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "DATABASE_URL": "postgresql://lancaster@db.example.org/lancaster",
    "DATABASE_OWNER_URL": "postgresql://owner@db.example.org/lancaster",
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
    assert listed == read | OURS | set(SECRETS)


def test_a_misspelt_variable_of_ours_stops_the_start_with_its_name():
    answer = manage("check", **PRODUCTION | {"LANCASTER_PROFIL": "demo"})
    assert answer.returncode != 0
    assert "LANCASTER_PROFIL is not a variable of this project" in answer.stderr


def test_a_secret_may_stand_in_a_file(tmp_path):
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"] + "\n")
    given = PRODUCTION | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")}
    assert manage("check", "--deploy", "--fail-level=INFO", **given).returncode == 0


@pytest.mark.parametrize(
    ("content", "said"), [(None, "SECRET_KEY_FILE: .* cannot be read"), ("", "SECRET_KEY_FILE: .* is empty")]
)
def test_a_file_without_a_secret_stops_the_start_with_the_variable(tmp_path, content, said):
    if content is not None:
        (tmp_path / "key").write_text(content)
    answer = manage("check", **PRODUCTION | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")})
    assert re.search(said, answer.stderr)


def test_a_secret_that_is_given_twice_is_refused():
    answer = manage("check", **PRODUCTION | {"SECRET_KEY_FILE": "/run/secrets/key"})
    assert "SECRET_KEY and SECRET_KEY_FILE are both given" in answer.stderr


def test_one_database_role_for_everything_is_warned_about():
    alone = {key: value for key, value in PRODUCTION.items() if key != "DATABASE_OWNER_URL"}
    answer = manage("check", "--deploy", "--fail-level=WARNING", **alone)
    assert answer.returncode != 0
    assert "tracker.W001" in answer.stderr


def test_two_addresses_with_one_user_are_refused():
    answer = manage("check", **PRODUCTION | {"DATABASE_OWNER_URL": PRODUCTION["DATABASE_URL"]})
    assert "name the same user" in answer.stderr
