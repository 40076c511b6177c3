"""The log as c2sp.org/tlog-tiles serves it: checkpoint, tiles and entry bundles, plain and cacheable."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from tracker.ledger import tiles
from tracker.ledger.models import Seal
from tracker.ledger.sealing import published_keys

FOREVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=5"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint."""
    seal = Seal.objects.order_by("-size").first()
    if seal is None:
        raise Http404("nothing is sealed yet")
    return _open(HttpResponse(seal.note, content_type=TEXT), SHORTLY)


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys that sealed this log, oldest first, one a line."""
    return _open(HttpResponse("".join(f"{key}\n" for key in published_keys()), content_type=TEXT), SHORTLY)


@require_safe
def tile(request: HttpRequest, level: int, path: str) -> HttpResponse:
    """The hashes of a tile."""
    number, wide = _wanted(level, path)
    return _open(HttpResponse(tiles.tile(level, number, wide), content_type=BYTES), FOREVER)


@require_safe
@gzip_page
def entries(request: HttpRequest, path: str) -> HttpResponse:
    """The entries of a bundle, each after its length as two bytes."""
    number, wide = _wanted(0, path)
    return _open(HttpResponse(tiles.entry_bundle(number, wide), content_type=BYTES), FOREVER)


def _wanted(level: int, path: str) -> tuple[int, int]:
    """The number and width of a tile that the newest checkpoint covers."""
    found = tiles.parsed_path(path) if level <= tiles.MAX_LEVEL else None
    if found is None:
        raise Http404("no tile path: 000, x001/234, and .p/17 for a partial tile")
    number, wide = found
    seal = Seal.objects.order_by("-size").only("size").first()
    if seal is None or tiles.width(level, number, seal.size) < wide:
        raise Http404("the newest checkpoint does not cover this tile")
    return number, wide


def _open(response: HttpResponse, caching: str) -> HttpResponse:
    response["Cache-Control"] = caching
    response["Access-Control-Allow-Origin"] = "*"
    return response
