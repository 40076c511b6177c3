"""The feed as server-sent events: `EventSource` of every browser follows it, and goes on where it was cut off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from tracker import log
from tracker.api import parameters, views
from tracker.api.parameters import POSITION, Parameter, pattern
from tracker.api.problems import wrong
from tracker.api.reading import Read
from tracker.api.shapes import ProblemError
from tracker.api.views import NAME, STREAM, check_type
from tracker.api.writing import header
from tracker.log import Recorded
from tracker.subscriptions.live import finite, frames
from tracker.subscriptions.wanted import Wanted

MEDIA_TYPE = "text/event-stream"
CATEGORY = pattern(r"[a-z]+(_[a-z]+)*", "a kind of stream such as measure", most=40)
AGAIN = "Give it again for any of several."
LAST = Parameter(
    name="Last-Event-ID",
    form=POSITION,
    description="The id that came last; `EventSource` sends it when it comes again, and then it wins over `after`.",
)
WANTED = (
    Parameter(name="type", form=NAME, repeated=True, example="measure.adopted", description=f"Of this type. {AGAIN}"),
    Parameter(
        name="stream",
        form=STREAM,
        repeated=True,
        example="measure/us-ieepa-reciprocal-cn",
        description=f"Of this stream. {AGAIN}",
    ),
    Parameter(
        name="category",
        form=CATEGORY,
        repeated=True,
        example="measure",
        description=f"Of streams of this kind. {AGAIN}",
    ),
)


class StreamRenderer(BaseRenderer):
    """Names the media type for the negotiation; the view renders."""

    media_type, format = MEDIA_TYPE, "sse"


class EventStream(Read):
    """The feed as server-sent events: in order, each once, by filter.

    `id` is the position, `event` the type, `data` the event as in `events/`. Without `after` it begins now. Whoever was
    cut off sends `Last-Event-ID` and misses nothing. A heartbeat every 15 seconds moves the id past what was not
    wanted. Where the server holds no connections open it answers with what is new and ends; clients come again after a
    second, with the same result.
    """

    tag = "events"
    media_type = MEDIA_TYPE
    renderer_classes = (StreamRenderer,)
    wire = {"type": "object", "properties": {name: {"type": "string"} for name in ("id", "event", "data")}}
    problems = ("unknown-value", "position-beyond-head", "malformed-header")
    parameters = (
        Parameter(name="after", form=POSITION, example=0, description="Events after this position. Default: new ones."),
        *WANTED,
    )
    headers_read = (LAST,)

    def get(self, request: Request, **path: Any) -> StreamingHttpResponse:
        asked = request._request
        values = parameters.read(asked.GET, self.parameters)
        for name in values["type"] or ():
            check_type(name)
        last = header(asked, LAST)
        after, upto = values["after"] if last is None else last, log.head().position
        if after is not None and after > upto:
            raise _beyond(after, upto)
        return _streamed(asked, after, upto, Wanted.of(values))


def _streamed(request: HttpRequest, after: int | None, upto: int, wanted: Wanted) -> StreamingHttpResponse:
    content: Any
    if isinstance(request, ASGIRequest):
        connections.close_all()  # it would be held as long as the stream
        content = frames(after, wanted, rendered)
    else:
        content = finite(upto if after is None else after, upto, wanted, rendered)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": "identity"}
    return StreamingHttpResponse(content, content_type=MEDIA_TYPE, headers=headers)


def rendered(events: Sequence[Recorded]) -> list[bytes]:
    """The data of each event; its address begins at the root of the server."""
    return views.rendered(events, "")


def _beyond(after: int, upto: int) -> Exception:
    detail = f"position {after} is beyond the head, {upto}"
    return wrong([ProblemError(code="position-beyond-head", detail=detail, parameter="after", value=str(after))])
