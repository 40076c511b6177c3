"""Rows become events by the sheet of their type; what is wrong is told by row and column, and nothing is recorded."""

from __future__ import annotations

from datetime import date

import pytest

from measures import commands
from measures.admin.bulk.checking import Checked, check
from measures.admin.bulk.columns import columns, require_known, template
from measures.admin.bulk.reading import Row, Unreadable
from measures.admin.record import is_recorded_here
from tests.measures.admin.bulk.conftest import rows
from tests.measures.given import Story
from tracker import log
from tracker.events import EventType, event_type, event_types

pytestmark = pytest.mark.django_db

RECORDED = [kind for kind in event_types() if is_recorded_here(kind)]
TODAY = date(2026, 1, 1)


def checked(*changes: dict[str, str], type: str = "measure.rate_changed", file: str = "rates.csv") -> Checked:
    told = [Row(number, row) for number, row in enumerate(rows(*changes), start=2)]
    return check(event_type(type), file, told, today=TODAY)


def wrong(*changes: dict[str, str], type: str = "measure.rate_changed") -> list[tuple[int, str, str]]:
    return [(item.row, item.column, item.message) for item in checked(*changes, type=type).problems]


def record(found: Checked) -> None:
    commands.record([item.event for item in found.fresh], today=TODAY)


@pytest.mark.parametrize("kind", RECORDED, ids=lambda kind: kind.name)
def test_every_event_type_has_columns_and_a_template_that_names_what_is_required(kind: EventType) -> None:
    offered = [column.name for column in template(kind)]
    assert offered[0] == "stream"
    assert {"known_from", "sources.1.title", "sources.2.title"} <= {*offered}
    require_known(kind, tuple(offered))
    assert all(column.name in offered for column in columns(kind).values() if column.required)


def test_a_column_that_the_type_does_not_have_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(Unreadable, match="no column 'obligations'; did you mean 'obligation'"):
        require_known(event_type("measure.rate_changed"), ("stream", "obligations"))


def test_missing_required_columns_are_named() -> None:
    with pytest.raises(Unreadable, match=r"obligation, effective_from, sources\.1\.title, known_from are missing"):
        require_known(event_type("measure.rate_changed"), ("stream",))


