"""The questions of a trade lawyer, asked over HTTP of the shipped data."""

from __future__ import annotations

import pytest

from tests.measures.api.asking import answer

pytestmark = pytest.mark.usefixtures("loaded")


@pytest.mark.parametrize(
    ("slug", "valid", "known", "rate"),
    [
        ("us-ieepa-reciprocal-cn", "2025-05-01", None, 125),
        ("us-ieepa-reciprocal-cn", "2025-08-20", "2025-05-15", 34),
        ("us-ieepa-reciprocal-cn", "2025-08-20", "2025-08-12", 10),
        ("us-ieepa-fentanyl-cn", "2025-03-03", None, 10),
        ("us-ieepa-fentanyl-cn", "2025-03-04", None, 20),
        ("us-s301-list-4a", "2020-02-13", None, 15),
        ("us-s301-list-4a", "2020-02-14", None, 7.5),
    ],
)
def test_the_rate_that_applied_on_a_day_as_the_public_knew(
    slug: str, valid: str, known: str | None, rate: float
) -> None:
    clocks = {"valid_at": valid} | ({"known_at": known} if known else {})
    assert answer(f"measures/{slug}/", **clocks)["rate"] == rate


def test_a_stranger_learns_in_three_calls_what_applied_and_who_says_so() -> None:
    """What applied on 20 August 2025, as known on 15 May 2025."""
    clocks = {"valid_at": "2025-08-20", "known_at": "2025-05-15"}
    (item,) = answer("measures/", q='"reciprocal tariff" chinese', **clocks)["results"]
    reasons = answer(f"measures/{item['slug']}/explain/", **clocks)
    event = answer(f"events/{item['set_by'][-1]['position']}/")
    assert (item["rate"], reasons["rate"]) == (34, 34)
    assert event["sentence"] == "Changed to 34% from 12 August 2025."
    assert event["data"]["sources"][0]["url"].startswith("https://")


def test_the_london_talks_are_told_whole() -> None:
    rounds = answer("negotiations/us-cn-2025/rounds/", valid_at="2025-06-12")["results"]
    (london,) = [item for item in rounds if item["round"] == "london-2025-06"]
    assert london["city"] == "London"
    assert {item["party"] for item in london["delegations"]} == {"US", "CN"}
    assert 360 in [item["minutes"] for item in london["meetings"]]
    positions = answer("negotiations/us-cn-2025/positions/", round="london-2025-06", kind="demand_made")["results"]
    assert {item["by"] for item in positions} == {"US", "CN"}


def test_the_shares_of_supply_are_numbers_with_sources() -> None:
    latest = answer("indicators/cn-share-rare-earth-supply/", valid_at="2025-06-12", known_at="2025-06-12")["latest"]
    assert latest["values"][0]["value"] == 70
    assert answer(f"events/{latest['set_by'][0]['position']}/")["data"]["sources"]


def test_every_measure_answers_on_every_address() -> None:
    found = answer("measures/", limit=200)
    assert found["next"] is None
    assert len(found["results"]) >= 150
    for item in found["results"]:
        assert answer(f"measures/{item['slug']}/explain/")["status"] == item["status"]


def test_every_list_has_something_to_tell() -> None:
    for path in ("negotiations/", "commitments/", "indicators/", "cases/", "disputes/", "events/"):
        assert answer(path)["results"], path
    assert answer("calendar/", valid_at="2025-05-20", known_at="2025-05-20")["results"]
