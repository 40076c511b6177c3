"""The promise: an answer at explicit clocks and a position stays the same, byte for byte, whatever comes later."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from measures.events.measures import Described
from tests.measures.api.asking import ask, project
from tests.measures.given import DESCRIPTION, Story, Told
from tests.measures.random_histories import DAYS, KNOWN, stories
from tracker import log

NUMBERS = count(1)
PATHS = ("measures/{slug}/", "measures/{slug}/timeline/", "measures/{slug}/history/", "measures/{slug}/explain/")
LISTS = ("measures/", "calendar/", "events/", "disputes/")

days = st.tuples(st.sampled_from(DAYS), st.sampled_from([*KNOWN, "2024-01-01"]))


def batches(story: Story) -> list[list[Any]]:
    described = Told(Described, DESCRIPTION, known="2024-12-31")
    return [[described.event(story.stream, 0)], *story.events]


def bodies(slug: str, clocks: dict[str, Any]) -> dict[str, bytes]:
    """Every answer about a measure, and every list, at explicit clocks."""
    paths = [path.format(slug=slug) for path in PATHS] + list(LISTS)
    found = {path: ask(path, limit=50, **clocks) if path in LISTS else ask(path, **clocks) for path in paths}
    assert all(response.status_code == 200 for response in found.values())
    assert all(response["Cache-Control"].endswith("immutable") for response in found.values())
    return {path: response.content for path, response in found.items()}


@pytest.mark.django_db
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories(most=6, name="placeholder"), asked=st.lists(days, min_size=1, max_size=2))
def test_no_answer_at_a_position_changes_with_what_is_recorded_later(
    story: Story, asked: list[tuple[str, str]]
) -> None:
    slug = f"random-{next(NUMBERS)}"
    story = Story(f"measure/{slug}", story.batches)
    answers: dict[tuple[str, str, int], dict[str, bytes]] = {}
    for batch in batches(story):
        position = log.append(batch)[-1].position
        project()
        for valid, known in asked:
            clocks = {"valid_at": valid, "known_at": known, "position": position}
            answers[valid, known, position] = bodies(slug, clocks)
    for (valid, known, position), before in answers.items():
        assert bodies(slug, {"valid_at": valid, "known_at": known, "position": position}) == before
