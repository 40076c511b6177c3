"""Webhooks over HTTP: each bearer of a token keeps their own subscriptions and reads what came of each message."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from tracker import log
from tracker.api import parameters
from tracker.api.parameters import UUID_TEXT, Parameter, one_of, whole
from tracker.api.problems import Problem, wrong
from tracker.api.shapes import ProblemError
from tracker.api.stream import CATEGORY, rendered
from tracker.api.subscribing import (
    Attempt,
    DeliveryList,
    DeliveryShape,
    WebhookAfter,
    WebhookBody,
    WebhookList,
    WebhookShape,
    WebhookStep,
)
from tracker.api.views import NAME, STREAM, known_types
from tracker.api.writing import Operates, Private, body_of, private
from tracker.subscriptions import delivering, posting
from tracker.subscriptions.models import Delivery, Subscription
from tracker.subscriptions.wanted import Wanted

MOST = 50
"""Subscriptions of one user."""

ID = Parameter(name="id", form=UUID_TEXT, description="The id of the subscription.")
DELIVERY = Parameter(name="delivery", form=UUID_TEXT, description="The id of the message.")
EXAMPLE = {"endpoint": "https://example.org/hook", "types": ["measure.adopted"], "categories": ["measure"]}


class Webhooks(Private):
    """Your subscriptions of webhooks.

    Messages are CloudEvents 1.0, signed as Standard Webhooks has it, in the order of each stream, tried for a day.
    """

    tag = "webhooks"
    shape = WebhookList
    http_method_names = ["get", "head", "post"]
    operates = {
        "POST": Operates(
            body=WebhookBody,
            answers={201: (WebhookShape, "It is active. Keep the `secret`: it is not shown again.")},
            problems=("refused-endpoint", "unknown-value", "position-beyond-head", "too-many-subscriptions"),
            example=EXAMPLE,
        )
    }

    def get(self, request: Request, **path: Any) -> HttpResponse:
        parameters.read(request._request.GET, ())
        return private(WebhookList(results=[_shape(row, request._request) for row in _own(request.user)]))

    def post(self, request: Request, **path: Any) -> HttpResponse:
        """Subscribe: events are posted to an address as they are recorded.

        The address must be of the public internet, also after its name was looked up; redirects are not followed.
        """
        parameters.read(request._request.GET, ())
        body: WebhookBody = body_of(request._request, WebhookBody)
        _check(body)
        user: Any = request.user
        if user.webhooks.count() >= MOST:
            raise Problem("too-many-subscriptions", f"you have {MOST} subscriptions; delete one first")
        made = _subscribed(user, body)
        return private(_shape(_row(request.user, made.pk), request._request, secret=made.secret), 201)


def _subscribed(user: Any, body: WebhookBody) -> Subscription:
    wanted = Wanted(tuple(body.types), tuple(body.streams), tuple(body.categories))
    try:
        return delivering.subscribe(user, body.endpoint, wanted, timezone.now(), body.after)
    except (posting.Refused, OSError, UnicodeError) as error:
        detail = f"endpoint: {error}"
        raise wrong(
            [ProblemError(code="refused-endpoint", detail=detail, pointer="/endpoint", value=body.endpoint[:200])]
        ) from error


FORMS = {"types": NAME, "streams": STREAM, "categories": CATEGORY}


def _check(body: WebhookBody) -> None:
    """Raises a Problem for words that name nothing, and for a position that is not there yet."""
    errors = [
        ProblemError(
            code="unknown-value",
            detail=f"{name} holds {word[:100]!r}; write {form.accepted}, for types one of event-types/",
            pointer=f"/{name}/{place}",
            value=word[:100],
        )
        for name, form in FORMS.items()
        for place, word in enumerate(getattr(body, name))
        if not _reads(form, word) or (name == "types" and word not in known_types())
    ]
    if errors:
        raise wrong(errors)
    if body.after is not None and body.after > (head := log.head().position):
        detail = f"after {body.after} is beyond the head, {head}"
        raise wrong([ProblemError(code="position-beyond-head", detail=detail, pointer="/after", value=str(body.after))])


def _reads(form: parameters.Form, word: str) -> bool:
    try:
        form.read(word)
    except ValueError:
        return False
    return True


class WebhookById(Private):
    """One of your subscriptions."""

    tag = "webhooks"
    shape = WebhookShape
    problems = ("not-found",)
    http_method_names = ["get", "head", "post", "delete"]
    path_parameters = (ID,)
    operates = {
        "POST": Operates(
            body=WebhookStep,
            answers={200: (WebhookAfter, "The subscription after the step.")},
            problems=("not-found",),
            example={"step": "test"},
        ),
        "DELETE": Operates(answers={204: (None, "It is gone, with its deliveries.")}, problems=("not-found",)),
    }

    def get(self, request: Request, **path: Any) -> HttpResponse:
        parameters.read(request._request.GET, ())
        return private(_shape(_row(request.user, path["id"]), request._request))

    def post(self, request: Request, **path: Any) -> HttpResponse:
        """Test, pause or resume a subscription, or give it a new secret.

        `test` posts a message of type `webhook.test` at once and tells what came of it. After `rotate_secret` the old
        secret signs too for a day. `resume` goes on with what waits.
        """
        parameters.read(request._request.GET, ())
        body: WebhookStep = body_of(request._request, WebhookStep)
        found = _row(request.user, path["id"])
        tested = _step(found, body.step)
        rotated = body.step == "rotate_secret"
        shape = _shape(_row(request.user, found.pk), request._request, secret=found.secret if rotated else None)
        values = {name: getattr(shape, name) for name in WebhookShape.__struct_fields__}
        return private(WebhookAfter(**values, tested=_delivery(tested, request._request) if tested else None))

    def delete(self, request: Request, **path: Any) -> HttpResponse:
        """Delete a subscription, and what waits for it."""
        parameters.read(request._request.GET, ())
        _row(request.user, path["id"]).delete()
        return private(None, 204)


def _step(found: Subscription, step: str) -> Delivery | None:
    now = timezone.now()
    match step:
        case "test":
            return delivering.test(found, rendered, now)
        case "rotate_secret":
            delivering.rotate(found, now)
        case "pause":
            delivering.pause(found)
        case "resume":
            delivering.resume(found, now)
    return None


class WebhookDeliveries(Private):
    """What was sent to one of your subscriptions, or waits to be, with the last ten attempts of each message."""

    tag = "webhooks"
    shape = DeliveryList
    problems = ("not-found",)
    path_parameters = (ID,)
    parameters = (
        Parameter(name="state", form=one_of(Delivery.State.values), example="waiting", description="Only these."),
        Parameter(name="limit", form=whole(1, 200), default=20, example=20, description="How many; 20 by default."),
    )

    def get(self, request: Request, **path: Any) -> HttpResponse:
        values = parameters.read(request._request.GET, self.parameters)
        rows = _row(request.user, path["id"]).deliveries.all()
        if values["state"]:
            rows = rows.filter(state=values["state"])
        found = rows[: values["limit"]]
        return private(DeliveryList(results=[_delivery(row, request._request) for row in found]))


class WebhookDelivery(Private):
    """One message."""

    tag = "webhooks"
    shape = DeliveryShape
    problems = ("not-found",)
    http_method_names = ["get", "head", "post"]
    path_parameters = (ID, DELIVERY)
    operates = {"POST": Operates(answers={200: (DeliveryShape, "It waits to be sent again.")}, problems=("not-found",))}

    def get(self, request: Request, **path: Any) -> HttpResponse:
        parameters.read(request._request.GET, ())
        return private(_delivery(self._found(request, path), request._request))

    def post(self, request: Request, **path: Any) -> HttpResponse:
        """Send a message again, under the same id. Takes no body."""
        parameters.read(request._request.GET, ())
        delivering.resend(self._found(request, path), timezone.now())
        return private(_delivery(self._found(request, path), request._request))

    def _found(self, request: Request, path: dict[str, Any]) -> Delivery:
        found = _row(request.user, path["id"]).deliveries.filter(pk=path["delivery"]).first()
        if found is None:
            raise Problem("not-found", f"this subscription has no message {path['delivery']}")
        return found


def _own(user: Any) -> QuerySet[Subscription]:
    waiting = Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING))
    return Subscription.objects.filter(owner=user).annotate(waiting=waiting).order_by("created_at")


def _row(user: Any, id: UUID) -> Any:
    found = _own(user).filter(pk=id).first()
    if found is None:
        raise Problem("not-found", f"you have no subscription {id}")
    return found


def _address(request: HttpRequest, *parts: Any) -> str:
    return request.build_absolute_uri("/api/v1/webhooks/" + "".join(f"{part}/" for part in parts))


def _shape(row: Any, request: HttpRequest, secret: str | None = None) -> WebhookShape:
    return WebhookShape(
        id=row.pk,
        url=_address(request, row.pk),
        endpoint=row.url,
        types=row.types,
        streams=row.streams,
        categories=row.categories,
        state=row.state,
        reason=row.reason or None,
        position=row.position,
        waiting=row.waiting,
        failures=row.failures,
        next_attempt_at=row.next_at if row.failures and row.state == Subscription.State.ACTIVE else None,
        created_at=row.created_at,
        secret=secret,
    )


def _delivery(row: Delivery, request: HttpRequest) -> DeliveryShape:
    return DeliveryShape(
        id=row.pk,
        url=_address(request, row.subscription_id, "deliveries", row.pk),
        position=row.position,
        type=row.type,
        stream=row.stream or None,
        state=row.state,  # type: ignore[arg-type]
        attempts=[Attempt(**attempt) for attempt in row.log],
        next_attempt_at=row.next_at if row.state == Delivery.State.WAITING else None,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
    )
