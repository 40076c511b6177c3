"""The base of every write: a token, a JSON body that is read strictly, an answer that nobody else keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from tracker.api.parameters import Parameter
from tracker.api.problems import Problem, wrong
from tracker.api.reading import Read
from tracker.api.shapes import ProblemError
from tracker.events import pointer_of

PRIVATE = "private, no-store"


@dataclass(frozen=True, kw_only=True)
class Operates:
    """What a method other than GET takes and answers; the description of the API is made of it."""

    answers: Mapping[int, tuple[Any, str]]
    """The shape and the meaning of each status of success; no shape is no body."""
    body: Any = None
    parameters: tuple[Parameter, ...] = ()
    headers_read: tuple[Parameter, ...] = ()
    problems: tuple[str, ...] = ()
    example: Any = None


class Private(Read):
    """What only the bearer of a token with a permission may see or do."""

    permission: ClassVar[str] = ""
    operates: ClassVar[Mapping[str, Operates]] = {}
    needs_token: ClassVar[bool] = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.needs_token or request.method not in ("GET", "HEAD"):
            require(request, self.permission)


def require(request: Request, permission: str) -> None:
    """Raises NotAuthenticated without a token, PermissionDenied without the permission; an empty one is anybody's."""
    if not request.auth:
        raise NotAuthenticated("this takes a token: send `Authorization: Bearer tmt_...`")
    if permission and not request.user.has_perm(permission):
        raise PermissionDenied(f"{request.user.get_username()} lacks the permission {permission}")


def private(answer: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer for its asker alone."""
    body = b"" if status == 204 else msgspec.json.encode(answer)
    return HttpResponse(
        body, status=status, content_type="application/json", headers={"Cache-Control": PRIVATE, **(headers or {})}
    )


def body_of(request: HttpRequest, shape: Any) -> Any:
    """The body as a shape. Raises a Problem that points to what is wrong."""
    if request.content_type != "application/json":
        raise Problem("unsupported-media-type", f"the body is {request.content_type!r}; send application/json")
    if b"\\u0000" in request.body:
        raise _malformed("the body holds a NUL character, which no text has", "")
    try:
        return msgspec.json.decode(request.body, type=shape)
    except msgspec.ValidationError as error:
        reason, pointer = pointer_of(error)
        raise _malformed(reason, pointer) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise _malformed(f"the body is no JSON: {error}", "") from None


def _malformed(detail: str, pointer: str) -> Problem:
    return wrong(
        [ProblemError(code="malformed-body", detail=f"{detail} (at {pointer or 'the root'})", pointer=pointer)]
    )


def header(request: HttpRequest, parameter: Parameter) -> Any:
    """The value of a header, or None. Raises Problem."""
    text = request.headers.get(parameter.name)
    if text is None:
        return None
    try:
        return parameter.form.read(text)
    except ValueError:
        accepted = parameter.form.accepted
        detail = f"{parameter.name} is {text[:100]!r}; write {accepted}"
        error = ProblemError(
            code="malformed-header", detail=detail, parameter=parameter.name, value=text[:100], accepted=accepted
        )
        raise wrong([error]) from None
