"""Edge cases of the field that need more than the fold of one measure; the others are stories of `test_timeline_*`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from measures import commands
from measures.events import cases, measures, negotiations
from measures.events.common import Codes, Coverage
from measures.obligations import parse
from tests.measures.api.asking import STREAM, TALKS, TODAY, answer, happened, project, talks, told
from tests.measures.given import (
    DESCRIPTION,
    SOURCE,
    Told,
    adopted,
    collection_stopped,
    exclusion_extended,
    exclusion_granted,
    given,
    on,
    rate_changed,
    replaced,
    scope_changed,
    suspended,
    voided,
)
from tests.measures.web.asking import ask as page
from tracker.events import Source

pytestmark = pytest.mark.django_db


def recorded(*batch: Any) -> list[Any]:
    found = list(commands.record(batch, today=TODAY))
    project()
    return found


def test_sources_that_disagree_stand_side_by_side_the_official_one_first_with_the_reason() -> None:
    told(given(on("2025-04-02", adopted("10%", "2025-04-05")), stream=STREAM))
    paper = Source(title="A paper", citation="p. 1", says="20% from 1 May")
    change: dict[str, Any] = {
        "obligation": parse("20%"),
        "effective_from": "2025-05-08",
        "chosen_because": "The gazette is official.",
    }
    event = happened(STREAM, "2025-04-20", measures.RateChanged, **change)
    [entry] = recorded(replace(event, payload=measures.RateChanged(sources=(paper, SOURCE), **change)))
    told_of = answer("measures/us-example/history/")["results"][-1]
    assert [(source["title"], source["says"]) for source in told_of["sources"]] == [
        ("The gazette", None),
        ("A paper", "20% from 1 May"),
    ]
    assert told_of["chosen_because"] == "The gazette is official."
    words = page(f"/events/{entry.position}/").words
    assert words.index("The gazette, No. 1 official") < words.index("A paper, p. 1 says otherwise: 20% from 1 May")
    assert "because: The gazette is official." in words


def test_a_quarter_is_a_date_from_the_command_to_the_answer() -> None:
    """Due and effective in the third quarter: not overdue within it, and unknown within it."""
    talks()
    told(given(on("2025-01-10", adopted("10%", "2025-Q3")), stream=STREAM))
    promise = {"commitment": "soybeans", "by": ("CN",), "what": "Buy soybeans.", "due": "2025-Q3"}
    recorded(happened(TALKS, "2025-06-11", negotiations.CommitmentMade, **promise))
    assert answer("measures/us-example/", valid_at="2025-08-01")["legal"] == "unknown"
    told_of = answer("measures/us-example/history/")["results"][-1]
    assert told_of["sentence"] == "Adopted 10% from the third quarter of 2025."

    def due(**asked: str) -> list[str]:
        return [item["what"] for item in answer("commitments/", **asked)["results"] if item["due"] == "2025-Q3"]

    assert due(valid_at="2025-09-30", overdue="true") == []
    assert due(valid_at="2025-10-01", overdue="true") == ["Buy soybeans."]
    assert due(valid_at="2025-10-01", due_from="2025-09-30") == ["Buy soybeans."]
    assert due(valid_at="2025-10-01", due_from="2025-10-01") == []
    assert due(valid_at="2025-10-01", due_until="2025-07-01") == []
    assert due(valid_at="2025-10-01", due_until="2025-07-02") == ["Buy soybeans."]


def test_points_off_a_duty_that_is_no_single_percentage_are_told_without_one() -> None:
    compound = adopted("10% + 45 EUR/100 kg", "2025-02-01")
    told(given(on("2025-01-02", compound), on("2025-02-10", suspended("2025-02-12", points="4")), stream=STREAM))
    found = answer("measures/us-example/", valid_at="2025-02-12")
    assert found["status"] == "In force in part, 4 points suspended."
    assert (found["rate"], found["rate_min"], found["suspended_points"]) == (None, 6, 4)


def test_a_relative_change_keeps_its_words_beside_the_absolute_rate() -> None:
    story = given(
        on("2018-03-01", adopted("25%", "2018-03-23")),
        on("2018-08-10", rate_changed("50%", "2018-08-13", words="doubled")),
        stream=STREAM,
    )
    *_, change = told(story)
    assert answer("measures/us-example/", valid_at="2018-08-13")["rate"] == 50
    assert answer(f"events/{change.position}/")["data"]["words"] == "doubled"


def test_a_country_carve_out_with_a_volume_is_an_exclusion_with_a_quota_of_its_own_and_dates() -> None:
    carved = {"obligation": parse("quota 5000 t"), "coverage": Coverage(destinations=("BD",))}
    story = given(
        on("2023-12-07", adopted("ban", "2023-12-08")),
        on("2024-03-01", exclusion_granted("neighbour", "2024-03-05", "2024-06-01", **carved)),
        on("2024-05-20", exclusion_extended("neighbour", "2024-09-01", "2024-06-01")),
    )
    term = "exclusion-neighbour"
    assert [str(story.on(day, term=term).obligation) for day in ("2024-03-05", "2024-06-01")] == ["quota 5000 t"] * 2
    assert [story.legal(day, term=term) for day in ("2024-03-04", "2024-08-31", "2024-09-01")] == [
        "adopted",
        "in_force",
        "expired",
    ]
    assert str(story.on("2024-03-05").obligation) == "ban"


class TestRulesOfTime:
    """The act whose day fixes the rate, and what is due for goods on their way, are part of the answer of the day."""

    FIRST: ClassVar[dict[str, str]] = {"applies_by": "entry", "in_transit": "loaded before 5 April: 0%"}
    LATER: ClassVar[dict[str, str]] = {"in_transit": "loaded before 5 April and entered before 27 May: 0%"}

    @pytest.fixture(autouse=True)
    def changing_rules(self) -> None:
        told(
            given(
                on("2025-04-02", adopted("10%", "2025-04-05", **self.FIRST)),
                on("2025-04-29", rate_changed("10%", "2025-05-01", **self.LATER)),
                on("2025-06-01", rate_changed("12%", "2025-07-01", applies_by="registration")),
                stream=STREAM,
            )
        )

    @pytest.mark.parametrize(
        ("clocks", "expected"),
        [
            ({"valid_at": "2025-04-04"}, {"applies_by": None, "in_transit": None}),
            ({"valid_at": "2025-04-05"}, FIRST),
            ({"valid_at": "2025-05-01"}, FIRST | LATER),
            ({"valid_at": "2025-05-01", "known_at": "2025-04-28"}, FIRST),
            ({"valid_at": "2025-07-01"}, FIRST | {"applies_by": "registration"}),
        ],
        ids=str,
    )
    def test_answer_on_each_clock(self, clocks: dict[str, str], expected: dict[str, str]) -> None:
        for path in ("", "explain/"):
            found = answer(f"measures/us-example/{path}", **clocks)
            assert {name: found[name] for name in expected} == expected

    def test_stand_on_the_page(self) -> None:
        words = page("/measures/us-example/?valid_at=2025-05-01").words
        assert "Fixed by the day of entry" in words
        assert "Goods on their way: loaded before 5 April and entered before 27 May: 0%" in words


class TestReliefForSome:
    """A court's relief and a licence for named parties: what holds for them is answered beside what holds for all."""

    @pytest.fixture(autouse=True)
    def granted(self) -> None:
        firms = {"coverage": Coverage(companies=("Licensee",))}
        told(
            given(
                on("2025-02-01", adopted("25%", "2025-03-04")),
                on("2025-06-01", voided("2025-06-01", parties=("First", "Second"))),
                on("2025-06-01", collection_stopped("2025-06-05", parties=("First", "Second"))),
                on("2025-07-01", exclusion_granted("licence", "2025-07-01", "2026-07-01", **firms)),
                stream=STREAM,
            ),
            given(on("2025-02-01", adopted("25%", "2025-03-04")), stream="measure/us-other"),
        )

    def own(self, **asked: Any) -> list[tuple[Any, ...]]:
        found = answer("measures/us-example/", **asked)["for_parties"]
        return [(item["parties"], item["legal"], item["application"], item["rate"], item["differs"]) for item in found]

    def test_a_measure_says_what_holds_for_each_set_of_parties(self) -> None:
        assert self.own(valid_at="2025-06-04") == [(["First", "Second"], "void", "applied", 25, True)]
        assert self.own(valid_at="2025-07-01") == [
            (["First", "Second"], "void", "not_collected", 0, True),
            (["Licensee"], "in_force", "applied", 0, True),
        ]
        assert answer("measures/us-example/", valid_at="2025-07-01")["legal"] == "in_force"

    def test_on_both_clocks(self) -> None:
        assert self.own(valid_at="2025-06-04", known_at="2025-05-31") == []
        assert self.own(valid_at="2025-05-31") == [(["First", "Second"], "in_force", "applied", 25, False)]

    def test_to_a_party_that_asks(self) -> None:
        assert self.own(valid_at="2025-07-01", party="Licensee") == [(["Licensee"], "in_force", "applied", 0, True)]
        assert self.own(valid_at="2025-07-01", party="Somebody Else") == []

    def test_with_the_reasons(self) -> None:
        found = answer("measures/us-example/explain/", valid_at="2025-06-05", party="First")
        assert (found["party"], found["legal"], found["application"], found["rate"]) == (
            "First",
            "void",
            "not_collected",
            0,
        )
        counting = [item["type"] for item in found["entries"] if item["counts"]]
        assert counting == ["measure.adopted", "measure.voided", "measure.collection_stopped"]
        others = answer("measures/us-example/explain/", valid_at="2025-06-05")["entries"]
        because = "it holds for First, Second alone; it changes nothing for others"
        assert [item["because"] for item in others if item["type"] == "measure.voided"] == [because]

    def test_in_the_timeline_and_the_list_and_on_the_page(self) -> None:
        rows = answer("measures/us-example/timeline/")["results"]
        assert {row["party"] for row in rows if row["legal"] == "void"} == {"First", "Second"}
        for party in ("First", "Licensee"):
            listed = answer("measures/", valid_at="2025-07-01", party=party)["results"]
            assert [item["slug"] for item in listed] == ["us-example"]
        words = page("/measures/us-example/?valid_at=2025-06-05").words
        assert "First and Second" in words
        assert "Held unlawful but not collected" in words

    def test_in_the_calendar_of_all_terms_page_by_page(self) -> None:
        """Both parties on one day: the pages lose none of them."""
        asked = {"valid_at": "2025-05-31", "all_terms": "true", "until": "2025-06-02"}
        every = [item["party"] for item in answer("calendar/", **asked)["results"]]
        first = answer("calendar/", **asked, limit=1)
        assert every == ["First", "Second"]
        assert [item["party"] for item in first["results"]] == ["First"]
        later = answer(first["next"].partition("/api/v1/")[2])
        assert [item["party"] for item in later["results"]] == ["Second"]

    def test_compared(self) -> None:
        [found] = answer("compare/", from_valid_at="2025-06-04", to_valid_at="2025-06-05")["results"]
        assert found["differs"] == ["for_parties"]
        assert [cause["type"] for cause in found["causes"]] == ["measure.collection_stopped"]


