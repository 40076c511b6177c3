"""Filters of the read side: which measures at a point are of a kind, by a party, in a status, about a product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import (
    DecimalField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from measures import queries
from measures.models import Agreement, Commitment, Measure, Meeting, Position, Scope, Segment
from tracker.clocks import Point

RATE = DecimalField(max_digits=18, decimal_places=6)
COLUMNS = {"implementer": "implementer__in", "target": "targets__overlap", "kind": "kind__in"}
COLUMNS |= {"direction": "direction__in", "authority": "authority__icontains", "dispute": "dispute"}
COLUMNS |= {"first_known_from": "first_known__gte", "first_known_until": "first_known__lt"}


def measures(point: Point, wanted: Mapping[str, Any]) -> QuerySet[Measure]:
    """The measures known and recorded at the point that meet every condition that is given.

    Conditions: implementer, target, party, kind, direction, legal, application (any of several); authority (a part of
    it), dispute, negotiation, product (digits), q (words), changed_since (a position); windows of days, half-open:
    first_known_from and _until, in_force_from and _until.
    """
    rows = queries.measures(point)
    for name, lookup in COLUMNS.items():
        if wanted.get(name):
            rows = rows.filter(**{lookup: wanted[name]})
    if wanted.get("legal"):
        rows = _of_legal_status(rows, point, wanted["legal"])
    if wanted.get("application"):
        rows = _applied(rows, point, wanted["application"])
    if wanted.get("party"):
        rows = rows.filter(_for_parties(wanted["party"], point))
    if wanted.get("negotiation"):
        rows = rows.filter(_talked_about(wanted["negotiation"], point))
    if wanted.get("in_force_from") or wanted.get("in_force_until"):
        rows = _in_force_within(rows, point, wanted.get("in_force_from"), wanted.get("in_force_until"))
    if wanted.get("product"):
        rows = _covering(rows, wanted["product"], point)
    if wanted.get("q"):
        rows = about(rows, wanted["q"], "title", "slug", "authority", "instruments", "coverage")
    if wanted.get("changed_since") is not None:
        rows = _changed_since(rows, point, wanted["changed_since"])
    return rows


def _headlines(point: Point) -> QuerySet[Segment]:
    return Segment.objects.at(point).filter(slug=OuterRef("slug"), headline=True)


def _of_legal_status(rows: QuerySet[Measure], point: Point, statuses: Sequence[str]) -> QuerySet[Measure]:
    """A measure without a headline segment on the day is not announced."""
    found = Q(Exists(_headlines(point).filter(legal__in=statuses)))
    return rows.filter(found | ~Exists(_headlines(point)) if "not_announced" in statuses else found)


def _applied(rows: QuerySet[Measure], point: Point, applications: Sequence[str]) -> QuerySet[Measure]:
    found = Q(Exists(_headlines(point).filter(application__in=applications)))
    return rows.filter(found | ~Exists(_headlines(point)) if "not_applied" in applications else found)


def _for_parties(parties: Sequence[str], point: Point) -> Q:
    """A measure with an act that counts for one of these alone, or a scope that names one of them."""
    acts = Segment.objects.at(point).filter(stream=OuterRef("stream"), party__in=parties)
    named = Q()
    for party in parties:
        firm = {"companies": [party]}
        named |= Q(coverage__contains=firm) | Q(added__contains=[firm])
    return Q(Exists(acts)) | Q(Exists(Scope.objects.at(point).filter(named, stream=OuterRef("stream"))))


def _talked_about(negotiation: str, point: Point) -> Q:
    """A measure that a meeting, a position, an agreement or a commitment of the negotiation names."""
    found = Q()
    for model in (Meeting, Position, Agreement, Commitment):
        named = model.objects.at(point).filter(slug=negotiation).order_by()
        found |= Q(slug__in=named.values(named=Func(F("measures"), function="unnest")))
    return found


def _in_force_within(
    rows: QuerySet[Measure], point: Point, first: date | None, until: date | None
) -> QuerySet[Measure]:
    """In force on some day of `[first, until)`; an open end is None."""
    segments = Segment.objects.known(point).filter(slug=OuterRef("slug"), headline=True, legal="in_force")
    if first:
        segments = segments.filter(valid_until__gt=first)
    return rows.filter(Exists(segments.filter(valid_from__lt=until) if until else segments))


def with_rate(rows: QuerySet[Measure], point: Point) -> QuerySet[Measure]:
    """Each with `rate_or_less`: the rate of its headline term, and -1 where none is known."""
    rate = Subquery(_headlines(point).values("rate")[:1])
    return rows.annotate(rate_or_less=Coalesce(rate, Value(Decimal(-1)), output_field=RATE))


COVERS = """
CASE
WHEN GREATEST((SELECT max(length(code)) FROM unnest(codes) code WHERE code = ANY(%s)), CASE WHEN everything THEN 0 END)
    > (SELECT COALESCE(max(length(code)), -1) FROM unnest(excluded) code WHERE code = ANY(%s))
    THEN CASE WHEN codes && %s::text[] THEN 'codes' ELSE 'all_products' END
