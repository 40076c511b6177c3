"""A measure's timeline, grown entry by entry, is at each step the timeline of the entries so far."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from measures.events import measures as vocabulary
from measures.growing import Growing
from measures.projections.measures import RunningMeasure, fold
from measures.timeline import Segment, timeline
from tests.measures.given import Story, Told, adopted, on, rate_changed
from tests.measures.random_histories import KNOWN, stories
from tracker.corrections import Entry
from tracker.running import Row


def grown(growing: Growing, held: set[Segment], entries: list[Entry]) -> set[Segment]:
    gone, came = growing.add(entries)
    assert held.issuperset(gone)
    return held.difference(gone).union(came)


@st.composite
def in_order(draw: Any, **how: Any) -> Story:
    """A random history without mistakes, known in the order in which it is recorded."""
    story = draw(stories(wrong=False, most=14, **how))
    count = sum(len(batch) for batch in story.batches)
    days = sorted(draw(st.lists(st.sampled_from(KNOWN), min_size=count, max_size=count)))
    known = iter(days)
    return Story(
        story.stream, [[replace(told, known=next(known), seq=None) for told in batch] for batch in story.batches]
    )


@given(story=in_order())
def test_with_exact_days(story):
    _check(story)


@given(story=in_order(coarse=True))
def test_with_coarse_days(story):
    _check(story)


def _check(story: Story) -> None:
    growing, held, so_far = Growing(), set[Segment](), list[Entry]()
    for _, same_day in groupby(story.entries(), key=lambda entry: entry.known_from):
        entries = list(same_day)
        so_far += entries
        held = grown(growing, held, entries)
        assert held == set(timeline(so_far))


@given(story=in_order(), name=st.integers(0, 3), merge=st.integers(0, 5))
def test_and_so_are_its_rows_even_when_the_measure_is_renamed_and_merged_on_the_way(story, name, merge):
    running, held, so_far = RunningMeasure(story.stream), dict[bytes, Row](), list[Entry]()
    for place, entry in enumerate(story.entries()):
        more = [entry, *([_renamed(entry)] if place == name else []), *([_merged(entry)] if place == merge else [])]
        so_far += more
        found = running.add(more)
        for row in found.gone:
            del held[row.digest]
        assert held.keys().isdisjoint(row.digest for row in found.came)
        held |= {row.digest: row for row in found.came}
        assert held.keys() == {row.digest for row in fold(story.stream, so_far)}


def _renamed(entry: Entry) -> Entry:
    payload = vocabulary.Renamed(slug="another", sources=entry.payload.sources)
    return msgspec.structs.replace(entry, type="measure.renamed", payload=payload)


def _merged(entry: Entry) -> Entry:
    payload = vocabulary.Merged(into="the-other", sources=entry.payload.sources)
    return msgspec.structs.replace(entry, type="measure.merged", payload=payload)


def test_a_step_far_ahead_leaves_the_segments_before_it_alone():
    story = Story("measure/example", [[told] for told in _yearly_steps(30)])
    growing, held = Growing(), set[Segment]()
    changed = []
    for entry in story.entries():
        gone, came = growing.add([entry])
        held = held.difference(gone).union(came)
        changed.append(len(gone) + len(came))
    assert held == set(timeline(story.entries()))
    assert max(changed) <= 3


def _yearly_steps(count: int) -> list[Told]:
    steps = [on(f"{2000 + year}-01-15", rate_changed(f"{year}%", f"{2000 + year}-07-01")) for year in range(1, count)]
    return [told for step in [on("2000-01-15", adopted("10%", "2000-07-01")), *steps] for told in step]
