"""`python -m config.demo`: the whole product on this machine, with its real data, until Ctrl-C.

Web server, Celery worker and beat are the real ones; the servers below them come from the environment or,
with LANCASTER_EMBEDDED=1, from `config.embedded`. A second start finds its data and adds nothing.
"""

from __future__ import annotations

import hashlib
import io
import os
import socket
import sys
import time
from contextlib import closing
from pathlib import Path

import django
import kombu.exceptions
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError

from config.celery import app as celery_app
from config.supervisor import AlreadyRuns, Ended, Supervisor, end_on_signals

CATCH_UP_SECONDS = 300


def main() -> int:
    end_on_signals()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["LANCASTER_PROFILE"] = "demo"
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        print("Starting the servers ...")
        django.setup()
        run(int(os.environ.get("PORT") or 8000))
    except OperationalError as error:
        print(f"DATABASE_URL: {error}", file=sys.stderr)
    except kombu.exceptions.OperationalError as error:
        print(f"REDIS_URL: {error}", file=sys.stderr)
    except (AlreadyRuns, CommandError, Ended, ImproperlyConfigured, PortTaken, TimeoutError) as error:
        print(error, file=sys.stderr)
    else:
        return 0
    return 1


class PortTaken(Exception):
    """Another program listens where the demo should."""


def run(port: int) -> None:
    """Prepares the database, starts everything, says how to use it and stays until a signal."""
    supervisor = Supervisor(settings.DATA_DIR / "demo")
    if left := supervisor.take_over():
        print(f"Ended {left} processes that an earlier run left behind.")
    require_free(port)
    prepare()
    try:
        start(supervisor, port)
        call_command("load_facts")
        wait_until_projected(supervisor)
        start_sealer(supervisor)
        supervisor.wait_for(f"http://127.0.0.1:{port}/healthz")
        print(welcome(port, supervisor.folder))
        supervisor.watch()
    finally:
        print("Ending every process of the demo ...")
        supervisor.stop()


def require_free(port: int) -> None:
    """Raises PortTaken, with what to do about it, unless the port can be listened on."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(f"Port {port} is taken: end what uses it, or say PORT={port + 1} make demo") from error


def prepare() -> None:
    """Brings the database, read models of changed folds and the static files up to date."""
    print("Preparing the database and the static files ...")
    with celery_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=5)
    call_command("migrate", verbosity=0)
    call_command("rebuild", changed=True)
    collect_static(settings.DATA_DIR / "static.stamp")
    call_command("demo_users", verbosity=0)
    os.environ.pop("DATABASE_OWNER_URL", None)  # what serves need not know the owner


def collect_static(stamp: Path) -> None:
    """Collects the static files unless the same ones were collected before: it takes seconds."""
    from django.contrib.staticfiles.finders import get_finders

    found = [storage.path(name) for finder in get_finders() for name, storage in finder.list([])]
    digest = hashlib.sha256()
    for path in sorted(found):
        digest.update(f"{path} {Path(path).stat().st_mtime_ns}\n".encode())
    if not stamp.exists() or stamp.read_text() != digest.hexdigest():
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(digest.hexdigest())


def start(supervisor: Supervisor, port: int) -> None:
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "config.celery"]
    supervisor.start("worker", *celery, "worker", "--concurrency=2", "--loglevel=INFO")
    sending = ["--queues=deliveries", "--hostname=deliveries@%h", "--pool=threads", "--concurrency=4"]
    supervisor.start("deliveries", *celery, "worker", *sending, "--loglevel=INFO")
    supervisor.start("beat", *celery, "beat", "--loglevel=INFO")
    supervisor.start(
        "web",
        *[*python, "gunicorn", "config.wsgi", "--config=python:config.gunicorn"],
        *[f"--bind=127.0.0.1:{port}", "--graceful-timeout=5"],
    )


def start_sealer(supervisor: Supervisor) -> None:
    """Attests what was projected and starts the sealer, in the role that may publish checkpoints."""
    if "owner" in settings.DATABASES and "sealer" not in settings.DATABASES:
        print("No checkpoints are signed: give DATABASE_SEALER_URL, the address of the sealer's own role.")
        return
    call_command("attest", stdout=io.StringIO())
    call_command("keygen", if_missing=True, stdout=io.StringIO())
    supervisor.start("sealer", sys.executable, str(settings.BASE_DIR / "manage.py"), "seal", "--watch=2")


def wait_until_projected(supervisor: Supervisor) -> None:
    """Returns once the worker has projected every recorded event.

    Raises:
        TimeoutError: when it does not get there; `manage.py status` tells more.
    """
    from tracker.projections import ensure_checkpoints, lag

    print("Waiting for the worker to project what was recorded ...")
    ensure_checkpoints()
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while any(behind for _, behind in lag()):
        supervisor.check()
        if time.monotonic() > deadline:
            raise TimeoutError("The worker does not catch up with the log; `manage.py status` tells why.")
        time.sleep(0.2)


def welcome(port: int, logs: Path) -> str:
    """What a new user needs: addresses, logins and three things to try."""
    from measures.management.commands.demo_users import PASSWORDS

    site = f"http://localhost:{port}"
    logins = "\n".join(f"  {name:<9} {password}" for name, password in PASSWORDS.items())
    return f"""
Lancaster runs. Ctrl-C ends it; its logs are in {logs}.

  Page      {site}/
  API       {site}/api/v1/docs/
  Admin     {site}/admin/

Logins for the admin (of this demo alone):
{logins}

Three things to try:
  1. The rate of 20 August 2025 as the public knew it on 15 May 2025 (34; without known_at it is 10):
     curl '{site}/api/v1/measures/us-ieepa-reciprocal-cn/?valid_at=2025-08-20&known_at=2025-05-15'
  2. The dispute on the second day of the London talks:
     {site}/?valid_at=2025-06-10
  3. Log in as editor and record a change of a rate; the page and the API follow within seconds:
     {site}/admin/
"""


if __name__ == "__main__":
    sys.exit(main())
