"""The description of the API: OpenAPI, and a page to read and try it, which asks no other host."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.encoding import force_bytes
from drf_spectacular import renderers
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request

from tracker.api import parameters
from tracker.api.reading import REVALIDATE, Read, conditional, etag


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI description; the code alone decides it."""
    return SchemaGenerator().get_schema(public=True)


class OpenApi(Read):
    """The OpenAPI 3.1 description, as JSON or, by the header Accept, as YAML."""

    schema = None  # type: ignore[assignment]  # it does not describe itself
    renderer_classes = (
        renderers.OpenApiJsonRenderer2,
        renderers.OpenApiJsonRenderer,
        renderers.OpenApiYamlRenderer,
        renderers.OpenApiYamlRenderer2,
    )

    def get(self, request: Request, **path: Any) -> HttpResponseBase:
        asked = request._request
        parameters.read(asked.GET, ())
        renderer = request.accepted_renderer
        body = force_bytes(renderer.render(document(), renderer.media_type, {}))
        return conditional(asked, etag(body), REVALIDATE, lambda: HttpResponse(body, content_type=renderer.media_type))


@csp_update({"img-src": ["data:"]})
def reader(request: HttpRequest) -> HttpResponse:
    """Swagger UI. Its style sheet holds its icons as data: addresses."""
    return render(request, "tracker/docs.html")
