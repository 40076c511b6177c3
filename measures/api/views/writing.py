"""Writing: events sent by a program go the way of every other draft, to another person's approval and into the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from measures import review
from measures.api import writing
from measures.api.shapes.writing import DraftShape, EventsBody, EventsUnread, PreviewShape, StepBody
from measures.drafts import Draft
from measures.preview import preview
from tracker.api import parameters
from tracker.api import views as feed
from tracker.api.parameters import FLAG, UUID_TEXT, Parameter, pattern
from tracker.api.problems import Problem, wrong
from tracker.api.shapes import ProblemError
from tracker.api.writing import Operates, Private, body_of, header, private, require
from tracker.envelope import NewEvent
from tracker.events import EventError
from tracker.log import LogBusy

KEYS = UUID("7b1f2f4e-8f0b-5d1c-9a55-1a4a0b6f8f3c")
"""Under it a user's key becomes the id of a draft: the same for ever."""

KEY = Parameter(
    name="Idempotency-Key",
    form=pattern(r"[\x21-\x7e]{1,200}", "1 to 200 visible ASCII characters"),
    description="Yours, new for each batch. Sent again with the same body, the first result comes back.",
)
VERSION = Parameter(
    name="If-Match",
    form=pattern(r'"\d{1,9}"', 'the version of the stream that you saw, in quotes: "3", and "0" for a new stream'),
    description="The version of the one stream that the batch is about; for several give `expected_version` in each.",
)
DRY_RUN = Parameter(
    name="dry_run", form=FLAG, default=False, description="Only tells what the batch would do, and keeps nothing."
)
EXAMPLE = {
    "events": [
        {
            "stream": "measure/us-s301-list-4a",
            "type": "measure.noted",
            "known_from": "2026-11-20",
            "data": {
                "summary": "The agency asks for comments until 10 January.",
                "sources": [{"title": "Notice 1", "citation": "91 FR 1", "official": True}],
            },
        }
    ]
}


class Events(feed.Events):
    __doc__ = feed.Events.__doc__
    http_method_names = ["get", "head", "post"]
    operates = {
        "POST": Operates(
            body=EventsBody,
            answers={
                200: (PreviewShape, "The preview of a dry run."),
                201: (DraftShape, "Recorded: by the publisher alone, or approved since the key came first."),
                202: (DraftShape, "Submitted; another person's approval records it. `Location` is where to look."),
            },
            parameters=(DRY_RUN,),
            headers_read=(KEY, VERSION),
            problems=(
                "invalid-event",
                "rule-violated",
                "unconfirmed",
                "wrong-expected-version",
                "idempotency-key-reused",
                "idempotency-conflict",
                "wrong-state",
                "log-busy",
            ),
            example=EXAMPLE,
        )
    }

    def post(self, request: Request, **path: Any) -> HttpResponse:
        """Record events, as one batch or not at all.

        By the same commands, rules and review as in the admin: an editor's batch is submitted and waits for another
        person's approval (202); with `publish_because` the publisher's role records it alone, marked as an emergency
        for ever (201). Hard rules refuse; soft ones want a reason under `confirm`. Each error points to its item.
        """
        require(request, "measures.write_draft")
        asked = request._request
        wanted = parameters.read(asked.GET, (DRY_RUN,))
        body: EventsUnread = body_of(asked, EventsUnread)
        batch, expected = writing.new_events(body.events)
        expected |= _if_match(asked, batch)
        key = header(asked, KEY)
        if wanted["dry_run"]:
            return _previewed(asked, batch, body)
        return _written(asked, request.user, batch, expected, body, key)


def _if_match(request: HttpRequest, batch: Sequence[NewEvent]) -> dict[str, int]:
    """The expected version by header. Raises Problem where the batch is about several streams."""
    text = header(request, VERSION)
    if text is None:
        return {}
    streams = {item.stream for item in batch}
    if len(streams) > 1:
        detail = "If-Match is one version, the batch is about several streams; give expected_version in each event"
        raise wrong([ProblemError(code="malformed-header", detail=detail, parameter="If-Match", value=text)])
    return {streams.pop(): int(text.strip('"'))}


def _previewed(request: HttpRequest, batch: Sequence[NewEvent], body: EventsUnread) -> HttpResponse:
    today = timezone.now().date()
    found = writing.judged(batch, today)
    return private(
        writing.preview_shape(preview(batch, today=today), found, body.confirm, request.build_absolute_uri("/")[:-1])
    )


