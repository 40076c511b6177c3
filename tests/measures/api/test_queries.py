"""What each endpoint costs: the same queries whatever the size of the page.

Every endpoint with clocks asks three queries for its point: the checkpoints that are served; the last event at or
before the position; the streams that are parked. A position that the read models have not reached asks for the head
besides.
The log alone asks for its head only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from measures import commands
from measures.api import texts
from measures.events import negotiations
from tests.measures.api.asking import TALKS, TODAY, answer, happened, project, talks, told, truce
from tests.measures.given import Story, adopted, corrected, given, on, suspended

pytestmark = pytest.mark.django_db

POINT = 1  # how far the read models are, the end of the batch, parked streams

COSTS: dict[str, int] = {
    "measures/": POINT + 2,  # measures; which boxes hold for them
    "measures/?implementer=US&legal=in_force&product=87&q=duty&changed_since=0": POINT + 1,  # none is found
    "measures/?dispute=quarrel": POINT + 2,  # whether the dispute is recorded; measures
    "measures/us-example/": POINT + 2,  # the measure; which boxes hold for it
    "measures/us-example/?known_at=2020-01-01": POINT + 4,  # its slug then, or ever; its stream; since when it is known
    "measures/us-example/timeline/": POINT + 2,  # the measure; its segments
    "measures/us-example/history/": POINT + 2,  # its stream; its events
    "measures/us-example/explain/": POINT + 3,  # as the measure; its events
    "negotiations/": POINT + 1,  # negotiations
    "negotiations/talks/": POINT + 5,  # the negotiation; commitments; meetings; delegations; agreements
    "negotiations/talks/rounds/": POINT + 4,  # whether it is recorded; meetings; delegations; agreements
    "negotiations/talks/positions/": POINT + 2,  # whether it is recorded; positions
    "negotiations/talks/commitments/": POINT + 2,  # whether it is recorded; commitments
    "negotiations/talks/history/": 2,  # the head; its events
    "positions/": POINT + 1,  # positions
    "commitments/?overdue=true&due_from=2025-01-01": POINT + 1,  # commitments
    "indicators/": POINT + 2,  # indicators; their latest observations
    "indicators/share/": POINT + 2,  # the indicator; its latest observation
    "indicators/share/observations/": POINT + 2,  # whether it is recorded; observations
    "cases/": POINT + 2,  # cases; their proceedings
    "cases/suit/": POINT + 2,  # the case; its proceedings
    "disputes/": POINT + 1,  # disputes
    "disputes/quarrel/": POINT + 8,  # the dispute; streams of five kinds; what was corrected; the page
    "calendar/?valid_at=2025-04-03": POINT + 3,  # segments; titles; what holds before each
    "calendar/?valid_at=2025-04-03&implementer=US": POINT + 3,  # the same
    "compare/?from_valid_at=2025-04-03": 2 * POINT
    + 6
    + 2 * 4
    + 2
    + 1,  # two points; terms, scopes, slugs both ways; two lists; all that is said of them; causes
    "events/": 2,  # the head; events
    "events/1/": 1,  # the event
    "event-types/": 0,
    "event-types/measure.adopted/": 0,
    "problems/": 0,
    "": 1,  # the head
}


def test_an_endpoint_asks_only_the_queries_that_are_listed(
    subtests: pytest.Subtests, django_assert_num_queries: Any
) -> None:
    told(truce())
    talks()
    for path, cost in COSTS.items():
        answer(path)  # what boxes say is written out once, see below
        with subtests.test(path), django_assert_num_queries(cost):
            answer(path)


def test_a_list_costs_the_same_however_long_it_is(subtests: pytest.Subtests, django_assert_num_queries: Any) -> None:
    talks()
    told(truce(), *map(one_of_many, range(12)))
    for path in (path for path in COSTS if path.partition("?")[0].count("/") == 1):
        answer(path)
        with subtests.test(path), django_assert_num_queries(COSTS[path]):
            answer(path)


def test_what_boxes_say_that_nobody_asked_for_lately_costs_a_query_a_kind(django_assert_num_queries: Any) -> None:
    told(truce(), *map(one_of_many, range(12)))
    texts.forget()
    with django_assert_num_queries(COSTS["measures/"] + 2):  # measures; segments; none has a scope
        answer("measures/")
    with django_assert_num_queries(COSTS["measures/"]):
        answer("measures/")


def test_the_line_of_a_dispute_costs_the_same_however_much_happened_in_it(django_assert_num_queries: Any) -> None:
    recorded = talks()
    mended = [replace(corrected(1, note="Mended.").event(TALKS, n), corrects=recorded[n].id) for n in (2, 3)]
    commands.record(mended, today=TODAY)
    project()
    costs = COSTS["disputes/quarrel/"] + 2  # the entries that were corrected; the places of those named
    with django_assert_num_queries(costs):
        answer("disputes/quarrel/", limit=3)
    later = [happened(TALKS, "2025-07-01", negotiations.CallHeld, held_on="2025-07-01") for _ in range(40)]
    commands.record(later, today=TODAY)
    project()
    with django_assert_num_queries(costs):
        answer("disputes/quarrel/", limit=40)


def one_of_many(number: int) -> Story:
    return given(
        on("2025-04-02", adopted("10%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12")),
        stream=f"measure/m{number}",
    )
