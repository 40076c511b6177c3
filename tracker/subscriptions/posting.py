"""Posts to addresses that strangers chose: never into our own network, never along a redirect, never for long."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import monotonic
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils import timezone

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(ValueError):
    """An address to which nothing is posted, with the reason."""


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: a status, or an error in words."""

    status: int | None
    error: str
    milliseconds: int
    wait_seconds: int | None = None
    """What Retry-After asks for."""

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def check(url: str) -> SplitResult:
    """The parts of an address that may be posted to, so far as its text tells. Raises Refused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused(f"{url[:200]!r} is no address: {error}") from None
    schemes = ("https", "http") if settings.WEBHOOKS_ALLOW_PRIVATE else ("https",)
    if parts.scheme not in schemes or not parts.hostname or port == 0:
        raise Refused(f"{url[:200]!r} is not taken; write {' or '.join(schemes)}://host/path")
    if parts.username or parts.password or parts.fragment or not url.isascii() or any(c.isspace() for c in url):
        raise Refused("an address has no user, password, fragment, blanks or letters beyond ASCII")
    return parts


def places(host: str, port: int) -> list[str]:
    """The addresses that a name stands for. Raises Refused where one of them is not of the public internet, OSError."""
    found = list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    if not settings.WEBHOOKS_ALLOW_PRIVATE:
        for place in found:
            if not is_public(place):
                raise Refused(f"{host} stands for {place}, which is not of the public internet")
    return found


def is_public(place: str) -> bool:
    """Whether an IP address is of the public internet; what is wrapped in IPv6 is looked at too."""
    address = ipaddress.ip_address(place.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if wrapped:
            return address.ipv4_mapped is not None and is_public(str(wrapped))
    return address.is_global and not address.is_multicast and not address.is_reserved


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Posts once, to an address that was looked up and found public just now; follows no redirect."""
    begun = monotonic()

    def answer(status: int | None, error: str = "", wait: int | None = None) -> Answer:
        return Answer(status, error, round((monotonic() - begun) * 1000), wait)

    try:
        parts = check(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        place = places(str(parts.hostname), port)[0]
        found = _sent(parts, place, port, body, headers)
    except (Refused, OSError, http.client.HTTPException, UnicodeError) as error:
        return answer(None, f"{type(error).__name__}: {error}"[:300])
    told = "a redirect is not followed: give the address that it points to" if 300 <= found.status < 400 else ""
    return answer(found.status, told, _wait(found.getheader("Retry-After")))


def _sent(
    parts: SplitResult, place: str, port: int, body: bytes, headers: Mapping[str, str]
) -> http.client.HTTPResponse:
    connection = _Connection(str(parts.hostname), port, place, tls=parts.scheme == "https")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    watch = threading.Timer(WHOLE_SECONDS, connection.cut)
    watch.start()
    try:
        connection.request("POST", path, body, {"User-Agent": f"Lancaster/{settings.VERSION}", **headers})
        return connection.getresponse()
    finally:
        watch.cancel()
        connection.close()


class _Connection(http.client.HTTPConnection):
    """Connects to the place that was checked, not to what the name stands for by now."""

    def __init__(self, host: str, port: int, place: str, *, tls: bool) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self.place, self.tls = place, tls
        if tls:
            self.default_port = 443

    def connect(self) -> None:
        self.sock = socket.create_connection((self.place, self.port), self.timeout)
        if self.tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """Ends what takes too long as a whole, however often a byte comes."""
        if self.sock:
            self.sock.shutdown(socket.SHUT_RDWR)


def _wait(text: str | None) -> int | None:
    """Seconds, from a number or from a date."""
    if not text:
        return None
    if text.isdigit():
        return int(text[:9])
    try:
        return max(0, round((parsedate_to_datetime(text) - timezone.now()).total_seconds()))
    except (TypeError, ValueError):
        return None
