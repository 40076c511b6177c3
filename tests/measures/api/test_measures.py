"""A measure at a point of the three clocks, as a client gets it."""

from __future__ import annotations

import pytest

from measures import commands
from measures.events import measures as vocabulary
from measures.events.common import Codes, Coverage
from measures.obligations import parse
from tests.measures.api.asking import STREAM, TODAY, answer, ask, happened, problem, project, told, truce
from tests.measures.given import SOURCE, WRITER, adopted, given, on, rate_changed, terminated

pytestmark = pytest.mark.django_db

MEASURE = "measures/us-example/"


def test_the_rate_is_a_json_number_without_noise() -> None:
    told(given(on("2020-01-22", adopted("15%", "2019-09-01"), rate_changed("7.5%", "2020-02-14")), stream=STREAM))
    assert b'"rate":15,' in ask(MEASURE, valid_at="2020-02-13").content
    assert b'"rate":7.5,' in ask(MEASURE, valid_at="2020-02-14").content


def test_a_partial_suspension_says_what_the_texts_set_and_what_is_taken_off() -> None:
    told(truce())
    found = answer(MEASURE, valid_at="2025-06-01")
    assert (found["legal"], found["application"]) == ("in_force", "partly_suspended")
    assert (found["rate"], found["statutory_rate"], found["suspended_points"]) == (10, 34, 24)
    assert found["obligation"] == {"kind": "ad_valorem", "percent": "34", "sentence": "34%"}


def test_what_the_public_knew_decides_what_is_scheduled() -> None:
    told(truce())
    assert answer(MEASURE, valid_at="2025-08-20", known_at="2025-05-15")["rate"] == 34
    assert answer(MEASURE, valid_at="2025-08-20", known_at="2025-08-12")["rate"] == 10


def test_what_the_log_said_at_a_position_stays_askable() -> None:
    extension = told(truce())[-1]
    before = answer(MEASURE, valid_at="2025-08-20", position=extension.position - 1)
    after = answer(MEASURE, valid_at="2025-08-20", recorded_at=extension.envelope["recorded_at"])
    assert (before["rate"], before["position"]) == (34, extension.position - 1)
    assert (after["rate"], after["position"]) == (10, extension.position)


def test_every_answer_echoes_the_clocks_resolved() -> None:
    last = told(truce())[-1]
    found = answer(MEASURE, valid_at="2025-08-20", known_at="2025-05-15")
    assert (found["valid_at"], found["known_at"], found["position"]) == ("2025-08-20", "2025-05-15", last.position)
    assert found["recorded_at"] == last.envelope["recorded_at"]
    assert found["provisional"] is False
    assert (found["generation"], found["fold_version"]) == (
        {"measures": 1},
        {"measures": found["fold_version"]["measures"]},
    )


def test_without_a_limit_the_known_clock_is_null() -> None:
    told(truce())
    assert answer(MEASURE)["known_at"] is None


def test_the_next_change_follows_from_the_texts() -> None:
    told(truce())
    found = answer(MEASURE, valid_at="2025-08-20")
    assert found["next_change"]["valid_from"] == "2025-11-10"
    assert found["next_change"]["rate"] == 34
    assert found["next_change"]["sentence"] == "Returns to 34% on 10 November 2025 unless extended."
    assert found["status"].endswith("returns to 34% on 10 November 2025 unless extended.")


def test_a_segment_with_another_reason_alone_is_no_change() -> None:
    told(truce())
    found = answer(MEASURE, valid_at="2025-06-01")
    assert found["valid_until"] == "2025-08-12"
    assert found["next_change"]["valid_from"] == "2025-11-10"


def test_past_the_last_event_the_answer_keeps_its_value_and_is_not_confirmed() -> None:
    told(truce())
    assert answer(MEASURE, valid_at="2025-08-11")["confirmed"] is True
    later = answer(MEASURE, valid_at="2025-08-12")
    assert (later["rate"], later["confirmed"], later["confirmed_until"]) == (10, False, "2025-08-12")


def test_set_by_leads_to_the_events_and_their_sources() -> None:
    told(truce())
    (*_, last) = answer(MEASURE, valid_at="2025-06-01")["set_by"]
    event = answer(f"events/{last['position']}/")
    assert last["url"].endswith(f"/api/v1/events/{last['position']}/")
    assert event["type"] == "measure.suspended"
    assert event["data"]["sources"][0]["title"] == "The gazette"


class TestBeforeTheFirstEvent:
    def test_a_day_before_its_first_act_is_not_announced(self) -> None:
        told(truce())
        found = answer(MEASURE, valid_at="2025-01-01")
        assert (found["legal"], found["application"], found["rate"]) == ("not_announced", "not_applied", 0)
        assert found["status"] == "Not yet announced on 1 January 2025; first known 2 April 2025."

    def test_a_day_on_which_the_public_did_not_know_it_names_the_first_on_which_it_did(self) -> None:
        told(truce())
        found = answer(MEASURE, valid_at="2025-06-01", known_at="2025-01-01")
        assert (found["legal"], found["title"], found["first_known"]) == ("not_announced", None, "2025-04-02")
        assert found["status"] == "Not yet announced on 1 January 2025; first known 2 April 2025."

    def test_a_position_before_it_was_recorded_tells_nothing_that_came_later(self) -> None:
        told(given(on("2025-01-01", adopted("5%", "2025-01-02")), stream="measure/other"), truce())
        found = answer(MEASURE, position=2)
        assert (found["legal"], found["first_known"]) == ("not_announced", None)
        assert found["status"] == "Not recorded at this position."

    def test_position_0_is_an_empty_log(self) -> None:
        told(truce())
        found = answer("measures/", position=0)
        assert (found["results"], found["position"], found["recorded_at"]) == ([], 0, None)

    def test_a_slug_that_was_never_recorded_is_not_found(self) -> None:
        told(truce())
        assert problem(ask("measures/us-exemple/")) == (404, "never-recorded")


