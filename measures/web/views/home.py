"""The first page: the state of a dispute at the three clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse

from measures.models import Dispute, Segment
from measures.queries import MeasureState
from measures.web import dispute as gathered
from measures.web import drawings, record
from measures.web.clocks import ANY, Travel, at_clocks, takes
from measures.web.pages import page
from measures.web.state import sides

LANES = {"2": 5, "5": 6, "all": 8}


def _json(dispute: Dispute | None) -> dict[str, str]:
    same = {"Measures": "measures/", "Talks": "negotiations/", "Indicators": "indicators/", "Calendar": "calendar/"}
    return {"This page": f"disputes/{dispute.slug}/"} | same if dispute else same


@at_clocks
@takes(dispute=ANY, years=LANES)
def home(request: HttpRequest, travel: Travel) -> HttpResponse:
    point = travel.point
    dispute, disputes = gathered.chosen(point, request.GET.get("dispute"))
    if dispute is None and "dispute" in request.GET:
        there = ", ".join(row.slug for row in disputes) or "none yet"
        raise Http404(f"There is no dispute “{request.GET['dispute']}” at these clocks; dispute may be: {there}.")
    states = gathered.measures(point, dispute)
    found = gathered.segments(point, states)
    talks = gathered.talks(point, dispute)
    courts = gathered.rulings(point, dispute)
    observed = gathered.observed(point, dispute)
    parties = dispute.parties if dispute else []
    own, others = sides(states, parties)
    years = request.GET.get("years", "2")
    tracks = _tracks(found, states, parties, drawings.days_around(point.valid_at, years), LANES[years])
    return page(
        request,
        "web/home.html",
        travel,
        json=_json(dispute),
        dispute=dispute,
        disputes=disputes,
        sides=own,
        others=others,
        step=gathered.step(point.valid_at, found),
        years=years,
        spans=[("2", "2 years"), ("5", "5 years"), ("all", "Everything")],
        drawings=[
            drawings.dispute(size, point.valid_at, years, tracks, talks.all_rounds, courts)
            for size in drawings.OF_DISPUTE
        ],
        tracks=tracks,
        talks=talks,
        courts=[row for row in courts if row.valid_from <= point.valid_at],
        upcoming=gathered.upcoming(point.valid_at, found, states),
        observed=observed,
        corrections=record.corrections_among(
            [segment for item in states for segment in item.terms],
            talks.latest.rows if talks.latest else [],
            [item.row for readings in observed for item in readings.shown],
            [promise.row for promise in talks.promises],
        ),
    )


def _tracks(
    found: Sequence[Segment],
    states: Sequence[MeasureState],
    parties: Sequence[str],
    days: tuple[date, date],
    count: int,
) -> dict[str, list[drawings.Track]]:
    """The lanes of each party's main duties."""
    main = {party: gathered.moved_most(found, states, party, days, count) for party in parties}
    return {
        party: [drawings.Track(item, [row for row in found if row.slug == item.measure.slug]) for item in items]
        for party, items in main.items()
    }