WHEN EXISTS (SELECT FROM unnest(codes) code WHERE starts_with(code, %s)) THEN 'codes'
WHEN NOT excluded && %s::text[] AND EXISTS (
    SELECT FROM jsonb_array_elements(added || COALESCE(coverage, '[]')) item
    WHERE (item ? 'text' OR item ? 'items') AND NOT COALESCE((item->'everything')::bool, false)
    AND jsonb_array_length(COALESCE(item->'products'->'codes', '[]')) = 0
) THEN 'in_words'
END
"""
"""Of the codes that a product lies under the longest decides, whether it is covered or excluded; everything is shorter
than any code. A code that lies under the product is covered in part. What is told in words alone may cover it."""


def _covering(rows: QuerySet[Measure], product: str, point: Point) -> QuerySet[Measure]:
    """Those that cover a product code, part of what lies under it, or may cover it; each with `covers`, which says why.

    `codes`, `all_products`, or `in_words`: the scope is told in words alone, so whether it covers the code is unknown.
    """
    above = [product[:length] for length in range(2, len(product) + 1, 2)]
    why = RawSQL(COVERS, [above, above, above, product, above], TextField())  # noqa: S611 - values are parameters
    scopes = Scope.objects.at(point).filter(stream=OuterRef("stream")).exclude(term__startswith="exclusion-")
    known_first = scopes.annotate(covers=why).exclude(covers=None).order_by("covers").values("covers")[:1]
    return rows.annotate(covers=Subquery(known_first)).exclude(covers=None)


def about(rows: QuerySet[Any], words: str, *columns: str) -> QuerySet[Any]:
    """Rows in which PostgreSQL's text search finds the words."""
    query = SearchQuery(words, search_type="websearch", config="english")
    return rows.annotate(_words=SearchVector(*columns, config="english")).filter(_words=query)


def _changed_since(rows: QuerySet[Measure], point: Point, position: int) -> QuerySet[Measure]:
    later = Segment.objects.at(point).filter(slug=OuterRef("slug"), recorded_from__gt=position)
    return rows.filter(Q(recorded_from__gt=position) | Exists(later))


MONTH = "substr({0}, 1, 5) || lpad(({1})::text, 2, '0')"
QUARTER, HALF = ("substr({0}, 7, 1)::int * " + months for months in ("3", "6"))
LATEST = (
    "CASE WHEN length({0}) = 10 THEN {0} WHEN length({0}) = 4 THEN {0} || '-12-31' "
    f"WHEN {{0}} LIKE '____-Q_' THEN {MONTH.replace('{1}', QUARTER)} || '-31' "
    f"WHEN {{0}} LIKE '____-H_' THEN {MONTH.replace('{1}', HALF)} || '-31' ELSE {{0}} || '-31' END"
)
EARLIEST = (
    "CASE WHEN length({0}) = 10 THEN {0} WHEN length({0}) = 4 THEN {0} || '-01-01' "
    f"WHEN {{0}} LIKE '____-Q_' THEN {MONTH.replace('{1}', QUARTER + ' - 2')} || '-01' "
    f"WHEN {{0}} LIKE '____-H_' THEN {MONTH.replace('{1}', HALF + ' - 5')} || '-01' ELSE {{0}} || '-01' END"
)
"""The last and the first day of a date that may be coarse, as texts that sort as the days do."""


def between(rows: QuerySet[Any], column: str, first: date | None, until: date | None) -> QuerySet[Any]:
    """Rows whose coarse date, as text, may lie in `[first, until)`; an open end is None."""
    stated = rows.exclude(**{column: ""}) if first or until else rows
    if first:
        stated = _compared(stated, LATEST, column, "gte", first)
    return _compared(stated, EARLIEST, column, "lt", until) if until else stated


def _compared(rows: QuerySet[Any], bound: str, column: str, lookup: str, day: date) -> QuerySet[Any]:
    """Compares as text: padded days of one length sort as the days do."""
    name = f"_{column}_{lookup}"
    expression = RawSQL(bound.format(column), [], output_field=TextField())  # noqa: S611 - our own column names
    return rows.annotate(**{name: expression}).filter(**{f"{name}__{lookup}": day.isoformat()})


def overdue(rows: QuerySet[Commitment], day: date, wanted: bool) -> QuerySet[Commitment]:
    """The commitments that are, or are not, unfinished past every day that their due date may mean."""
    late = _compared(rows.filter(status__in=queries.UNFINISHED).exclude(due=""), LATEST, "due", "lt", day)
    return rows.filter(pk__in=late.values("pk")) if wanted else rows.exclude(pk__in=late.values("pk"))


STATE = ("legal", "application", "operational", "obligation", "applies_by", "in_transit")
COVERED = ("term", "coverage", "added", "removed", "unknown")
RATES = ("rate", "rate_min", "rate_max", "statutory_rate", "suspended_points")


@dataclass(frozen=True, order=True)
class Slug:
    slug: str


def differing(before: Point, after: Point, wanted: Mapping[str, Any]) -> list[Slug]:
    """The measures, by slug, whose terms or scopes differ between two points, or that stand at one of them alone."""
    found: set[str] = set()
    for one, other in ((before, after), (after, before)):
        for rows in (_terms, _scopes, _slugs):
            found |= {row[0] for row in rows(one, wanted).difference(rows(other, wanted))}
    return [Slug(slug) for slug in sorted(found)]


def _terms(point: Point, wanted: Mapping[str, Any]) -> QuerySet[Any]:
    rows = Segment.objects.at(point).order_by()
    return rows.filter(slug__in=_slugs(point, wanted).values("slug")).values_list(
        "slug", "term", "party", *STATE, *RATES
    )


def _scopes(point: Point, wanted: Mapping[str, Any]) -> QuerySet[Any]:
    rows = Scope.objects.at(point).order_by()
    return rows.filter(slug__in=_slugs(point, wanted).values("slug")).values_list("slug", *COVERED)


def _slugs(point: Point, wanted: Mapping[str, Any]) -> QuerySet[Any]:
    return measures(point, wanted).order_by().values_list("slug")
