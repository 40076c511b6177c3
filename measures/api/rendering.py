"""Measures at a point: which boxes hold for each is one query, whatever the length of the page; their texts are joined.

Only sentences are made anew, and kept for the two segments that they tell of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from measures.api.shapes.measures import MeasureShape
from measures.api.texts import (
    ABOUTS_KEPT,
    BY_RUN,
    CHANGE,
    KEY,
    MEASURE,
    MOST,
    RUNS,
    RUNS_KEPT,
    SCOPES_KEPT,
    About,
    Pieces,
    Run,
    Scope,
    addressed,
    array,
    encode,
)
from measures.models import Measure
from measures.parties import for_parties
from measures.queries import Brief
from measures.wording import change_sentence, holding, not_announced
from tracker import prepared
from tracker.api.clocks import Question
from tracker.clocks import Point

HELD = """
generation = %(generation)s AND stream = {stream}
AND known_from <= %(known_at)s AND known_until > %(known_at)s
AND recorded_from <= %(position)s AND recorded_until > %(position)s
"""
"""What a stream says as known and recorded."""
OF_IT = HELD.format(stream="asked.stream")
ON_THE_DAY = f"{OF_IT} AND valid_from <= %(valid_at)s AND valid_until > %(valid_at)s"
LATER = f"{OF_IT} AND headline AND valid_from > %(valid_at)s"
ANSWER = "({0}.legal, {0}.application, {0}.operational, {0}.sentence, {0}.rate)"

FOUND = f"""
SELECT now.key, change.key,
    ARRAY(SELECT {KEY} FROM measures_segment WHERE {ON_THE_DAY} AND NOT headline ORDER BY party <> '', term, party),
    ARRAY(SELECT {KEY} FROM measures_scope WHERE {ON_THE_DAY} ORDER BY term),
    now.key IS NULL AND EXISTS (SELECT FROM measures_segment WHERE {LATER} AND rate_max IS NOT NULL)
FROM unnest(%(streams)s::text[]) WITH ORDINALITY AS asked(stream, place)
LEFT JOIN LATERAL (
    SELECT *, {KEY} AS key FROM measures_segment WHERE {ON_THE_DAY} AND headline ORDER BY valid_from DESC LIMIT 1
) AS now ON true
LEFT JOIN LATERAL (
    SELECT {KEY} AS key FROM measures_segment AS later
    WHERE {LATER} AND {ANSWER.format("later")} IS DISTINCT FROM {ANSWER.format("now")} ORDER BY valid_from LIMIT 1
) AS change ON true
ORDER BY place
"""  # noqa: S608 - of our own parts
"""Of each stream the keys of its headline of the day, of the next one that says something else, of the other terms
and then of what holds for single parties, of its scopes; and, of a day without a headline, whether a rate is stated
later: then nothing is due, else null."""

TIMELINE = f"{RUNS} WHERE {HELD.format(stream='%(stream)s')} ORDER BY headline DESC, term, party, valid_from"


COLUMNS = Brief._fields[1:]
"""What is looked at of a measure's row itself."""


def _nothing(rate: bytes) -> Pieces:
    """What is said of a day without a headline segment."""
    said = dict.fromkeys(BY_RUN, b"null") | dict.fromkeys(("rate", "rate_min", "rate_max"), rate)
    said |= {"legal": b'"not_announced"', "application": b'"not_applied"', "operational": b'"unknown"', "set_by": b"[]"}
    return MEASURE.cut("run", said)


NOTHING = {True: _nothing(b"0"), False: _nothing(b"null")}


class State(NamedTuple):
    """What holds for a measure at a point, as boxes."""

    row: Measure | Brief
    about: About
    headline: Run | None
    change: Run | None
    others: Sequence[Run]
    """The other terms, then what holds for single parties for whom alone some act counts."""
    scopes: Sequence[Scope]
    stated: bool

    @property
    def terms(self) -> Sequence[Run]:
        general = [run for run in self.others if not run.party]
        return [self.headline, *general] if self.headline else general

    @property
    def own(self) -> Sequence[Run]:
        return [run for run in self.others if run.party]


