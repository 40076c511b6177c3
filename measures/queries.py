"""The read side: state of measures, talks, indicators and cases at a point of the three clocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from measures.models import (
    Agreement,
    Case,
    Commitment,
    Delegation,
    Dispute,
    Indicator,
    Measure,
    Meeting,
    Negotiation,
    Observation,
    Position,
    Proceeding,
    Scope,
    Segment,
)
from tracker import prepared
from tracker.clocks import FAR, Point, span
from tracker.rows import at, known

SAID = ("legal", "application", "operational", "sentence")
UNFINISHED = ("made", "claimed", "disputed", "partly_met")


@dataclass(frozen=True)
class MeasureState:
    """A measure at a point: what it is, its headline segment of the day, all its terms, and what changes next."""

    measure: Measure
    point: Point
    headline: Segment | None
    terms: Sequence[Segment] = field(default_factory=list)
    own: Sequence[Segment] = field(default_factory=list)
    """What holds for single parties for whom alone some act counts, term by term."""
    scopes: Sequence[Scope] = field(default_factory=list)
    """What the measure and its terms cover on the day, the whole measure first."""
    next_change: Segment | None = None
    nothing: Decimal | None = None
    """What is due on a day without a headline segment: 0 percent, or None where no rate was ever stated."""

    @property
    def scope(self) -> Scope | None:
        """What the whole measure covers on the day; None where no act states it."""
        return next((scope for scope in self.scopes if not scope.term), None)

    @property
    def legal(self) -> str:
        return self.headline.legal if self.headline else "not_announced"

    @property
    def application(self) -> str:
        return self.headline.application if self.headline else "not_applied"

    @property
    def rate(self) -> Decimal | None:
        """The additional ad valorem percentage of the day."""
        return self.headline.rate if self.headline else self.nothing

    @property
    def confirmed(self) -> bool:
        """Whether an event or a review of sources reaches the day; past them the texts are only projected."""
        return self.point.valid_at < self.measure.confirmed_until


def measures(point: Point) -> QuerySet[Measure]:
    """The measures that were known and recorded at the point, whatever their status; not those merged into another."""
    return Measure.objects.at(point).filter(merged_into="").order_by("slug")


class Brief(NamedTuple):
    """As much of a measure's row as finds what holds for it."""

    pk: int
    slug: str
    stream: str
    digest: bytes
    first_known: date
    confirmed_until: date


def by_slug(point: Point, limit: int, beyond: str | None = None, *, backwards: bool = False) -> list[Brief]:
    """The first of `measures` by slug, or the last; where a slug is given, of those after it, or before it.

    Written out, since it is the list that is asked most.
    """
    asked = {"generation": point.generations[Measure.projection], "valid_at": point.valid_at, "limit": limit}
    asked |= {"known_at": point.known_at, "position": point.position} | ({"beyond": beyond} if beyond else {})
    condition = f"AND slug {'<' if backwards else '>'} %(beyond)s" if beyond else ""
    statement = f"{BY_SLUG} {condition} ORDER BY slug {'DESC' if backwards else 'ASC'} LIMIT %(limit)s"
    return [Brief(*row) for row in prepared.rows(statement, asked)]


BY_SLUG = """
SELECT id, slug, stream, digest, first_known, confirmed_until FROM measures_measure
WHERE generation = %(generation)s AND merged_into = ''
AND known_from <= %(known_at)s AND known_until > %(known_at)s
AND recorded_from <= %(position)s AND recorded_until > %(position)s
AND valid_from <= %(valid_at)s AND valid_until > %(valid_at)s
"""


def with_headline(rows: QuerySet[Measure], point: Point, **conditions: Any) -> QuerySet[Measure]:
    """Those whose headline segment at the point meets conditions, such as `legal="in_force"`."""
    segments = Segment.objects.at(point).filter(slug=OuterRef("slug"), headline=True, **conditions)
    return rows.filter(Exists(segments))


def states(rows: Iterable[Measure], point: Point) -> list[MeasureState]:
    """The states of some measures in three queries, whatever their number; by stream, for which there is an index."""
    found = list(rows)
    streams = [row.stream for row in found]
    terms: dict[str, list[Segment]] = defaultdict(list)
    for segment in at(Segment, point, f"{OF_STREAMS} ORDER BY stream, headline DESC, term, party", streams=streams):
        terms[segment.stream].append(segment)
    later: dict[str, list[Segment]] = defaultdict(list)
    for segment in known(Segment, point, LATER_HEADLINES, streams=streams):
        later[segment.stream].append(segment)
    scopes: dict[str, list[Scope]] = defaultdict(list)
    for scope in at(Scope, point, f"{OF_STREAMS} ORDER BY stream, term", streams=streams):
        scopes[scope.stream].append(scope)
    return [_state(row, point, terms[row.stream], later[row.stream], scopes[row.stream]) for row in found]


