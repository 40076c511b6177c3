"""Talks, indicators, cases and disputes over HTTP."""

from __future__ import annotations

import pytest
from django.test import Client

from measures import commands
from measures.events import negotiations
from tests.measures.api.asking import TALKS, TODAY, answer, ask, happened, problem, project, talks, told, truce

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _talks() -> None:
    talks()


def test_a_negotiation_tells_its_rounds_and_counts_its_commitments() -> None:
    found = answer("negotiations/talks/")
    assert (found["title"], found["parties"], found["dispute"]) == ("The talks", ["US", "CN"], "quarrel")
    assert found["commitments"] == {"made": 1}
    assert [item["round"] for item in found["rounds"]] == ["london"]


def test_a_round_gathers_who_met_where_and_for_how_long() -> None:
    (london,) = answer("negotiations/talks/rounds/")["results"]
    assert (london["city"], london["venue"], london["minutes"]) == ("London", "Lancaster House", 360)
    assert (london["starts_on"], london["ends_on"], london["state"]) == ("2025-06-09", "2025-06-09", "session_held")
    assert [item["kind"] for item in london["meetings"]] == ["round_opened", "session_held"]


def test_a_call_outside_any_round_stands_alone() -> None:
    call = happened(TALKS, "2025-06-05", negotiations.CallHeld, held_on="2025-06-05", minutes=90, parties=("US", "CN"))
    commands.record([call], today=TODAY)
    project()
    rounds = answer("negotiations/talks/rounds/")["results"]
    assert [(item["round"], item["minutes"]) for item in rounds] == [(None, 90), ("london", 360)]


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ({}, ["Ship rare earths.", "Ease chip controls."]),
        ({"by": "CN"}, ["Ease chip controls."]),
        ({"kind": "offer_made"}, []),
        ({"round": "london"}, ["Ship rare earths.", "Ease chip controls."]),
        ({"q": "chips"}, ["Ease chip controls."]),
        ({"valid_at": "2025-06-09"}, ["Ship rare earths."]),
        ({"known_at": "2025-06-09"}, ["Ship rare earths."]),
        ({"valid_at": "2025-05-01"}, []),
    ],
)
def test_positions_are_those_taken_by_the_day_and_known_by_it(query: dict[str, str], texts: list[str]) -> None:
    assert [item["text"] for item in answer("negotiations/talks/positions/", **query)["results"]] == texts


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"by": "CN"}, 1),
        ({"by": "US"}, 0),
        ({"status": "made"}, 1),
        ({"status": "met"}, 0),
        ({"valid_at": "2025-07-31", "overdue": "true"}, 0),
        ({"valid_at": "2025-08-01", "overdue": "true"}, 1),
        ({"valid_at": "2025-08-01", "overdue": "false"}, 0),
        ({"due_from": "2025-07-31"}, 1),
        ({"due_from": "2025-08-01"}, 0),
        ({"due_until": "2025-07-01"}, 0),
        ({"due_until": "2025-07-02"}, 1),
        ({"negotiation": "talks", "round": "london", "q": "magnets"}, 1),
        ({"valid_at": "2025-06-10"}, 0),
    ],
)
def test_commitments_are_found_by_party_fate_and_due_date(query: dict[str, str], count: int) -> None:
    assert len(answer("commitments/", **{"valid_at": "2025-07-01", **query})["results"]) == count


def test_a_commitment_is_overdue_past_every_day_that_its_due_date_may_mean() -> None:
    for day, overdue in (("2025-07-31", False), ("2025-08-01", True)):
        (item,) = answer("commitments/", valid_at=day)["results"]
        assert (item["due"], item["overdue"], item["status"]) == ("2025-07", overdue, "made")


def test_a_commitment_that_was_met_says_what_met_it_and_how_long_it_took() -> None:
    met = happened(
        TALKS, "2025-06-20", negotiations.CommitmentMet, commitment="magnets", fulfilled_by=("measure/us-example",)
    )
    commands.record([met], today=TODAY)
    project()
    (item,) = answer("negotiations/talks/commitments/", valid_at="2025-09-01")["results"]
    assert (item["status"], item["overdue"], item["days_taken"]) == ("met", False, 9)
    assert item["fulfilled_by"] == ["measure/us-example"]
    (before,) = answer("negotiations/talks/commitments/", valid_at="2025-09-01", known_at="2025-06-12")["results"]
    assert (before["status"], before["overdue"]) == ("made", True)


def test_before_the_talks_were_known_their_answer_says_so() -> None:
    found = answer("negotiations/talks/", known_at="2025-04-01")
    assert (found["title"], found["rounds"], found["first_known"]) == (None, [], "2025-05-01")
    assert found["unknown"] == "Not yet known on 1 April 2025; first known 1 May 2025."
    assert answer("negotiations/talks/", position=0)["unknown"] == "Not recorded at this position."
    assert answer("negotiations/talks/rounds/", position=0)["results"] == []