class TestTheTimeline:
    def test_lists_every_run_of_days_with_what_set_it(self) -> None:
        told(truce())
        runs = answer(f"{MEASURE}timeline/")["results"]
        said = [(run["valid_from"], run["legal"], run["rate"]) for run in runs]
        assert said == [
            ("2025-04-02", "adopted", 0),
            ("2025-04-09", "in_force", 34),
            ("2025-05-14", "in_force", 10),
            ("2025-08-12", "in_force", 10),
            ("2025-11-10", "in_force", 34),
        ]
        assert runs[-1]["valid_until"] is None
        assert all(run["set_by"] for run in runs)

    def test_is_the_one_that_the_public_knew(self) -> None:
        told(truce())
        runs = answer(f"{MEASURE}timeline/", known_at="2025-05-01")["results"]
        assert [run["rate"] for run in runs] == [0, 34]


class TestTheList:
    @pytest.fixture(autouse=True)
    def _three_measures(self) -> None:
        told(
            truce(),
            given(
                on("2025-01-10", adopted("25%", "2025-02-01")),
                on("2025-03-01", terminated("2025-03-10")),
                stream="measure/us-short",
            ),
        )
        cars = vocabulary.Described(
            sources=(SOURCE,),
            title='Duty on cars, "rare earth" magnets left out',
            kind="trade_defence_duty",
            direction="import",
            implementer="CN",
            targets=("US", "Acme Inc."),
            authority="Foreign Trade Law",
            coverage=Coverage(products=Codes(codes=("8703", "870840"))),
        )
        start = happened("measure/cn-cars", "2025-02-01", vocabulary.Noted, summary="Said.")
        described = start.__class__(stream="measure/cn-cars", payload=cars, meta=WRITER, known_from=start.known_from)
        commands.record([described], today=TODAY)
        project()

    @pytest.mark.parametrize(
        ("query", "slugs"),
        [
            ({}, ["cn-cars", "us-example", "us-short"]),
            ({"implementer": "US"}, ["us-example", "us-short"]),
            ({"implementer": ["US", "CN"]}, ["cn-cars", "us-example", "us-short"]),
            ({"target": "Acme Inc."}, ["cn-cars"]),
            ({"kind": "trade_defence_duty"}, ["cn-cars"]),
            ({"direction": "export"}, []),
            ({"authority": "trade law"}, ["cn-cars"]),
            ({"legal": "in_force"}, ["us-example"]),
            ({"legal": "terminated"}, ["us-short"]),
            ({"legal": ["terminated", "not_announced"]}, ["cn-cars", "us-short"]),
            ({"application": "partly_suspended"}, ["us-example"]),
            ({"application": "not_applied"}, ["cn-cars", "us-short"]),
            ({"product": "8703"}, ["cn-cars"]),
            ({"product": "870323"}, ["cn-cars"]),
            ({"product": "87"}, ["cn-cars"]),
            ({"product": "8701"}, []),
            ({"q": "cars"}, ["cn-cars"]),
            ({"q": '"rare earth" -boats'}, ["cn-cars"]),
            ({"q": "boats"}, []),
            ({"q": "'; --"}, []),
            ({"order": "-slug"}, ["us-short", "us-example", "cn-cars"]),
            ({"order": "first_known"}, ["us-short", "cn-cars", "us-example"]),
            ({"order": "-first_known"}, ["us-example", "cn-cars", "us-short"]),
            ({"known_at": "2025-01-31"}, ["us-short"]),
            ({"changed_since": 7}, ["cn-cars"]),
        ],
    )
    def test_answers_what_is_asked(self, query: dict[str, object], slugs: list[str]) -> None:
        found = answer("measures/", **{"valid_at": "2025-06-01", **query})
        assert [item["slug"] for item in found["results"]] == slugs

    def test_its_items_are_what_the_measure_answers_by_itself(self) -> None:
        clocks = {"valid_at": "2025-06-01", "known_at": "2025-07-01"}
        (item,) = answer("measures/", legal="in_force", **clocks)["results"]
        alone = answer(MEASURE, **clocks)
        assert item == {name: alone[name] for name in item}


def test_an_obligation_without_a_percentage_has_no_rate_and_says_what_it_is() -> None:
    told(given(on("2025-01-10", adopted("licence (presumption of denial)", "2025-02-01")), stream=STREAM))
    found = answer(MEASURE, valid_at="2025-06-01")
    assert (found["rate"], found["obligation"]["kind"]) == (None, "licence")
    assert found["obligation"]["sentence"] == str(parse("licence (presumption of denial)"))
