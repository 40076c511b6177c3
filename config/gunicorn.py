"""How gunicorn runs: `gunicorn config.wsgi -c python:config.gunicorn`. Flags of its command line win over these."""

import os
import shutil
import tempfile
from typing import Any

# One folder for the counters of all workers, new at each start. It stands before anything counts.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="lancaster-metrics-")

bind = "127.0.0.1:8000"
workers = 2
threads = 4
# A worker that grew old is replaced; spread, so that not all go at once.
max_requests = 20_000
max_requests_jitter = 2_000
timeout = 60
graceful_timeout = 20
keepalive = 5
control_socket_disable = True
# Heartbeats of the workers, off the disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108


def child_exit(server: Any, worker: Any) -> None:
    """Forgets what belonged to a worker that is gone."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Leaves no folder behind."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
