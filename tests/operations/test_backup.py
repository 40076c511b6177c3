"""Backup and restore, as docs/operations.md tells it: under load, with the machine lost, and nothing missing after."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.operations.servers import Own, binary, give_to_server, tool
from tests.processes import until

pytestmark = pytest.mark.drill


@pytest.fixture
def database(tmp_path):
    own = Own(tmp_path / "postgres")
    own.manage("migrate", "--verbosity=0")
    yield own
    if own.folder.exists():
        own.stop()


@contextmanager
def kept_log(database: Own, archive: Path) -> Iterator[None]:
    """Streams the write-ahead log to another place; a commit is acknowledged when it is there too."""
    archive.mkdir()
    name = f"host={database.socket} user=postgres application_name=archive"
    command: list[str | Path] = [binary("pg_receivewal"), "--synchronous", "--directory", archive, "--dbname", name]
    receiver = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    state = "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'archive' AND sync_state = 'sync'"
    database.ask("ALTER SYSTEM SET synchronous_standby_names = 'archive'")
    database.ask("SELECT pg_reload_conf()")
    try:
        until(lambda: database.ask(state) == [(1,)], "the log is kept synchronously")
        yield
    finally:
        receiver.terminate()
        receiver.wait()


def test_after_the_loss_of_the_machine_every_acknowledged_event_is_restored_from_base_backup_and_log(
    database, tmp_path
):
    archive, base = tmp_path / "archive", tmp_path / "restored"
    with kept_log(database, archive), database.writers(tmp_path) as writers:
        writers[0].until_more()
        tool("pg_basebackup", "--host", database.socket, "--username=postgres", "--pgdata", base, "--checkpoint=fast")
        writers[1].until_more(50)
        database.destroy()
    assert sum(len(writer.acknowledged()) for writer in writers) > 70

    (base / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # copied with the folder, where the socket lay in it
    (base / "recovery.signal").touch()
    with (base / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"restore_command = 'cp {archive}/%f %p || cp {archive}/%f.partial %p'\n")
        settings.write("synchronous_standby_names = ''\n")
    base.chmod(0o700)
    give_to_server(base)
    give_to_server(archive)
    restored = Own(base)
    until(lambda: restored.ask("SELECT pg_is_in_recovery()") == [(False,)], "the log has been replayed")
    try:
        restored.assert_holds(writers)
        before = restored.ask("SELECT size FROM tracker_head")[0][0]
        assert restored.record() == before + 1
    finally:
        restored.stop()


def test_a_dump_taken_under_load_restores_into_a_new_database_that_verifies_and_goes_on(database, tmp_path):
    dump = tmp_path / "dump"
    with database.writers(tmp_path) as writers:
        writers[0].until_more()
        before = len(writers[0].acknowledged())
        tool(
            "pg_dump",
            "--format=custom",
            "--no-unlogged-table-data",
            "--file",
            dump,
            "--dbname",
            database.addresses["DATABASE_OWNER_URL"],
        )
        writers[0].until_more()
    assert before >= 20

    other = Own(tmp_path / "other")
    try:
        other.manage("roles")
        tool("pg_restore", "--exit-on-error", "--dbname", other.addresses["DATABASE_OWNER_URL"], dump)
        other.manage("migrate", "--verbosity=0")
        count = other.ask("SELECT size FROM tracker_head")[0][0]
        assert before <= count
        assert other.record() == count + 1
        other.assert_holds([])
    finally:
        other.stop()


def test_postgresql_killed_under_load_comes_back_with_every_acknowledged_event_once(database, tmp_path):
    with database.writers(tmp_path) as writers:
        for _ in range(2):
            writers[0].until_more()
            database.project()
            database.kill()
            database.start()
        writers[0].until_more()
        writers[1].until_more()
    database.assert_holds(writers)


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("mount"), reason="mounting a small file system takes root")
def test_a_full_disk_refuses_appends_and_loses_nothing(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=180m", "tmpfs", small], check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        own = Own(small / "postgres")
        own.manage("migrate", "--verbosity=0")
        with own.writers(tmp_path) as writers:
            writers[0].until_more()
            ballast = small / "ballast"
            with pytest.raises(OSError, match="No space left"):
                fill(ballast)
            until(lambda: "No space left" in _server_log(own), "the server has met the full disk")
            ballast.unlink()
            own.start()
            writers[0].until_more()
        own.assert_holds(writers)
        own.stop()
    finally:
        subprocess.run(["umount", "--lazy", small], check=True)


def fill(ballast: Path) -> None:
    """Writes until the file system is full."""
    with ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))


def _server_log(own: Own) -> str:
    return (own.folder / "log").read_text(errors="replace")