class TestAScopeThatChanges:
    @pytest.fixture(autouse=True)
    def narrowed(self) -> None:
        goods, less = (Coverage(products=Codes(codes=codes)) for codes in (("72", "73"), ("7301",)))
        told(
            given(
                on("2025-02-01", adopted("25%", "2025-03-12", coverage=goods)),
                on("2025-04-01", scope_changed("2025-05-01", removed=less)),
                on("2025-06-01", scope_changed("2025-07-01", added=Coverage(origins=("BR",)))),
                stream=STREAM,
            )
        )

    @pytest.mark.parametrize(("day", "next_day"), [("2025-04-30", "2025-05-01"), ("2025-06-30", "2025-07-01")])
    def test_is_a_difference_with_its_cause(self, day: str, next_day: str) -> None:
        [found] = answer("compare/", from_valid_at=day, to_valid_at=next_day)["results"]
        assert found["differs"] == ["scope"]
        assert [cause["type"] for cause in found["causes"]] == ["measure.scope_changed"]

    def test_is_none_between_days_of_one_scope_or_before_it_was_known(self) -> None:
        assert answer("compare/", from_valid_at="2025-05-01", to_valid_at="2025-06-30")["results"] == []
        known = {"from_known_at": "2025-03-31", "to_known_at": "2025-03-31"}
        assert answer("compare/", from_valid_at="2025-04-30", to_valid_at="2025-05-01", **known)["results"] == []

    def test_is_a_difference_of_knowledge_too(self) -> None:
        days = {"from_valid_at": "2025-05-01", "to_valid_at": "2025-05-01"}
        [found] = answer("compare/", from_known_at="2025-03-31", to_known_at="2025-04-01", **days)["results"]
        assert found["differs"] == ["scope"]
        assert found["from"]["scope"] != found["to"]["scope"]


