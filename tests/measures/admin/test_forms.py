"""Forms are generated from payloads: every type of the vocabulary has one, and it can say whatever was ever said."""

from __future__ import annotations

from typing import Any

import pytest

from measures import importing
from measures.admin.forms import Known, StructForm, struct_form
from measures.events import measures as vocabulary
from measures.events.common import Coverage, Figure
from tests.measures.admin.hands import query, read_back
from tests.measures.histories import HISTORIES
from tracker.clocks import FORMS
from tracker.events import EventType, Payload, Source, encode, event_types


@pytest.mark.parametrize("kind", event_types(), ids=lambda kind: kind.name)
def test_every_event_type_has_a_form_with_every_field_that_can_be_typed(kind: EventType) -> None:
    form = struct_form(kind.payload)(prefix="data")
    typed_elsewhere = {"patch"}
    assert set(form.shown_order) == set(kind.payload.__struct_fields__) - typed_elsewhere


@pytest.mark.parametrize("kind", event_types(), ids=lambda kind: kind.name)
def test_an_empty_sheet_of_any_type_is_refused_for_its_source_and_shows_every_field_once(kind: EventType) -> None:
    form = struct_form(kind.payload)(query({}), prefix="data")
    assert not form.is_valid()
    shown = [inner.name for item in form.layout() for inner in (item.content if item.kind == "fold" else [item])]
    assert sorted(shown) == sorted(form.shown_order)


def test_a_source_begins_with_its_address_from_which_the_rest_is_filled_in() -> None:
    assert struct_form(Source).shown_order[:2] == ("url", "title")


def test_no_browser_cuts_off_what_is_too_long_and_the_form_tells_it() -> None:
    form = struct_form(Source)(query({"title": "T" * 501, "citation": "No. 1"}))
    assert "length=" not in str(form)
    assert form.errors == {"title": ["Ensure this value has at most 500 characters (it has 501)."]}


def shape(value: Any) -> Any:
    """Which fields something uses, whatever they hold."""
    if isinstance(value, dict):
        return tuple((name, shape(inner)) for name, inner in sorted(value.items()))
    return (len(value) > 1, shape(value[0])) if isinstance(value, list) and value else type(value)


def shipped_payloads() -> list[Payload]:
    """One shipped payload of each shape."""
    batches = [batch for path in importing.files() for batch in importing.read(path)]
    payloads = [event.payload for batch in batches if isinstance(batch, importing.Batch) for event in batch.events]
    return list({(type(item), shape(encode(item))): item for item in payloads}.values())


def test_forms_say_the_shipped_events_without_a_loss() -> None:
    payloads = shipped_payloads()
    assert len(payloads) > 200
    for payload in payloads:
        form, said = read_back(payload)
        assert said == payload, (payload, form.errors)


@pytest.mark.parametrize("name", HISTORIES)
def test_forms_say_the_histories_from_elsewhere_without_a_loss(name: str) -> None:
    story, _ = HISTORIES[name]
    for event in (item for batch in story.events for item in batch):
        form, said = read_back(event.payload)
        assert said == event.payload, (event.payload, form.errors)


def suspension(**typed: str) -> Any:
    sent = {"effective_from": "2025-05-14", "sources-TOTAL_FORMS": "1", "sources-INITIAL_FORMS": "0"}
    sent |= {"sources-0-title": "The gazette", "sources-0-citation": "No. 1"} | typed
    return struct_form(vocabulary.Suspended)(
        query({f"data-{name}": value for name, value in sent.items()}), prefix="data"
    )


def test_an_error_stands_at_its_field_and_names_value_and_accepted_form() -> None:
    form = suspension(effective_from="14.5.2025", stays="ten")
    assert not form.is_valid()
    assert form.errors["effective_from"] == [f"“14.5.2025” is not accepted; write {FORMS}"]
    assert "“ten”" in form.errors["stays"][0]
    assert "7.5, not 0.075" in form.errors["stays"][0]


def test_a_day_that_no_calendar_has_is_refused() -> None:
    form = suspension(effective_from="2025-02-30")
    assert not form.is_valid()
    assert "2025-02-30" in form.errors["effective_from"][0]


@pytest.mark.parametrize("day", ["2025", "2025-05", "2025-05-14"])
def test_a_date_is_as_coarse_as_it_is_typed(day: str) -> None:
    form = suspension(effective_until=day)
    assert form.is_valid(), form.errors
    assert form.value()["effective_until"] == day


def test_a_source_without_address_and_citation_is_refused_at_its_row() -> None:
    form = suspension(**{"sources-0-citation": ""})
    assert not form.is_valid()
    row = form.children["sources"].forms[0]
    assert "needs a url (https://...) or a citation" in str(row.non_field_errors())


def test_an_entry_without_any_source_is_refused() -> None:
    form = suspension(**{"sources-0-title": "", "sources-0-citation": ""})
    assert not form.is_valid()
    assert "At least one of the sources is needed." in form.children["sources"].non_form_errors()


