"""The product's own addresses, and beside them two bare ways to give the same rows; served by the same gunicorn.

(a) Django REST framework's ModelSerializer, nested and prefetched; (b) PostgreSQL's own json_agg. Both read plain
tables without clocks, which hold what applies today alone; `bare_tables` makes them.
"""

from __future__ import annotations

import os
from datetime import date
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402

from config.urls import urlpatterns as own  # noqa: E402
from measures.models import Measure, Scope, Segment  # noqa: E402
from tracker.clocks import FAR, NEVER  # noqa: E402

MEASURE = (
    *("slug", "title", "kind", "direction", "implementer", "targets", "authority", "dispute", "retaliation_for"),
    *("part_of", "successor_of", "aliases", "coverage", "instruments", "first_known", "confirmed_until", "corrected"),
)
TERM = (
    *("term", "headline", "party", "legal", "application", "operational", "obligation", "sentence", "rate"),
    *("rate_min", "rate_max", "statutory_rate", "suspended_points", "applies_by", "in_transit", "legal_causes"),
    *("rate_causes", "unknown", "valid_from", "valid_until"),
)
SCOPE = ("term", "coverage", "added", "removed", "unknown", "set_by", "valid_from", "valid_until")
FLAT = (
    *("slug", "stream", "term", "headline", "legal", "application", "operational", "rate", "rate_min", "rate_max"),
    *("statutory_rate", "suspended_points", "obligation", "sentence", "unknown", "legal_causes", "rate_causes"),
    *("valid_from", "valid_until", "known_from"),
)
ENVELOPE = (
    *("position", "id", "stream", "version", "type", "schema", "known_from", "known_seq", "occurred_on"),
    *("recorded_at", "corrects"),
)
EVENT = (*ENVELOPE, "data", "meta", "leaf_hash")
ROWS = 50
EVENTS = 500


def bare_tables(today: date) -> None:
    """Makes the tables anew from what is recorded and projected."""
    with connection.cursor() as cursor:
        for name in ("term", "scope", "measure", "event"):
            cursor.execute(f"DROP TABLE IF EXISTS bare_{name}")
        cursor.execute(
            f"CREATE TABLE bare_measure AS SELECT row_number() OVER (ORDER BY slug) AS id, {', '.join(MEASURE)} "
            f"FROM measures_measure WHERE recorded_until = {NEVER} AND known_until = '{FAR}'"
        )
        cursor.execute("ALTER TABLE bare_measure ADD PRIMARY KEY (id), ADD UNIQUE (slug)")
        for name, kind, columns in (("term", Segment, TERM), ("scope", Scope, SCOPE)):
            cursor.execute(
                f"CREATE TABLE bare_{name} AS SELECT box.id, bare.id AS measure_id, "
                f"{', '.join('box.' + column for column in columns)} FROM {kind._meta.db_table} AS box "
                f"JOIN bare_measure AS bare USING (slug) WHERE recorded_until = {NEVER} AND known_until = '{FAR}' "
                "AND valid_from <= %s AND valid_until > %s",
                [today, today],
            )
            cursor.execute(f"ALTER TABLE bare_{name} ADD PRIMARY KEY (id)")
            cursor.execute(f"CREATE INDEX ON bare_{name} (measure_id)")
        said = "convert_from(entry, 'UTF8')::jsonb"
        cursor.execute(
            f"CREATE TABLE bare_event AS SELECT {', '.join(ENVELOPE)}, {said} -> 'data' AS data, "
            f"{said} -> 'meta' AS meta, encode(leaf_hash, 'hex') AS leaf_hash FROM tracker_event"
        )
        cursor.execute("ALTER TABLE bare_event ADD PRIMARY KEY (position)")
        cursor.execute("ANALYZE")


def _columns(kind: type[models.Model], names: tuple[str, ...]) -> dict[str, Any]:
    meta: Any = kind._meta
    return {name: meta.get_field(name).clone() for name in names}


def _bare(name: str, columns: dict[str, Any]) -> Any:
    meta = type("Meta", (), {"app_label": "measures", "managed": False, "db_table": f"bare_{name}"})
    return type(f"Bare{name.title()}", (models.Model,), {"__module__": __name__, "Meta": meta, **columns})


def _of(related: str) -> Any:
    return models.ForeignKey("measures.BareMeasure", models.CASCADE, related_name=related)


