"""The business rules: each with its id and sentence, one entry that breaks it and one that does not.

A correction is judged by the entry that it leaves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from measures import commands
from measures.events import measures, negotiations
from measures.obligations import parse
from measures.rules import RULES, RuleViolated, Violation
from tests.measures.given import (
    DESCRIPTION,
    SOURCE,
    WRITER,
    adopted,
    corrected,
    exclusion_granted,
    given,
    on,
    rate_changed,
    suspended,
)
from tracker import log
from tracker.envelope import NewEvent
from tracker.events import Payload, Source

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = date(2026, 11, 24)
STREAM, OTHER, GONE, TALKS = "measure/example", "measure/other", "measure/gone", "negotiation/talks"
ADOPTED, SUSPENDED, RAISED = 1, 2, 3
"""The places of the example's entries in its stream."""


@pytest.fixture(autouse=True)
def example() -> None:
    """10% from April; suspended for the summer; raised in between, which leaves it suspended. Another was renamed."""
    given(
        on("2025-04-02", adopted("10%", "2025-04-05")),
        on("2025-05-30", suspended("2025-06-01", "2025-09-01")),
        on("2025-06-10", rate_changed("30%", "2025-07-01", resumes=False)),
        on("2025-06-11", exclusion_granted("pumps", "2025-07-01", "2025-12-01")),
    ).record()
    batch = [
        new(measures.Described, OTHER, **DESCRIPTION),
        new(measures.Renamed, OTHER, slug="renamed"),
        new(measures.Described, GONE, **DESCRIPTION),
        new(measures.Merged, GONE, into="other"),
        new(negotiations.Described, TALKS, title="The talks", parties=("US", "CN")),
        new(negotiations.CommitmentMade, TALKS, commitment="magnets", by=("CN",), what="Grant licences."),
        new(negotiations.CommitmentMade, TALKS, commitment="soybeans", by=("CN",), what="Buy soybeans."),
        new(negotiations.CommitmentMet, TALKS, commitment="magnets"),
    ]
    commands.record(batch, today=TODAY)


def new(payload: type[Payload], stream: str = STREAM, known: str = "2025-07-20", **fields: Any) -> NewEvent:
    said = payload(sources=fields.pop("sources", (SOURCE,)), **fields)
    return NewEvent(stream=stream, payload=said, meta=WRITER, known_from=date.fromisoformat(known))


def correction(place: int, stream: str = STREAM, **patch: Any) -> NewEvent:
    """Of the entry at a place of a stream."""
    told = corrected(1, **patch).event(stream, 99)
    return replace(told, corrects=log.read(stream=stream)[place].id, id=uuid4())


def judged(*batch: NewEvent) -> list[Violation]:
    """What the last event of a batch breaks."""
    return commands.judge(batch, today=TODAY)[-1]


def broken(*batch: NewEvent) -> list[tuple[str, str]]:
    return [(item.rule, item.field) for item in judged(*batch)]


GAZETTE = Source(title="The gazette", citation="No. 2", published="2025-07-21")
OTHERWISE = Source(title="A paper", citation="p. 1", says="from June")
NOWHERE = str(UUID(int=0))
PERIOD = {"effective_from": "2025-10-01", "effective_until": "2025-11-01"}
EXTENDED = measures.SuspensionExtended
PROMISE: dict[str, Any] = {"by": ("CN",), "what": "Grant licences."}

