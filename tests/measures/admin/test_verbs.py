"""Every type that people record has a verb, and a line on when it fits."""

from __future__ import annotations

import re

import pytest

from measures.admin import words
from measures.admin.record import is_recorded_here
from measures.admin.verbs import VERBS
from tracker.events import EventType, event_type, event_types

CHOSEN = [kind for kind in event_types() if kind.corrects or is_recorded_here(kind)]


def test_the_table_names_the_types_that_people_record_and_no_other() -> None:
    assert {*VERBS} == {kind.name for kind in CHOSEN}


@pytest.mark.parametrize("kind", CHOSEN, ids=lambda kind: kind.name)
def test_a_help_is_one_line_of_plain_english_without_a_gap(kind: EventType) -> None:
    verb, said = words.verb(kind), words.in_short(kind)
    assert re.fullmatch(r"[A-Z][a-z ]{2,29}", verb)
    assert re.fullmatch(r"[A-Z][^….{}_]{10,89}\.", said)


def test_the_verbs_of_one_kind_of_stream_differ() -> None:
    for category in {name.partition(".")[0] for name in VERBS}:
        verbs = [verb for name, (verb, _) in VERBS.items() if name.startswith(f"{category}.")]
        assert len(verbs) == len({*verbs}), category


def test_what_nobody_chooses_goes_by_its_own_words() -> None:
    assert words.verb(event_type("key.published")) == "Published"
