"""The log replayed over HTTP: rows folded from the entries alone, as JSON lines with a digest."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from tracker import replay
from tracker.api import parameters
from tracker.api.clocks import CLOCKS
from tracker.api.parameters import POSITION, Parameter, pattern
from tracker.api.problems import Problem, wrong
from tracker.api.reading import REVALIDATE, Read, conditional, etag
from tracker.api.shapes import ProblemError
from tracker.api.views import STREAM
from tracker.ledger.comparison import Asked, as_json_lines
from tracker.ledger.receipts import CONTRACT
from tracker.projections import Projection, projections
from tracker.replay import PointError

MOST = 10_000
"""Events that one answer folds at most."""
NAME = pattern(r"[a-z]+(_[a-z]+)*", "the name of a read model such as measures", most=100)
VALID_AT, KNOWN_AT, _, _ = CLOCKS
MEDIA_TYPE = "application/x-ndjson"


class LinesRenderer(BaseRenderer):
    """Names the media type for the negotiation; the view renders."""

    media_type, format = MEDIA_TYPE, "jsonl"


class Replay(Read):
    """The rows of a read model at a point, folded again from the log alone: JSON lines, streamed.

    The first line says what was asked, with the version of the fold; then one row a line; the last line holds the
    number of rows and their digest. An answer without it was cut off. Without `valid_at` and `known_at` the rows of
    all days are meant, and the digest is that of the attestation at the position. The same question gets the same
    bytes for ever, for one version of the fold. At most 10000 events are folded at once: name a `stream`, or ask
    `manage.py replay`, for more.
    """

    tag = "replay"
    media_type = MEDIA_TYPE
    renderer_classes = (LinesRenderer,)
    problems = ("unknown-value", "malformed-clock", "position-beyond-head", "answer-too-large")
    parameters = (
        Parameter(name="projection", form=NAME, example="measures", description="The read model. Required."),
        Parameter(
            name="position",
            form=POSITION,
            code="malformed-clock",
            example=1,
            description="As this log said at this position; inside a batch it means the end of the batch before. "
            "Required.",
        ),
        VALID_AT,
        KNOWN_AT,
        Parameter(name="stream", form=STREAM, description="This stream alone."),
    )

    def get(self, request: Request, **path: Any) -> HttpResponseBase:
        asked = request._request
        kind, wanted = read(parameters.read(asked.GET, self.parameters))
        tag = etag(repr((CONTRACT, wanted.said(kind))).encode())
        return conditional(asked, tag, REVALIDATE, lambda: _streamed(kind, wanted))


def read(values: dict[str, Any]) -> tuple[Projection, Asked]:
    """The read model and the point that are asked for. Raises Problem."""
    kind = _kind(_required("projection", values, NAME.accepted))
    position = _required("position", values, POSITION.accepted)
    try:
        at, _ = replay.in_the_log(position, None)
    except PointError as error:
        raise wrong([ProblemError(code=error.code, detail=str(error), parameter="position")]) from error
    if at.position > MOST and values["stream"] is None:
        raise Problem("answer-too-large", f"position {position} is beyond {MOST}: name a stream, or replay by command")
    return kind, Asked(at.position, values["valid_at"], values["known_at"], values["stream"])


def _kind(name: str) -> Projection:
    known = {kind.name: kind for kind in projections()}
    if name not in known:
        accepted = ", ".join(sorted(known))
        detail = f"there is no read model {name!r}; there are {accepted}"
        raise wrong([ProblemError(code="unknown-value", detail=detail, parameter="projection", accepted=accepted)])
    return known[name]


def _required(name: str, values: dict[str, Any], accepted: str) -> Any:
    if values[name] is None:
        detail = f"{name} is required; write {accepted}"
        raise wrong([ProblemError(code="malformed-parameter", detail=detail, parameter=name, accepted=accepted)])
    return values[name]


def _streamed(kind: Projection, asked: Asked) -> Any:
    return StreamingHttpResponse(as_json_lines(kind, asked), content_type=MEDIA_TYPE)
