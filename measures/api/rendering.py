"""Measures as PostgreSQL writes them: the JSON of a whole page in one statement, whatever its length.

What a row says is written out by the database and passes through here as bytes. Only sentences are made in Python,
from the few fields that they tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from msgspec import Raw

from measures.api.shapes.measures import MeasureShape, NextChange, ScopeShape
from measures.models import Measure
from measures.parties import for_parties
from measures.wording import change_sentence, status
from tracker.api import exports
from tracker.api.clocks import Question
from tracker.api.shapes import Link
from tracker.clocks import DAWN, FAR

HELD = """
generation = %(generation)s AND stream = {stream}
AND known_from <= %(known_at)s AND known_until > %(known_at)s
AND recorded_from <= %(position)s AND recorded_until > %(position)s
"""
"""What a stream says as known and recorded."""
OF_IT = HELD.format(stream="measure.stream")

LINKS = """
(SELECT COALESCE(json_agg(link), '[]') FROM (
    SELECT position, %(base)s || '/api/v1/events/' || position || '/' AS url FROM ({}) AS cause(position)
    ORDER BY position
) AS link)
"""

RUN = f"""
SELECT run.term, run.headline, NULLIF(run.party, '') AS party, run.legal, run.application, run.operational,
    trim_scale(run.rate) AS rate, trim_scale(run.rate_min) AS rate_min, trim_scale(run.rate_max) AS rate_max,
    trim_scale(run.statutory_rate) AS statutory_rate, trim_scale(run.suspended_points) AS suspended_points,
    (left(NULLIF(run.obligation, 'null')::text, -1) || ',"sentence":' || to_json(run.sentence) || '}}')::json
        AS obligation,
    NULLIF(run.applies_by, '') AS applies_by, NULLIF(run.in_transit, '') AS in_transit,
    NULLIF(run.valid_from, %(dawn)s) AS valid_from, NULLIF(run.valid_until, %(far)s) AS valid_until,
    {LINKS.format("SELECT unnest(run.legal_causes) UNION SELECT unnest(run.rate_causes)")} AS set_by,
    NULLIF(run.unknown, '') AS unknown
"""
"""A segment as TermShape has it."""

TERMS = f"""
WITH now AS MATERIALIZED (
    SELECT * FROM measures_segment WHERE {OF_IT} AND valid_from <= %(valid_at)s AND valid_until > %(valid_at)s
), change AS (
    SELECT * FROM measures_segment AS later WHERE {OF_IT} AND headline
    AND valid_from > %(valid_at)s AND valid_until > %(valid_at)s AND NOT EXISTS (
        SELECT FROM now WHERE now.headline
        AND (now.legal, now.application, now.operational, now.sentence, now.rate)
            IS NOT DISTINCT FROM (later.legal, later.application, later.operational, later.sentence, later.rate)
    ) ORDER BY valid_until LIMIT 1
)
SELECT json_agg(shape ORDER BY run.headline DESC, run.term)
        FILTER (WHERE run.valid_from <= %(valid_at)s AND run.party = ''),
    json_agg(shape ORDER BY run.term, run.party) FILTER (WHERE run.party <> ''),
    json_agg(shape) FILTER (WHERE run.valid_from > %(valid_at)s) -> 0
FROM (TABLE now UNION ALL TABLE change) AS run CROSS JOIN LATERAL ({RUN}) AS shape
"""  # noqa: S608 - of our own parts
"""The terms of the day, the headline first; what holds for single parties for whom alone some act counts; and the next
headline that says something else."""

SCOPE = f"""
SELECT json_agg(shape ORDER BY scope.term), json_agg(scope.coverage) FILTER (WHERE scope.term = '') FROM (
    SELECT * FROM measures_scope WHERE {OF_IT} AND valid_from <= %(valid_at)s AND valid_until > %(valid_at)s
) AS scope CROSS JOIN LATERAL (
    SELECT NULLIF(scope.term, '') AS term, NULLIF(scope.coverage, 'null') AS coverage, scope.added, scope.removed,
        NULLIF(scope.valid_from, %(dawn)s) AS valid_from, NULLIF(scope.valid_until, %(far)s) AS valid_until,
        NULLIF(scope.unknown, '') AS unknown, {LINKS.format("SELECT unnest(scope.set_by)")} AS set_by
) AS shape
"""  # noqa: S608 - of our own parts

STATED = f"""
SELECT 0 FROM measures_segment WHERE {OF_IT} AND headline AND rate_max IS NOT NULL
    AND valid_from > %(valid_at)s AND valid_until > %(valid_at)s LIMIT 1
