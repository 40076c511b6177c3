"""The pages of talks, indicators and cases, on the shipped data."""

from __future__ import annotations

from datetime import date

import pytest

from tests.measures.web.asking import ask
from tracker import log

pytestmark = pytest.mark.usefixtures("loaded")


class TestTalks:
    def test_the_list_tells_who_talked_first_and_last(self):
        page = ask("/negotiations/?valid_at=2025-06-10")
        row = page.part("Talks between the United States and China, 2025", "Talks")
        assert row.strip().startswith("United States and China 17 January 2025 10 June 2025")

    def test_a_negotiation_shows_its_rounds_up_to_the_day_the_latest_first(self):
        page = ask("/negotiations/us-cn-2025/?valid_at=2025-06-10")
        rounds = page.part("Rounds", "Commitments")
        assert rounds.index("London 9–10 June 2025") < rounds.index("Geneva 10–11 May 2025")
        assert "Stockholm" not in rounds
        assert page.link("London 9–10 June 2025") == "#london-2025-06"

    def test_positions_stand_side_by_side_and_agreements_among_the_meetings(self):
        page = ask("/negotiations/us-cn-2025/?valid_at=2025-06-10")
        london = page.part("20 hours in all", "Call, 5 June 2025")
        assert "Framework agreed: Near midnight, after some 20 hours over two days" in london
        assert london.index("United States Scott Bessent") < london.index("China He Lifeng")

    def test_commitments_tell_their_fate_as_known_on_the_day(self):
        london = "lift May curbs on EDA software, ethane and jet-engine parts"
        assert london not in ask("/negotiations/us-cn-2025/?valid_at=2025-06-10").words
        made = ask("/negotiations/us-cn-2025/?valid_at=2025-06-30").part("Commitments Made", "Measures they are about")
        assert f"United States : {london}".replace(" :", ":") in made
        met = ask("/negotiations/us-cn-2025/?valid_at=2025-07-04").part("Commitments", "Measures they are about")
        assert f"Met United States: {london} Made 26 June 2025" in met

    def test_what_a_party_said_on_the_same_matter_before_is_a_link_away(self):
        demand = log.read(type="negotiation.demand_made", known_from=date(2025, 6, 9))
        eda = next(item for item in demand if "us-eda-licence" in item.data["measures"] and item.data["by"] == "CN")
        address = f"/positions/{eda.position}/?valid_at=2025-06-11"
        assert address in {link for text, link in ask("/negotiations/us-cn-2025/?valid_at=2025-06-11").links}
        page = ask(address)
        earlier = page.part("Earlier on the same matter", "Lancaster")
        assert earlier.index("withdraw 'negative measures'") < earlier.index("China had kept the Geneva consensus")

    def test_the_measures_that_they_are_about_are_links(self):
        page = ask("/negotiations/us-cn-2025/?valid_at=2025-06-10")
        address = page.link("China's export licensing of seven medium and heavy rare earths")
        assert address == "/measures/cn-ree-7-licensing/?valid_at=2025-06-10"

    def test_what_is_known_later_is_a_404_that_says_when(self):
        page = ask("/negotiations/us-cn-2025/?known_at=2019-01-01", 404)
        assert "was not known on 1 January 2019; it is first known 17 January 2025." in page.words

    def test_what_was_never_recorded_is_a_404(self):
        assert "There is no negotiation “nothing”" in ask("/negotiations/nothing/", 404).words


class TestIndicators:
    def test_the_list_gives_the_latest_figures_by_kind(self):
        page = ask("/indicators/?valid_at=2025-06-10")
        assert "China's share of world rare-earth supply 9 June 2025 70% Share" in page.words
        assert page.words.index("Shares of supply") < page.words.index("Trade flows")

    def test_an_indicator_shows_each_observation_with_its_period_and_a_drawing(self):
        page = ask("/indicators/cn-magnet-exports-to-us/?valid_at=2025-12-31")
        assert "30 June 2025 353 t +660% On the month Magnet shipments to the US jumped 660% to 353 t" in page.words
        assert page.link("353 t").startswith("/events/")
        assert len(page.tags("svg")) == 2

    def test_two_observations_are_not_drawn(self):
        assert ask("/indicators/cn-magnet-exports-to-us/?valid_at=2025-06-10").tags("svg") == []

    def test_a_later_observation_is_not_told_on_an_earlier_day(self):
        assert "353 t" not in ask("/indicators/cn-magnet-exports-to-us/?valid_at=2025-06-10").words


class TestCases:
    def test_the_list_tells_the_latest_step(self):
        page = ask("/cases/?valid_at=2025-06-01")
        assert "Litigation over the tariffs under IEEPA" in page.words

    def test_a_case_tells_its_course_and_the_measures_that_it_hits(self):
        page = ask("/cases/us-ieepa-litigation/?valid_at=2025-05-28")
        assert "28 May 2025 Ruling issued, Court of International Trade" in page.words
        assert "Reciprocal tariff on Chinese goods Held unlawful" in page.part("Measures it is about", "This page")

    def test_a_stay_is_told_from_its_day(self):
        words = ask("/cases/us-ieepa-litigation/?valid_at=2025-05-29").words
        assert "29 May 2025 Stay granted, Federal Circuit" in words


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # The point (2); the negotiation; meetings, delegations, positions, agreements, commitments; titles of
        # measures; corrections.
        ("/negotiations/us-cn-2025/", 10),
        # The point (2); the indicator, its observations; corrections.
        ("/indicators/cn-magnet-exports-to-us/", 5),
        # The point (2); the case, its proceedings; measures, their terms, their next changes; corrections.
        ("/cases/us-ieepa-litigation/", 9),
        # The point (2); negotiations, first and last days.
        ("/negotiations/", 4),
        # The point (2); indicators, their latest observations; corrections.
        ("/indicators/", 5),
        # The point (2); cases, proceedings.
        ("/cases/", 4),
    ],
)
def test_each_page_asks_a_fixed_number_of_times(django_assert_num_queries, path: str, queries: int):
    ask("/about/")
    for day in ("2025-12-31", "2026-11-24"):
        with django_assert_num_queries(queries):
            ask(f"{path}?valid_at={day}")
