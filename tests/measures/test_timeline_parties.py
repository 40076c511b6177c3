"""What counts for some parties alone: they have lanes of their own, and those of everybody else stay as they are."""

from __future__ import annotations

from tests.measures.given import (
    Story,
    adopted,
    collection_resumed,
    collection_stopped,
    extended,
    given,
    on,
    rate_changed,
    resumed,
    revoked,
    stayed,
    suspended,
    suspension_extended,
    terminated,
    voided,
)

ONE, OTHER = "First Importer", "Second Importer"


def lanes(story: Story, day: str, party: str = "", **asked: str) -> tuple[object, ...]:
    state = story.on(day, party=party, **asked)  # type: ignore[arg-type]
    return state.legal, state.application, state.rate


def test_an_injunction_for_those_who_sued_holds_for_them_alone():
    story = given(
        on("2025-02-01", adopted("25%", "2025-03-04")),
        on("2025-06-01", stayed("2025-06-01", parties=(ONE,)), collection_stopped("2025-06-05", parties=(ONE,))),
    )
    assert lanes(story, "2025-06-01", ONE) == ("stayed", "applied", 25)
    assert lanes(story, "2025-06-05", ONE) == ("stayed", "not_collected", 0)
    assert lanes(story, "2025-06-05") == ("in_force", "applied", 25)
    assert lanes(story, "2025-05-31", ONE) == ("in_force", "applied", 25)


def test_before_the_public_knew_of_relief_the_party_has_no_lane_of_its_own():
    story = given(
        on("2025-02-01", adopted("25%", "2025-03-04")), on("2025-06-01", voided("2025-05-01", parties=(ONE,)))
    )
    assert lanes(story, "2025-05-15", ONE, known="2025-05-31") == ("not_announced", "not_applied", None)
    assert lanes(story, "2025-05-15", ONE) == ("void", "applied", 25)
    assert lanes(story, "2025-05-15") == ("in_force", "applied", 25)


def test_what_happens_to_everybody_happens_to_the_party_too():
    story = given(
        on("2025-02-01", adopted("25%", "2025-03-04")),
        on("2025-06-01", stayed("2025-06-01", parties=(ONE,))),
        on("2025-07-01", rate_changed("30%", "2025-07-10")),
        on("2025-09-01", terminated("2025-09-10")),
    )
    assert lanes(story, "2025-07-10", ONE) == ("stayed", "applied", 30)
    assert lanes(story, "2025-09-10", ONE) == ("terminated", "not_applied", 0)


def test_relief_that_is_taken_back_is_gone_from_its_own_day():
    story = given(
        on("2025-02-01", adopted("25%", "2025-03-04")),
        on("2025-06-01", voided("2025-06-01", parties=(ONE, OTHER))),
        on("2025-06-20", revoked(2, "2025-06-20")),
    )
    assert [lanes(story, day, OTHER)[0] for day in ("2025-06-19", "2025-06-20")] == ["void", "in_force"]
    assert lanes(story, "2025-06-20", OTHER, known="2025-06-19")[0] == "void"


def test_relief_for_everybody_after_relief_for_some_reaches_all():
    story = given(
        on("2025-02-01", adopted("25%", "2025-03-04")),
        on("2025-05-28", voided("2025-05-28", parties=(ONE,)), collection_stopped("2025-06-01", parties=(ONE,))),
        on("2026-02-20", voided("2026-02-20"), collection_stopped("2026-02-24")),
    )
    assert [lanes(story, day) for day in ("2025-06-01", "2026-02-20", "2026-02-24")] == [
        ("in_force", "applied", 25),
        ("void", "applied", 25),
        ("void", "not_collected", 0),
    ]
    assert lanes(story, "2025-06-01", ONE) == ("void", "not_collected", 0)


def test_collection_from_those_who_won_relief_can_begin_again():
    story = given(
        on("2025-02-01", adopted("25%", "2025-03-04")),
        on("2025-06-01", collection_stopped("2025-06-01", parties=(ONE, OTHER))),
        on("2025-08-01", collection_resumed("2025-08-01", parties=(ONE,))),
    )
    assert [lanes(story, "2025-08-01", party)[1] for party in (ONE, OTHER, "")] == [
        "applied",
        "not_collected",
        "applied",
    ]


class TestLicences:
    """A general licence in a name suspends a listing for those whom it names, for a time that is prolonged."""

    story = given(
        on("2018-04-06", adopted("listing", "2018-04-06")),
        on("2018-04-06", suspended("2018-04-06", "2018-06-06", parties=(ONE,))),
        on("2018-05-01", suspended("2018-05-01", parties=(OTHER,))),
        on("2018-05-31", suspension_extended(until="2018-08-06", parties=(ONE,))),
        on("2018-07-01", resumed("2018-07-10", parties=(OTHER,))),
        on("2019-01-27", terminated("2019-01-27", parties=(ONE,))),
    )

    def test_the_extension_is_that_of_the_same_parties(self):
        assert lanes(self.story, "2018-06-06", ONE, known="2018-05-30")[1] == "applied"
        assert lanes(self.story, "2018-06-06", ONE)[1] == "suspended"
        assert lanes(self.story, "2018-08-06", ONE)[1] == "applied"

    def test_one_may_lose_what_the_other_keeps(self):
        assert [lanes(self.story, "2018-07-10", party)[1] for party in (ONE, OTHER, "")] == [
            "suspended",
            "applied",
            "applied",
        ]

    def test_one_may_leave_a_list_on_which_others_stay(self):
        assert [lanes(self.story, "2019-01-27", party)[0] for party in (ONE, OTHER, "")] == [
            "terminated",
            "in_force",
            "in_force",
        ]


def test_an_extension_that_names_nobody_prolongs_the_only_suspension_there_is_for_its_parties_alone():
    story = given(
        on("2025-02-01", adopted("25%", "2025-03-04")),
        on("2025-06-01", suspended("2025-06-01", "2025-07-01", parties=(ONE,))),
        on("2025-06-20", suspension_extended("2025-07-01", "2025-08-01")),
    )
    assert (lanes(story, "2025-07-31", ONE)[1], lanes(story, "2025-07-31")[1]) == ("suspended", "applied")


def test_an_extension_for_some_prolongs_everybodys_suspension_for_them_alone():
    story = given(
        on("2025-02-01", adopted("25%", "2025-03-04")),
        on("2025-06-01", suspended("2025-06-01", "2025-07-01")),
        on("2025-06-20", suspension_extended(until="2025-08-01", parties=(ONE,))),
    )
    assert (lanes(story, "2025-07-31", ONE)[1], lanes(story, "2025-07-31")[1]) == ("suspended", "applied")


def test_relief_under_one_term_leaves_the_others_alone():
    story = given(
        on("2025-02-01", adopted("25%", "2025-03-04", term="list-1"), adopted("10%", "2025-03-04", term="list-2")),
        on("2025-06-01", voided("2025-06-01", parties=(ONE,), term="list-2")),
        on("2025-06-02", extended(2, "2026-01-01")),
    )
    assert story.on("2025-06-01", term="list-2", party=ONE).legal == "void"
    assert story.on("2025-06-01", term="list-1", party=ONE).legal == "not_announced"
    assert story.on("2026-01-01", term="list-2", party=ONE).legal == "void"
