"""Nothing is posted into our own network, by whatever name or number it is called."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.tracker.subscriptions.receiver import Receiver
from tracker.subscriptions import posting
from tracker.subscriptions.posting import Refused


@pytest.mark.parametrize(
    "place",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_an_address_of_our_own_network_is_none_of_the_internet(place: str) -> None:
    assert not posting.is_public(place)


@pytest.mark.parametrize("place", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_an_address_of_the_internet_is_such(place: str) -> None:
    assert posting.is_public(place)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https:///hook",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://example.org/#part",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://exämple.org/",
        "https://example.org/a b",
        "https://example.org/\r\nX-Evil: 1",
        "//example.org/",
        "example.org",
        "",
    ],
)
def test_another_kind_of_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        posting.check(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::1]", "0"])
def test_a_number_in_any_dress_and_a_name_of_this_machine_are_refused(host: str) -> None:
    answer = posting.post(f"https://{host}/hook", b"{}", {})
    assert answer.status is None
    assert answer.error.startswith("Refused: ")


def test_a_name_that_came_to_stand_for_this_machine_is_refused_when_it_is_posted_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def looked_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port)) for place in ("93.184.215.14", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    answer = posting.post("https://hook.example.org/", b"{}", {})
    assert answer.error == "Refused: hook.example.org stands for 127.0.0.1, which is not of the public internet"


def test_it_is_posted_to_the_place_that_was_looked_at(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up once: a second answer could be another."""
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    asked: list[str] = []
    really = socket.getaddrinfo

    def looked_up(host: str, port: int, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return really("127.0.0.1", port, *rest, **more)

    with Receiver().listening() as receiver:
        monkeypatch.setattr(socket, "getaddrinfo", looked_up)
        answer = posting.post(f"http://hook.example.org:{receiver.port}/x", b"{}", {})
    assert answer.status == 200
    assert asked.count("hook.example.org") == 1
    assert receiver.came[0][0]["host"] == f"hook.example.org:{receiver.port}"
