"""Where lanes, columns and marks stand on a drawing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from measures.web.axis import Axis
from measures.web.lines import Drawing, Event, Stretch, rate_y, shorten

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)


def drawing() -> Drawing:
    return Drawing("wide", Axis(FIRST, LAST, 200, 1000), 1008, date(2025, 6, 10), "10 June 2025")


def stretch(first: str, until: str, rate: str, label: str = "", statutory: str | None = None, css: str = "") -> Stretch:
    return Stretch(
        date.fromisoformat(first),
        date.fromisoformat(until),
        label or f"{rate}%",
        "",
        1,
        css,
        Decimal(rate),
        Decimal(statutory) if statutory else None,
    )


def happening(day: str, label: str = "London", days: int = 0) -> Event:
    first = date.fromisoformat(day)
    return Event(first, first + timedelta(days=days), label, label, 1, "talk")


def test_the_highest_rate_fills_its_strip_and_a_quarter_of_it_fills_half():
    assert rate_y(Decimal(100), base=50, tall=40, full=Decimal(100)) == 10
    assert rate_y(Decimal(25), base=50, tall=40, full=Decimal(100)) == 30


def test_nothing_and_the_unknown_keep_a_thin_line():
    assert rate_y(Decimal(0), base=50, tall=40, full=Decimal(100)) == 48
    assert rate_y(None, base=50, tall=40, full=Decimal(100)) == 48


def test_a_lane_shows_what_lies_in_its_days_and_cuts_the_rest():
    picture = drawing()
    picture.lane(
        "Duty", [stretch("2020-01-01", "2021-01-01", "5"), stretch("2024-06-01", "9999-12-31", "25")], full=Decimal(25)
    )
    (box,) = picture.lanes[0].boxes
    assert (box.x, box.right) == (200, 1000)
    assert box.y + box.height == picture.lanes[0].base


def test_a_suspended_rate_stands_as_a_ghost_above_what_remains():
    picture = drawing()
    picture.lane("Duty", [stretch("2025-05-14", "2025-08-12", "10", statutory="34")], full=Decimal(34))
    (box,) = picture.lanes[0].boxes
    assert box.ghost is not None
    assert box.ghost < box.y
    assert box.ghost + box.ghost_height == box.y


def test_a_label_is_left_out_where_it_has_no_room_or_was_said_already():
    picture = drawing()
    narrow = stretch("2025-03-01", "2025-03-03", "84")
    again = [stretch("2025-04-01", "2025-06-01", "20"), stretch("2025-06-01", "2025-12-01", "20", css="projected")]
    picture.lane("Duty", [narrow, *again], full=Decimal(100))
    assert [box.label for box in picture.lanes[0].boxes] == ["", "20%", ""]


def test_a_long_name_takes_two_lines_and_then_an_ellipsis():
    assert shorten("Fentanyl duty", 20, 2) == ["Fentanyl duty"]
    assert shorten("China's answer to the reciprocal tariff, on all US goods", 24, 2) == [
        "China's answer to the",
        "reciprocal tariff, on…",
    ]


def test_marks_whose_labels_would_meet_stand_in_rows():
    picture = drawing()
    told = [("2025-06-05", "Call", 0), ("2025-06-09", "London", 1), ("2025-10-30", "Busan", 0)]
    picture.happenings("Talks", [happening(*item) for item in told])
    call, london, busan = picture.marks
    assert call.y == busan.y
    assert london.y > call.y
    assert london.width > 0


def test_a_mark_without_room_in_any_row_keeps_its_title_alone():
    picture = drawing()
    picture.happenings("Talks", [happening(f"2025-06-{day:02}") for day in range(1, 8)], rows=2)
    assert [mark.label for mark in picture.marks].count("London") == 2
    assert min(mark.y for mark in picture.marks if not mark.label) > max(mark.y for mark in picture.marks if mark.label)
    assert {mark.title for mark in picture.marks} == {"London"}


def test_a_label_at_the_right_edge_stands_left_of_its_mark():
    picture = drawing()
    picture.happenings("Talks", [happening("2025-12-30")])
    assert picture.marks[0].anchor == "end"
    assert picture.marks[0].label_x < picture.marks[0].x


def test_nothing_to_mark_adds_nothing():
    picture = drawing()
    before = picture.height
    picture.happenings("Talks", [happening("2019-05-01")])
    assert picture.height == before
    assert picture.bands == []


def test_columns_below_nothing_hang_from_its_line():
    picture = drawing()
    picture.columns([(date(2025, 2, 1), Decimal(-5), "−5%", 1), (date(2025, 5, 1), Decimal(10), "10%", 2)])
    below, above = picture.lanes[0].boxes
    assert below.y == picture.lanes[0].base
    assert above.y + above.height == picture.lanes[0].base
    assert above.height == 2 * below.height


def test_the_drawing_grows_with_what_is_added():
    picture = drawing()
    before = picture.height
    picture.happenings("Talks", [happening("2025-06-09")])
    assert picture.height > before
