"""What the site tracks, what its words mean, and what it leaves out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from measures import queries
from measures.web import words
from measures.web.clocks import Travel, at_clocks
from measures.web.pages import page
from measures.wording import LEGAL
from tracker import replay


@at_clocks
def about(request: HttpRequest, travel: Travel) -> HttpResponse:
    point = travel.point
    return page(
        request,
        "web/about.html",
        travel,
        json={},
        counts=[
            ("measures", queries.measures(point).count()),
            ("negotiations", queries.negotiations(point).count()),
            ("indicators", queries.indicators(point).count()),
            ("cases", queries.cases(point).count()),
        ],
        legal=[(name, words.MEANINGS[code]) for code, name in LEGAL.items()],
        application=[(name, words.MEANINGS[code]) for code, name in words.APPLICATIONS.items() if code != "unknown"],
        reach=replay.reach(),
    )
