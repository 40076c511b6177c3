"""The embedded servers: real PostgreSQL and Valkey, shared by processes, and back after any end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from django.core.exceptions import ImproperlyConfigured

from config import embedded
from tests.processes import is_running

ROOT = Path(__file__).resolve().parent.parent.parent
# Joins or starts the servers, says where they are, and leaves when its input ends.
OWNER = """
import json, sys
from pathlib import Path
from config import embedded
print(json.dumps(embedded.start(Path(sys.argv[1]))), flush=True)
sys.stdin.read()
"""


class Owner:
    """A process that uses the embedded servers of a folder."""

    def __init__(self, data: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(data)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.addresses = json.loads(self.process.stdout.readline())

    def leave(self) -> None:
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def data(tmp_path):
    yield tmp_path
    embedded.stop(tmp_path)


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def valkey(data: Path) -> int:
    return int((data / "valkey" / "pid").read_text())


def ask(addresses: dict[str, str], query: str) -> object:
    with psycopg.connect(addresses["DATABASE_OWNER_URL"], autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_processes_share_one_pair_of_servers_until_the_last_of_them_leaves(data):
    first, second = Owner(data), Owner(data)
    assert first.addresses == second.addresses
    servers = postmaster(data), valkey(data)

    first.leave()
    assert all(is_running(pid) for pid in servers)
    assert redis.from_url(second.addresses["REDIS_URL"]).ping()

    second.leave()
    assert not any(is_running(pid) for pid in servers)


def test_what_was_committed_outlives_the_death_of_every_process(data):
    owner = Owner(data)
    ask(owner.addresses, "CREATE TABLE kept AS SELECT 42 AS answer")
    owner.kill()
    os.kill(postmaster(data), signal.SIGKILL)
    os.kill(valkey(data), signal.SIGKILL)

    later = Owner(data)
    assert ask(later.addresses, "SELECT answer FROM kept") == 42
    assert redis.from_url(later.addresses["REDIS_URL"]).ping()
    later.leave()


def test_servers_that_a_killed_process_left_running_are_joined_and_then_stopped(data):
    owner = Owner(data)
    servers = postmaster(data), valkey(data)
    owner.kill()
    assert all(is_running(pid) for pid in servers)

    later = Owner(data)
    assert (postmaster(data), valkey(data)) == servers
    later.leave()
    assert not any(is_running(pid) for pid in servers)


def test_a_stale_pid_file_that_names_somebody_elses_process_does_not_stop_the_start(data):
    Owner(data).leave()
    lines = ["{pid}", str(data / "postgres"), "1700000000", "5432", str(data / "postgres"), "", "0 0", "ready"]
    (data / "postgres" / "postmaster.pid").write_text("\n".join(lines).format(pid=os.getpid()))

    owner = Owner(data)
    assert ask(owner.addresses, "SELECT 1") == 1
    owner.leave()


def test_another_server_on_the_noted_port_is_left_alone(data):
    owner = Owner(data)
    (data / "other" / "valkey").mkdir(parents=True)
    (data / "other" / "valkey" / "port").write_text((data / "valkey" / "port").read_text())

    other = Owner(data / "other")
    assert other.addresses["REDIS_URL"] != owner.addresses["REDIS_URL"]
    other.leave()
    assert redis.from_url(owner.addresses["REDIS_URL"]).ping()
    owner.leave()


def test_the_database_writes_to_disk_and_sorts_by_code_point(data):
    owner = Owner(data)
    assert ask(owner.addresses, "SHOW fsync") == "on"
    assert ask(owner.addresses, "SELECT min(x) FROM unnest(ARRAY['a', 'B', 'ä']) AS x") == "B"
    assert ask(owner.addresses, "SELECT lower('Ä')") == "ä"
    owner.leave()


def test_the_secret_key_is_made_once_and_is_the_owners_alone(tmp_path):
    key = embedded.secret_key(tmp_path)
    assert len(key) >= 50
    assert embedded.secret_key(tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_data_folder_with_a_space_is_refused_with_the_variable_to_set(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="set LANCASTER_DATA"):
        embedded.start(tmp_path / "my data")
