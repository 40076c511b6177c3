"""The log replayed over HTTP: the same question, the same bytes, with the digest that the log attests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.measures.api.asking import ask, problem
from tests.tracker.ledger.given import TODAY, project, record, tell
from tracker import log
from tracker.ledger.attestation import attest

pytestmark = pytest.mark.django_db


def replayed(**asked: Any) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """What was asked, the rows, and the last line."""
    response = ask("replay/", projection="measures", **asked)
    assert response.status_code == 200, response.content
    first, *rows, last = map(json.loads, response.getvalue().splitlines())
    return first, rows, last


def test_the_first_line_says_what_was_asked_and_the_last_counts_the_rows() -> None:
    tell()
    first, rows, last = replayed(position=4, valid_at="2025-06-01")
    assert first["position"] == 4
    assert (first["projection"], first["valid_at"], first["known_at"]) == ("measures", "2025-06-01", None)
    assert first["fold_version"] > 0
    assert last["rows"] == len(rows) > 0


def test_it_answers_at_a_point_of_the_three_clocks() -> None:
    tell()
    for position, rate in ((3, "10"), (5, "4")):
        asked = {"valid_at": "2025-09-01", "known_at": "2025-06-01", "stream": "measure/example"}
        _, rows, _ = replayed(position=position, **asked)
        assert [row["rate"] for row in rows if row["model"] == "Segment"] == [rate]


def test_the_same_question_gets_the_same_bytes_whatever_was_recorded_since() -> None:
    tell()
    before = ask("replay/", projection="measures", position=4).getvalue()
    record(20)
    project()
    again = ask("replay/", projection="measures", position=4)
    assert again.getvalue() == before
    known = ask("replay/", projection="measures", position=4, headers={"If-None-Match": again["ETag"]})
    assert known.status_code == 304


def test_the_digest_over_all_days_is_the_one_that_the_log_attests() -> None:
    tell()
    position = log.head().position
    said = {item.data["projection"]: item.data for item in attest(TODAY)}
    _, _, last = replayed(position=position)
    assert (last["digest"], last["rows"]) == (said["measures"]["digest"], said["measures"]["rows"])


def test_a_stream_alone_is_read_alone(django_assert_max_num_queries: Any) -> None:
    tell()
    with django_assert_max_num_queries(4):  # the head, the end of the batch, the stream
        first, rows, _ = replayed(position=4, stream="measure/another")
    assert {row["stream"] for row in rows} <= {"measure/another"}
    assert first["stream"] == "measure/another"


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"projection": "measures"}, 400, "malformed-parameter"),
        ({"position": 4}, 400, "malformed-parameter"),
        ({"projection": "nothing", "position": 4}, 400, "unknown-value"),
        ({"projection": "measures", "position": 99}, 404, "position-beyond-head"),
        ({"projection": "measures", "position": 4, "valid_at": "today"}, 400, "malformed-clock"),
    ],
)
def test_what_cannot_be_replayed_is_refused(asked: dict[str, Any], status: int, code: str) -> None:
    tell()
    assert problem(ask("replay/", **asked)) == (status, code)


def test_more_events_than_one_answer_folds_are_refused_unless_a_stream_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tracker.api.replaying.MOST", 3)
    tell()
    assert problem(ask("replay/", projection="measures", position=5)) == (400, "answer-too-large")
    assert ask("replay/", projection="measures", position=5, stream="measure/example").status_code == 200
