"""Every type that people record has a verb, and a line on when it fits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from measures.admin import words
from measures.admin.forms import StructForm, struct_form
from measures.admin.helps import HELP
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


PLAIN = {"title", "publisher", "official", "name", "city", "schema"}
"""Fields whose name says enough."""


def fields_of(form: type[StructForm]) -> Iterator[tuple[type[StructForm], str]]:
    """Every field of a form and of the forms in it."""
    yield from ((form, name) for name in form.base_fields)
    for inner in [*form.part_forms.values(), *(rows.form for rows in form.row_sets.values())]:
        yield from fields_of(inner)


@pytest.mark.parametrize("kind", CHOSEN, ids=lambda kind: kind.name)
def test_a_field_says_what_it_takes_unless_its_name_does(kind: EventType) -> None:
    silent = {name for form, name in fields_of(struct_form(kind.payload)) if not form.base_fields[name].help_text}
    assert silent <= PLAIN


def help_of(kind: str, name: str) -> str:
    return str(struct_form(event_type(kind).payload).base_fields[name].help_text)


def test_the_help_of_a_field_is_true_of_its_type() -> None:
    assert help_of("measure.adopted", "effective_from").startswith("The first day it applies (")
    assert help_of("measure.terminated", "effective_from").startswith("The first day it no longer applies (")
    assert "commitment" in help_of("entry.retracted", "reason")
    assert "it is published" in help_of("measure.became_unknown", "reason")
    assert help_of("measure.suspended", "parties").startswith("Only where it counts for some alone")


def test_no_help_is_of_a_field_that_nothing_has() -> None:
    found: set[str] = set()
    for kind in CHOSEN:
        for form, name in fields_of(struct_form(kind.payload)):
            classes = [cls.__name__ for cls in form.struct_type.__mro__]
            found |= {name, *(f"{owner}.{name}" for owner in [kind.name, *classes])}
    assert {*HELP} <= found
