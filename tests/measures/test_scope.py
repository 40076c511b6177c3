"""What a measure covers on a day: stated as a whole, narrowed, widened, and narrowed again."""

from __future__ import annotations

from datetime import date

import pytest

from measures.events.common import Codes, Coverage
from measures.scope import Scope, scopes
from tests.measures.api.asking import STREAM, answer, told
from tests.measures.given import (
    Story,
    adopted,
    corrected,
    exclusion_granted,
    given,
    on,
    postponed,
    revoked,
    scope_changed,
    terminated,
)


def goods(*codes: str, text: str | None = None) -> Coverage:
    return Coverage(text=text, products=Codes(codes=codes) if codes else None)


def scope(story: Story, valid: str, known: str = "9999-12-30", term: str = "") -> Scope:
    day, by = date.fromisoformat(valid), date.fromisoformat(known)
    found = scopes([entry for entry in story.entries() if entry.known_from <= by])
    [one] = [item for item in found if item.term == term and item.valid_from <= day < item.valid_until]
    return one


def covered(story: Story, valid: str, known: str = "9999-12-30", term: str = "") -> tuple[list[str], list[str]]:
    one = scope(story, valid, known, term)
    return one.codes, one.excluded


NARROWED = given(
    on("2025-03-01", adopted("25%", "2025-06-01", coverage=goods("7208", "7210", "8703"))),
    on("2025-04-01", scope_changed(removed=goods("8703"))),
    on("2025-05-01", scope_changed(added=goods("870380"))),
    on("2025-08-01", scope_changed("2025-09-01", removed=goods("7210"))),
    stream=STREAM,
)


def test_a_scope_is_narrowed_and_widened_before_the_measure_takes_effect() -> None:
    assert covered(NARROWED, "2025-06-01", "2025-03-31") == (["7208", "7210", "8703"], [])
    assert covered(NARROWED, "2025-06-01", "2025-04-30") == (["7208", "7210"], ["8703"])
    assert scope(NARROWED, "2025-06-01").added == [goods("870380")]


def test_a_partial_termination_ends_some_goods_on_their_day_and_leaves_the_others() -> None:
    assert "7210" in covered(NARROWED, "2025-08-31")[0]
    assert covered(NARROWED, "2025-09-01")[0][0] == "7208"
    assert covered(NARROWED, "2025-09-01")[1] == ["8703", "7210"]
    assert NARROWED.rate("2025-09-01") == 25


def test_a_change_known_later_changes_nothing_known_before() -> None:
    assert covered(NARROWED, "2025-09-01", "2025-07-31")[1] == ["8703"]


def test_a_change_for_a_time_ends_with_it() -> None:
    story = given(
        on("2025-01-01", adopted("25%", "2025-01-01", coverage=goods("72"))),
        on("2025-02-01", scope_changed("2025-03-01", "2025-06-01", removed=goods("7204"))),
    )
    assert [covered(story, day)[1] for day in ("2025-02-28", "2025-03-01", "2025-06-01")] == [[], ["7204"], []]


def test_a_scope_stated_anew_replaces_what_was_changed_before_it() -> None:
    story = given(
        on("2025-01-01", adopted("25%", "2025-01-01", coverage=goods("72"))),
        on("2025-02-01", scope_changed("2025-03-01", removed=goods("7204"))),
        on("2025-03-20", scope_changed("2025-04-01", coverage=goods("72", "73"))),
    )
    assert covered(story, "2025-03-31") == (["72"], ["7204"])
    assert covered(story, "2025-04-01") == (["72", "73"], [])


def test_a_change_that_begins_later_survives_a_scope_stated_after_it() -> None:
    story = given(
        on("2025-01-01", adopted("25%", "2025-01-01", coverage=goods("72"))),
        on("2025-02-01", scope_changed("2025-06-01", removed=goods("7204"))),
        on("2025-03-20", scope_changed("2025-04-01", coverage=goods("72", "73"))),
    )
    assert covered(story, "2025-05-31") == (["72", "73"], [])
    assert covered(story, "2025-06-01") == (["72", "73"], ["7204"])


def test_a_retroactive_narrowing_changes_the_days_it_says_for_those_who_know() -> None:
    story = given(
        on("2025-04-02", adopted("10%", "2025-04-05", coverage=Coverage(everything=True))),
        on("2025-04-11", scope_changed("2025-04-05", removed=goods("8471", text="Computers"))),
    )
    assert covered(story, "2025-04-05", "2025-04-10") == ([], [])
    assert covered(story, "2025-04-05") == ([], ["8471"])
    assert scope(story, "2025-04-05").everything


def test_a_revoked_change_is_as_if_it_were_not_there_and_a_postponed_one_waits() -> None:
    change = scope_changed("2025-03-01", removed=goods("7204"))
    first = on("2025-01-01", adopted("25%", "2025-01-01", coverage=goods("72")))
    gone = given(first, on("2025-02-01", change), on("2025-02-20", revoked(2, "2025-02-20")))
    assert covered(gone, "2025-03-01")[1] == []
    later = given(first, on("2025-02-01", change), on("2025-02-20", postponed(2, "2025-05-01")))
    assert [covered(later, day)[1] for day in ("2025-03-01", "2025-05-01")] == [[], ["7204"]]