def _state(
    row: Measure, point: Point, terms: Sequence[Segment], later: Sequence[Segment], scopes: Sequence[Scope]
) -> MeasureState:
    headline = next((segment for segment in terms if segment.headline), None)
    change = next((segment for segment in later if headline is None or segment.answer != headline.answer), None)
    stated = any(segment.rate_max is not None for segment in later)
    return MeasureState(
        measure=row,
        point=point,
        headline=headline,
        terms=[segment for segment in terms if not segment.party],
        own=[segment for segment in terms if segment.party],
        scopes=scopes,
        next_change=change,
        nothing=Decimal(0) if stated else None,
    )


OF_STREAMS = "stream = ANY(%(streams)s)"
LATER_HEADLINES = f"{OF_STREAMS} AND headline AND valid_from > %(valid_at)s ORDER BY stream, valid_from"


def measure(slug: str, point: Point) -> MeasureState | None:
    """One measure at the point, or None where it was not known or not recorded then."""
    row = named(slug, point)
    return states([row], point)[0] if row else None


def _ever_named(slug: str, point: Point) -> QuerySet[Measure]:
    """The rows that have, or had, a slug on any known day, as recorded at the point."""
    return Measure.objects.recorded(point).filter(Q(slug=slug) | Q(aliases__contains=[slug]))


def named(slug: str, point: Point) -> Measure | None:
    """The measure that answers to a slug at the point: whatever slug it has then; mergers known by then are followed.

    So a slug that came later leads to the measure on earlier days too.
    """
    seen: set[str] = set()
    while row := _named_so(slug, point) or _named_otherwise(slug, point):
        if not row.merged_into or row.merged_into in seen:
            return row
        seen.add(row.merged_into)
        slug = row.merged_into
    return None


def _named_so(slug: str, point: Point) -> Measure | None:
    """The measure that has the slug at the point."""
    return next(iter(at(Measure, point, "slug = %(slug)s LIMIT 1", slug=slug)), None)


def _named_otherwise(slug: str, point: Point) -> Measure | None:
    rows = Measure.objects.at(point).filter(_of_any_stream(_ever_named(slug, point)))
    return rows.order_by("stream").first()


def _of_any_stream(rows: QuerySet[Any]) -> Func:
    """`stream = ANY (ARRAY(...))`: the streams of some rows are looked up once, where a join might for each row."""
    streams = Func(ArraySubquery(rows.values("stream")), function="")
    return Func(F("stream"), streams, template="%(expressions)s", arg_joiner=" = ANY ", output_field=BooleanField())


def stream_of(slug: str, point: Point) -> str | None:
    """The stream of the measure that has, or had, a slug on any known day, as recorded at the point."""
    return _ever_named(slug, point).order_by("-known_from").values_list("stream", flat=True).first()


def names(row: Measure, point: Point) -> list[str]:
    """Every slug under which others may name a measure: its own, former ones, and those of what was merged into it."""
    own = [row.slug, *row.aliases]
    merged = Measure.objects.at(point).filter(merged_into__in=own).values_list("slug", "aliases")
    return [*own, *(name for slug, aliases in merged for name in (slug, *aliases))]


def of_names(slugs: Iterable[str], point: Point) -> QuerySet[Measure]:
    """The measures that some slugs mean at the point, former ones and those of merged measures included."""
    meant = list(slugs)
    if not meant:
        return Measure.objects.none()
    into = Measure.objects.at(point).filter(slug__in=meant).exclude(merged_into="").values("merged_into")
    return measures(point).filter(Q(slug__in=meant) | Q(aliases__overlap=meant) | Q(slug__in=into))


def first_known(model: Any, point: Point, **which: str) -> date | None:
    """The day since when the public could know of something, as recorded at the point; None where it was not recorded.

    It is named by its slug, or by its stream where slugs change.
    """
    rows = model.objects.recorded(point).filter(**which).order_by("known_from")
    return rows.values_list("known_from", flat=True).first()


