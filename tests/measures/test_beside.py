"""What differs between two timelines, told known day by known day, is what their folds of each day tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from measures.beside import Answer, answers, joined
from measures.timeline import timeline
from tests.measures.random_histories import stories
from tracker.clocks import FAR
from tracker.corrections import Entry

Told = tuple[str, date, date, str, str]


def by_definition(before: Sequence[Entry], after: Sequence[Entry]) -> set[tuple[date, Told]]:
    """For each known day the steps that change, of the whole timelines of that day."""
    found: set[tuple[date, Told]] = set()
    for day in {entry.known_from for entry in [*before, *after]}:
        old, new = ([entry for entry in side if entry.known_from <= day] for side in (before, after))
        steps = [step for step in joined(timeline(old), timeline(new)) if step.changed]
        found |= {(day, (step.term, step.start, step.until, step.said_before, step.said_after)) for step in steps}
    return found


def day_by_day(found: Sequence[Answer], days: Sequence[date]) -> list[tuple[date, Told]]:
    return [
        (day, (item.term, item.valid_from, item.valid_until, item.before, item.after))
        for day, _ in pairwise([*days, FAR])
        for item in found
        if item.known_from <= day < item.known_until
    ]


@given(story=stories(wrong=False, most=12), coarse=stories(wrong=False, coarse=True), place=st.integers(0, 11))
def test_answers_are_the_steps_that_change_on_each_known_day(story, coarse, place):
    for entries in (story.entries(), coarse.entries()):
        less = [entry for number, entry in enumerate(entries) if number != place % len(entries)]
        for before, after in ((less, entries), (entries, less)):
            found = answers(before, after)
            told = day_by_day(found, sorted({entry.known_from for entry in entries}))
            assert len(told) == len({*told})
            assert {*told} == by_definition(before, after)


@given(story=stories(wrong=False, most=12))
def test_an_answer_that_goes_on_is_told_once(story):
    entries = story.entries()
    found = answers(entries[1:], entries)
    said = [(item.term, item.valid_from, item.valid_until, item.before, item.after) for item in found]
    ends = {(told, item.known_until) for told, item in zip(said, found, strict=True)}
    assert not ends & {(told, item.known_from) for told, item in zip(said, found, strict=True)}