BareMeasure = _bare("measure", _columns(Measure, MEASURE))
BareTerm = _bare("term", {"measure": _of("terms"), **_columns(Segment, TERM)})
BareScope = _bare("scope", {"measure": _of("scope"), **_columns(Scope, SCOPE)})
BareEvent = _bare(
    "event",
    {
        "position": models.BigIntegerField(primary_key=True),
        "id": models.UUIDField(),
        **{name: models.TextField() for name in ("stream", "type", "leaf_hash")},
        **{name: models.IntegerField() for name in ("version", "schema")},
        "known_from": models.DateField(null=True),
        "known_seq": models.IntegerField(null=True),
        "occurred_on": models.TextField(null=True),
        "recorded_at": models.DateTimeField(),
        "corrects": models.UUIDField(null=True),
        "data": models.JSONField(),
        "meta": models.JSONField(),
    },
)


def _serializer(kind: Any, names: tuple[str, ...], **nested: Any) -> Any:
    meta = type("Meta", (), {"model": kind, "fields": (*names, *nested)})
    return type(f"{kind.__name__}Serializer", (serializers.ModelSerializer,), {"Meta": meta, **nested})


Nested = _serializer(
    BareMeasure,
    MEASURE,
    terms=_serializer(BareTerm, TERM)(many=True),
    scope=_serializer(BareScope, SCOPE)(many=True),
)


class _Bare(generics.GenericAPIView[Any]):
    authentication_classes = ()
    permission_classes = ()
    pagination_class = None


class Detail(_Bare, generics.RetrieveAPIView[Any]):
    serializer_class = Nested
    queryset = BareMeasure.objects.prefetch_related("terms", "scope")
    lookup_field = "slug"


class Page(_Bare, generics.ListAPIView[Any]):
    serializer_class = Nested

    def get_queryset(self) -> Any:
        return BareMeasure.objects.prefetch_related("terms", "scope").order_by("slug")[:ROWS]


class Flat(_Bare, generics.ListAPIView[Any]):
    serializer_class = _serializer(Segment, FLAT)

    def get_queryset(self) -> Any:
        return Segment.objects.order_by("id")[:ROWS]


class Feed(_Bare, generics.ListAPIView[Any]):
    serializer_class = _serializer(BareEvent, EVENT)

    def get_queryset(self) -> Any:
        after = int(self.request.GET["after"])
        return BareEvent.objects.filter(position__gt=after).order_by("position")[:EVENTS]


def _nested(name: str, columns: tuple[str, ...]) -> str:
    rows = f"SELECT {', '.join(columns)} FROM bare_{name} WHERE measure_id = measure.id"
    return f"(SELECT COALESCE(json_agg(rows), '[]') FROM ({rows}) AS rows)"


WHOLE = f"{', '.join(MEASURE)}, {_nested('term', TERM)} AS terms, {_nested('scope', SCOPE)} AS scope"
ONE = f"SELECT row_to_json(rows)::text FROM (SELECT {WHOLE} FROM bare_measure AS measure WHERE slug = %s) AS rows"
SOME = "SELECT json_agg(rows)::text FROM ({}) AS rows"
FIRST = SOME.format(f"SELECT {WHOLE} FROM bare_measure AS measure ORDER BY slug LIMIT {ROWS}")
FIRST_FLAT = SOME.format(f"SELECT {', '.join(FLAT)} FROM measures_segment ORDER BY id LIMIT {ROWS}")
AFTER = SOME.format(f"SELECT {', '.join(EVENT)} FROM bare_event WHERE position > %s ORDER BY position LIMIT {EVENTS}")


def _written(statement: str, *asked: Any) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return HttpResponse(cursor.fetchone()[0], content_type="application/json")


def detail(request: HttpRequest, slug: str) -> HttpResponse:
    return _written(ONE, slug)


def page(request: HttpRequest) -> HttpResponse:
    return _written(FIRST)


def flat(request: HttpRequest) -> HttpResponse:
    return _written(FIRST_FLAT)


def feed(request: HttpRequest) -> HttpResponse:
    return _written(AFTER, int(request.GET["after"]))


urlpatterns = [
    *own,
    *(path(f"serializer/{name}", view.as_view()) for name, view in (("page/", Page), ("flat/", Flat), ("feed/", Feed))),
    path("serializer/measures/<slug>/", Detail.as_view()),
    *(path(f"json-agg/{name}", view) for name, view in (("page/", page), ("flat/", flat), ("feed/", feed))),
    path("json-agg/measures/<slug>/", detail),
]
handler404 = "django.views.defaults.page_not_found"
settings.ROOT_URLCONF = __name__
application = get_wsgi_application()
