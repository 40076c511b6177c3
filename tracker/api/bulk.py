"""Bulk files over HTTP: manifests, and the files, streamed from the log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from msgspec import Meta
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from tracker import log
from tracker.api import parameters
from tracker.api.parameters import POSITION, Parameter
from tracker.api.problems import wrong
from tracker.api.reading import FOREVER, REVALIDATE, Read, conditional, etag
from tracker.api.shapes import ProblemError, Shape, Url
from tracker.subscriptions.bulk import FILES, pieces
from tracker.subscriptions.models import Bulk

SHOWN = 30


class BulkFile(Shape):
    """A file of the log up to the manifest's position."""

    name: str
    url: Url
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    bytes: int
    rows: int


class Manifest(Shape):
    """What the files at a position are; at this position they are so for ever."""

    position: int
    recorded_at: datetime
    made_at: datetime
    code_version: str
    files: list[BulkFile]
    counts: Annotated[dict[str, int], Meta(description="Events by type.")]


class Manifests(Shape):
    """The newest manifests."""

    results: list[Manifest]


class BulkManifests(Read):
    """The newest manifests of the bulk files, the newest first: one is made every night.

    The files hold the log itself: what `events/` gives from zero, without what is said about it, line by line.
    """

    tag = "bulk"
    shape = Manifests

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> Manifests:
        base = request.build_absolute_uri(request.path)
        return Manifests(results=[_manifest(row, base) for row in Bulk.objects.all()[:SHOWN]])


def _manifest(row: Bulk, base: str) -> Manifest:
    return Manifest(
        position=row.position,
        recorded_at=row.recorded_at,
        made_at=row.made_at,
        code_version=row.code_version,
        files=[BulkFile(url=f"{base}{file['name']}?position={row.position}", **file) for file in row.files],
        counts=row.counts,
    )


class _Renderer(BaseRenderer):
    format = "bulk"


class JsonLines(_Renderer):
    media_type = FILES["events.jsonl"][1]


class Csv(_Renderer):
    media_type = FILES["events.csv"][1]


class WholeLog(Read):
    """The base of the files."""

    tag = "bulk"
    name: ClassVar[str] = ""
    problems = ("position-beyond-head",)
    parameters = (
        Parameter(
            name="position",
            form=POSITION,
            description="Up to this position; inside a batch it means the end of the batch before. Default: the head.",
        ),
    )

    def get(self, request: Request, **path: Any) -> HttpResponseBase:
        asked = request._request
        position = parameters.read(asked.GET, self.parameters)["position"]
        upto = _visible(position)
        caching = REVALIDATE if position is None else FOREVER
        return conditional(asked, etag(f"{self.name} {upto}".encode()), caching, lambda: self._streamed(upto))

    def _streamed(self, upto: int) -> StreamingHttpResponse:
        lines, media_type = FILES[self.name]
        stem, _, ending = self.name.partition(".")
        disposition = f'attachment; filename="{stem}-at-{upto}.{ending}"'
        return StreamingHttpResponse(
            pieces(lines(upto)), content_type=media_type, headers={"Content-Disposition": disposition}
        )


class BulkEvents(WholeLog):
    """The log up to a position, an entry a line: the very bytes that were hashed."""

    name = "events.jsonl"
    media_type = JsonLines.media_type
    renderer_classes = (JsonLines,)


class BulkEventsTable(WholeLog):
    """The log up to a position as CSV, payload and meta as JSON."""

    name = "events.csv"
    media_type = Csv.media_type
    renderer_classes = (Csv,)


def _visible(position: int | None) -> int:
    head = log.head().position
    if position is None:
        return head
    if position > head:
        detail = f"position {position} is beyond the head, {head}"
        raise wrong(
            [ProblemError(code="position-beyond-head", detail=detail, parameter="position", value=str(position))]
        )
    return log.resolve(position=position).position
