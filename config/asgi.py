"""The ASGI application, for servers that hold many open streams.

Django reads a body whole before anything can refuse it: what says no length, or too great a one, does not get there.
"""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_asgi_application()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http" and (status := _refused(dict(scope["headers"]))):
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"the body is too large, or of no stated length\n"})
    else:
        await _django(scope, receive, send)


def _refused(headers: dict[bytes, bytes]) -> int:
    """The status of the refusal; 0 where the body may be read."""
    if b"transfer-encoding" in headers:
        return 411
    length = headers.get(b"content-length", b"0")
    return 413 if not length.isdigit() or int(length) > settings.MAX_BODY_BYTES else 0
