"""One ruling, recorded once, reaches every measure that it hits; a stay takes it back from each."""

from __future__ import annotations

from datetime import date

import pytest

from measures import commands
from measures.events import cases
from measures.rules import RuleViolated
from measures.timeline import timeline
from tests.measures.given import SOURCE, WRITER, adopted, given, on
from tracker import log
from tracker.corrections import settle
from tracker.envelope import NewEvent
from tracker.events import EventError
from tracker.log import Recorded

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = date(2026, 11, 24)
RULED, STAYED = date(2025, 5, 28), date(2025, 5, 29)


@pytest.fixture
def two_measures_and_a_case() -> None:
    for slug in ("fentanyl", "reciprocal"):
        given(on("2025-02-01", adopted("20%", "2025-03-04")), stream=f"measure/{slug}").record()
    described = cases.Described(title="Importers v. State", authority="An emergency act", sources=(SOURCE,))
    commands.record(
        [NewEvent(stream="case/importers", payload=described, meta=WRITER, known_from=date(2025, 4, 14))], today=TODAY
    )


def ruled(*voids: str, parties: tuple[str, ...] = ()) -> tuple[Recorded, ...]:
    holding = cases.RulingIssued(holding="The act gives no power to tax.", outcome="unlawful", sources=(SOURCE,))
    return commands.issue_ruling(
        case="importers",
        ruling=holding,
        voids=voids,
        parties=parties,
        effective_from=RULED,
        known_from=RULED,
        occurred_on=RULED,
        meta=WRITER,
        today=TODAY,
    )


def stayed(ruling: Recorded) -> tuple[Recorded, ...]:
    return commands.stay_ruling(
        ruling=ruling,
        stay=cases.StayGranted(scope="until the appeal is decided", sources=(SOURCE,)),
        effective_from=STAYED,
        known_from=STAYED,
        occurred_on=STAYED,
        meta=WRITER,
        today=TODAY,
    )


def legal(slug: str, day: date, party: str = "") -> str:
    segments = timeline(settle(log.read(stream=f"measure/{slug}")))
    mine = [item for item in segments if item.party == party]
    return next(item.state.legal for item in mine if item.valid_from <= day < item.valid_until)


@pytest.mark.usefixtures("two_measures_and_a_case")
def test_a_ruling_voids_every_measure_under_one_correlation_id() -> None:
    recorded = ruled("fentanyl", "reciprocal")
    assert [item.stream for item in recorded] == ["case/importers", "measure/fentanyl", "measure/reciprocal"]
    assert len({item.meta["correlation_id"] for item in recorded}) == 1
    assert len({item.recorded_at for item in recorded}) == 1
    assert legal("fentanyl", RULED) == legal("reciprocal", RULED) == "void"


@pytest.mark.usefixtures("two_measures_and_a_case")
def test_a_stay_takes_the_ruling_back_from_each_measure_it_hit() -> None:
    stayed(ruled("fentanyl", "reciprocal")[0])
    for slug in ("fentanyl", "reciprocal"):
        assert (legal(slug, RULED), legal(slug, STAYED)) == ("void", "in_force")


@pytest.mark.usefixtures("two_measures_and_a_case")
def test_a_ruling_for_those_who_sued_reaches_every_measure_for_them_alone() -> None:
    stayed(ruled("fentanyl", "reciprocal", parties=("Importers",))[0])
    for slug in ("fentanyl", "reciprocal"):
        assert (legal(slug, RULED, "Importers"), legal(slug, STAYED, "Importers")) == ("void", "in_force")
        assert legal(slug, RULED) == "in_force"


@pytest.mark.usefixtures("two_measures_and_a_case")
def test_a_ruling_on_a_measure_that_does_not_exist_records_nothing() -> None:
    before = log.head().position
    with pytest.raises(RuleViolated, match="there is no measure 'unheard-of'"):
        ruled("fentanyl", "unheard-of")
    assert log.head().position == before


@pytest.mark.usefixtures("two_measures_and_a_case")
def test_a_ruling_that_voided_nothing_cannot_be_stayed() -> None:
    with pytest.raises(EventError, match="voided no measure"):
        stayed(ruled()[0])
