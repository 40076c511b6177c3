"""The list of pitfalls cannot rot: each remedy stands once where it is said to, and each of its tests exists."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.faults import mutations
from tests.faults.pitfalls import PITFALLS, Remedy

REMEDIES = [remedy for pitfall in PITFALLS for remedy in pitfall.remedies]


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: remedy.says)
def test_a_remedy_stands_where_it_is_said_to(remedy: Remedy) -> None:
    assert (mutations.ROOT / remedy.file).read_text().count(remedy.text) == 1
    assert remedy.text != remedy.without


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: remedy.says)
def test_who_misses_it_is_a_test(remedy: Remedy) -> None:
    for test in remedy.tests:
        file, name = test.split("::")
        module = import_module(file.removesuffix(".py").replace("/", "."))
        assert callable(getattr(module, name)), test


def test_the_page_of_pitfalls_is_what_the_list_says() -> None:
    assert mutations.PAGE.read_text() == mutations.page(), "run: python -m tests.faults.mutations --write"
