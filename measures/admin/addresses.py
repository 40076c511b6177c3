"""What a page at a pasted address says of itself: its title, its publisher, its day.

The address comes from a person and is asked from within our network, so only the open web is asked: names are resolved
once, every address that they mean must be public, the connection goes to just that address, and a redirect is looked
at as the first address was. Size and time are bounded. What cannot be read is left to the person to type.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from html.parser import HTMLParser
from urllib.parse import SplitResult, urljoin, urlsplit

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from measures.admin.pages import require

SECONDS = 4.0
"""For everything together: redirects, connections, reading."""
MOST_BYTES = 300_000
MOST_REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
READ = ("text/html", "application/xhtml+xml")
DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})")
SAID = {
    "og:title": "title",
    "citation_title": "title",
    "dc.title": "title",
    "og:site_name": "publisher",
    "dc.publisher": "publisher",
    "article:published_time": "published",
    "citation_publication_date": "published",
    "dc.date": "published",
    "dcterms.issued": "published",
}
"""Names of a page's meta elements, and the field of a source that each fills; the first that says something wins."""

Allowed = Callable[[str, int], bool]
"""Whether an IP address may be asked at a port."""


class NotAsked(Exception):
    """The address is not one that is asked, or gave nothing to read."""


@require_POST
def describe(request: HttpRequest) -> JsonResponse:
    """What the page at an address says of itself; nothing where it cannot be asked."""
    require(request, "measures.write_draft")
    return JsonResponse(look(request.POST.get("url", "")))


def is_public(address: str, port: int) -> bool:
    """Whether an address lies in the open web, at one of its ports. One that carries another within it does not."""
    ip = ipaddress.ip_address(address)
    within = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or getattr(ip, "teredo", None)
    return ip.is_global and not ip.is_multicast and not within and port in PORTS.values()


def look(url: str, *, allowed: Allowed = is_public) -> dict[str, str]:
    """The title, publisher and day that the page at an address gives; empty where it cannot be read."""
    deadline = time.monotonic() + SECONDS
    try:
        for _ in range(MOST_REDIRECTS + 1):
            answer = _ask(urlsplit(url), allowed, deadline)
            if not isinstance(answer, str):
                return _read(answer.decode("utf-8", errors="replace"))
            url = urljoin(url, answer)
    except (NotAsked, OSError, ValueError, http.client.HTTPException):
        pass
    return {}


def _ask(url: SplitResult, allowed: Allowed, deadline: float) -> str | bytes:
    """The beginning of a page, or where it has moved to. Raises NotAsked, OSError, ValueError or HTTPException."""
    connection = _connection(url, allowed, deadline)
    with closing(connection), _cut_off(connection.sock, deadline):
        if isinstance(connection.sock, ssl.SSLSocket):
            connection.sock.do_handshake()
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("GET", path, headers={"Accept": "text/html", "User-Agent": "lancaster"})
        answer = connection.getresponse()
        if answer.status in (301, 302, 303, 307, 308):
            return answer.headers["Location"] or ""
        if answer.status != 200 or answer.headers.get_content_type() not in READ:
            raise NotAsked
        return _beginning(answer)


def _connection(url: SplitResult, allowed: Allowed, deadline: float) -> http.client.HTTPConnection:
    """A connection to the one address that was looked at: the name is not resolved again."""
    if url.scheme not in PORTS or not url.hostname or url.username or url.password:
        raise NotAsked
    port = url.port or PORTS[url.scheme]
    found = socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(item[4][0]) for item in found]
    if not addresses or not all(allowed(address, port) for address in addresses):
        raise NotAsked
    made = socket.create_connection((addresses[0], port), timeout=_left(deadline))
    connection = http.client.HTTPConnection(url.hostname, port)
    if url.scheme == "https":
        context = ssl.create_default_context()
        made = context.wrap_socket(made, server_hostname=url.hostname, do_handshake_on_connect=False)
    connection.sock = made
    return connection


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotAsked
    return left


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def _cut_off(sock: socket.socket, deadline: float) -> Iterator[None]:
    """Ends a conversation when its time is over, however slowly the other side drips: no timeout of a read does."""
    timer = threading.Timer(_left(deadline), _hang_up, [sock])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _beginning(answer: http.client.HTTPResponse) -> bytes:
    """As much of a page as has its head."""
    content = b""
    while len(content) < MOST_BYTES and b"</head>" not in content:
        piece = answer.read1(16_384)
        if not piece:
            break
        content += piece
    return content


class _Head(HTMLParser):
    """Reads the title and the meta elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self.title: list[str] = []
        self.is_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_title = tag == "title" and not self.title
        if tag == "meta":
            given = {name: value or "" for name, value in attrs}
            name = (given.get("property") or given.get("name") or "").lower()
            if name in SAID:
                self.said.setdefault(SAID[name], given.get("content", ""))

    def handle_data(self, data: str) -> None:
        if self.is_title:
            self.title.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.is_title = self.is_title and tag != "title"


def _read(page: str) -> dict[str, str]:
    head = _Head()
    head.feed(page)
    said = {"title": "".join(head.title)} | {name: value for name, value in head.said.items() if value.strip()}
    day = DAY.match(said.pop("published", ""))
    short = {name: " ".join(value.split())[:300] for name, value in said.items()}
    return {name: value for name, value in short.items() if value} | ({"published": day[1]} if day else {})
