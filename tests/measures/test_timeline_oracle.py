"""The fold agrees with a second, naive reading of its rules, on random histories and all clocks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import assume, given, settings

from measures.acts import acts
from measures.lanes import Act
from measures.terms import parties, terms
from measures.timeline import NOTHING, Segment, State, of_term, state, timeline
from tests.measures import naive, oracle, worlds
from tests.measures.given import Story
from tests.measures.random_histories import stories
from tracker.corrections import Entry, settle

FIELDS = tuple(oracle.Answer.__dataclass_fields__)
MOST_WORLDS = 150


def shown(answer: State | oracle.Answer) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in FIELDS}


def days_of_change(entries: list[Entry]) -> list[date]:
    """Every day that an entry names, the day before, and the day after."""
    names = ("effective_from", "effective_until", "new_date")
    texts = [text for entry in entries for name in names if (text := getattr(entry.payload, name, None))]
    days = {end for text in texts for end in worlds.span_of(text)} | {entry.known_from for entry in entries}
    return sorted({one + timedelta(days=more) for one in days for more in (-1, 0, 1)})


def known_by(story: Story, position: int, known: date) -> tuple[list[Entry], list[naive.Fact]]:
    history = [item for item in story.history if item.position <= position]
    entries = [entry for entry in settle(history) if entry.known_from <= known]
    return entries, [fact for fact in naive.facts(history) if fact.known <= known]


def parts(found: list[Act]) -> list[tuple[str, str]]:
    return [(name, party) for name in terms(found) for party in ("", *parties(found, name))]


def is_of(segment: Segment, term: str, party: str, day: date) -> bool:
    return (segment.term, segment.party) == (term, party) and segment.valid_from <= day < segment.valid_until


@given(story=stories())
@settings(max_examples=100)
def test_state_and_timeline_agree_with_the_naive_reading_on_every_day_and_known_day(story):
    position = len(story.history)
    for known in sorted({entry.known_from for entry in story.entries()}):
        entries, facts = known_by(story, position, known)
        found = acts(entries)
        assert terms(found) == naive.terms(facts)
        segments = timeline(entries)
        for name, party in parts(found):
            for day in days_of_change(entries):
                expected = shown(oracle.answer(facts, name, day, party))
                assert shown(state(of_term(found, name, party), day)) == expected, (known, name, party, day)
                held = [one.state for one in segments if is_of(one, name, party, day)]
                assert len(held) <= 1
                if held or expected["legal"] != "not_announced":
                    assert shown(held[0]) == expected, (known, name, party, day)


@given(story=stories(most=5, coarse=True, wrong=False))
@settings(max_examples=40)
def test_coarse_and_missing_dates_answer_what_all_their_possible_days_share(story):
    entries, facts = known_by(story, len(story.history), date.max)
    days = days_of_change(entries)
    assume(sum(1 for _ in worlds.worlds(facts, days[0])) <= MOST_WORLDS)
    found, segments = acts(entries), timeline(entries)
    for name, party in parts(found):
        for day in days:
            answer = state(of_term(found, name, party), day)
            possible = worlds.possible(facts, name, day, party)
            assert shown(answer) == worlds.merged(possible), (name, day)
            assert not (len(possible) > 1 and not answer.unknown), (name, day)
            held = [one.state for one in segments if is_of(one, name, party, day)]
            assert (held or [NOTHING]) == [answer] or (not held and answer.legal == "not_announced"), (name, day)


@given(story=stories(most=6))
@settings(max_examples=30)
def test_the_boxes_at_every_position_hold_what_the_naive_reading_says(story):
    for position in range(1, len(story.history) + 1):
        boxes = story.boxes(position)
        knowns = {entry.known_from for entry in story.entries(position)}
        for known in sorted({day + timedelta(days=more) for day in knowns for more in (-1, 0)}):
            entries, facts = known_by(story, position, known)
            for name in naive.terms(facts) if facts else []:
                for day in days_of_change(entries):
                    mine = [box for box in boxes if (box.segment.term, box.segment.party) == (name, "")]
                    held = [box.segment.state for box in mine if box.holds(day, known)]
                    expected = oracle.answer(facts, name, day)
                    assert len(held) <= 1
                    if held or expected.legal != "not_announced":
                        assert shown(held[0]) == shown(expected), (position, known, name, day)


@given(story=stories())
@settings(max_examples=50)
def test_corrections_and_retractions_settle_as_the_naive_reading_says(story):
    for position in range(1, len(story.history) + 1):
        history = [item for item in story.history if item.position <= position]
        settled = [(entry.position, entry.id, entry.order, entry.payload) for entry in settle(history[::-1])]
        assert settled == [(fact.position, fact.id, fact.order, fact.payload) for fact in naive.facts(history)]


def test_a_day_that_no_entry_reaches_has_no_segment():
    assert timeline([]) == []
    assert state([], date(2025, 1, 1)) == NOTHING