CASES: dict[str, tuple[str, NewEvent, NewEvent]] = {
    "S1: The first entry of a stream describes what it is about; everything else needs a stream that exists.": (
        "stream",
        new(measures.Terminated, "measure/nowhere", effective_from="2025-10-01"),
        new(measures.Described, "measure/nowhere", **DESCRIPTION),
    ),
    "S2: Every date is a day, month or year of the calendar.": (
        "effective_from",
        new(measures.Terminated, effective_from="2025-02-30"),
        new(measures.Terminated, effective_from="2025-12"),
    ),
    "S3: A period ends after it starts; the end is the first day no longer covered.": (
        "effective_until",
        new(measures.Suspended, effective_from="2025-10-01", effective_until="2025-10-01"),
        new(measures.Suspended, effective_from="2025-10-01", effective_until="2025-10-02"),
    ),
    "S4: Nobody can know what is published tomorrow: the known day is not after the day of recording.": (
        "known_from",
        new(measures.Suspended, known="2026-11-25", **PERIOD),
        new(measures.Suspended, known="2026-11-24", **PERIOD),
    ),
    "S5: The known day is not before the earliest source was published.": (
        "known_from",
        new(measures.Suspended, sources=(GAZETTE,), **PERIOD),
        new(measures.Suspended, sources=(GAZETTE,), known="2025-07-21", **PERIOD),
    ),
    "S7: The known day is not before 1900.": (
        "known_from",
        new(measures.Described, OTHER, known="1899-12-31", **DESCRIPTION),
        new(measures.Described, OTHER, known="1900-01-01", **DESCRIPTION),
    ),
    "S6: Where a source says something else than the entry, the entry gives the reason of its choice.": (
        "chosen_because",
        new(measures.Suspended, sources=(SOURCE, OTHERWISE), **PERIOD),
        new(measures.Suspended, sources=(SOURCE, OTHERWISE), chosen_because="The gazette is official.", **PERIOD),
    ),
    "L1: Measures that an entry names are in the log.": (
        "part_of",
        new(measures.Described, part_of="nowhere", **DESCRIPTION),
        new(measures.Described, part_of="renamed", **DESCRIPTION),
    ),
    "M1: An act on another entry (postpone, extend, revoke) names an entry of the same stream that stands.": (
        "entry",
        new(measures.Postponed, entry=NOWHERE),
        new(measures.Terminated, effective_from="2025-10-01"),
    ),
    "M2: A partial suspension says what stays or how many points come off, not both.": (
        "points",
        new(measures.Suspended, stays="5", points="5", **PERIOD),
        new(measures.Suspended, points="5", **PERIOD),
    ),
    "M3: A rate change dated inside a suspension says whether it resumes the measure.": (
        "resumes",
        new(measures.RateChanged, obligation=parse("40%"), effective_from="2025-08-01"),
        new(measures.RateChanged, obligation=parse("40%"), effective_from="2025-09-01"),
    ),
    "M4: Only what was announced or adopted can be suspended, resumed, terminated or voided.": (
        "stream",
        new(measures.Suspended, OTHER, **PERIOD),
        new(measures.Suspended, **PERIOD),
    ),
    "M5: An extension of a suspension that gives no first day extends a suspension that was recorded before.": (
        "effective_from",
        new(EXTENDED, OTHER, effective_until="2025-12-01"),
        new(EXTENDED, effective_until="2025-12-01"),
    ),
    "M6: The extension or end of an exclusion names an exclusion of the measure that was granted.": (
        "exclusion",
        new(measures.ExclusionEnded, exclusion="valves", effective_from="2025-10-01"),
        new(measures.ExclusionEnded, exclusion="pumps", effective_from="2025-10-01"),
    ),
    "M7: A slug belongs to one measure for ever: neither a new measure nor a renamed one takes another one's.": (
        "slug",
        new(measures.Renamed, slug="other"),
        new(measures.Renamed, slug="quite-another"),
    ),
    "M8: A measure is merged into another one that exists.": (
        "into",
        new(measures.Merged, into="nowhere"),
        new(measures.Merged, into="renamed"),
    ),
    "M9: What happens to a measure that was merged into another is recorded under that other one.": (
        "stream",
        new(measures.Suspended, GONE, **PERIOD),
        new(measures.Suspended, **PERIOD),
    ),
    "M10: What changes or ends a measure takes effect no earlier than the measure was first known or in force.": (
        "effective_from",
        new(measures.Terminated, effective_from="2025-04-01"),
        new(measures.Terminated, effective_from="2025-04-02"),
    ),
    "M11: The known day is not before the first entry of the measure, its descriptions aside.": (
        "known_from",
        new(measures.Suspended, known="2025-04-01", **PERIOD),
        new(measures.Suspended, known="2025-04-02", **PERIOD),
    ),
    "N1: The fate of a commitment names a commitment that was made in the negotiation.": (
        "commitment",
        new(negotiations.CommitmentLapsed, TALKS, commitment="planes"),
        new(negotiations.CommitmentLapsed, TALKS, commitment="soybeans"),
    ),
    "N2: A commitment is made once; a second one takes another slug.": (
        "commitment",
        new(negotiations.CommitmentMade, TALKS, commitment="magnets", **PROMISE),
        new(negotiations.CommitmentMade, TALKS, commitment="planes", **PROMISE),
    ),
}


