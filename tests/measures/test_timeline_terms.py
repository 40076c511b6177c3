"""Terms: tranches, companies and exclusions of one measure, each with its own lanes."""

from __future__ import annotations

from decimal import Decimal

from measures.acts import acts
from measures.terms import terms
from tests.measures.given import (
    adopted,
    announced,
    exclusion_ended,
    exclusion_extended,
    exclusion_granted,
    given,
    on,
    postponed,
    proposed,
    rate_changed,
    resumed,
    revoked,
    suspended,
    terminated,
)

TWO_LISTS = on(
    "2025-01-10",
    adopted("10%", "2025-02-01", term="list-1"),
    adopted("15%", "2025-06-01", "2025-12-01", term="list-2"),
)


def test_several_tranches_in_one_act_have_their_own_dates_and_rates():
    story = given(TWO_LISTS)
    assert story.rates("2025-01-31", "2025-02-01", "2025-12-01", term="list-1") == [0, 10, 10]
    assert story.rates("2025-05-31", "2025-06-01", "2025-12-01", term="list-2") == [0, 15, 0]
    assert [story.legal("2025-12-01", term=term) for term in ("list-1", "list-2")] == ["in_force", "expired"]


def test_the_term_mentioned_first_is_the_headline():
    story = given(TWO_LISTS)
    assert story.rate("2025-06-01") == story.rate("2025-06-01", term="list-1") == 10


def test_an_act_that_names_no_term_is_on_the_main_term():
    story = given(on("2025-01-10", adopted("10%", "2025-02-01")))
    assert story.rate("2025-02-01", term="main") == 10


def test_a_change_of_one_term_leaves_the_others_alone():
    story = given(TWO_LISTS, on("2025-03-10", rate_changed("25%", "2025-07-01", term="list-2")))
    assert [story.rate("2025-07-01", term=term) for term in ("list-1", "list-2")] == [10, 25]
    assert story.rate("2025-12-01", term="list-2") == 0


def test_a_partial_termination_ends_the_named_term_alone():
    story = given(TWO_LISTS, on("2025-07-10", terminated("2025-08-01", term="list-1")))
    assert [story.rate("2025-08-01", term=term) for term in ("list-1", "list-2")] == [0, 15]
    assert story.legal("2025-08-01", term="list-1") == "terminated"


def test_an_end_that_names_no_term_ends_all_of_them():
    story = given(TWO_LISTS, on("2025-07-10", terminated("2025-08-01")))
    assert [story.rate("2025-08-01", term=term) for term in ("list-1", "list-2")] == [0, 0]


def test_a_termination_cancelled_for_one_term_goes_on_for_the_other():
    story = given(
        TWO_LISTS,
        on("2025-07-10", terminated("2025-08-01")),
        on("2025-07-20", revoked(3, "2025-08-01", term="list-2")),
    )
    assert [story.rate("2025-08-01", term=term) for term in ("list-1", "list-2")] == [0, 15]


def test_a_suspension_postponed_for_one_term_begins_on_time_for_the_other():
    story = given(
        TWO_LISTS,
        on("2025-07-10", suspended("2025-08-01")),
        on("2025-07-20", postponed(3, "2025-09-01", term="list-2")),
    )
    assert [story.rate("2025-08-01", term=term) for term in ("list-1", "list-2")] == [0, 15]
    assert story.rate("2025-09-01", term="list-2") == 0


def test_a_rate_change_that_resumes_one_term_leaves_the_others_suspended():
    story = given(
        TWO_LISTS,
        on("2025-07-10", suspended("2025-07-15")),
        on("2025-08-10", rate_changed("30%", "2025-08-15", term="list-2", resumes=True)),
    )
    assert [story.rate("2025-08-15", term=term) for term in ("list-1", "list-2")] == [0, 30]


