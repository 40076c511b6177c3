"""The first page: the shipped dispute at points of the three clocks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from measures.events import disputes
from measures.models import Measure, Segment
from measures.queries import MeasureState
from measures.web.state import sides
from tests.measures.given import SOURCE, WRITER, adopted, given, on
from tests.measures.web.asking import ask, project
from tracker import log

LONDON = "/?valid_at=2025-06-10&known_at=2025-06-10"


@pytest.mark.usefixtures("loaded")
class TestLondon:
    """The second day of the talks at Lancaster House, as the public knew it that day."""

    def test_where_and_how_long_they_met(self):
        talks = ask(LONDON).part("London, 9–10 June 2025", "Before that")
        assert "Lancaster House, London" in talks
        assert "6 hours on 9 June 2025" in talks

    def test_both_delegations(self):
        talks = ask(LONDON).part("Delegations, demands and offers", "What was said")
        for name in ("Scott Bessent", "Howard Lutnick", "Jamieson Greer", "He Lifeng", "Wang Wentao", "Li Chenggang"):
            assert name in talks

    def test_what_each_side_wanted(self):
        talks = ask(LONDON).part("Delegations, demands and offers", "What was said")
        united_states, china = talks.split("China He Lifeng")
        assert "steady rare-earth shipments" in united_states
        assert "partial relief on chip-design software" in china

    def test_what_was_said(self):
        said = ask(LONDON).part("What was said", "Sources of this round")
        assert "called the talks 'fruitful'" in said
        assert "sought 'mutual benefit'" in said

    def test_the_call_before(self):
        before = ask(LONDON).part("Before that", "Commitments")
        assert before.startswith(" 5 June 2025 Call, 90 minutes")

    def test_the_chips_that_stayed_restricted(self):
        page = ask(LONDON)
        assert "H20 were not on offer; those restrictions stayed in place" in page.words
        assert "US licence requirement for H20-class chips licence" in page.part("United States 39", "China 34")

    def test_the_shares_of_supply_and_the_markets(self):
        indicators = ask(LONDON).part("Indicators Shares of supply", "In court")
        assert "China's share of rare-earth magnet production 9 June 2025 90% Share" in indicators
        assert "China's share of world rare-earth supply 9 June 2025 70% Share" in indicators
        assert "Hang Seng index 9 June 2025 +1.63%" in indicators

    def test_each_market_shows_the_observation_that_the_api_calls_its_latest(self):
        markets = ask("/?valid_at=2025-06-10").part("Markets", "Prices")
        shown = (
            Client()
            .get("/api/v1/indicators/hang-seng-china-enterprises/?valid_at=2025-06-10")
            .json()["latest"]["values"]
        )
        assert [figure["value"] for figure in shown] == [1.74]
        assert "9 June 2025 +1.74%" in markets
        assert "Threshold" not in markets

    def test_all_markets_of_the_newest_day_are_shown(self):
        markets = ask("/?valid_at=2025-06-10").part("Markets", "Prices")
        assert all(name in markets for name in ("S&P 500", "Nasdaq", "Hang Seng index"))

    def test_the_source_stands_first_among_the_sources_of_the_round(self):
        sources = ask(LONDON).part("Sources of this round", "more")
        assert sources.strip().startswith("Tech Meets Tension: Rare Earths at the Center of High-Stakes")

    def test_nothing_that_came_later_is_told(self):
        words = ask(LONDON).words
        assert "deal was 'done'" not in words
        assert "Stockholm" not in words
        assert "Stockholm" in ask("/?valid_at=2025-06-10").words


@pytest.mark.usefixtures("loaded")
class TestTravelling:
    def test_the_figures_are_those_of_the_day(self):
        duty = "Reciprocal tariff on Chinese goods"
        assert f"{duty} In force at 125% until 13 May 2025" in ask("/?valid_at=2025-05-01").words
        assert f"{duty} In force in part: 10% applies, 24 points suspended" in ask("/?valid_at=2025-08-20").words

    def test_the_figures_are_those_that_were_known(self):
        assert "Reciprocal tariff on Chinese goods 34%" in ask("/?valid_at=2025-08-20&known_at=2025-05-15").words

    def test_before_anything_was_known_the_page_says_so(self):
        assert "Nothing was known yet" in ask("/?known_at=2001-01-01").words

    def test_a_position_shows_what_our_record_said_then(self):
        page = ask("/?position=0")
        assert "Nothing is recorded yet" in page.words

    def test_every_figure_leads_to_its_event_and_from_there_to_its_source(self):
        page = ask(LONDON)
        event = ask(page.link("10%"))
        assert "/events/" in page.link("10%")
        assert [address for _, address in event.links if address.startswith("https://")]

    def test_the_notable_days_are_rounds_of_talks(self):
        page = ask("/?valid_at=2025-05-12")
        assert page.link("London 9–10 June 2025") == "/?valid_at=2025-06-10"

    def test_the_arrows_lead_to_the_nearest_changes(self):
        page = ask(LONDON)
        assert page.link("Change after 12 August 2025") == "/?valid_at=2025-08-12&known_at=2025-06-10"
        assert page.link("Change before 4 June 2025") == "/?valid_at=2025-06-04&known_at=2025-06-10"

    def test_what_follows_is_what_the_texts_had_in_store(self):
        follows = ask(LONDON).part("What follows from the texts 12 August 2025", "Scheduled steps")
        assert "Reciprocal tariff on Chinese goods: 34%" in follows

    def test_commitments_have_their_fate_and_say_when_they_are_overdue(self):
        commitments = ask(LONDON).part("Commitments Partly met Overdue China", "What follows")
        assert "suspend or remove non-tariff countermeasures since 2 April 2025 Made 12 May 2025, due 14 May 2025" in (
            commitments
        )

    def test_a_commitment_met_in_part_is_nowhere_called_met(self):
        commitments = ask(LONDON).part("Commitments Partly met Overdue China", "What follows")
        assert "; partly met after" in commitments
        assert "; met after" not in commitments.split("Made 12 May 2025")[1].split("Made ")[0]

    def test_what_follows_says_by_when_it_was_known(self):
        assert "expiries as known on 10 June 2025, unless" in ask(LONDON).words
        newest = log.head().recorded_at
        assert f"expiries as known on {newest:%-d %B %Y}, unless" in ask("/?valid_at=2025-06-10").words

    def test_the_years_shown_are_chosen_by_a_link_that_keeps_the_clocks(self):
        page = ask(LONDON)
        assert page.link("5 years") == "/?years=5&valid_at=2025-06-10&known_at=2025-06-10#time"
        assert "Chinese goods, List 1" in ask(page.link("Everything").removesuffix("#time")).words

    def test_another_dispute_is_a_link_away(self):
        page = ask(ask("/?valid_at=2026-11-24").link("Trade dispute between the European Union and China"))
        assert "The European Union has 1 measure in force; China has 0 measures in force." in page.words
        assert "European Union: additional duties EU anti-subsidy duties on" in page.words
        assert "S&P 500" not in page.words

    def test_the_line_of_time_is_told_in_words_too(self):
        told = ask(LONDON).part("The same in words", "United States 39")
        assert "Reciprocal tariff on Chinese goods United States" in told
        assert "12 August 2025" in told
        assert "London, 9–10 June 2025" in told


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("day", ["2025-06-10", "2025-11-12", "2026-11-24"])
def test_the_page_asks_21_times_whatever_it_shows(django_assert_num_queries, day: str):
    """The point, the head. The dispute; its measures, their terms, next changes and scopes,
    their headline segments. Talks: negotiations, meetings, agreements, and of the latest round delegations, positions,
    commitments; all commitments; the sources. Cases, proceedings. Indicators, observations. Corrections."""
    ask("/about/")
    with django_assert_num_queries(21):
        ask(f"/?valid_at={day}")


@pytest.mark.django_db
def test_an_empty_record_says_how_to_begin():
    project()
    page = ask("/")
    assert "Nothing is recorded yet" in page.words
    assert page.link("admin") == reverse("admin:index")


@pytest.mark.django_db
def test_a_dispute_without_talks_or_figures_is_shown_all_the_same():
    from datetime import date

    from measures import commands
    from tracker.envelope import NewEvent

    described = disputes.Described(sources=(SOURCE,), title="A quarrel", parties=("US", "CN"))
    event = NewEvent(stream="dispute/quarrel", payload=described, meta=WRITER, known_from=date(2025, 1, 1))
    commands.record([event], today=date(2026, 12, 31))
    given(on("2025-02-10", adopted("25%", "2025-03-04"))).record()
    project()
    page = ask("/?valid_at=2025-06-10")
    assert "The United States has 0 measures in force; China has 0 measures in force." in page.words
    assert "No talks were known by this day." in page.words


def test_a_measure_whose_status_is_not_known_is_not_called_not_yet_in_force():
    point: Any = None
    states = [MeasureState(Measure(implementer="US"), point, Segment(legal=legal)) for legal in ("unknown", "adopted")]
    [side], _ = sides(states, ["US"])
    assert ([item.legal for item in side.unknown], [item.legal for item in side.ahead]) == (["unknown"], ["adopted"])


@pytest.mark.usefixtures("loaded")
def test_what_is_not_known_has_a_heading_of_its_own():
    words = ask("/?valid_at=2025-06-10").words
    assert "Not known 2 Measure Rate or obligation US licence requirement for chip chemicals" in words
