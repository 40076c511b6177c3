"""The base of every read: parameters in, a point of the clocks, an answer with its validators out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar

import msgspec
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.http import parse_etags
from django.views.decorators.gzip import gzip_page
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from tracker.api import exports, limits, parameters
from tracker.api.clocks import CLOCKS, Question, ask
from tracker.api.keeping import RECEIPT, keep_answer, pinned
from tracker.api.paging import Asked
from tracker.api.parameters import Parameter
from tracker.api.problems import wrong
from tracker.api.schema import Operation
from tracker.api.tokens import Tokens
from tracker.ledger.receipts import CONTRACT

FOREVER = "public, max-age=31536000, immutable"
REVALIDATE = "public, no-cache"


@method_decorator(gzip_page, name="dispatch")
class Read(APIView):
    """A read without clocks: what it says changes with the code alone."""

    http_method_names = ["get", "head"]
    authentication_classes = (Tokens,)
    permission_classes = ()
    throttle_classes = (limits.Limit,)
    schema = Operation()

    tag: ClassVar[str] = ""
    media_type: ClassVar[str] = "application/json"
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    path_parameters: ClassVar[tuple[Parameter, ...]] = ()
    shape: ClassVar[Any] = None
    wire: ClassVar[Mapping[str, Any]] = {"type": "string"}
    """The JSON Schema of an answer without a shape; of each event of a stream."""
    problems: ClassVar[tuple[str, ...]] = ()
    example: ClassVar[Any] = None

    def perform_authentication(self, request: Request) -> None:
        """A token that is refused counts for the address that sent it: guessing ends where asking too often does."""
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            request.user, request.auth = AnonymousUser(), None
            self.check_throttles(request)
            raise

    def get(self, request: Request, **path: Any) -> HttpResponseBase:
        asked = request._request
        values = parameters.read(asked.GET, self.parameters)
        body = msgspec.json.encode(self.answer(asked, values, **path))
        return conditional(asked, etag(body), REVALIDATE, lambda: reply(body))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        limits.tell(getattr(request, "_request", request), found)
        return found

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> Any:
        raise NotImplementedError


class ReadAt(Read):
    """A read at a point of the three clocks, from the read models of some projections or from the log alone."""

    projections: ClassVar[tuple[str, ...]] = ()

    def get(self, request: Request, **path: Any) -> HttpResponseBase:
        asked = request._request
        question = self._question(asked)
        if question.values["receipt"]:
            return self._kept(self._question(pinned(question)), path)
        tag = etag(repr((CONTRACT, asked.build_absolute_uri(), question.clocks())).encode())
        caching = FOREVER if question.settled else REVALIDATE
        return conditional(asked, tag, caching, lambda: self._replied(question, path))

    @classmethod
    def all_parameters(cls) -> tuple[Parameter, ...]:
        return (*cls.parameters, *exports.parameters(cls.shape), *CLOCKS, RECEIPT)

    def _question(self, asked: HttpRequest) -> Question:
        return ask(asked, parameters.read(asked.GET, self.all_parameters()), self.projections)

    def _kept(self, question: Question, path: dict[str, Any]) -> HttpResponseBase:
        if question.values.get("format", "json") != "json":
            raise wrong([exports.NO_RECEIPT])
        return keep_answer(question.request, question.clocks(), self._replied(question, path))

    def answer_at(self, question: Question, **path: Any) -> Any:
        """The answer as a shape. Raises Problem."""
        raise NotImplementedError

    def _replied(self, question: Question, path: dict[str, Any]) -> HttpResponseBase:
        return replied(self.answer_at(question, **path), self.shape, question, question.clocks())


def replied(answer: Any, shape: Any, asked: Asked, *before: Any) -> HttpResponseBase:
    """An answer in the cut that was asked for, what stands before it, and the links of a page.

    What is a response already stays as it is.
    """
    if isinstance(answer, HttpResponse):
        return answer
    wanted, kind = asked.values.get("fields"), asked.values.get("format", "json")
    if kind != "json":
        return exports.table(answer.results, exports.item_of(shape), wanted, kind, _file_name(asked))
    found = reply(merged(*before, exports.cut(answer, shape, wanted)))
    if beside := links(answer):
        found["Link"] = ", ".join(beside)
    return found


def _file_name(asked: Asked) -> str:
    """`measures-2025-08-20-at-1211`: the list, the valid day and the position."""
    words = asked.request.path.strip("/").split("/")[2:]
    return "-".join([*words, *(f"{one.valid_at}-at-{one.position}" for one in asked.points)])


def links(answer: Any) -> list[str]:
    """RFC 8288 links to the pages beside this one."""
    found = {"next": getattr(answer, "next", None), "prev": getattr(answer, "previous", None)}
    return [f'<{address}>; rel="{relation}"' for relation, address in found.items() if address]


def merged(*shapes: Any) -> bytes:
    """Several shapes as one JSON object: the clocks stand before what is answered."""
    parts = (msgspec.json.encode(shape)[1:-1] for shape in shapes)
    return b"{" + b",".join(part for part in parts if part) + b"}"


def reply(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")


def etag(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:32]}"'


def conditional(
    request: HttpRequest, tag: str, caching: str, answer: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """The answer with its validators, or 304 where the client has it already; then it is not computed."""
    known = _bare(parse_etags(request.headers.get("If-None-Match", "")))
    response = HttpResponseNotModified() if known & {"*", tag} else answer()
    response["ETag"] = tag
    response["Cache-Control"] = caching
    patch_vary_headers(response, ["Accept"])
    return response


def _bare(tags: Sequence[str]) -> set[str]:
    """ETags without the mark of weak ones, which compression sets."""
    return {tag.removeprefix("W/") for tag in tags}