def test_a_resumption_of_one_term_leaves_the_others_suspended():
    story = given(TWO_LISTS, on("2025-07-10", suspended("2025-07-15"), resumed("2025-08-01", term="list-1")))
    assert [story.rate("2025-08-01", term=term) for term in ("list-1", "list-2")] == [10, 0]


def test_a_proposal_of_the_whole_measure_is_the_stage_of_every_term_until_it_is_adopted():
    story = given(
        on("2025-01-10", proposed("25%")),
        on("2025-03-10", adopted("25%", "2025-04-01", term="list-1")),
        on("2025-05-10", announced("25%", "2025-09-01", term="list-2")),
    )
    assert story.legal("2025-02-01", term="main", known="2025-02-01") == "proposed"
    assert [story.legal("2025-02-01", term=term) for term in ("list-1", "list-2")] == ["proposed", "proposed"]
    assert [story.legal("2025-06-01", term=term) for term in ("list-1", "list-2")] == ["in_force", "announced"]


def test_company_rates_stand_beside_the_rate_of_all_others():
    story = given(
        on(
            "2025-01-10",
            adopted("35.3%", "2025-02-01", "2030-02-01", term="all-others"),
            adopted("17%", "2025-02-01", "2030-02-01", term="company-byd"),
        ),
        on("2025-06-10", rate_changed("9%", "2025-06-15", term="company-byd")),
    )
    assert story.rates("2025-02-01", "2025-06-15", term="company-byd") == [17, 9]
    assert story.rates("2025-06-15", "2030-02-01", term="all-others") == [Decimal("35.3"), 0]


def test_an_exclusion_is_a_free_term_with_its_own_dates():
    story = given(
        on("2025-01-10", adopted("25%", "2025-02-01")),
        on("2025-03-10", exclusion_granted("pumps", "2025-02-01", "2025-08-01")),
    )
    assert story.rates("2025-02-01", "2025-08-01", term="exclusion-pumps") == [0, 0]
    assert [story.legal(day, term="exclusion-pumps") for day in ("2025-02-01", "2025-08-01")] == ["in_force", "expired"]
    assert story.rate("2025-03-10") == 25


def test_an_exclusion_is_extended_restated_and_ended():
    granted = [
        on("2025-01-10", adopted("25%", "2025-02-01")),
        on("2025-03-10", exclusion_granted("pumps", "2025-03-15", "2025-08-01")),
    ]
    extended = given(*granted, on("2025-07-20", exclusion_extended("pumps", "2025-12-01")))
    restated = given(*granted, on("2025-09-01", exclusion_extended("pumps", "2025-12-01", start="2025-09-01")))
    ended = given(*granted, on("2025-05-01", exclusion_ended("pumps", "2025-06-01")))
    days = ["2025-05-31", "2025-06-01", "2025-08-01", "2025-09-01", "2025-12-01"]

    def legal(story):
        return [story.legal(day, term="exclusion-pumps") for day in days]

    assert legal(extended) == ["in_force", "in_force", "in_force", "in_force", "expired"]
    assert legal(restated) == ["in_force", "in_force", "expired", "in_force", "expired"]
    assert legal(ended) == ["in_force", "terminated", "terminated", "terminated", "terminated"]
    assert extended.legal("2025-08-01", term="exclusion-pumps", known="2025-07-19") == "expired"


def test_terms_are_listed_in_the_order_of_their_first_mention():
    story = given(TWO_LISTS, on("2025-03-10", exclusion_granted("pumps", "2025-03-15")))
    assert terms(acts(story.entries())) == ["list-1", "list-2", "exclusion-pumps"]


def test_a_term_is_known_since_its_first_mention():
    story = given(
        on("2025-01-10", adopted("10%", "2025-02-01", term="list-1")),
        on("2025-03-10", adopted("15%", "2025-02-01", term="list-2")),
    )
    assert story.legal("2025-02-01", term="list-2", known="2025-03-09") == "not_announced"
    assert story.legal("2025-02-01", term="list-2", known="2025-03-10") == "in_force"
