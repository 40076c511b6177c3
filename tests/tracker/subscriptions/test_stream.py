"""Streams: in order, each event once, across cuts, restarts and filters; against the real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.measures.api.asking import answer, problem
from tests.measures.given import adopted, given, on, rate_changed, suspended
from tests.tracker.subscriptions.streams import StreamServer
from tracker import log

ROOT = "/api/v1/events/stream/"


def record(name: str, count: int = 1) -> int:
    """A description and so many events in batches of their own; the position of the last."""
    told = [on("2025-01-02", suspended("2025-01-03", "2025-01-04")) for _ in range(count - 1)]
    given(on("2025-01-01", adopted("5%", "2025-01-02")), *told, stream=f"measure/{name}").record()
    return log.head().position


@pytest.fixture(scope="module")
def one_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StreamServer]:
    """It remembers nothing once nobody follows, so that one serves all tests."""
    found = StreamServer(tmp_path_factory.mktemp("streams")).start()
    yield found
    found.kill()


@pytest.fixture
def server(committed_db: None, one_server: StreamServer) -> StreamServer:
    return one_server


def everything(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


def test_events_come_as_they_are_recorded_each_once_in_order(server: StreamServer) -> None:
    before = record("before", 3)
    with server.follow() as client:
        client.begin()
        first = client.last
        last = record("one", 4)
        record("two", 2)
        last = log.head().position
        assert (first, client.until(last)) == (before, everything(before + 1, last))


def test_from_a_position_all_that_was_missed_comes_first(server: StreamServer) -> None:
    last = record("one", 5)
    with server.follow("?after=2") as client:
        assert client.until(last) == everything(3, last)
        last = record("two")
        assert client.until(last) == everything(3, last)


def test_an_event_on_the_wire_is_the_event_of_the_feed(server: StreamServer) -> None:
    record("one")
    with server.follow("?after=1") as client:
        while "data" not in (frame := client.frame()):
            pass
    event = json.loads(frame["data"])
    assert (frame["id"], frame["event"]) == ("2", "measure.adopted")
    assert {**event, "url": f"http://testserver{event['url']}"} == answer("events/2/")


def test_who_is_cut_off_and_comes_again_misses_nothing_and_gets_nothing_twice(server: StreamServer) -> None:
    seen: list[int] = []
    last = 0
    for turn in range(4):
        record(f"turn-{turn}", 3)
        with server.follow(last=last) as client:
            client.last = last
            for _ in range(4):
                client.frame()
            seen, last = seen + client.seen, client.last
        if turn == 1:
            server.kill()
            record("meanwhile", 3)
            server.start()
    with server.follow(last=last) as client:
        client.last = last
        seen += client.until(log.head().position)
    assert seen == everything(1, log.head().position)


def test_a_filter_lets_through_what_it_names_and_the_id_moves_on(server: StreamServer) -> None:
    record("other", 3)
    last = record("mine", 3)
    with server.follow("?after=0&stream=measure/mine&type=measure.suspended&category=measure") as client:
        assert client.until(last) == [last - 1, last]
    with server.follow("?after=0&type=measure.described&type=measure.adopted") as client:
        found = client.until(last - 2)
    assert [log.get(position=place).type for place in found] == ["measure.described", "measure.adopted"] * 2  # type: ignore[union-attr]


def test_a_follower_far_behind_reads_from_the_log(server: StreamServer) -> None:
    with server.follow() as fresh:
        fresh.begin()
        last = record("one", 30)
        fresh.until(last)
        with server.follow("?after=0") as late:
            assert late.until(last) == everything(1, last)


def test_a_batch_comes_whole(server: StreamServer) -> None:
    with server.follow("?after=0") as client:
        given(on("2025-01-01", adopted("5%", "2025-01-02"), rate_changed("6%", "2025-02-01"))).record()
        assert client.until(3) == [1, 2, 3]


def read(**query: Any) -> tuple[list[int], int]:
    """What a server without open connections answers: the events, and the last id."""
    last = query.pop("last", None)
    response: Any = Client().get(ROOT, query, headers={} if last is None else {"Last-Event-ID": str(last)})
    assert response["Content-Type"] == "text/event-stream"
    lines = b"".join(response.streaming_content).decode().splitlines()
    ids = [int(line[4:]) for line in lines if line.startswith("id: ")]
    events = [int(lines[place - 1][4:]) for place, line in enumerate(lines) if line.startswith("event: ")]
    return events, ids[-1]


@pytest.mark.django_db
def test_where_no_connection_is_held_open_coming_again_gives_the_same() -> None:
    record("one", 2)
    assert read() == ([], 3)
    last = record("two", 2)
    assert read(last=3) == (everything(4, last), last)
    assert read(last=last) == ([], last)
    assert read(after=0, type="measure.described") == ([1, 4], last)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "last", "refusal"),
    [
        ({"after": "9"}, None, (404, "position-beyond-head")),
        ({}, "9", (404, "position-beyond-head")),
        ({}, "x", (400, "malformed-header")),
        ({"type": "measure.unheard_of"}, None, (400, "unknown-value")),
        ({"since": "1"}, None, (400, "unknown-parameter")),
    ],
)
def test_what_cannot_be_followed_is_refused(query: dict[str, str], last: str | None, refusal: tuple[int, str]) -> None:
    headers = {} if last is None else {"Last-Event-ID": last}
    assert problem(Client().get(ROOT, query, headers=headers)) == refusal
