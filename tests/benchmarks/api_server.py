"""The product's own addresses, and beside them two bare ways to give the same rows; served by the same gunicorn.

(a) a list of Django REST framework's ModelSerializer, without clocks; (b) PostgreSQL's own json_agg.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402

from config.urls import urlpatterns as own  # noqa: E402
from measures.models import Segment  # noqa: E402

FIELDS = (
    *("slug", "stream", "term", "headline", "legal", "application", "operational", "rate", "rate_min", "rate_max"),
    *("statutory_rate", "suspended_points", "obligation", "sentence", "unknown", "legal_causes", "rate_causes"),
    *("valid_from", "valid_until", "known_from"),
)
ROWS = 50


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    class Meta:
        model = Segment
        fields = FIELDS


class Bare(generics.ListAPIView[Segment]):
    authentication_classes = ()
    permission_classes = ()
    serializer_class = SegmentSerializer
    pagination_class = None
    queryset = Segment.objects.order_by("id")

    def get_queryset(self) -> Any:
        return super().get_queryset()[:ROWS]


def json_agg(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        rows = f"SELECT {', '.join(FIELDS)} FROM measures_segment ORDER BY id LIMIT {ROWS}"
        cursor.execute(f"SELECT json_agg(rows)::text FROM ({rows}) rows")
        return HttpResponse(cursor.fetchone()[0], content_type="application/json")


urlpatterns = [*own, path("bare/", Bare.as_view()), path("json-agg/", json_agg)]
handler404 = "django.views.defaults.page_not_found"
settings.ROOT_URLCONF = __name__
application = get_wsgi_application()
