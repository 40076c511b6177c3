"""The shipped nomenclature: what codes there are, and what may be said of them."""

from __future__ import annotations

import pytest

from measures import nomenclature


def test_the_harmonized_system_is_whole() -> None:
    lengths = [len(code) for code in nomenclature.headings()]
    assert [lengths.count(length) for length in (2, 4, 6)] == [96, 1228, 5612]


def test_every_subheading_lies_under_a_heading_and_every_heading_under_a_chapter() -> None:
    codes = nomenclature.headings()
    assert [code for code in codes if len(code) > 2 and code[:-2] not in codes] == []


@pytest.mark.parametrize("code", ["01", "0101", "010121", "0101210010", "9903", "99038801"])
def test_a_code_that_the_system_has_or_leaves_to_its_users_exists(code: str) -> None:
    assert nomenclature.exists(code)


@pytest.mark.parametrize("code", ["77", "8599", "85999900", "854140"])
def test_a_code_that_the_system_does_not_have_does_not_exist(code: str) -> None:
    assert nomenclature.unknown([code], "2022") == [code]


def test_of_a_revision_that_is_not_shipped_nothing_is_said() -> None:
    assert nomenclature.unknown(["854140"], "2017") == []


def test_every_country_has_a_name() -> None:
    codes = set(nomenclature.countries())
    assert len(codes - {"EU", "XX", "WORLD"}) == 249
    assert {"AR", "ID", "TR", "VN"} < codes