def test_a_ban_replaced_by_a_quota_leads_to_its_successor_of_another_kind() -> None:
    told(given(on("2020-03-23", adopted("ban", "2020-03-24")), stream="measure/ban"))
    about = DESCRIPTION | {"kind": "quota", "direction": "export", "successor_of": "ban"}
    recorded(
        happened("measure/quota", "2020-04-10", measures.Described, **about),
        happened(
            "measure/quota",
            "2020-04-10",
            measures.Adopted,
            obligation=parse("quota 400000 t"),
            effective_from="2020-04-11",
        ),
        happened("measure/ban", "2020-04-10", measures.Replaced, effective_from="2020-04-11", by="quota"),
    )
    assert answer("measures/ban/", valid_at="2020-04-11")["legal"] == "terminated"
    quota = answer("measures/quota/", valid_at="2020-04-11")
    assert (quota["legal"], quota["successor_of"], quota["obligation"]["sentence"]) == (
        "in_force",
        "ban",
        "quota 400000 t",
    )


def test_a_blocs_act_stands_beside_its_members_own_before_and_after_it() -> None:
    own = given(
        on("2023-04-15", adopted("ban", "2023-04-15")),
        on("2023-05-02", replaced("2023-05-02", by="bloc-grain")),
        on("2023-09-15", adopted("ban", "2023-09-16")),
        stream="measure/member-grain",
    )
    bloc = given(on("2023-05-02", adopted("ban", "2023-05-02", "2023-09-16")), stream="measure/bloc-grain")
    told(own, bloc)
    about = DESCRIPTION | {"implementer": "EU"}
    carried = DESCRIPTION | {"implementer": "PL", "part_of": "bloc-grain"}
    recorded(
        happened("measure/bloc-grain", "2023-05-02", measures.Described, **about),
        happened("measure/member-grain", "2023-05-02", measures.Described, **carried),
    )
    in_force = {
        day: [item["slug"] for item in answer("measures/", valid_at=day, legal="in_force")["results"]]
        for day in ("2023-05-01", "2023-05-02", "2023-09-16")
    }
    assert in_force == {"2023-05-01": ["member-grain"], "2023-05-02": ["bloc-grain"], "2023-09-16": ["member-grain"]}
    assert answer("measures/member-grain/")["part_of"] == "bloc-grain"


