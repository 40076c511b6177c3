"""What holds of the boxes of every history: the invariants of three clocks, on random measures.

The engine runs without a database here, but for the last tests, which record through the commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any

import hypothesis
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from measures import commands
from measures.events import measures as vocabulary
from measures.models import Segment
from measures.projections.measures import PROJECTION
from tests.measures.given import DESCRIPTION, Story, Told, corrected, retracted
from tests.measures.given import given as told
from tests.measures.random_histories import apart, stories
from tracker import log
from tracker.boxes import Held, Open, apply, full
from tracker.clocks import NEVER
from tracker.corrections import settle
from tracker.digests import digest
from tracker.envelope import NewEvent, Recorded
from tracker.events import EventError
from tracker.projections import catch_up, ensure_checkpoints, step
from tracker.rebuild import rebuild, scratch_digest
from tracker.running import follow, go_on

COLUMNS = ("valid_from", "valid_until", "known_from", "known_until", "recorded_from", "recorded_until")


def projected(history: Sequence[Recorded], steps: Sequence[int] | None = None, stream: str = "") -> list[Held]:
    """Every box that projecting a history step by step ever opened, with its end on the recorded clock."""
    found: list[Held] = []
    boxes, course, since = Open(), None, 0
    stream = stream or history[0].stream
    for upto in steps or [history[-1].position]:
        before = [item for item in history if item.position <= upto]
        turns = go_on(course, before[len(before) - (upto - since) :]) if course else None
        if turns is None:
            course, turns = follow(lambda: PROJECTION.start(stream), before, since)
        found += apply(turns, stream, boxes).opened
        since = upto
    return found


def values(box: Held) -> dict[str, Any]:
    """A box as a row of its table, with its three periods."""
    assert box.row is not None
    clocks = {"known_from": box.key.known_from, "known_until": box.key.known_until}
    recorded = {"recorded_from": box.recorded_from, "recorded_until": box.recorded_until}
    whole = {"valid_from": date.min, "valid_until": date.max}
    return whole | box.row.values | clocks | recorded


def subject(box: Held) -> tuple[Any, ...]:
    """What a box is about: a measure, a term, a term for a party. There is one truth about it at each point."""
    assert box.row is not None
    return (box.model, box.row.values.get("term"), box.row.values.get("party"))


def open_at(boxes: Sequence[Held], position: int) -> set[Any]:
    return {box.key for box in boxes if box.recorded_from <= position < box.recorded_until}


def ends(story: Story) -> list[int]:
    """The last position of each batch."""
    sizes = [len(batch) for batch in story.batches]
    return [sum(sizes[: place + 1]) for place in range(len(sizes))]


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(
        one[first] < other[until] and other[first] < one[until]
        for first, until in zip(COLUMNS[::2], COLUMNS[1::2], strict=True)
    )


@given(story=stories())
def test_boxes_of_one_subject_never_overlap_on_the_three_clocks_together(story):
    boxes = projected(story.history)
    for one, other in combinations(boxes, 2):
        if subject(one) == subject(other):
            assert not overlap(values(one), values(other))


@given(story=stories())
def test_no_box_is_empty_on_any_clock(story):
    for box in map(values, projected(story.history)):
        assert all(box[first] < box[until] for first, until in zip(COLUMNS[::2], COLUMNS[1::2], strict=True))


@given(story=stories())
def test_equal_boxes_never_touch_on_the_known_clock(story):
    boxes = projected(story.history)
    for position in ends(story):
        keys = sorted(open_at(boxes, position))
        for one, other in pairwise(keys):
            assert one.digest != other.digest or one.known_until < other.known_from


@given(story=stories())
def test_equal_segments_never_touch_on_the_valid_clock(story):
    for known in {entry.known_from for entry in story.entries()}:
        entries = [entry for entry in story.entries() if entry.known_from <= known]
        rows = [row.values for row in PROJECTION.fold(story.stream, entries) if row.model is Segment]
        for one, other in pairwise(rows):
            touch = one["valid_until"] == other["valid_from"]
            days = {"valid_from": None, "valid_until": None}
            assert not touch or one | days != other | days


@given(story=stories())
def test_the_boxes_open_at_a_position_are_those_of_a_full_fold_of_the_entries_up_to_it(story):
    boxes = projected(story.history)
    for position in ends(story):
        entries = settle([item for item in story.history if item.position <= position])
        assert open_at(boxes, position) == set(full(PROJECTION.fold, story.stream, entries))


@given(story=stories())
def test_the_boxes_at_a_point_are_the_fold_of_what_was_recorded_and_known_then(story):
    boxes = projected(story.history)
    for position in ends(story):
        entries = settle([item for item in story.history if item.position <= position])
        days = {entry.known_from + timedelta(days=more) for entry in entries for more in (-1, 0, 1)}
        for day in days:
            known = [entry for entry in entries if entry.known_from <= day]
            rows = {row.digest for row in PROJECTION.fold(story.stream, known)} if known else set()
            held = [key.digest for key in open_at(boxes, position) if key.known_from <= day < key.known_until]
            assert sorted(held) == sorted(rows)


@given(story=stories())
def test_what_is_recorded_later_never_changes_an_answer_at_an_earlier_position(story):
    whole = projected(story.history)
    for position in ends(story):
        before = projected([item for item in story.history if item.position <= position])
        for earlier in (end for end in ends(story) if end <= position):
            assert open_at(before, earlier) == open_at(whole, earlier)


@given(story=stories(), data=st.data())
def test_steps_of_any_size_give_the_same_boxes(story, data):
    steps = sorted({*data.draw(st.lists(st.sampled_from(ends(story)))), ends(story)[-1]})
    stepwise, at_once = projected(story.history, steps), projected(story.history)
    assert [values(box) for box in sorted(stepwise, key=_place)] == [values(box) for box in sorted(at_once, key=_place)]


def _place(box: Held) -> tuple[Any, ...]:
    return (box.recorded_from, box.key)


@given(story=stories())
def test_how_entries_are_batched_moves_the_recorded_clock_alone(story):
    batched, single = projected(story.history), projected(apart(story).history)
    for position in ends(story):
        assert open_at(batched, position) == open_at(single, position)


@given(story=stories(wrong=False), data=st.data())
def test_retracting_a_just_made_correction_restores_the_former_boxes_exactly(story, data):
    number = data.draw(st.integers(1, len(story.history)))
    mistake = data.draw(st.sampled_from([corrected(number, known_from="2025-02-20"), retracted(number)]))
    mended = told(*story.batches, mistake, retracted(len(story.history) + 1))
    boxes = projected(mended.history)
    last = len(story.history)
    assert open_at(boxes, last) == open_at(boxes, last + 2) == open_at(projected(story.history), last)


@given(story=stories(), data=st.data())
def test_the_order_in_which_events_are_handed_over_does_not_matter(story, data):
    """Position alone orders what is equal on the known clock."""
    shuffled = data.draw(st.permutations(story.history))
    assert settle(shuffled) == settle(story.history)
    boxes = full(PROJECTION.fold, story.stream, settle(shuffled))
    assert set(boxes) == open_at(projected(story.history), story.history[-1].position)


@given(story=stories())
def test_no_state_inside_a_batch_is_ever_seen(story):
    visible = {*ends(story), NEVER}
    for box in projected(story.history):
        assert {box.recorded_from, box.recorded_until} <= visible


@given(story=stories(), other=stories(name="other"), data=st.data())
def test_streams_do_not_touch_each_other(story, other, data):
    """Among other streams a stream's positions are others, and nothing else is."""
    gaps = data.draw(st.lists(st.integers(0, 3), min_size=len(story.history), max_size=len(story.history)))
    places = {old: old + sum(gaps[:old]) for old in range(1, len(story.history) + 1)}
    moved = [replace(item, position=places[item.position]) for item in story.history]
    among = projected(moved)
    alone = projected(story.history)
    assert sorted(map(_without_positions, among)) == sorted(map(_without_positions, alone))
    assert {key.digest for key in open_at(projected(other.history), other.history[-1].position)}.isdisjoint(
        key.digest for key in open_at(alone, story.history[-1].position)
    )


