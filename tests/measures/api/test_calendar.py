"""What is scheduled, and what differs between two points."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

import pytest
from django.test import Client

from measures.api.icalendar import icalendar
from measures.api.shapes.measures import CalendarItem
from tests.measures.api.asking import STREAM, answer, ask, problem, told, truce
from tests.measures.given import adopted, corrected, given, on, rate_changed

pytestmark = pytest.mark.django_db


class TestTheCalendar:
    def test_lists_what_changes_after_the_day_as_the_texts_stand(self) -> None:
        told(truce())
        found = answer("calendar/", valid_at="2025-05-01")["results"]
        said = [(item["valid_from"], item["sentence"]) for item in found]
        assert said == [
            ("2025-05-14", "In part: 10% applies, 24 points suspended from 14 May 2025."),
            ("2025-11-10", "Returns to 34% on 10 November 2025 unless extended."),
        ]

    def test_tells_what_the_public_expected_then(self) -> None:
        told(truce())
        (item,) = answer("calendar/", valid_at="2025-06-01", known_at="2025-06-01")["results"]
        assert (item["valid_from"], item["rate"]) == ("2025-08-12", 34)

    def test_is_empty_where_nothing_is_scheduled(self) -> None:
        told(truce())
        assert answer("calendar/", valid_at="2025-12-01")["results"] == []

    def test_keeps_to_headline_terms_unless_asked_for_all(self) -> None:
        told(
            given(
                on("2025-04-02", adopted("10%", "2025-04-05"), adopted("5%", "2025-06-01", term="list-2")),
                stream="measure/two",
            )
        )
        assert [item["term"] for item in answer("calendar/", valid_at="2025-04-03")["results"]] == ["main"]
        everything = answer("calendar/", valid_at="2025-04-03", all_terms="true")["results"]
        assert [item["term"] for item in everything] == ["main", "list-2"]

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"until": "2025-11-10"}, 1),
            ({"measure": "us-example"}, 2),
            ({"measure": "nobody"}, 0),
            ({"implementer": "US"}, 2),
            ({"implementer": "CN"}, 0),
            ({"kind": "ban"}, 0),
        ],
    )
    def test_can_be_narrowed(self, query: dict[str, Any], count: int) -> None:
        told(truce())
        assert len(answer("calendar/", valid_at="2025-05-01", **query)["results"]) == count


class TestTheCalendarFile:
    def test_is_what_a_calendar_program_reads(self) -> None:
        last = told(truce())[-1]
        response = ask("calendar.ics", valid_at="2025-06-01")
        assert response["Content-Type"] == "text/calendar; charset=utf-8"
        lines = response.content.decode().split("\r\n")
        assert lines[0] == "BEGIN:VCALENDAR"
        assert lines[-2:] == ["END:VCALENDAR", ""]
        assert "UID:us-example/main/2025-11-10@lancaster" in lines
        assert "DTSTART;VALUE=DATE:20251110" in lines
        assert "DTEND;VALUE=DATE:20251111" in lines
        stamp = last.recorded_at.strftime("%Y%m%dT%H%M%SZ")
        assert f"DTSTAMP:{stamp}" in lines
        assert unfolded(lines)["SUMMARY"] == "An example: Returns to 34% on 10 November 2025 unless extended."

    def test_no_line_is_longer_than_75_octets_and_no_character_is_cut(self) -> None:
        item = icalendar([long_item()], None)
        assert all(len(line) <= 75 for line in item.split(b"\r\n"))
        assert unfolded(item.decode().split("\r\n"))["SUMMARY"] == "Ä" * 100 + "\\, \\; \\\\: Now."

    def test_takes_the_filters_and_clocks_of_the_calendar(self) -> None:
        told(truce())
        assert b"VEVENT" not in ask("calendar.ics", valid_at="2025-06-01", implementer="CN").content
        assert b"20250812" in ask("calendar.ics", valid_at="2025-06-01", known_at="2025-06-01").content
        assert problem(ask("calendar.ics", valid_at="soon")) == (400, "malformed-clock")


def unfolded(lines: list[str]) -> dict[str, str]:
    text = "\n".join(lines).replace("\n ", "")
    return dict(line.split(":", 1) for line in text.split("\n") if ":" in line)


def long_item() -> CalendarItem:
    return CalendarItem(
        valid_from=date(2025, 12, 31),
        measure="m",
        title="Ä" * 100 + ", ; \\",
        term="main",
        party=None,
        headline=True,
        sentence="Now.",
        legal="in_force",
        application="applied",
        rate=None,
        obligation=None,
        set_by=[],
        url="https://example.org/m/",
    )


class TestTheComparison:
    def test_of_two_days_tells_what_changed_in_the_world(self) -> None:
        told(truce())
        (item,) = answer("compare/", from_valid_at="2025-05-01", to_valid_at="2025-06-01")["results"]
        assert (item["slug"], item["from"]["rate"], item["to"]["rate"]) == ("us-example", 34, 10)
        assert {"rate", "application", "suspended_points"} <= set(item["differs"])
        assert "legal" not in item["differs"]

    def test_of_two_known_days_tells_what_became_known(self) -> None:
        told(truce())
        day = {"from_valid_at": "2025-08-20", "to_valid_at": "2025-08-20"}
        (item,) = answer("compare/", **day, from_known_at="2025-05-15", to_known_at="2025-08-12")["results"]
        assert (item["from"]["rate"], item["to"]["rate"]) == (34, 10)

    def test_of_two_positions_tells_what_our_log_changed_its_mind_on(self) -> None:
        last = told(truce())[-1]
        day = {"from_valid_at": "2025-08-20", "to_valid_at": "2025-08-20"}
        found = answer("compare/", **day, from_position=last.position - 1, to_position=last.position)
        assert (found["from"]["position"], found["to"]["position"]) == (last.position - 1, last.position)
        assert [item["slug"] for item in found["results"]] == ["us-example"]

    def test_of_equal_points_is_empty(self) -> None:
        told(truce())
        assert answer("compare/", from_valid_at="2025-06-01", to_valid_at="2025-09-01")["results"] == []

    def test_a_measure_that_stood_at_one_point_alone_is_null_at_the_other(self) -> None:
        told(truce())
        (item,) = answer("compare/", from_position=0)["results"]
        assert (item["from"], item["differs"], item["to"]["slug"]) == (None, ["known"], "us-example")

    def test_a_change_of_another_term_is_a_difference_too(self) -> None:
        story = given(
            on("2025-04-02", adopted("10%", "2025-04-05"), adopted("5%", "2025-04-05", term="list-2")),
            on("2025-04-02", rate_changed("6%", "2025-06-01", term="list-2")),
            stream="measure/two",
        )
        told(story)
        (item,) = answer("compare/", from_valid_at="2025-05-01", to_valid_at="2025-07-01")["results"]
        assert item["differs"] == ["terms"]

    def test_names_the_entries_that_make_the_difference(self) -> None:
        told(truce())
        (law,) = answer("compare/", from_valid_at="2025-05-01", to_valid_at="2025-06-01")["results"]
        assert [cause["type"] for cause in law["causes"]] == ["measure.suspended"]
        (day,) = answer("compare/", from_valid_at="2025-04-05", to_valid_at="2025-04-10")["results"]
        assert [cause["sentence"] for cause in day["causes"]] == ["Adopted 34% from 9 April 2025."]

    def test_names_the_correction_that_changed_our_mind_with_its_reason(self) -> None:
        last = told(given(*truce().batches, corrected(3, effective_until="2025-10-01"), stream=STREAM))[-1]
        day = {"from_valid_at": "2025-10-15", "to_valid_at": "2025-10-15"}
        (item,) = answer("compare/", **day, from_position=last.position - 1)["results"]
        assert ("entry.corrected", "source-misread") in [(c["type"], c["reason_code"]) for c in item["causes"]]

    def test_is_a_table_too(self) -> None:
        told(truce())
        asked = {"from_valid_at": "2025-05-01", "to_valid_at": "2025-06-01"}
        response = ask("compare.csv", **asked)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        (row,) = csv.DictReader(response.content.decode().splitlines())
        (item,) = answer("compare/", **asked)["results"]
        assert (row["slug"], row["from_rate"], row["to_rate"]) == ("us-example", "34", "10")
        assert row["to_status"] == item["to"]["status"]
        assert row["causes"].startswith(f"#{item['causes'][0]['position']} Suspended from 14 May 2025")

    def test_as_a_table_is_paged_by_the_header(self) -> None:
        told(*(given(on("2025-01-01", adopted("5%", "2025-02-01")), stream=f"measure/m{n}") for n in range(3)))
        first = ask("compare.csv", from_valid_at="2025-01-15", to_valid_at="2025-03-01", limit=2)
        address = first["Link"].partition(">")[0].removeprefix("<")
        assert [row["slug"] for row in csv.DictReader(Client().get(address).content.decode().splitlines())] == ["m2"]

    def test_clocks_are_refused_by_their_own_names(self) -> None:
        told(truce())
        response = ask("compare/", from_position=1, from_recorded_at="2025-01-01T00:00:00Z")
        assert problem(response) == (400, "contradictory-clocks")
        assert response.json()["errors"][0]["parameter"] == "from_position"
        assert ask("compare/", to_position=9_999).json()["errors"][0]["parameter"] == "to_position"

    def test_is_paged_at_the_two_points_of_its_first_page(self) -> None:
        told(*(given(on("2025-01-01", adopted("5%", "2025-02-01")), stream=f"measure/m{n}") for n in range(3)))
        first = answer("compare/", from_valid_at="2025-01-15", to_valid_at="2025-03-01", limit=2)
        assert [item["slug"] for item in first["results"]] == ["m0", "m1"]
        rest = Client().get(first["next"]).json()
        assert ([item["slug"] for item in rest["results"]], rest["next"]) == (["m2"], None)