class TestCodes:
    """Codes belong to a system and a revision; the same goods have others in the next."""

    @pytest.fixture(autouse=True)
    def remapped(self) -> None:
        goods = Coverage(products=Codes(codes=("854140",), revision="2017"))
        new = Codes(codes=("854142", "854143"), revision="2022")
        told(
            given(
                on("2021-03-01", adopted("15%", "2021-04-01", coverage=goods)),
                on("2021-12-20", Told(measures.CodesRemapped, {"effective_from": "2022-01-01", "codes": new})),
                stream=STREAM,
            )
        )

    @pytest.mark.parametrize(
        ("product", "day", "found"),
        [
            ("85414010", "2021-12-31", True),
            ("854143", "2021-12-31", False),
            ("854143", "2022-01-01", True),
            ("85414010", "2022-01-01", True),
        ],
    )
    def test_remapped_to_a_new_revision_are_found_by_those_of_either(self, product: str, day: str, found: bool) -> None:
        assert bool(answer("measures/", product=product, valid_at=day)["results"]) == found

    def test_say_of_which_system_and_revision_they_are(self) -> None:
        [scope] = answer("measures/us-example/", valid_at="2022-01-01")["scope"]
        assert scope["coverage"]["products"] == {"codes": ["854140"], "revision": "2017"}
        assert scope["added"] == [{"products": {"codes": ["854142", "854143"]}}]
        national = Coverage(products=Codes(codes=("8507600010",), system="HTS"))
        recorded(happened(STREAM, "2023-01-01", measures.ScopeChanged, effective_from="2023-01-01", coverage=national))
        [scope] = answer("measures/us-example/", valid_at="2023-01-01")["scope"]
        assert scope["coverage"]["products"] == {"codes": ["8507600010"], "system": "HTS"}


