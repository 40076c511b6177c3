"""Why the answer is what it is: each entry's part in it, and the rule that gave it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.measures.api.asking import STREAM, answer, told, truce
from tests.measures.given import (
    Told,
    adopted,
    announced,
    extended,
    given,
    on,
    postponed,
    rate_changed,
    revoked,
    suspended,
    terminated,
    threatened,
    voided,
)

pytestmark = pytest.mark.django_db

EXPLAIN = "measures/us-example/explain/"


def explained(*batches: list[Told], **query: Any) -> dict[int, tuple[bool, Any, str]]:
    """For each entry by its number in the telling: whether it counts, by which rule, and why."""
    told(given(*batches, stream=STREAM))
    found = answer(EXPLAIN, **query)["entries"]
    return {item["position"] - 1: (item["counts"], _alone(item["rules"]), item["because"]) for item in found}


def _alone(rules: list[str]) -> Any:
    return rules[0] if len(rules) == 1 else tuple(rules)


def test_the_answer_is_the_one_of_the_measure_itself() -> None:
    told(truce())
    for day in ("2025-01-01", "2025-04-05", "2025-06-01", "2025-12-01"):
        measure, reasons = answer("measures/us-example/", valid_at=day), answer(EXPLAIN, valid_at=day)
        shared = ("legal", "application", "rate", "status", "confirmed", "next_change", "unknown")
        assert {name: reasons[name] for name in shared} == {name: measure[name] for name in shared}


def test_every_entry_that_sets_the_answer_counts() -> None:
    told(truce())
    for day in ("2025-04-05", "2025-06-01", "2025-12-01"):
        causes = {item["position"] for item in answer("measures/us-example/", valid_at=day)["set_by"]}
        counting = {item["position"] for item in answer(EXPLAIN, valid_at=day)["entries"] if item["counts"]}
        assert causes <= counting


def test_a_step_that_was_replaced_names_the_one_that_holds() -> None:
    found = explained(
        on("2025-04-02", adopted("10%", "2025-04-05"), rate_changed("34%", "2025-04-09")), valid_at="2025-05-01"
    )
    assert found[1] == (True, "life", "the measure is in force by it")
    assert found[2] == (True, "latest", "its obligation holds")
    assert found[0] == (False, "report", "it changes no status of this term")


def test_a_step_that_is_scheduled_says_when_it_begins() -> None:
    found = explained(
        on("2025-04-02", adopted("10%", "2025-04-05"), rate_changed("34%", "2025-04-09")), valid_at="2025-04-06"
    )
    assert found[1] == (True, ("latest", "life"), "its obligation holds; the measure is in force by it")
    assert found[2] == (False, "calendar", "it begins on 9 April 2025")


def test_a_suspension_that_ended_says_so() -> None:
    found = explained(
        on("2025-04-02", adopted("10%", "2025-04-05"), suspended("2025-04-10", "2025-05-01")), valid_at="2025-06-01"
    )
    assert found[2] == (False, "calendar", "its period has ended by then")


def test_a_suspension_that_holds_decides_whether_it_is_applied() -> None:
    found = explained(on("2025-04-02", adopted("10%", "2025-04-05"), suspended("2025-04-10")), valid_at="2025-06-01")
    assert found[2] == (True, "application", "it decides whether the measure is applied")


def test_an_end_takes_out_what_stood_before_it() -> None:
    found = explained(
        on("2025-04-02", adopted("10%", "2025-04-05")),
        on("2025-05-01", terminated("2025-05-10")),
        valid_at="2025-06-01",
    )
    assert found[1] == (False, "end", "entry 3 ended it")
    assert found[2] == (True, "end", "it ended the measure")


def test_what_is_revoked_does_not_count_and_the_revocation_does() -> None:
    found = explained(
        on("2025-04-02", adopted("10%", "2025-04-05")),
        on("2025-05-28", voided("2025-05-28")),
        on("2025-05-29", revoked(2, "2025-05-29")),
        valid_at="2025-06-01",
    )
    assert found[2] == (False, "revoked", "it is revoked")
    assert found[3] == (True, "revoked", "it acts on the entry that it names")


def test_a_ruling_counts_for_the_legal_status() -> None:
    found = explained(
        on("2025-04-02", adopted("10%", "2025-04-05")), on("2025-05-28", voided("2025-05-28")), valid_at="2025-06-01"
    )
    assert found[2] == (True, "court", "the court's ruling holds")


def test_a_ruling_for_some_parties_says_for_whom_and_that_it_changes_nothing_for_others() -> None:
    found = explained(
        on("2025-04-02", adopted("10%", "2025-04-05")),
        on("2025-05-28", voided("2025-05-28", parties=("the plaintiffs",))),
        valid_at="2025-06-01",
    )
    assert found[2] == (False, "parties", "it holds for the plaintiffs alone; it changes nothing for others")


def test_a_postponement_and_an_extension_act_on_the_entry_that_they_name() -> None:
    found = explained(
        on("2025-04-02", adopted("10%", "2025-04-05", "2025-06-01")),
        on("2025-04-03", postponed(1, "2025-04-20")),
        on("2025-05-20", extended(1, "2025-08-01")),
        valid_at="2025-07-01",
    )
    assert (found[2][:2], found[3][:2]) == ((True, "named"), (True, "named"))


def test_an_announcement_gives_way_to_its_adoption() -> None:
    found = explained(
        on("2025-04-02", announced("10%", "2025-04-10")),
        on("2025-04-05", adopted("12%", "2025-04-10")),
        valid_at="2025-05-01",
    )
    assert found[1] == (False, "binding", "the act that was adopted takes its place")


def test_a_threat_is_the_stage_until_something_stronger_comes() -> None:
    found = explained(
        on("2025-04-02", threatened("10%")), on("2025-04-05", adopted("12%", "2025-04-10")), valid_at="2025-04-03"
    )
    assert found[1][:2] == (True, "stage")


def test_only_the_rules_that_were_used_are_told() -> None:
    told(truce())
    rules = [item["rule"] for item in answer(EXPLAIN, valid_at="2025-06-01")["rules"]]
    assert rules == ["life", "latest", "application", "calendar", "report"]


def test_later_knowledge_has_no_part_in_it() -> None:
    told(truce())
    assert len(answer(EXPLAIN, valid_at="2025-06-01", known_at="2025-05-01")["entries"]) == 2


def test_another_term_can_be_explained() -> None:
    told(
        given(
            on("2025-04-02", adopted("10%", "2025-04-05"), adopted("20%", "2025-04-05", term="list-2")), stream=STREAM
        )
    )
    assert answer(EXPLAIN, valid_at="2025-06-01", term="list-2")["rate"] == 20


def test_an_unknown_date_is_given_as_the_reason() -> None:
    told(given(on("2025-04-02", adopted("10%", "2025-05")), stream=STREAM))
    found = answer(EXPLAIN, valid_at="2025-05-10")
    assert "2025-05-01" in found["unknown"]
    assert "unknown" in [item["rule"] for item in found["rules"]]
