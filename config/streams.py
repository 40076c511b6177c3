"""How gunicorn holds streams: `gunicorn config.asgi -c python:config.streams`. One process holds many."""

from config.gunicorn import child_exit, control_socket_disable, keepalive, on_exit, worker_tmp_dir

__all__ = ["bind", "child_exit", "control_socket_disable", "keepalive", "on_exit", "worker_tmp_dir"]

bind = "127.0.0.1:8001"
worker_class = "asgi"
workers = 1
# A stream that is cut off comes again by itself and misses nothing.
graceful_timeout = 5
# A process that is merely slow, on a machine that is overloaded, must not cut all its followers off at once.
timeout = 120
