"""Measures that were renamed, or recorded twice: every slug that they had leads to one answer."""

from __future__ import annotations

from typing import Any

import pytest

from measures import commands
from measures.events import cases
from measures.events import measures as vocabulary
from tests.measures.api.asking import STREAM, TODAY, answer, happened, project, told, truce
from tests.measures.given import SOURCE, WRITER, adopted, given, on
from tracker import log

pytestmark = pytest.mark.django_db


class TestUnderAnotherSlug:
    def test_a_former_slug_and_the_new_one_lead_to_the_same_measure(self) -> None:
        told(truce())
        renamed = happened(STREAM, "2025-09-01", vocabulary.Renamed, slug="us-new")
        commands.record([renamed], today=TODAY)
        project()
        for slug in ("us-example", "us-new"):
            assert answer(f"measures/{slug}/")["slug"] == "us-new"
            assert answer(f"measures/{slug}/timeline/")["results"]
            assert answer(f"measures/{slug}/history/")["stream"] == STREAM
            assert answer(f"measures/{slug}/explain/")["entries"]

    def test_a_slug_that_came_later_leads_there_on_earlier_days_under_the_slug_of_those(self) -> None:
        told(truce())
        before = commands.record([happened(STREAM, "2025-09-01", vocabulary.Renamed, slug="us-new")], today=TODAY)
        project()
        found = answer("measures/us-new/", valid_at="2025-06-01", known_at="2025-06-01")
        assert (found["slug"], found["rate"]) == ("us-example", 10)
        assert answer("measures/us-new/", known_at="2025-04-01")["first_known"] == "2025-04-02"
        earlier = answer("measures/us-new/", position=before[0].position - 1)
        assert earlier["unknown"] == "Not recorded at this position."

    def test_what_names_a_measure_by_its_former_slug_is_found_under_the_new_one(self) -> None:
        told(truce())
        case = {"title": "A suit", "measures": ("us-example",)}
        batch = [
            happened("case/suit", "2025-08-01", cases.Described, **case),
            happened(STREAM, "2025-09-01", vocabulary.Renamed, slug="us-new"),
        ]
        commands.record(batch, today=TODAY)
        project()
        for slug in ("us-example", "us-new"):
            assert [item["slug"] for item in answer("cases/", measure=slug)["results"]] == ["suit"]


class TestMergedIntoAnother:
    """A measure was recorded twice; on 1 September 2025 that was found out."""

    @pytest.fixture(autouse=True)
    def twice(self) -> None:
        told(truce(), given(on("2025-04-03", adopted("30%", "2025-04-09")), stream="measure/us-twice"))
        commands.record([happened("measure/us-twice", "2025-09-01", vocabulary.Merged, into="us-example")], today=TODAY)
        project()

    def test_every_address_answers_for_the_other_one_under_its_slug(self) -> None:
        assert answer("measures/us-twice/")["slug"] == "us-example"
        assert answer("measures/us-twice/", valid_at="2025-06-01")["rate"] == 10
        timeline = answer("measures/us-twice/timeline/")
        assert (timeline["slug"], len(timeline["results"])) == ("us-example", 5)
        assert answer("measures/us-twice/history/")["stream"] == STREAM
        assert answer("measures/us-twice/explain/")["slug"] == "us-example"

    def test_as_known_before_it_answers_for_itself(self) -> None:
        earlier = {"known_at": "2025-08-31", "valid_at": "2025-06-01"}
        assert (answer("measures/us-twice/", **earlier)["slug"], answer("measures/us-twice/", **earlier)["rate"]) == (
            "us-twice",
            30,
        )
        assert answer("measures/us-twice/history/", **earlier)["stream"] == "measure/us-twice"

    def test_it_is_counted_once_in_every_list(self) -> None:
        def slugs(path: str, **query: Any) -> set[str]:
            return {item.get("slug") or item["measure"] for item in answer(path, **query)["results"]}

        assert slugs("measures/") == {"us-example"}
        assert slugs("measures/", legal="in_force") == {"us-example"}
        assert slugs("calendar/", valid_at="2025-04-01") == {"us-example"}
        assert slugs("measures/", known_at="2025-08-31") == {"us-example", "us-twice"}

    def test_what_is_about_it_is_found_under_both(self) -> None:
        suit = happened("case/suit", "2025-08-01", cases.Described, title="A suit", measures=("us-twice",))
        commands.record([suit], today=TODAY)
        project()
        for slug in ("us-example", "us-twice"):
            assert [item["slug"] for item in answer("cases/", measure=slug)["results"]] == ["suit"]

    def test_a_merger_that_was_retracted_is_undone(self) -> None:
        merged = log.read(type="measure.merged")[0]
        commands.retract(
            stream="measure/us-twice",
            entry=merged.id,
            reason_code="other",
            reason="They are two.",
            sources=[SOURCE],
            meta=WRITER,
            today=TODAY,
        )
        project()
        assert answer("measures/us-twice/")["slug"] == "us-twice"
        assert answer("measures/us-twice/", position=merged.position)["slug"] == "us-example"