def test_an_obligation_is_typed_as_a_sentence_and_shown_as_one() -> None:
    form = struct_form(vocabulary.RateChanged)(
        prefix="data", initial={"obligation": {"kind": "ad_valorem", "percent": "25"}}
    )
    assert form["obligation"].value() == "25%"


def test_a_wrong_obligation_is_taught_at_its_field() -> None:
    form = struct_form(vocabulary.RateChanged)(query({"data-obligation": "25 points"}), prefix="data")
    assert not form.is_valid()
    assert '"34%"' in form.errors["obligation"][0]


def test_product_codes_are_typed_with_dots_commas_or_lines() -> None:
    form = struct_form(Coverage)(query({"c-products-codes": "8541.40, 8542\n850440"}), prefix="c")
    assert form.is_valid(), form.errors
    value = form.value()
    assert value is not None
    assert value["products"]["codes"] == ["854140", "8542", "850440"]


def test_a_wrong_code_is_named_with_its_place() -> None:
    form = struct_form(Coverage)(query({"c-products-codes": "8541.40 85421"}), prefix="c")
    assert not form.is_valid()
    products = form.children["products"]
    assert isinstance(products, StructForm)
    assert "code 2: “85421”" in products.errors["codes"][0]


def test_a_struct_that_was_left_empty_is_left_out_whatever_its_defaults() -> None:
    form = suspension(**{"instrument-title": ""})
    assert form.is_valid(), form.errors
    assert "instrument" not in form.value()


def test_a_struct_that_was_begun_has_to_be_finished() -> None:
    form = suspension(**{"instrument-citation": "90 FR 15041"})
    assert not form.is_valid()
    assert "title" in form.children["instrument"].errors


def test_what_a_struct_asks_of_its_fields_together_is_refused_at_the_struct() -> None:
    form = struct_form(Figure)(query({"f-name": "share_pct", "f-value": "70", "f-text": "seventy"}), prefix="f")
    assert not form.is_valid()
    assert "takes either a value (a decimal) or a text" in str(form.non_field_errors())


def test_an_unknown_entry_cannot_be_named() -> None:
    known = Known(entries=[("5d0cf7f3-66a5-4c8e-9a36-1f5b8e0f6b11", "#1 Adopted 10%")])
    sent = {"data-entry": "00000000-0000-0000-0000-000000000000"}
    form = struct_form(vocabulary.Postponed)(query(sent), prefix="data", known=known)
    assert not form.is_valid()
    assert "entry" in form.errors


def test_a_quiet_form_keeps_what_was_typed_and_says_nothing_against_it() -> None:
    form = struct_form(vocabulary.Suspended)(
        query({"data-effective_from": "soon"}), prefix="data", known=Known(quiet=True)
    )
    assert not form.errors
    assert form["effective_from"].value() == "soon"


def test_what_a_rule_says_is_put_where_its_pointer_leads() -> None:
    form = suspension(**{"instrument-title": "An act"})
    assert form.is_valid(), form.errors
    form.place("effective_until", "too early")
    form.place("sources/0/published", "no such day")
    form.place("instrument/title", "unheard of")
    form.place("nowhere", "in general")
    assert form.errors["effective_until"] == ["too early"]
    assert form.children["sources"].forms[0].errors["published"] == ["no such day"]
    assert form.children["instrument"].errors["title"] == ["unheard of"]
    assert "in general" in form.non_field_errors()


def test_rows_left_empty_between_others_are_left_out() -> None:
    sent = {"sources-TOTAL_FORMS": "3", "sources-2-title": "Another", "sources-2-url": "https://example.org/b"}
    form = suspension(**sent)
    assert form.is_valid(), form.errors
    assert [source["title"] for source in form.value()["sources"]] == ["The gazette", "Another"]


def test_rows_are_pasted_from_a_spreadsheet_or_with_semicolons() -> None:
    pasted = "He Lifeng\tVice-premier\tCN\nScott Bessent; Treasury Secretary; US\n\nGreer"
    form = suspension(**{"people-TOTAL_FORMS": "1", "people-INITIAL_FORMS": "0", "people-paste": pasted})
    assert form.is_valid(), form.errors
    assert form.value()["people"] == [
        {"name": "He Lifeng", "role": "Vice-premier", "side": "CN"},
        {"name": "Scott Bessent", "role": "Treasury Secretary", "side": "US"},
        {"name": "Greer"},
    ]


def test_a_wrong_pasted_row_is_told_at_its_row() -> None:
    form = suspension(**{"figures-paste": "share_pct; 70\nShare; many"})
    assert not form.is_valid()
    right, wrong = form.children["figures"].forms
    assert right.is_valid()
    assert "“Share” is not accepted" in wrong.errors["name"][0]


def test_the_own_fields_of_a_type_stand_before_those_it_inherits() -> None:
    order = struct_form(vocabulary.Suspended).shown_order
    assert order.index("effective_from") < order.index("term") < order.index("sources")


def test_the_seldom_fields_of_a_source_are_folded_away() -> None:
    folds = [item for item in struct_form(Source)(prefix="s").layout() if item.kind == "fold"]
    assert [item.name for item in folds[0].content] == ["language", "quote", "says"]
    assert not folds[0].is_open