@pytest.mark.parametrize(("said", "field", "breaks", "keeps"), [(said, *case) for said, case in CASES.items()])
def test_a_rule_is_broken_at_its_field_and_kept_by_what_fits(
    said: str, field: str, breaks: NewEvent, keeps: NewEvent
) -> None:
    rule, _, sentence = said.partition(": ")
    found = [item for item in judged(breaks) if item.rule == rule]
    assert [(item.field, item.sentence) for item in found] == [(field, sentence)]
    assert broken(keeps) == []


def test_every_rule_has_an_id_of_its_own_and_stands_here() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert {said.partition(":")[0] for said in CASES} | {"C1"} == set(ids)


def test_a_new_measure_cannot_take_a_slug_that_another_was_renamed_to() -> None:
    assert broken(new(measures.Described, "measure/renamed", **DESCRIPTION)) == [("M7", "stream")]


def test_a_measure_cannot_be_merged_into_itself_under_any_of_its_slugs() -> None:
    assert broken(new(measures.Merged, OTHER, into="other")) == [("M8", "into")]
    assert broken(new(measures.Merged, OTHER, into="renamed")) == [("M8", "into")]


def test_a_measure_may_take_its_own_first_slug_back() -> None:
    assert broken(new(measures.Renamed, OTHER, slug="other")) == []


def test_a_late_rate_change_that_was_known_before_the_suspension_need_not_say_whether_it_resumes() -> None:
    late = new(measures.RateChanged, known="2025-05-01", obligation=parse("20%"), effective_from="2025-08-01")
    assert broken(late) == []


def test_a_change_before_the_measure_was_known_is_right_where_it_was_in_force_by_then() -> None:
    retroactive = new(measures.Adopted, obligation=parse("10%"), effective_from="2024-01-01")
    assert broken(retroactive) == []
    assert broken(retroactive, new(measures.Terminated, effective_from="2024-02")) == []
    assert broken(retroactive, new(measures.Terminated, effective_from="2023-12")) == [("M10", "effective_from")]


def test_a_rate_change_of_another_century_breaks_each_rule_of_its_days() -> None:
    change = new(measures.RateChanged, known="1800-01-01", obligation=parse("99%"), effective_from="2015-01-01")
    assert broken(change) == [("S7", "known_from"), ("M10", "effective_from"), ("M11", "known_from")]
    assert not any(item.hard for item in judged(change))


