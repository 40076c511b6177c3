"""Rows come out of their tables as they went in, whatever their texts hold."""

from datetime import date
from decimal import Decimal

import pytest

from measures.models import Measure, Segment
from tracker import tables
from tracker.boxes import Changes, Held, Key
from tracker.clocks import DAWN, FAR, Box
from tracker.running import Row

pytestmark = pytest.mark.django_db

HARD = [
    "",
    " ",
    "\\N",
    "\\.",
    'a "quoted" word',
    "a,b;c\td",
    "one\r\ntwo\n\\.\n",
    "{curly, braces}",
    "NULL",
    "\\\\",
    "ü€😀",
]


def written(model: type[Box], values: dict[str, object]) -> Box:
    row = Row(model, values)
    changes = Changes()
    changes.open(Held(model, "measure/x", Key(row.digest, date(2025, 1, 2), FAR), 1, row=row))
    tables.write(changes, 7)
    found: Box = model.objects.get()
    assert bytes(found.digest) == row.digest
    assert (found.generation, found.stream, found.known_from, found.known_until) == (
        7,
        "measure/x",
        date(2025, 1, 2),
        FAR,
    )
    return found


@pytest.mark.parametrize("text", HARD)
def test_texts_lists_and_json_come_back_as_they_were(text):
    values: dict[str, object] = {
        "slug": "x",
        "title": text,
        "targets": [text, "CN", text],
        "aliases": [],
        "coverage": {"text": text, "products": [text]},
        "instruments": [{"title": text}],
        "first_known": date(2025, 1, 2),
        "confirmed_until": FAR,
        "corrected": True,
        "set_by": [3, 2**60],
        **dict.fromkeys(["kind", "direction", "implementer"], "other"),
    }
    found = written(Measure, values)
    assert {name: getattr(found, name) for name in values} == values
    assert (found.valid_from, found.valid_until) == (DAWN, FAR)


def test_what_has_no_value_is_null_and_an_empty_text_is_not():
    values: dict[str, object] = {
        "slug": "x",
        "term": "",
        "headline": False,
        "obligation": None,
        "rate": None,
        "rate_min": Decimal(0),
        "rate_max": Decimal("12.5"),
        "legal_causes": [],
        **dict.fromkeys(["legal", "application", "operational"], ""),
    }
    found = written(Segment, values)
    assert {name: getattr(found, name) for name in values} == values
    assert Segment.objects.filter(rate=None, obligation__isnull=True, sentence="").exists()


def test_a_box_is_read_like_any_row(django_assert_num_queries):
    """Columns that were left out are read when they are asked for, and what lies inside JSON by itself."""
    values: dict[str, object] = {
        "slug": "x",
        "title": "X",
        "coverage": {"text": "toys", "products": {"codes": ["9503"]}},
        "first_known": date(2025, 1, 2),
        "confirmed_until": FAR,
        **dict.fromkeys(["kind", "direction", "implementer"], "other"),
    }
    box = written(Measure, values)
    with django_assert_num_queries(2):
        found = Measure.objects.defer("coverage").get()
        assert found.coverage == values["coverage"]
    assert found == box
    assert (found._state.db, found._state.adding) == ("default", False)
    inside = Measure.objects.values_list("coverage__products", "coverage__products__codes__0", "coverage__none")
    assert inside.get() == ({"codes": ["9503"]}, "9503", None)