def test_an_end_that_the_text_calls_inclusive_covers_its_last_day_wholly() -> None:
    """Through 14 July is until 15 July."""
    story = given(
        on("2025-04-02", adopted("34%", "2025-04-09")), on("2025-04-10", suspended("2025-04-10", "2025-07-15"))
    )
    assert story.rates("2025-07-14", "2025-07-15") == [0, 34]


def test_licence_decisions_and_quota_reports_change_no_status() -> None:
    story = given(
        on("2025-04-04", adopted("individual licence", "2025-04-04")),
        on("2025-06-03", Told(measures.LicenceDecisionReported, {"decision": "granted"})),
        on("2025-07-01", Told(measures.QuotaReported, {"state": "exhausted"})),
    )
    assert {story.on(day) for day in ("2025-06-02", "2025-06-03", "2025-07-01")} == {story.on("2025-06-02")}
    assert len(story.boxes()) == len(given(*story.batches[:1]).boxes())


def test_a_commitment_worded_differently_by_each_side_keeps_both_wordings_and_who_claims_it() -> None:
    talks()
    wordings = (
        negotiations.Wording(by="US", text="China will buy 12 million tonnes this year."),
        negotiations.Wording(by="CN", text="Both sides will expand trade in farm goods."),
    )
    recorded(
        happened(
            TALKS,
            "2025-11-01",
            negotiations.CommitmentMade,
            commitment="soybeans",
            by=("CN",),
            what="Buy soybeans.",
            stated_by=("US",),
            wordings=wordings,
        ),
        happened(TALKS, "2025-11-02", negotiations.CommitmentDenied, commitment="soybeans", by="CN"),
    )
    found = next(item for item in answer("commitments/", valid_at="2025-11-01")["results"] if item["wordings"])
    assert [(item["by"], item["text"]) for item in found["wordings"]] == [(item.by, item.text) for item in wordings]
    assert (found["stated_by"], found["status"]) == (["US"], "made")
    assert "Both sides will expand trade in farm goods." in page("/negotiations/talks/?valid_at=2025-11-01").words
    denied = next(item for item in answer("commitments/", valid_at="2025-11-02")["results"] if item["wordings"])
    assert denied["status"] == "denied"


def test_an_agreement_worded_differently_by_each_side_keeps_both_wordings() -> None:
    talks()
    wordings = (negotiations.Wording(by="US", text="A deal."), negotiations.Wording(by="CN", text="A framework."))
    agreed = {"parties": ("US", "CN"), "text": "A framework of a deal.", "round": "london", "wordings": wordings}
    recorded(happened(TALKS, "2025-06-11", negotiations.FrameworkAgreed, **agreed))
    [london] = [item for item in answer("negotiations/talks/rounds/")["results"] if item["round"] == "london"]
    assert [item["text"] for item in london["agreements"][0]["wordings"]] == ["A deal.", "A framework."]


def test_a_case_suspended_in_exchange_for_a_review_links_case_talks_and_measure() -> None:
    talks()
    told(given(on("2020-05-18", adopted("80.5%", "2020-05-19", "2025-05-19")), stream=STREAM))
    terms = {"terms": "an expedited review of the duties", "links": (TALKS, STREAM), "measures": ("us-example",)}
    recorded(
        happened("case/suit", "2025-04-11", cases.Suspended, **terms),
        happened("case/suit", "2025-08-11", cases.Settled, terms="The duties are gone."),
    )
    case = answer("cases/suit/", valid_at="2026-01-01")
    assert [item["kind"] for item in case["proceedings"]] == ["filed", "suspended", "settled"]
    suspension = case["proceedings"][1]
    assert (suspension["text"], suspension["measures"]) == ("an expedited review of the duties", ["us-example"])
    place = suspension["set_by"][0]["position"]
    assert answer(f"events/{place}/")["data"]["links"] == [TALKS, STREAM]
