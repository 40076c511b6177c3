"""A real receiver on loopback that does what a test tells it to."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from standardwebhooks import Webhook


@dataclass
class Receiver:
    """Keeps what came; `answers` says for each message the status, and headers. While it `hangs` it says nothing."""

    answers: Callable[[dict[str, Any]], tuple[int, dict[str, str]]] = lambda message: (200, {})
    hangs: bool = False
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=b"

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(body) for _, body in self.came]

    @property
    def positions(self) -> list[int]:
        return [message["position"] for message in self.messages]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.came]

    def verify(self, secret: str, place: int = -1) -> Any:
        """The message, as the library of the standard accepts it."""
        headers, body = self.came[place]
        return Webhook(secret).verify(body, headers)

    @contextmanager
    def listening(self) -> Iterator[Receiver]:
        closing = threading.Event()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self._handler(closing))
        server.daemon_threads = True
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            closing.set()
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(  # the handler's self is another
        receiver,  # noqa: N805
        closing: threading.Event,
    ) -> type[http.server.BaseHTTPRequestHandler]:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
                if receiver.hangs:
                    closing.wait()
                    return
                status, headers = receiver.answers(msgspec.json.decode(body))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        return Handler
