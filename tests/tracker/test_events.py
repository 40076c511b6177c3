"""Event types: registered once, typed, versioned, and upcast when read."""

import json
from typing import Annotated

import msgspec
import pytest

from tests.tracker.tallies import FIRST_SCHEMA, SOURCES, TYPES, Counted
from tracker import events, inside
from tracker.clocks import FORMS
from tracker.events import EventError, FutureSchema, Payload, Source, UnknownEventType, event
from tracker.ledger.canonical import canonical

pytestmark = pytest.mark.usefixtures("tallies")

COUNTED = TYPES["tally.counted"]
SOURCE = {"title": "Ledger", "url": "https://example.org/ledger"}


def test_a_type_is_a_payload_with_a_name_a_schema_and_a_sentence():
    kind = events.event_type("tally.counted")
    assert (kind.name, kind.schema, kind.categories, kind.group) == ("tally.counted", 2, ("tally",), "tally")
    assert kind.sentence == "Counted {amount} on {counted_on}."
    assert events.type_of(Counted(sources=SOURCES, amount=1)) is kind


def test_an_unknown_type_is_refused_with_where_to_look():
    with pytest.raises(UnknownEventType) as refused:
        events.event_type("tally.invented")
    assert str(refused.value).startswith("'tally.invented' is not a registered event type; event-types/ lists them all")
    assert (refused.value.field, refused.value.code) == ("type", "unknown-event-type")


def test_a_type_is_registered_once():
    with pytest.raises(ValueError, match=r"event type tally\.counted is registered twice"):
        event("tally.counted")(Counted)


def test_a_type_needs_its_sentence():
    class Mute(Payload):
        pass

    with pytest.raises(ValueError, match="needs a docstring: it is the sentence that people read"):
        event("tally.muted")(Mute)


def test_a_new_schema_needs_the_upcasters_from_all_before_it():
    with pytest.raises(ValueError, match=r"lacks upcasters from schemas before 3"):
        event("tally.recounted", schema=3, upcasters={1: dict})(Counted)


def test_what_is_encoded_decodes_to_the_same_and_leaves_defaults_out():
    payload = Counted(sources=SOURCES, amount=3, counted_on="2025-06")
    data = json.loads(canonical(events.encode(payload)))
    assert data == {"sources": [SOURCE], "amount": 3, "counted_on": "2025-06"}
    assert COUNTED.decode(2, data) == payload


def test_an_old_payload_is_upcast_to_the_schema_of_today():
    old = {"sources": [SOURCE], "count": 3}
    assert FIRST_SCHEMA.decode(1, old)  # what the code of then accepted
    assert COUNTED.decode(1, old) == Counted(sources=SOURCES, amount=3)
    assert old == {"sources": [SOURCE], "count": 3}  # and what is stored stays as it was


def test_upcasters_follow_one_another():
    chain = events.EventType(
        **{name: getattr(COUNTED, name) for name in ("name", "payload", "sentence", "categories", "group")},
        schema=3,
        upcasters={**COUNTED.upcasters, 2: lambda data: data | {"amount": data["amount"] * 10}},
    )
    thirty, three = (Counted(sources=SOURCES, amount=amount) for amount in (30, 3))
    assert chain.decode(1, {"sources": [SOURCE], "count": 3}) == thirty
    assert chain.decode(2, {"sources": [SOURCE], "amount": 3}) == thirty
    assert chain.decode(3, {"sources": [SOURCE], "amount": 3}) == three


def test_a_schema_from_the_future_is_not_guessed_at():
    with pytest.raises(
        FutureSchema, match=r"tally\.counted has schema 99, this code knows 2: upgrade before reading on"
    ):
        COUNTED.decode(99, {"sources": [SOURCE], "amount": 3})


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({}, "/data/sources", "missing required field `sources`"),
        ({"sources": [SOURCE]}, "/data/amount", "missing required field `amount`"),
        ({"sources": [SOURCE], "amount": "3"}, "/data/amount", "Expected `int`, got `str`"),
        ({"sources": [SOURCE], "amount": -1}, "/data/amount", "Expected `int` >= 0"),
        ({"sources": [SOURCE], "amount": 1, "colour": "red"}, "/data/colour", "unknown field `colour`"),
        ({"sources": [], "amount": 1}, "/data/sources", "length >= 1"),
        (
            {"sources": [{"url": "https://x.org"}], "amount": 1},
            "/data/sources/0/title",
            "missing required field `title`",
        ),
        ({"sources": [{"title": "x"}], "amount": 1}, "/data/sources/0", "source 'x' needs a url (https://...) or a"),
        ({"sources": [SOURCE | {"url": "x.org"}], "amount": 1}, "/data/sources/0/url", "matching regex"),
        ({"sources": [SOURCE], "amount": 1, "counted_on": "9 June"}, "/data/counted_on", "matching regex"),
    ],
)
def test_malformed_data_is_refused_by_field_and_accepted_form(data, field, words):
    with pytest.raises(EventError) as refused:
        COUNTED.decode(2, data)
    assert (refused.value.field, refused.value.code) == (field, "malformed-data")
    assert str(refused.value).startswith("tally.counted: ")
    assert words in str(refused.value)


def test_a_payload_is_frozen():
    payload = Counted(sources=SOURCES, amount=1)
    with pytest.raises(AttributeError):
        payload.amount = 2  # type: ignore[misc]


class Period(events.Struct):
    first: events.Day
    days: tuple[events.ExactDay, ...] = ()


class Dated(Payload):
    period: Period | None = None
    also: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}$")] | None = None


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (Dated(sources=(Source(title="x", url="https://x.org", published="2025-02-30"),)), "/data/sources/0/published"),
        (Dated(sources=SOURCES, period=Period(first="2025-13")), "/data/period/first"),
        (Dated(sources=SOURCES, period=Period(first="2025", days=("2025-06-09", "2025-06-31"))), "/data/period/days"),
    ],
)
def test_a_day_that_no_calendar_has_is_refused_wherever_it_stands(payload, field):
    with pytest.raises(EventError, match=f"is not a date; write {FORMS}") as refused:
        inside.check_days(payload)
    assert (refused.value.field, refused.value.code) == (field, "malformed-date")


def test_days_that_exist_and_texts_that_only_look_like_days_pass():
    inside.check_days(Dated(sources=SOURCES, also="2025-13", period=Period(first="2024-02-29", days=("2025-06-09",))))


def test_the_json_schema_of_a_type_says_what_a_payload_needs():
    schema = events.json_schema(COUNTED)["$defs"]["Counted"]
    assert schema["required"] == ["sources", "amount"]
    assert schema["properties"]["amount"] == {"type": "integer", "minimum": 0}
    assert schema["additionalProperties"] is False