def test_a_corrected_scope_moves_the_recorded_clock_alone() -> None:
    story = given(
        on("2025-01-01", adopted("25%", "2025-01-01", coverage=goods("72"))),
        corrected(1, coverage={"products": {"codes": ["73"]}}),
    )
    assert covered(story, "2025-01-01")[0] == ["73"]
    assert [item.codes for item in scopes(story.entries(1))] == [["72"]]


def test_each_term_has_its_scope_and_an_exclusion_its_own_with_its_dates() -> None:
    story = given(
        on(
            "2025-01-01",
            adopted("25%", "2025-01-01", term="list-1", coverage=goods("84")),
            adopted("10%", "2025-01-01", term="list-2", coverage=goods("85")),
        ),
        on("2025-02-01", exclusion_granted("pumps", "2025-03-01", "2025-09-01", coverage=goods("8413"))),
    )
    assert [covered(story, "2025-03-01", term=term)[0] for term in ("list-1", "list-2", "exclusion-pumps")] == [
        ["84"],
        ["85"],
        ["8413"],
    ]


def test_before_it_begins_and_after_it_ended_a_measure_is_about_what_it_covers() -> None:
    story = given(
        on("2025-01-01", adopted("25%", "2025-02-01", "2025-08-01", coverage=goods("72"))),
        on("2025-05-01", terminated("2025-06-01")),
    )
    assert {tuple(covered(story, day)[0]) for day in ("2024-01-01", "2025-03-01", "2025-07-01", "2026-01-01")} == {
        ("72",)
    }


def test_a_change_whose_day_is_coarse_says_so_for_its_possible_days() -> None:
    story = given(
        on("2025-01-01", adopted("25%", "2025-01-01", coverage=goods("72"))),
        on("2025-02-01", scope_changed("2025-03", removed=goods("7204"))),
    )
    assert "only known to lie between 2025-03-01 and 2025-03-31" in scope(story, "2025-03-10").unknown
    assert (covered(story, "2025-03-31")[1], scope(story, "2025-04-01").unknown) == (["7204"], "")


def test_the_answer_names_the_entries_behind_it() -> None:
    assert scope(NARROWED, "2025-09-01").causes == (1, 2, 3, 4)


@pytest.mark.django_db
class TestOnTheApi:
    def test_a_measure_tells_its_scope_of_the_day_as_known_on_a_day(self) -> None:
        told(NARROWED)
        [whole] = answer("measures/us-example/", valid_at="2025-09-02")["scope"]
        assert whole["coverage"]["products"]["codes"] == ["7208", "7210", "8703"]
        assert [part["products"]["codes"] for part in whole["removed"]] == [["8703"], ["7210"]]
        [before] = answer("measures/us-example/", valid_at="2025-09-02", known_at="2025-03-15")["scope"]
        assert (before["added"], before["removed"]) == ([], [])

    @pytest.mark.parametrize(
        ("product", "day", "found"),
        [
            ("72083900", "2025-07-01", True),
            ("72", "2025-07-01", True),  # a part of it
            ("7210", "2025-07-01", True),
            ("72109030", "2025-09-01", False),  # taken out by then
            ("870323", "2025-07-01", False),  # taken out before it began
            ("87038010", "2025-07-01", True),  # and put in again
            ("8703", "2025-07-01", True),  # a part of it
            ("0101", "2025-07-01", False),
        ],
    )
    def test_a_product_finds_the_measures_that_cover_it_on_the_day(self, product: str, day: str, found: bool) -> None:
        told(NARROWED)
        assert bool(answer("measures/", product=product, valid_at=day)["results"]) == found

    def test_what_is_excepted_from_everything_is_not_found(self) -> None:
        told(
            given(
                on("2025-04-02", adopted("10%", "2025-04-05", coverage=Coverage(everything=True))),
                on("2025-04-11", scope_changed("2025-04-05", removed=goods("8471"))),
                stream=STREAM,
            )
        )
        assert answer("measures/", product="8472")["results"]
        assert not answer("measures/", product="847130")["results"]
        assert answer("measures/", product="84")["results"]

    @pytest.mark.parametrize(
        ("scopes", "covers"),
        [
            ([goods("72")], "codes"),
            ([Coverage(everything=True, text="All goods")], "all_products"),
            ([goods(text="Steel articles")], "in_words"),
            ([Coverage(items=("steel wire",))], "in_words"),
            ([goods("73", text="Tubes")], None),
            ([Coverage(companies=("A firm",))], None),
            ([goods("73"), goods(text="Derivatives")], "in_words"),
        ],
    )
    def test_a_product_s_list_says_why_a_measure_is_there(self, scopes: list[Coverage], covers: str | None) -> None:
        changes = [on("2025-03-01", scope_changed("2025-03-01", added=more)) for more in scopes[1:]]
        told(given(on("2025-01-01", adopted("25%", "2025-02-01", coverage=scopes[0])), *changes, stream=STREAM))
        found = answer("measures/", product="7208", valid_at="2025-06-01")["results"]
        assert [item["covers"] for item in found] == ([covers] if covers else [])

    def test_codes_taken_out_of_a_scope_in_words_are_not_covered(self) -> None:
        told(
            given(
                on("2025-01-01", adopted("25%", "2025-02-01", coverage=goods(text="Metals"))),
                on("2025-03-01", scope_changed("2025-03-01", removed=goods("72"))),
                stream=STREAM,
            )
        )
        assert not answer("measures/", product="7208", valid_at="2025-06-01")["results"]
        assert answer("measures/", product="7308", valid_at="2025-06-01")["results"][0]["covers"] == "in_words"
