"""The commands: everything is recorded or nothing, and bad input says what is wrong and how it would be right."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from measures import commands
from measures.events import measures
from measures.obligations import parse
from measures.rules import RuleViolated
from tests.measures.given import SOURCE, WRITER, adopted, corrected, given, on, suspended
from tracker import events, log
from tracker.clocks import FORMS
from tracker.envelope import NewEvent
from tracker.events import EventError
from tracker.log import IdempotencyConflict, WrongExpectedVersion

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = date(2026, 11, 24)
STREAM = "measure/example"


@pytest.fixture
def example() -> None:
    given(on("2025-02-01", adopted("20%", "2025-03-04"))).record()


def rate_changed(**fields: Any) -> NewEvent:
    values = {"obligation": parse("30%"), "effective_from": "2025-05-01", "sources": (SOURCE,)} | fields
    return new(measures.RateChanged(**values))


def new(payload: events.Payload, stream: str = STREAM, known: str = "2025-04-20", **more: Any) -> NewEvent:
    return NewEvent(stream=stream, payload=payload, meta=WRITER, known_from=date.fromisoformat(known), **more)


def refused(match: str, *batch: NewEvent, error: type[Exception] = EventError, **options: Any) -> Any:
    """Nothing is stored, and the error says what is wrong."""
    before = log.head()
    with pytest.raises(error, match=match) as caught:
        commands.record(batch, today=TODAY, **options)
    assert log.head() == before
    return caught.value


def test_a_type_that_nobody_registered_names_the_list_of_types() -> None:
    with pytest.raises(EventError, match=r"'measure.exploded' is not a registered event type; event-types/ lists them"):
        events.event_type("measure.exploded")


@pytest.mark.usefixtures("example")
def test_an_entry_without_a_source_is_refused() -> None:
    error = refused("sources", rate_changed(sources=()))
    assert error.field == "/data/sources"


@pytest.mark.usefixtures("example")
def test_an_end_before_the_start_names_both_days() -> None:
    error = refused(
        "effective_until 2025-04-01 is not after effective_from 2025-05-01", rate_changed(effective_until="2025-04-01")
    )
    assert (error.field, error.violations[0].rule) == ("effective_until", "S3")


def test_a_measure_that_does_not_exist_is_named() -> None:
    error = refused("there is no measure 'example'; describe it first, or choose one that exists", rate_changed())
    assert error.field == "stream"


@pytest.mark.parametrize("value", ["2025-02-30", "2025-13"])
@pytest.mark.usefixtures("example")
def test_a_day_that_no_calendar_has_names_the_accepted_form(value: str) -> None:
    error = refused(
        rf"'{value}' is not a date; write {FORMS}",
        rate_changed(effective_from=value),
    )
    assert error.field == "effective_from"


@pytest.mark.parametrize("value", ["tomorrow", "1.5.2025", "2025-5-1"])
@pytest.mark.usefixtures("example")
def test_a_day_in_another_form_names_its_field(value: str) -> None:
    assert refused("effective_from", rate_changed(effective_from=value)).field == "/data/effective_from"


@pytest.mark.usefixtures("example")
def test_a_payload_of_two_megabytes_is_refused_before_the_log_is_locked() -> None:
    refused("20000|exceeds 60000 bytes", rate_changed(summary="x" * 2_000_000))


@pytest.mark.usefixtures("example")
def test_a_long_list_that_breaks_no_field_is_refused_by_its_size() -> None:
    refused(
        "exceeds 60000 bytes; attach long code lists", rate_changed(links=tuple(f"link {n:0400d}" for n in range(400)))
    )


@pytest.mark.usefixtures("example")
def test_a_version_that_somebody_moved_on_is_a_conflict_that_says_so() -> None:
    error = refused(
        "is at version 2, expected version 1", rate_changed(), error=WrongExpectedVersion, expected={STREAM: 1}
    )
    assert (error.stream, error.expected, error.found) == (STREAM, 1, 2)


@pytest.mark.usefixtures("example")
def test_one_wrong_event_refuses_the_whole_batch() -> None:
    refused("is not after", rate_changed(), rate_changed(effective_until="2020-01-01"))


@pytest.mark.usefixtures("example")
def test_the_same_event_sent_twice_is_recorded_once() -> None:
    event = rate_changed()
    first = commands.record([event], today=TODAY)
    again = commands.record([event], today=TODAY)
    assert [item.position for item in again] == [item.position for item in first]
    assert log.head().position == first[-1].position


@pytest.mark.usefixtures("example")
def test_another_body_under_a_known_id_is_a_conflict() -> None:
    event = rate_changed()
    commands.record([event], today=TODAY)
    other = new(
        measures.RateChanged(obligation=parse("31%"), effective_from="2025-05-01", sources=(SOURCE,)), id=event.id
    )
    refused("with another body", other, error=IdempotencyConflict)


@pytest.mark.usefixtures("example")
def test_a_known_day_in_the_future_is_refused() -> None:
    late = measures.RateChanged(obligation=parse("30%"), effective_from="2027-01-01", sources=(SOURCE,))
    assert refused("lies after today", new(late, known="2026-11-25")).field == "known_from"


@pytest.mark.usefixtures("example")
def test_a_soft_rule_wants_a_person_to_confirm_it() -> None:
    early = events.Source(title="The gazette", citation="No. 2", published="2025-04-30")
    event = rate_changed(sources=(early,))
    error = refused("S5: known_from 2025-04-20 is before the earliest source", event, error=RuleViolated, confirmed=())
    assert not error.violations[0].hard
    assert commands.record([event], today=TODAY, confirmed=("S5",))


def test_a_rate_change_inside_a_suspension_must_say_whether_it_resumes() -> None:
    given(on("2025-02-01", adopted("20%", "2025-03-04")), on("2025-04-01", suspended("2025-04-10"))).record()
    assert refused("write resumes true", rate_changed()).violations[0].rule == "M3"
    assert commands.record([rate_changed(resumes=False)], today=TODAY)


@pytest.mark.usefixtures("example")
def test_a_correction_of_a_field_that_the_entry_lacks_lists_those_it_has() -> None:
    entry = log.read(stream=STREAM)[1]
    with pytest.raises(EventError, match=r"measure.adopted has no field 'rate'; it has .*obligation"):
        commands.correct(
            stream=STREAM,
            entry=entry.id,
            patch={"rate": "30%"},
            reason_code="rate-error",
            reason="misread",
            sources=[SOURCE],
            meta=WRITER,
            today=TODAY,
        )


@pytest.mark.usefixtures("example")
def test_a_correction_of_an_entry_elsewhere_is_refused() -> None:
    with pytest.raises(EventError, match="no entry"):
        commands.retract(
            stream=STREAM,
            entry=uuid4(),
            reason_code="duplicate",
            reason="entered twice",
            sources=[SOURCE],
            meta=WRITER,
            today=TODAY,
        )


def test_a_correction_moves_only_the_recorded_clock() -> None:
    story = given(on("2025-02-01", adopted("20%", "2025-03-04")), corrected(1, obligation="25%"))
    recorded = story.record()
    assert recorded[-1].known_from is None
    assert (story.rate("2025-04-01", at=1), story.rate("2025-04-01", at=2)) == (20, 25)
