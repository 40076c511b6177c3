"""A pasted address is asked for its title, and never an address of our own network. A real server answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.urls import reverse

from measures.admin import addresses
from measures.admin.addresses import is_public, look

PAGE = b"""<!doctype html><html><head><title> Regulating
 Imports </title><meta property="og:site_name" content="Federal Register">
<meta name="DC.date" content="2025-04-07T10:00:00Z"></head><body>text</body></html>"""


class Site(BaseHTTPRequestHandler):
    """Pages that are well, that move, that drip, that never end."""

    asked: list[str] = []
    given: list[str] = []
    """What was read to its end."""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        with suppress(OSError):
            getattr(self, f"give_{self.path.strip('/')}")()
            self.given.append(self.path)

    def head(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def give_page(self) -> None:
        self.head()
        self.wfile.write(PAGE)

    def give_moved(self) -> None:
        self.head(302, Location="/page")

    def give_home(self) -> None:
        self.head(302, Location="http://169.254.169.254/latest/meta-data/")

    def give_loop(self) -> None:
        self.head(302, Location="/loop")

    def give_file(self) -> None:
        self.head(200, **{"Content-Type": "application/pdf"})
        self.wfile.write(PAGE)

    def give_gone(self) -> None:
        self.head(404)
        self.wfile.write(PAGE)

    def give_endless(self) -> None:
        self.head()
        for _ in range(2_000):
            self.wfile.write(b"x" * 65_536)

    def give_drip(self) -> None:
        self.head()
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.2)

    def give_slow(self) -> None:
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.2)

    def give_untitled(self) -> None:
        self.head()
        self.wfile.write(b"<html><body>nothing</body></html>")

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked, Site.given = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def anywhere(address: str, port: int) -> bool:
    return True


def on_loopback(address: str, port: int) -> bool:
    return address == "127.0.0.1"


def test_a_page_says_its_title_its_publisher_and_its_day(site: str) -> None:
    assert look(f"{site}/page", allowed=anywhere) == {
        "title": "Regulating Imports",
        "publisher": "Federal Register",
        "published": "2025-04-07",
    }


def test_a_page_that_moved_is_followed(site: str) -> None:
    assert look(f"{site}/moved", allowed=anywhere)["title"] == "Regulating Imports"


def test_a_page_that_moves_into_our_own_network_is_not_followed(site: str) -> None:
    asked: list[str] = []

    def allowed(address: str, port: int) -> bool:
        asked.append(address)
        return on_loopback(address, port)

    assert look(f"{site}/home", allowed=allowed) == {}
    assert asked == ["127.0.0.1", "169.254.169.254"]


@pytest.mark.parametrize("path", ["loop", "file", "gone", "untitled"])
def test_what_gives_no_page_gives_nothing(site: str, path: str) -> None:
    assert look(f"{site}/{path}", allowed=anywhere) == {}
    assert len(Site.asked) <= addresses.MOST_REDIRECTS + 1


@pytest.mark.parametrize("path", ["endless", "drip", "slow"])
def test_neither_size_nor_slowness_holds_us_up(site: str, path: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(addresses, "SECONDS", 0.5)
    assert look(f"{site}/{path}", allowed=anywhere) == {}
    assert Site.given == []


def test_our_own_network_is_never_asked(site: str) -> None:
    assert look(f"{site}/page") == {}
    assert look(site.replace("127.0.0.1", "localhost") + "/page") == {}
    assert Site.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "2002:7f00:1::",
        "ff02::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_open_web_is_not_public(address: str) -> None:
    assert not is_public(address, 443)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_an_address_of_the_open_web_is_public_at_the_ports_of_the_web(address: str) -> None:
    assert is_public(address, 80)
    assert is_public(address, 443)
    assert not is_public(address, 22)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gazette",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http://u:p@example.org/",
        "http://x:99999/",
        "http://[::1/",
    ],
)
def test_what_is_no_address_of_the_web_is_not_asked(url: str) -> None:
    assert look(url, allowed=anywhere) == {}


def test_a_name_that_nothing_knows_gives_nothing() -> None:
    assert look("https://nowhere.invalid/page") == {}


@pytest.mark.django_db
def test_only_who_may_write_has_addresses_looked_at(sit: Any, site: str) -> None:
    address = reverse("admin:address")
    assert sit("editor").post(address, {"url": f"{site}/page"}).json() == {}
    assert sit("reviewer").get(address).status_code == 405
    assert sit("auditor").post(address, {"url": f"{site}/page"}).status_code == 403
    assert Site.asked == []