def timeline(stream: str, point: Point) -> QuerySet[Segment]:
    """All segments of a measure over the valid clock, at the point's known and recorded clocks."""
    return Segment.objects.known(point).filter(stream=stream).order_by("-headline", "term", "party", "valid_from")


def calendar(point: Point, until: date = FAR) -> QuerySet[Segment]:
    """What changes after the valid day: scheduled steps, returns, expiries. Another reason alone is no change."""
    segments = Segment.objects.known(point)
    later = segments.filter(valid_from__gt=point.valid_at, valid_from__lt=until, valid_until__gt=point.valid_at)
    same = {name: OuterRef(name) for name in ("stream", "term", "party", *SAID)}
    before = segments.filter(valid_until=OuterRef("valid_from"), **same)
    rated = before.annotate(was=_rate(F("rate"))).filter(was=_rate(OuterRef("rate")))
    return later.filter(~Exists(rated)).order_by("valid_from", "slug", "term", "party")


def _rate(rate: Any) -> Coalesce:
    """A rate that may be unknown, made comparable."""
    return Coalesce(rate, Value(Decimal(-1)))


def ending(slugs: Iterable[str], days: Iterable[date], point: Point) -> QuerySet[Segment]:
    """The segments of some measures that end on some days, at the point's known and recorded clocks."""
    return Segment.objects.known(point).filter(slug__in=list(slugs), valid_until__in=list(days))


def negotiations(point: Point) -> QuerySet[Negotiation]:
    return Negotiation.objects.at(point).order_by("slug")


def meetings(point: Point) -> QuerySet[Meeting]:
    return Meeting.objects.at(point).order_by("valid_from", "set_by")


def delegations(point: Point) -> QuerySet[Delegation]:
    return Delegation.objects.at(point).order_by("valid_from", "set_by")


def positions(point: Point) -> QuerySet[Position]:
    return Position.objects.at(point).order_by("valid_from", "set_by")


def earlier_positions(row: Position, rows: QuerySet[Position]) -> QuerySet[Position]:
    """Of some positions those that the same party took before on the same matter: about one of the same measures or
    goods, or under the same topic."""
    matter = Q(measures__overlap=row.measures) | Q(items__overlap=row.items)
    if row.topic:
        matter |= Q(topic__iexact=row.topic)
    before = Q(valid_from__lt=row.valid_from) | Q(valid_from=row.valid_from, set_by__0__lt=row.set_by[0])
    return rows.filter(matter, before, by=row.by)


def agreements(point: Point) -> QuerySet[Agreement]:
    return Agreement.objects.at(point).order_by("valid_from", "set_by")


def commitments(point: Point) -> QuerySet[Commitment]:
    return Commitment.objects.at(point).order_by("made_on", "commitment")


def overdue(commitment: Commitment, day: date) -> bool:
    """Whether a commitment is unfinished on a day that lies past every day that its due date may mean."""
    return commitment.status in UNFINISHED and bool(commitment.due) and span(commitment.due).latest < day


def indicators(point: Point) -> QuerySet[Indicator]:
    return Indicator.objects.at(point).order_by("slug")


def observations(point: Point) -> QuerySet[Observation]:
    return Observation.objects.at(point).order_by("period_until", "set_by")


def latest_observations(slugs: Iterable[str], point: Point) -> dict[str, Observation]:
    """For each indicator the observation of its last period at the point."""
    rows = Observation.objects.at(point).filter(slug__in=list(slugs)).order_by("slug", "-period_until", "-set_by")
    return {row.slug: row for row in rows.distinct("slug")}


def cases(point: Point) -> QuerySet[Case]:
    return Case.objects.at(point).order_by("slug")


def proceedings(point: Point) -> QuerySet[Proceeding]:
    return Proceeding.objects.at(point).order_by("valid_from", "set_by")


def disputes(point: Point) -> QuerySet[Dispute]:
    return Dispute.objects.at(point).order_by("first_known", "slug")


OF_A_DISPUTE: tuple[Any, ...] = (Measure, Negotiation, Case, Indicator)


def streams_of_dispute(slug: str, point: Point) -> dict[str, str]:
    """The streams of a dispute, its own first, with their titles. One query for each kind."""
    own: QuerySet[Any] = Dispute.objects.at(point).filter(slug=slug)
    tables = [own, *(model.objects.at(point).filter(dispute=slug) for model in OF_A_DISPUTE)]
    return {stream: title for rows in tables for stream, title in rows.values_list("stream", "title")}