def _without_positions(box: Held) -> str:
    left_out = ("legal_causes", "rate_causes", "set_by", "unknown", "recorded_from", "recorded_until")
    return repr(sorted((name, value) for name, value in values(box).items() if name not in left_out))


# In the database


def described(story: Story) -> NewEvent:
    first = min(item.known for batch in story.batches for item in batch if item.known)
    return Told(vocabulary.Described, DESCRIPTION, known=first).event(story.stream, 0)


def record(batch: Sequence[NewEvent]) -> None:
    """Records what the rules let through."""
    try:
        commands.record(batch, today=date(2026, 1, 1))
    except EventError as refused:
        hypothesis.event(f"refused: {refused.code}")


def as_stored() -> dict[int, tuple[Any, ...]]:
    """Every row by its id: what of it never changes, and its end on the recorded clock, which changes once."""
    rows = Segment.objects.filter(generation=1).values_list("id", "stream", "digest", *COLUMNS)
    return {key: (stream, bytes(row), *days) for key, stream, row, *days in rows}


def check_closed_once(before: dict[int, tuple[Any, ...]], after: dict[int, tuple[Any, ...]]) -> None:
    for key, (*fixed, until) in before.items():
        *same, ended = after[key]
        assert same == fixed
        assert ended == until or (until == NEVER and ended > after[key][-2])


def rows_at(position: int) -> set[tuple[Any, ...]]:
    rows = Segment.objects.filter(generation=1, recorded_from__lte=position, recorded_until__gt=position)
    return {(stream, bytes(row), *days) for stream, row, *days in rows.values_list("stream", "digest", *COLUMNS[:4])}


@pytest.mark.django_db
@settings(
    max_examples=max(5, settings().max_examples // 3),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(one=stories(most=7), other=stories(most=4, name="other"), data=st.data())
def test_rows_follow_from_the_log_however_they_came_about_and_never_change_the_past(one, other, data):
    undo = transaction.savepoint()
    ensure_checkpoints()
    waiting = [*one.events, *other.events]
    record([described(one), described(other)])
    answers: dict[int, set[tuple[Any, ...]]] = {}
    stored = as_stored()
    for batch in data.draw(st.permutations(range(len(waiting)))):
        record(waiting[batch])
        if data.draw(st.booleans()):
            while step("measures", limit=data.draw(st.integers(1, 4))):
                pass
            answers[log.head().position] = rows_at(log.head().position)
            before, stored = stored, as_stored()
            check_closed_once(before, stored)
    catch_up("measures")
    assert digest(PROJECTION, 1) == scratch_digest(PROJECTION, log.head().position)
    rebuilt = rebuild("measures")
    assert digest(PROJECTION, rebuilt.generation) == digest(PROJECTION, 1)
    for position, rows in answers.items():
        assert rows_at(position) == rows
    transaction.savepoint_rollback(undo)