def test_a_row_becomes_an_event_with_the_file_and_the_row_as_its_origin(duty: Story) -> None:
    [found] = checked({}).found
    assert found.event.stream == "measure/example"
    assert found.event.meta.origin == "import rates.csv row 2"
    assert found.sentence == "Changed to 20% from 1 June 2025."
    assert (found.before, found.after) == ("In force at 10%.", "In force at 20%.")
    assert log.head().position == 2


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ({"obligation": "a lot"}, "obligation", "a lot"),
        ({"effective_from": "1 June"}, "effective_from", "“1 June” is not accepted; write YYYY-MM-DD"),
        ({"effective_until": "2025-05-01"}, "effective_until", "S3: A period ends after it starts"),
        ({"known_from": ""}, "known_from", "This field is required"),
        ({"known_from": "2025-02-30"}, "known_from", "“2025-02-30” is no day of the calendar; write YYYY-MM-DD"),
        ({"known_from": "2031-01-01"}, "known_from", "lies after today"),
        ({"stream": "nowhere"}, "stream", "there is no measure 'nowhere'"),
        ({"stream": "case/example"}, "stream", "names none; write measure/…"),
        ({"resumes": "perhaps"}, "resumes", "write yes or no"),
        ({"sources.1.citation": ""}, "sources.1", "needs a url"),
        ({"sources.1.title": "", "sources.1.citation": ""}, "sources", "At least one of the sources is needed"),
        ({"sources.1.published": "soon"}, "sources.1.published", "“soon” is not accepted"),
        ({"people": "He Lifeng; Vice-Premier; X"}, "people", "1.side: "),
        ({"instrument.title": "Order", "instrument.url": "gazette"}, "instrument.url", "begins with https://"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_told_at_its_row_and_column(
    duty: Story, change: dict[str, str], column: str, said: str
) -> None:
    found = wrong({"effective_from": "2025-07-01"}, change)
    assert [(row, name) for row, name, _ in found] == [(3, column)], found
    assert said in found[0][2]


def test_what_a_rule_says_stands_beside_the_value_of_its_cell(duty: Story) -> None:
    found = checked({"effective_from": "2025-07-01"}, {"effective_until": "2025-05-01"})
    assert [item.value for item in found.problems] == ["2025-05-01"]


def test_all_that_is_wrong_with_a_row_is_told_at_once(duty: Story) -> None:
    found = wrong({"obligation": "a lot", "effective_from": "soon", "known_from": "then"})
    assert {column for _, column, _ in found} == {"obligation", "effective_from", "known_from"}


def test_rows_are_judged_on_the_stream_as_the_rows_before_leave_it(duty: Story) -> None:
    talks = {"obligation": "", "effective_from": "", "stream": "talks"}
    record(checked(talks | {"title": "The talks", "parties": "US\nCN"}, type="negotiation.described"))
    made = talks | {"commitment": "c-1", "by": "US", "what": "to lift it"}
    [(row, column, said)] = wrong(made, made | {"what": "to lift more"}, type="negotiation.commitment_made")
    assert (row, column) == (3, "commitment")
    assert "N2: A commitment is made once" in said


def test_a_row_that_repeats_another_is_told(duty: Story) -> None:
    assert wrong({}, {"obligation": "20 %"}) == [(3, "", "repeats what row 2 says; drop one")]


def test_an_unknown_product_code_is_told(duty: Story) -> None:
    scope = {"coverage.products.codes": "8541.40, 8599", "obligation": "", "effective_from": "2025-06-01"}
    found = wrong(scope, type="measure.scope_changed")
    assert found == [(2, "coverage.products.codes", "HS 2022 has no 854140, 8599")]


def test_a_file_of_mixed_revisions_is_told(duty: Story) -> None:
    one = {"coverage.products.codes": "8541", "coverage.products.revision": "2022", "obligation": ""}
    other = one | {"coverage.products.revision": "2017", "effective_from": "2025-07-01"}
    found = wrong(one, other, type="measure.scope_changed")
    assert found == [(3, "coverage.products.revision", "the rows before are of revision 2022; a file keeps to one")]


def test_a_second_run_finds_everything_recorded(duty: Story) -> None:
    record(checked({}, {"effective_from": "2025-07-01"}))
    again = checked({}, {"effective_from": "2025-07-01"})
    assert [item.position for item in again.found] == [3, 4]
    assert again.fresh == []
    assert again.problems == []


def test_a_longer_file_adds_only_what_is_new(duty: Story) -> None:
    record(checked({}))
    again = checked({}, {"effective_from": "2025-07-01", "obligation": "30%"})
    assert [item.row for item in again.fresh] == [3]
    assert again.fresh[0].before == "In force at 20%."


def test_a_reference_is_the_identity_of_a_row_and_another_content_under_it_is_told(duty: Story) -> None:
    record(checked({"reference": "fr-1"}))
    assert checked({"reference": "fr-1"}, file="again.csv").found[0].position == 3
    [(row, column, said)] = wrong({"reference": "fr-1", "obligation": "30%"})
    assert (row, column) == (2, "reference")
    assert said == "its reference stands in the log, #3, and says something else there: correct that entry"


def test_an_entry_that_probably_says_the_same_is_told_without_refusing_the_row(duty: Story) -> None:
    record(checked({}))
    again = checked({"sources.1.citation": "No. 3"})
    assert again.fresh[0].doubles == [3]
    assert again.problems == []


def test_a_soft_rule_is_kept_for_the_review(duty: Story) -> None:
    [found] = checked({"sources.1.published": "2025-05-25"}).found
    assert [item.rule for item in found.soft] == ["S5"]


def test_an_earlier_entry_is_named_by_its_position(duty: Story) -> None:
    change = {"entry": "#2", "effective_from": "", "obligation": "", "new_date": "2025-08-01"}
    [found] = checked(change, type="measure.postponed").found
    assert found.sentence == "Postponed entry #2 to 1 August 2025."
    assert wrong(change | {"entry": "99"}, type="measure.postponed") == [
        (2, "entry", "there is no entry 99 in the log")
    ]


def test_many_people_stand_in_one_cell(duty: Story) -> None:
    [found] = checked({"people": "He Lifeng; Vice-Premier; CN\nScott Bessent; Secretary; US"}).found
    assert [someone.name for someone in found.event.payload.people] == ["He Lifeng", "Scott Bessent"]  # type: ignore[attr-defined]