def shown(rows: Sequence[Measure | Brief], question: Question) -> list[Raw]:
    """The measures of some rows at the point of the question, each the JSON of a MeasureShape.

    One query, and one more for each kind of box of which some were not asked for lately.
    """
    return [addressed(_measure(state, question), question.base) for state in _states(rows, question.point)]


def timeline(row: Measure, question: Question) -> list[Raw]:
    """All segments of a measure over the valid clock, each the JSON of a TermShape. One query."""
    found = prepared.rows(TIMELINE, {**_places(question.point), "stream": row.stream})
    return [addressed(Run(*columns).text, question.base) for columns in found]


def fields(said: Raw | MeasureShape) -> dict[str, Any]:
    """The fields of an object, their values as they are written."""
    text = encode(said) if isinstance(said, MeasureShape) else said
    found: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Raw])
    return found


def _places(point: Point) -> dict[str, Any]:
    generation = point.generations[Measure.projection]
    return {"generation": generation, "known_at": point.known_at, "position": point.position}


def _states(rows: Sequence[Measure | Brief], point: Point) -> Iterator[State]:
    if not rows:
        return
    asked = {**_places(point), "valid_at": point.valid_at, "streams": [row.stream for row in rows]}
    found = prepared.rows(FOUND, asked)
    keys = [row.pk.to_bytes(8) + bytes(row.digest) for row in rows]
    abouts = ABOUTS_KEPT.of(keys)
    runs = RUNS_KEPT.of([key for now, then, others, *_ in found for key in (now, then, *others) if key])
    scopes = SCOPES_KEPT.of([key for *_, some, _ in found for key in some])
    for row, key, (now, then, others, some, stated) in zip(rows, keys, found, strict=True):
        also, covered = [runs[other] for other in others], [scopes[scope] for scope in some]
        yield State(row, abouts[key], now and runs[now], then and runs[then], also, covered, stated)


def _measure(state: State, question: Question) -> bytes:
    """A measure, with what its headline says for itself and the sentences about it."""
    headline, day = state.headline, question.point.valid_at
    whole = next((scope for scope in state.scopes if not scope.term), None)
    sentence, change = _told(headline, state.change)
    said = {
        b"status": sentence if headline else encode(not_announced(day, state.row.first_known)),
        b"confirmed": b"true" if state.row.confirmed_until > day else b"false",
        b"next_change": change,
        b"coverage": whole.covered if whole else state.about.covered,
        b"scope": array([scope.text for scope in state.scopes]),
        b"covers": encode(getattr(state.row, "covers", None)),
        b"terms": array([run.text for run in state.terms]),
        b"for_parties": array(_for_parties(state, question)),
    }
    run = headline.pieces if headline else NOTHING[state.stated]
    return MEASURE.join(state.about.pieces | run | said)


@lru_cache(maxsize=MOST)
def _told(now: Run | None, then: Run | None) -> tuple[bytes, bytes]:
    """The sentence of a status, empty without a headline, and what follows it."""
    sentence = encode(holding(now, then)) if now else b""
    if then is None:
        return sentence, b"null"
    return sentence, CHANGE.join(then.coming | {b"sentence": encode(change_sentence(now, then))})


def _for_parties(state: State, question: Question) -> Iterator[bytes]:
    """What holds for some parties alone; few measures name any."""
    if not state.own and not any(scope.names_firms for scope in state.scopes):
        return
    told: Any = state
    for item in for_parties(told, question.values.get("party") or ()):
        run: Any = item.segment
        alone = item.parties[0] if len(item.parties) == 1 else None
        said = fields(addressed(run.text, question.base))
        yield encode(said | {"party": alone, "parties": list(item.parties), "differs": item.differs})