class TestACorrection:
    def test_that_moves_an_end_before_the_beginning_wants_a_person(self) -> None:
        assert broken(correction(SUSPENDED, effective_from="2010-06-01")) == [("M10", "patch/effective_from")]

    def test_that_makes_a_period_end_before_it_starts_is_refused(self) -> None:
        assert broken(correction(SUSPENDED, effective_until="2025-05-01")) == [("S3", "patch/effective_until")]
        assert broken(correction(SUSPENDED, effective_from="2025-09-01")) == [("S3", "patch/effective_until")]
        assert broken(correction(SUSPENDED, effective_until="2025-10-01")) == []

    def test_is_judged_together_with_the_corrections_before_it(self) -> None:
        first = correction(SUSPENDED, effective_until="2025-10-01")
        commands.record([first], today=TODAY)
        assert broken(correction(SUSPENDED, effective_from="2025-09-15")) == []
        assert broken(correction(SUSPENDED, effective_from="2025-10-01")) == [("S3", "patch/effective_until")]

    def test_is_judged_together_with_the_corrections_in_its_batch(self) -> None:
        first = correction(SUSPENDED, effective_until="2025-10-01")
        assert broken(first, correction(SUSPENDED, effective_from="2025-09-15")) == []

    def test_that_makes_something_known_tomorrow_is_refused(self) -> None:
        assert broken(correction(ADOPTED, known_from="2026-11-25")) == [("S4", "patch/known_from")]

    def test_that_makes_something_known_before_its_sources_wants_a_person(self) -> None:
        commands.record([new(measures.Suspended, known="2025-07-21", sources=(GAZETTE,), **PERIOD)], today=TODAY)
        [found] = judged(correction(5, known_from="2025-07-20"))
        assert (found.rule, found.hard, found.field) == ("S5", False, "patch/known_from")

    def test_that_names_an_entry_that_is_not_there_is_refused(self) -> None:
        entry = str(log.read(stream=STREAM)[SUSPENDED].id)
        commands.record([new(measures.Extended, entry=entry, effective_until="2025-10-01")], today=TODAY)
        assert broken(correction(5, entry=NOWHERE)) == [("M1", "patch/entry")]

    def test_that_says_both_what_stays_and_how_many_points_come_off_is_refused(self) -> None:
        assert broken(correction(SUSPENDED, stays="5", points="5")) == [("M2", "patch/points")]

    def test_that_leaves_open_whether_a_rate_change_resumes_is_refused(self) -> None:
        assert broken(correction(RAISED, resumes=None)) == [("M3", "patch/resumes")]
        assert broken(correction(RAISED, resumes=None, effective_from="2025-09-01")) == []

    def test_of_an_exclusion_that_was_not_granted_is_refused(self) -> None:
        ended = new(measures.ExclusionEnded, exclusion="pumps", effective_from="2025-10-01")
        commands.record([ended], today=TODAY)
        assert broken(correction(5, exclusion="valves")) == [("M6", "patch/exclusion")]

    def test_that_takes_the_slug_of_another_commitment_is_refused(self) -> None:
        assert broken(correction(1, TALKS, commitment="soybeans")) == [("N2", "patch/commitment")]

    def test_that_names_a_commitment_that_nobody_made_is_refused(self) -> None:
        assert broken(correction(3, TALKS, commitment="planes")) == [("N1", "patch/commitment")]

    def test_without_a_reason_for_a_source_that_disagrees_is_refused(self) -> None:
        patch: dict[str, Any] = {"sources": [{"title": "A paper", "citation": "p. 1", "says": "from June"}]}
        assert broken(correction(ADOPTED, **patch)) == [("S6", "patch/chosen_because")]

    def test_is_not_held_against_what_the_entry_broke_before(self) -> None:
        commands.record([new(measures.Suspended, OTHER, **PERIOD)], today=TODAY)  # M4, which nobody was asked about
        assert broken(correction(2, OTHER, summary="On second thought")) == []

    def test_of_nothing_that_stands_is_refused_by_its_own_rule(self) -> None:
        stray = replace(correction(ADOPTED, effective_until="2025-01-01"), corrects=UUID(int=0))
        assert broken(stray) == [("C1", "corrects")]

    def test_that_is_malformed_does_not_keep_the_rest_of_its_batch_from_being_judged(self) -> None:
        wrong = correction(ADOPTED, effective_from="soon")
        good, bad = commands.judge([wrong, new(measures.Postponed, entry=NOWHERE)], today=TODAY)
        assert [item.rule for item in good] == ["C1"]
        assert [item.rule for item in bad] == ["M1"]

    def test_is_refused_by_the_command_with_the_field_of_the_patch(self) -> None:
        entry = log.read(stream=STREAM)[SUSPENDED]
        before = log.head()
        with pytest.raises(
            RuleViolated, match="effective_until 2025-05-01 is not after effective_from 2025-06-01"
        ) as caught:
            commands.correct(
                stream=STREAM,
                entry=entry.id,
                patch={"effective_until": "2025-05-01"},
                reason_code="effective-date-error",
                reason="misread",
                sources=[SOURCE],
                meta=WRITER,
                today=TODAY,
            )
        assert caught.value.field == "patch/effective_until"
        assert log.head() == before