class TestEarlierPositions:
    """What the same party had said on the same matter, one request away."""

    @pytest.fixture(autouse=True)
    def said(self) -> None:
        chips = {"by": "CN", "measures": ("us-example",)}
        batch = [
            happened("negotiation/older", "2019-05-01", negotiations.Described, title="Older", parties=("US", "CN")),
            happened("negotiation/older", "2019-05-02", negotiations.DemandMade, text="Lift the controls.", **chips),
            happened(TALKS, "2025-06-12", negotiations.StatementMade, text="Chips are on the table.", **chips),
            happened(TALKS, "2025-06-12", negotiations.DemandMade, by="US", text="No.", measures=("us-example",)),
            happened(TALKS, "2025-06-13", negotiations.OfferMade, by="CN", text="Magnets.", items=("magnets",)),
            happened(TALKS, "2025-06-14", negotiations.DemandMade, text="Lift them now.", items=("magnets",), **chips),
        ]
        commands.record(batch, today=TODAY)
        project()

    def earlier(self, text: str) -> list[str]:
        found = answer("positions/", limit=100)["results"]
        address = next(item["earlier"] for item in found if item["text"] == text)
        return [item["text"] for item in Client().get(address).json()["results"]]

    def test_of_all_talks_by_the_same_party_on_one_of_the_same_measures_or_goods(self) -> None:
        assert self.earlier("Lift them now.") == ["Lift the controls.", "Chips are on the table.", "Magnets."]
        assert self.earlier("Chips are on the table.") == ["Lift the controls."]

    def test_a_position_that_names_no_matter_has_none(self) -> None:
        assert self.earlier("Ship rare earths.") == []

    def test_later_knowledge_is_left_out(self) -> None:
        later = next(item for item in answer("positions/")["results"] if item["text"] == "Lift them now.")
        place = later["set_by"][0]["position"]
        refused = ask("positions/", earlier_than=place, known_at="2025-06-13")
        assert problem(refused) == (400, "unknown-value")

    def test_an_entry_that_is_no_position_is_refused(self) -> None:
        assert problem(ask("positions/", earlier_than=1)) == (400, "unknown-value")


def test_an_indicator_comes_with_its_latest_observation_of_the_day_and_of_what_was_known() -> None:
    for query, value in (({}, 68.5), ({"known_at": "2025-06-01"}, 70), ({"valid_at": "2024-06-01"}, 70)):
        found = answer("indicators/share/", **query)
        assert found["latest"]["values"] == [{"name": "share_pct", "value": value, "text": None}]
    assert answer("indicators/share/", known_at="2024-06-01")["title"] is None


@pytest.mark.parametrize(
    ("query", "periods"),
    [
        ({}, ["2024", "2025"]),
        ({"from": "2025-01-01"}, ["2025"]),
        ({"from": "2024-12-31"}, ["2024", "2025"]),
        ({"until": "2025-01-01"}, ["2024"]),
        ({"known_at": "2025-12-31"}, ["2024"]),
    ],
)
def test_observations_are_a_series_by_period(query: dict[str, str], periods: list[str]) -> None:
    found = answer("indicators/share/observations/", **query)["results"]
    assert [item["period_until"] for item in found] == periods


@pytest.mark.parametrize(
    ("path", "query", "slugs"),
    [
        ("negotiations/", {"party": "CN"}, ["talks"]),
        ("negotiations/", {"party": "EU"}, []),
        ("negotiations/", {"dispute": "quarrel", "q": "talks"}, ["talks"]),
        ("indicators/", {"kind": "supply_share", "dispute": "quarrel"}, ["share"]),
        ("indicators/", {"kind": "price"}, []),
        ("indicators/", {"area": "CN"}, []),
        ("cases/", {"dispute": "quarrel", "q": "suit"}, ["suit"]),
        ("cases/", {"authority": "IEEPA"}, []),
        ("cases/", {"measure": "us-example"}, []),
        ("disputes/", {"party": "US"}, ["quarrel"]),
        ("disputes/", {"q": "peace"}, []),
    ],
)
def test_lists_can_be_narrowed(path: str, query: dict[str, str], slugs: list[str]) -> None:
    assert [item["slug"] for item in answer(path, **query)["results"]] == slugs


def test_a_case_tells_what_had_happened_in_it() -> None:
    assert [item["kind"] for item in answer("cases/suit/")["proceedings"]] == ["filed"]
    assert answer("cases/suit/", valid_at="2025-02-15")["proceedings"] == []
    assert answer("cases/suit/", known_at="2025-01-01")["unknown"].endswith("first known 1 February 2025.")


def test_a_dispute_is_one_line_of_time_over_everything_that_belongs_to_it() -> None:
    line = answer("disputes/quarrel/")["results"]
    streams = {item["stream"] for item in line}
    assert streams == {"dispute/quarrel", "negotiation/talks", "indicator/share", "case/suit"}
    assert [item["known_from"] for item in line] == sorted(item["known_from"] for item in line)
    assert {item["title"] for item in line} == {"A quarrel", "The talks", "A share", "A suit"}
    assert answer("disputes/quarrel/", known_at="2024-12-31")["unknown"].startswith("Not yet known")


def test_a_dispute_does_not_tell_what_belongs_to_another() -> None:
    told(truce())
    assert all(item["stream"] != "measure/us-example" for item in answer("disputes/quarrel/")["results"])


def test_the_history_of_talks_is_told_in_words() -> None:
    said = [item["sentence"] for item in answer("negotiations/talks/history/")["results"]]
    assert "US demanded: Ship rare earths." in said
