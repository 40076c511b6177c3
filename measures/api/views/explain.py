"""Why an answer is what it is, and what would change it next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from measures import queries
from measures.acts import acts
from measures.api import building, filters, rendering
from measures.api.shapes.common import DisagreementShape
from measures.api.shapes.measures import Because, ExplainShape, RuleShape
from measures.api.views.measures import EXAMPLE, unknown_measure
from measures.reasons import RULES, Explanation, Reason, explain
from measures.terms import MAIN, terms
from tracker import log
from tracker.api.clocks import Question
from tracker.api.parameters import SLUG, Parameter
from tracker.api.problems import wrong
from tracker.api.reading import ReadAt
from tracker.api.shapes import ProblemError
from tracker.api.views import sentence
from tracker.corrections import Entry, settle
from tracker.events import encode


class MeasureExplained(ReadAt):
    """Why a measure stands as it does at the point: every entry known and recorded by then, and its part in it.

    An entry that counts sets the status or the rate, or acts on one that does. For the others `because` says what
    keeps them from it: not yet begun, ended, revoked, another entry before it. `next_change` is what follows from the
    texts if nothing else happens. Without `term` the headline term is explained.
    """

    tag = "measures"
    shape = ExplainShape
    projections = ("measures",)
    problems = ("never-recorded", "unknown-value")
    path_parameters = (filters.path_slug("measure", EXAMPLE),)
    parameters = (
        Parameter(name="term", form=SLUG, example="main", description="Another term than the headline."),
        replace(filters.FOR_PARTY, repeated=False, description="For a party for whom alone some act may count."),
    )

    def answer_at(self, question: Question, **path: Any) -> ExplainShape:
        slug, point = path["slug"], question.point
        known = queries.named(slug, point)
        measure = rendering.fields(rendering.shown([known], question)[0] if known else unknown_measure(slug, question))
        stream = known.stream if known else f"measure/{slug}"
        settled = settle(log.read(stream=stream, upto=point.position))
        entries = [entry for entry in settled if entry.known_from <= point.known_at]
        term = _term(question, entries)
        party = question.values["party"]
        found = explain(entries, term, point.valid_at, party or "")
        return ExplainShape(
            slug=measure["slug"],
            term=term,
            party=party,
            status=measure["status"],
            confirmed=measure["confirmed"],
            legal=found.state.legal,
            application=found.state.application,
            rate=building.number(found.state.rate),
            applies_by=found.state.applies_by or None,
            in_transit=found.state.in_transit or None,
            unknown=found.state.unknown or measure["unknown"],
            entries=_entries(found, entries, question),
            rules=_rules(found),
            next_change=measure["next_change"],
        )


def _term(question: Question, entries: list[Entry]) -> str:
    known = terms(acts(entries)) if entries else [MAIN]
    asked: str | None = question.values["term"]
    if asked and asked not in known:
        detail = f"there is no term {asked!r} at this point; there are {', '.join(known)}"
        accepted = ", ".join(known)
        raise wrong(
            [ProblemError(code="unknown-value", detail=detail, parameter="term", value=asked, accepted=accepted)]
        )
    return asked or known[0]


def _entries(found: Explanation, entries: list[Entry], question: Question) -> list[Because]:
    positions = {str(entry.id): entry.position for entry in entries}
    apart = building.disagreements(entries, question)
    return [_because(reason, positions, apart.get(reason.entry.position, []), question) for reason in found.reasons]


def _because(reason: Reason, positions: dict[str, int], apart: list[DisagreementShape], question: Question) -> Because:
    entry = reason.entry
    return Because(
        position=entry.position,
        url=question.link(entry.position).url,
        known_from=entry.known_from,
        type=entry.type,
        sentence=sentence(entry, positions),
        counts=reason.counts,
        because=reason.words,
        rules=list(reason.rules),
        disagrees_with=apart,
        corrected_by=question.links(entry.corrected_by),
        sources=building.sources(encode(entry.payload).get("sources", ())),
    )


def _rules(found: Explanation) -> list[RuleShape]:
    return [RuleShape(rule=rule, sentence=RULES[rule]) for rule in found.rules]
