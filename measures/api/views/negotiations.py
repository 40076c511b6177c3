"""Talks: negotiations, their rounds, positions and commitments."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from measures import queries, selecting
from measures.api import building, filters
from measures.api.rounds import round_shapes
from measures.api.shapes.talks import (
    NegotiationDetail,
    NegotiationShape,
    Rounds,
    RoundShape,
)
from measures.models import Negotiation
from tracker.api.clocks import Question
from tracker.api.paging import PAGING, page
from tracker.api.reading import ReadAt
from tracker.api.shapes import Page

EXAMPLE = "us-cn-2025"

BY = filters.party("by", "Whose.", "CN")
ROUND = filters.slug("round", "Those of this round.", "london-2025-06")


def negotiation_fields(row: Negotiation, question: Question) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "parties": row.parties,
        "dispute": row.dispute or None,
        "first_known": row.first_known,
        "unknown": None,
        "set_by": question.links(row.set_by),
        **_addresses(row.slug, question),
    }


def _addresses(slug: str, question: Question) -> dict[str, Any]:
    url = f"{question.base}/api/v1/negotiations/{slug}/"
    return {
        "url": url,
        "links": {name: f"{url}{name}/" for name in ("rounds", "positions", "commitments", "history")},
    }


class Negotiations(ReadAt):
    """The negotiations that were known and recorded at the point, by slug."""

    tag = "negotiations"
    shape = Page[NegotiationShape]
    projections = ("negotiations",)
    problems = ("unknown-value",)
    parameters = (filters.party("party", "Those with this party.", "CN"), filters.DISPUTE, filters.SEARCH, *PAGING)

    def answer_at(self, question: Question, **path: Any) -> Page[NegotiationShape]:
        filters.check_exists(question, "dispute")
        rows = queries.negotiations(question.point)
        if parties := question.values["party"]:
            rows = rows.filter(parties__overlap=parties)
        if dispute := question.values["dispute"]:
            rows = rows.filter(dispute=dispute)
        if words := question.values["q"]:
            rows = selecting.about(rows, words, "title", "slug")
        return page(
            question,
            rows,
            filters.BY_SLUG,
            lambda found: [NegotiationShape(**negotiation_fields(row, question)) for row in found],
        )


class OfNegotiation(ReadAt):
    """The base of what stands under a negotiation."""

    tag = "negotiations"
    projections = ("negotiations",)
    problems: ClassVar[tuple[str, ...]] = ("never-recorded",)
    path_parameters = (filters.path_slug("negotiation", EXAMPLE),)

    def check(self, slug: str) -> None:
        """Raises a Problem where the log has never held the negotiation."""
        filters.check_recorded("negotiation", slug)


class NegotiationBySlug(OfNegotiation):
    """A negotiation with its rounds, agreements and the number of its commitments by status.

    Before the public knew of it, or at a position before it was recorded, its fields are null and `unknown` says why.
    """

    shape = NegotiationDetail

    def answer_at(self, question: Question, **path: Any) -> NegotiationDetail:
        slug, point = path["slug"], question.point
        row = queries.negotiations(point).filter(slug=slug).first()
        if row is None:
            return self._unknown(slug, question)
        statuses = queries.commitments(point).filter(slug=slug).values_list("status", flat=True)
        return NegotiationDetail(
            **negotiation_fields(row, question),
            rounds=_rounds(slug, question),
            commitments=dict(sorted(Counter(statuses).items())),
        )

    def _unknown(self, slug: str, question: Question) -> NegotiationDetail:
        self.check(slug)
        first = queries.first_known(Negotiation, question.point, slug=slug)
        return NegotiationDetail(
            slug=slug,
            title=None,
            parties=[],
            dispute=None,
            first_known=first,
            unknown=building.not_yet(first, question.values["known_at"] or question.point.valid_at),
            set_by=[],
            rounds=[],
            commitments={},
            **_addresses(slug, question),
        )


def _rounds(slug: str, question: Question) -> list[RoundShape]:
    point = question.point
    return round_shapes(
        queries.meetings(point).filter(slug=slug),
        queries.delegations(point).filter(slug=slug),
        queries.agreements(point).filter(slug=slug),
        question,
    )


class NegotiationRounds(OfNegotiation):
    """The rounds of a negotiation: meetings, delegations, agreements.

    In order of their first day. What happened outside any round, such as a call, stands alone with `round` null.
    """

    shape = Rounds

    def answer_at(self, question: Question, **path: Any) -> Rounds:
        self.check(path["slug"])
        return Rounds(results=_rounds(path["slug"], question))