def _written(
    request: HttpRequest,
    user: Any,
    batch: Sequence[NewEvent],
    expected: Mapping[str, int],
    body: EventsUnread,
    key: str | None,
) -> HttpResponse:
    name = uuid5(KEYS, f"{user.pk} {key}") if key else uuid4()
    digest = sha256(request.body).hexdigest()
    draft = Draft.objects.select_related("author", "reviewer").filter(pk=name).first()
    if draft and draft.request_digest != digest:
        raise _reused(str(key))
    if draft and draft.state != Draft.State.DRAFT:
        return _answered(request, draft, repeated=True)
    if refused := writing.standing_against(writing.judged(batch, timezone.now().date()), body.confirm):
        raise wrong(refused)
    with writing.explained():
        return _answered(request, _handed_in(name, user, batch, expected, body, digest))


def _reused(key: str) -> Problem:
    detail = f"Idempotency-Key {key!r} came before with another body; take a new key for a new batch"
    code = "idempotency-key-reused"
    return Problem(code, detail, ProblemError(code=code, detail=detail, parameter=KEY.name, value=key))


def _handed_in(
    id: UUID, user: Any, batch: Sequence[NewEvent], expected: Mapping[str, int], body: EventsUnread, digest: str
) -> Draft:
    """The draft, submitted, or published where the body says why.

    Raises what `measures.review` raises; what is refused is not kept.
    """
    last = batch[-1]
    draft = review.save(
        id,
        author=user,
        type=type(last.payload).event_type,  # type: ignore[attr-defined]
        stream=last.stream,
        typed={},
        batch=batch,
        origin="api",
        request_digest=digest,
    )
    try:
        return _moved_on(draft, user, writing.versions(batch, expected), body)
    except (PermissionDenied, EventError, LogBusy):
        review.forget(draft)
        raise


def _moved_on(draft: Draft, user: Any, seen: Mapping[str, int], body: EventsUnread) -> Draft:
    now, confirmed = timezone.now(), body.confirm
    if body.publish_because is not None:
        return review.publish(draft, by=user, now=now, reason=body.publish_because, seen=seen, confirmed=confirmed)
    return review.submit(draft, by=user, now=now, seen=seen, confirmed=confirmed)


def _answered(request: HttpRequest, draft: Draft, *, repeated: bool = False) -> HttpResponse:
    base = request.build_absolute_uri("/")[:-1]
    status = 201 if draft.state == Draft.State.RECORDED else 202
    headers = {"Location": writing.address(draft, base)} | ({"Idempotency-Replayed": "true"} if repeated else {})
    return private(writing.draft_shape(draft, base), status, headers)


class DraftById(Private):
    """A draft on its way into the log.

    Takes a token of somebody who may see drafts; what is not yet approved is nobody else's to read.
    """

    tag = "writing"
    shape = DraftShape
    permission = "measures.view_draft"
    http_method_names = ["get", "head", "post"]
    problems = ("not-found",)
    path_parameters = (Parameter(name="id", form=UUID_TEXT, description="The id of the draft."),)
    operates = {
        "POST": Operates(
            body=StepBody,
            answers={200: (DraftShape, "The draft after the step.")},
            problems=(
                "not-found",
                "wrong-state",
                "wrong-expected-version",
                "invalid-event",
                "rule-violated",
                "unconfirmed",
                "idempotency-conflict",
                "log-busy",
            ),
            example={"step": "approve"},
        )
    }

    def get(self, request: Request, **path: Any) -> HttpResponse:
        parameters.read(request._request.GET, ())
        return self._shown(request, _draft(path["id"]))

    def post(self, request: Request, **path: Any) -> HttpResponse:
        """Take the next step of a draft.

        `approve` records it, by somebody else than its author and with the role to review; `send_back` returns it to
        the author with a comment; `take_back` and `discard` are the author's.
        """
        parameters.read(request._request.GET, ())
        body: StepBody = body_of(request._request, StepBody)
        with writing.explained():
            moved = _step(_draft(path["id"]), body, request.user)
        return self._shown(request, moved)

    def _shown(self, request: Request, draft: Draft) -> HttpResponse:
        return private(writing.draft_shape(draft, request.build_absolute_uri("/")[:-1]))


def _draft(id: UUID) -> Draft:
    draft = Draft.objects.select_related("author", "reviewer").filter(pk=id).first()
    if draft is None:
        raise Problem("not-found", f"there is no draft {id}")
    return draft


def _step(draft: Draft, body: StepBody, user: Any) -> Draft:
    now = timezone.now()
    match body.step:
        case "approve":
            return review.approve(draft, by=user, now=now, confirmed=body.confirm)
        case "send_back":
            return review.send_back(draft, by=user, now=now, text=body.comment)
        case "take_back":
            return review.take_back(draft, by=user)
        case "discard":
            return review.discard(draft, by=user)