"""  # noqa: S608 - of our own parts
"""What is due where no headline is yet: nothing, or null where no rate was ever stated."""

PAGE = f"""
SELECT row_to_json(shape)::text FROM unnest(%(ids)s::bigint[], %(covers)s::text[]) WITH ORDINALITY
    AS asked(id, covers, place)
JOIN measures_measure AS measure USING (id)
CROSS JOIN LATERAL ({TERMS}) AS terms(shapes, own, change)
CROSS JOIN LATERAL ({SCOPE}) AS scope(shapes, coverage)
CROSS JOIN LATERAL (SELECT %(base)s || '/api/v1/measures/' || measure.slug || '/' AS url) AS address
CROSS JOIN LATERAL (
    SELECT measure.slug, address.url, measure.title, measure.kind, measure.direction,
        NULLIF(measure.implementer, '') AS implementer, measure.targets, NULLIF(measure.authority, '') AS authority,
        NULLIF(measure.dispute, '') AS dispute, measure.confirmed_until > %(valid_at)s AS confirmed,
        measure.confirmed_until, measure.corrected, measure.first_known, measure.retaliation_for,
        NULLIF(measure.part_of, '') AS part_of, NULLIF(measure.successor_of, '') AS successor_of, measure.aliases,
        CASE WHEN scope.coverage IS NULL THEN NULLIF(measure.coverage, 'null')::json ELSE scope.coverage->0 END
            AS coverage,
        COALESCE(scope.shapes, '[]') AS scope, asked.covers, measure.instruments,
        COALESCE(terms.shapes, '[]') AS terms, terms.own, terms.change,
        CASE WHEN terms.shapes->0->>'headline' = 'true' THEN NULL ELSE ({STATED}) END AS nothing,
        json_build_object('timeline', address.url || 'timeline/', 'history', address.url || 'history/',
            'explain', address.url || 'explain/') AS links
) AS shape
ORDER BY asked.place
"""  # noqa: S608 - of our own parts

TIMELINE = f"""
SELECT row_to_json(shape)::text
FROM (SELECT * FROM measures_segment WHERE {HELD.format(stream="%(stream)s")}) AS run
CROSS JOIN LATERAL ({RUN}) AS shape ORDER BY run.headline DESC, run.term, run.party, run.valid_from
"""  # noqa: S608 - of our own parts

NAMES = exports.names(MeasureShape)
OF_A_CHANGE = exports.names(NextChange)
RATES = ("rate", "rate_min", "rate_max")
NULL = Raw(b"null")
NAMES_FIRMS = b'"companies"'
NOTHING = {
    "legal": Raw(b'"not_announced"'),
    "application": Raw(b'"not_applied"'),
    "operational": Raw(b'"unknown"'),
    "set_by": Raw(b"[]"),
    **dict.fromkeys((*RATES, "statutory_rate", "suspended_points", "obligation", "applies_by", "in_transit"), NULL),
    **dict.fromkeys(("valid_from", "valid_until", "unknown"), NULL),
}
"""What is said of a day without a headline segment."""


class _Sentence(msgspec.Struct):
    sentence: str


class _Run(msgspec.Struct):
    """What is told of a segment in words."""

    headline: bool
    legal: str
    application: str
    rate: Decimal | None
    suspended_points: Decimal | None
    obligation: _Sentence | None
    unknown: str | None
    first_day: date | None = msgspec.field(name="valid_from")

    @property
    def sentence(self) -> str:
        return self.obligation.sentence if self.obligation else ""

    @property
    def valid_from(self) -> date:
        return self.first_day or DAWN


class _Whole(_Run, kw_only=True):
    """What is compared of a segment beside what holds for everybody."""

    term: str
    party: str | None
    operational: str
    rate_min: Decimal | None
    rate_max: Decimal | None
    set_by: list[Link]
    valid_until: date | None

    @property
    def answer(self) -> tuple[object, ...]:
        return (self.legal, self.application, self.operational, self.sentence, self.rate)


def shown(rows: Sequence[Measure], question: Question) -> list[Raw]:
    """The measures of some rows at the point of the question, each the JSON of a MeasureShape. One query."""
    if not rows:
        return []
    asked = {"ids": [row.pk for row in rows], "covers": [getattr(row, "covers", None) for row in rows]}
    parties = question.values.get("party") or ()
    found = [fields(text) for text in _lines(PAGE, question, **asked)]
    return [_measure(said, question.point.valid_at, parties) for said in found]


def timeline(row: Measure, question: Question) -> list[Raw]:
    """All segments of a measure over the valid clock, each the JSON of a TermShape. One query."""
    return [_compact(text.encode()) for text in _lines(TIMELINE, question, stream=row.stream)]


def _lines(statement: str, question: Question, **asked: Any) -> list[str]:
    point = question.point
    places: dict[str, Any] = {"valid_at": point.valid_at, "known_at": point.known_at, "position": point.position}
    fixed: dict[str, Any] = {
        "dawn": DAWN,
        "far": FAR,
        "base": question.base,
        "generation": point.generations[Measure.projection],
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, {**places, **fixed, **asked})
        return [text for (text,) in cursor.fetchall()]


def _compact(json: bytes) -> Raw:
    """Without the blanks that PostgreSQL writes."""
    return Raw(msgspec.json.format(json, indent=-1))


def fields(said: str | Raw | MeasureShape) -> dict[str, Any]:
    """The fields of an object, their values as they are written."""
    text = msgspec.json.encode(said) if isinstance(said, MeasureShape) else said
    found: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Raw])
    return found


def _measure(said: dict[str, Any], day: date, parties: Collection[str]) -> Raw:
    """A measure, with what its headline says for itself and the sentences about it."""
    terms = msgspec.json.decode(said["terms"], type=list[Raw])
    change = said["change"]
    now, then = _run(terms[0] if terms else NULL), _run(change)
    headline = fields(terms[0]) if now and now.headline else NOTHING | dict.fromkeys(RATES, said["nothing"])
    now = now if now and now.headline else None
    said |= {name: headline[name] for name in NOTHING}
    said["status"] = status(now, then, day, msgspec.json.decode(said["first_known"], type=date))
    said["for_parties"] = list(_for_parties(said, terms, parties))
    said["next_change"] = _next_change(now, then, fields(change)) if then else None
    return _compact(msgspec.json.encode({name: said[name] for name in NAMES}))


def _for_parties(said: dict[str, Any], terms: list[Raw], asked: Collection[str]) -> Iterator[dict[str, Any]]:
    """What holds for some parties alone; few measures name any."""
    own = msgspec.json.decode(said["own"], type=list[Raw] | None) or []
    if not own and NAMES_FIRMS not in bytes(said["scope"]):
        return
    runs = [msgspec.json.decode(text, type=_Whole) for text in (*terms, *own)]
    state: Any = _Terms(
        runs[: len(terms)], runs[len(terms) :], msgspec.json.decode(said["scope"], type=list[ScopeShape])
    )
    for item in for_parties(state, asked):
        found = fields((*terms, *own)[next(place for place, run in enumerate(runs) if run is item.segment)])
        alone = item.parties[0] if len(item.parties) == 1 else None
        yield found | {"party": alone, "parties": list(item.parties), "differs": item.differs}


class _Terms(NamedTuple):
    """As much of a state as tells for whom something holds alone."""

    terms: Sequence[_Whole]
    own: Sequence[_Whole]
    scopes: Sequence[ScopeShape]


def _next_change(before: _Run | None, after: _Run, said: dict[str, Any]) -> dict[str, Any]:
    said["sentence"] = change_sentence(before, after)
    return {name: said[name] for name in OF_A_CHANGE}


def _run(text: Raw) -> _Run | None:
    found: _Run | None = msgspec.json.decode(text, type=_Run | None)
    return found
