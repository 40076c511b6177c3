"""A few letters find what a field takes: measures, instruments, countries and product codes, by code or by words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from measures.admin.forms import struct_form
from measures.events.common import Coverage, Instrument
from measures.events.measures import Adopted, Described
from tests.measures.admin.conftest import project
from tests.measures.given import Story, adopted, given, on

pytestmark = pytest.mark.django_db

ACT = Instrument(title="Executive Order 14257", citation="90 FR 15041", url="https://example.org/eo")


def found(client: Any, kinds: str, text: str) -> list[dict[str, Any]]:
    return client.get(reverse("admin:lookup"), {"kinds": kinds, "q": text}).json()["offers"]


@pytest.fixture
def scoped() -> None:
    coverage = Coverage(products={"codes": ("8541",)})  # type: ignore[arg-type]
    given(on("2025-04-02", adopted("10%", "2025-04-05", instrument=ACT, coverage=coverage))).record()
    project()


@pytest.mark.parametrize(("text", "code"), [("us", "US"), ("united sta", "US"), ("eu", "EU"), ("world", "WORLD")])
def test_a_country_is_found_by_code_or_words(sit: Any, text: str, code: str) -> None:
    assert code in [offer["value"] for offer in found(sit("editor"), "country", text)]


def test_a_country_whose_code_is_typed_comes_first(sit: Any) -> None:
    assert found(sit("editor"), "country", "in")[0] == {"value": "IN", "title": "India", "about": "IN"}


@pytest.mark.parametrize(
    ("text", "first"), [("8541", "8541"), ("85.41", "8541"), ("semiconductor devices photovoltaic", "8541")]
)
def test_a_product_code_is_found_by_digits_or_words_the_widest_first(sit: Any, text: str, first: str) -> None:
    offers = found(sit("editor"), "code", text)
    assert offers[0]["value"] == first
    assert len(offers) > 1


def test_a_subheading_is_told_with_the_heading_it_lies_under(sit: Any) -> None:
    [offer] = found(sit("editor"), "code", "010121")
    assert offer["about"] == "HS 2022 010121, within Horses, asses, mules and hinnies; live"


def test_a_measure_is_found_by_a_product_that_it_covers(sit: Any, scoped: None) -> None:
    client = sit("editor")
    assert [offer["value"] for offer in found(client, "measure", "8541.41")] == ["measure/example"]
    assert found(client, "measure", "0101") == []


def test_an_instrument_is_found_with_its_citation_and_address(sit: Any, scoped: None) -> None:
    for text in ("order 14257", "90 FR"):
        assert found(sit("editor", text), "instrument", text) == [
            {
                "value": "Executive Order 14257",
                "title": "Executive Order 14257",
                "about": "90 FR 15041",
                "fill": {"citation": "90 FR 15041", "url": "https://example.org/eo"},
            }
        ]


@pytest.mark.parametrize(
    ("kinds", "text"), [("measure", "zzz"), ("country", "zzz"), ("code", "zzz"), ("spell", "a"), ("", "")]
)
def test_what_is_not_there_is_not_offered(sit: Any, duty: Story, kinds: str, text: str) -> None:
    assert found(sit("editor"), kinds, text) == []


def test_fields_say_what_is_looked_up_for_them() -> None:
    adopted, described = struct_form(Adopted)(), struct_form(Described)()
    instrument, coverage = adopted.children["instrument"], adopted.children["coverage"]
    looked_up = [
        instrument.fields["title"],  # type: ignore[union-attr]
        coverage.children["products"].fields["codes"],  # type: ignore[union-attr]
        coverage.fields["origins"],  # type: ignore[union-attr]
        described.fields["implementer"],
        described.fields["part_of"],
    ]
    kinds = [field.widget.attrs["data-lookup"] for field in looked_up]
    assert kinds == ["instrument", "code", "country", "country", "measure"]


def test_a_lookup_takes_a_fixed_number_of_queries(
    sit: Any, scoped: None, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = sit("editor")
    with django_assert_max_num_queries(
        9
    ):  # session, user, two of permissions, reach, rows, their segments, what follows, their scopes
        found(client, "measure", "exam")
    with django_assert_max_num_queries(4):
        found(client, "code", "horses")


def test_who_sees_no_measures_looks_nothing_up(sit: Any) -> None:
    assert sit("administrator").get(reverse("admin:lookup"), {"kinds": "code", "q": "01"}).status_code == 403
