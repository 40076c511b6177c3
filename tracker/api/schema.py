"""OpenAPI from the declarations of the views: the same lines that read a request describe it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from tracker.api import exports
from tracker.api.keeping import HEADERS as RECEIPT_HEADERS
from tracker.api.parameters import Parameter
from tracker.api.problems import CODES, MEDIA_TYPE
from tracker.api.shapes import Clocks, ProblemShape

JSON = dict[str, Any]
REFERENCES = "#/components/schemas/{name}"
ALWAYS = ("unknown-parameter", "not-acceptable", "unauthorized", "too-many-requests")
ANYBODY: list[Any] = [{}, {"token": []}]
"""Whoever asks without a token is answered too."""
TOKEN: list[Any] = [{"token": []}]
WITH_BODY = ("malformed-body", "unsupported-media-type", "body-too-large")
WITH_PARAMETERS = ("malformed-parameter", "repeated-parameter")
WITH_CLOCKS = ("malformed-clock", "contradictory-clocks", "future-clock", "as-of-refused", "position-beyond-head")
CUT = ("contradictory-parameters",)
PROJECTED = ("not-projected-yet",)
TABLE: JSON = {"schema": {"type": "string"}}
LIMITS = {
    "RateLimit-Policy": "Requests (q) in so many seconds (w), by token or by address.",
    "RateLimit": "Requests that are left (r), and the seconds (t) until the count begins anew.",
}
PAGED = ("malformed-cursor", "cursor-of-another-query")


class Operation(AutoSchema):
    """Describes a view by its docstring, its parameters, its shape and the problems it may answer with."""

    view: Any

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> JSON | None:
        self.registry, self.path, self.method = registry, path, method
        view = self.view
        if method != "GET":
            return self._write(method)
        summary, _, details = _paragraphs(type(view).__doc__)
        return {
            "operationId": _identity(type(view).__name__),
            "summary": summary.rstrip("."),
            "description": details.strip() or summary,
            "tags": [view.tag],
            "security": TOKEN if getattr(view, "needs_token", False) else ANYBODY,
            "parameters": [*self._path_parameters(), *map(_query_parameter, _parameters(view)), *_headers(view)],
            "responses": {"200": self._success(), "304": {"description": "You have it already."}}
            | self._failures(self._codes()),
        }

    def _write(self, method: str) -> JSON:
        view, does = self.view, self.view.operates[method]
        summary, _, details = _paragraphs(getattr(view, method.lower()).__doc__)
        found = {
            "operationId": f"{_identity(type(view).__name__)}_{method.lower()}",
            "summary": summary.rstrip("."),
            "description": details.strip() or summary,
            "tags": [view.tag],
            "security": TOKEN,
            "parameters": [*self._path_parameters(), *map(_query_parameter, does.parameters), *_headers(does)],
            "responses": {str(status): self._written(*answer) for status, answer in does.answers.items()}
            | self._failures(self._write_codes(does)),
        }
        if does.body:
            (schema,) = self._references([does.body])
            example = {} if does.example is None else {"example": does.example}
            found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema, **example}}}
        return found

    def _written(self, shape: Any, meaning: str) -> JSON:
        headers = {name: _header(text) for name, text in LIMITS.items()}
        if shape is None:
            return {"description": meaning, "headers": headers}
        (schema,) = self._references([shape])
        return {"description": meaning, "headers": headers, "content": {"application/json": {"schema": schema}}}

    def _write_codes(self, does: Any) -> list[str]:
        codes = [*ALWAYS, "forbidden", *does.problems]
        codes += WITH_PARAMETERS if does.parameters else ()
        codes += WITH_BODY if does.body else ()
        codes += ("malformed-header",) if does.headers_read else ()
        return list(dict.fromkeys(codes))

    def _path_parameters(self) -> Iterable[JSON]:
        for parameter in self.view.path_parameters:
            yield _described(parameter) | {"in": "path", "required": True, "schema": dict(parameter.form.schema)}

    def _success(self) -> JSON:
        view = self.view
        content: JSON = {"schema": self._schema() if view.shape else dict(view.wire)}
        if view.example is not None:
            content["example"] = view.example
        tables = (exports.CSV, exports.XLSX) if exports.FORMAT in _parameters(view) else ()
        headers = {"ETag": _header("Send it back as If-None-Match."), "Cache-Control": _header("How long it holds.")}
        if _gives_receipts(view):
            headers |= {name: _header(words) for name, words in RECEIPT_HEADERS.items()}
        headers |= {name: _header(text) for name, text in LIMITS.items()}
        if _is_paged(view):
            headers["Link"] = _header("The next and the previous page, RFC 8288.")
        return {
            "description": "The answer.",
            "headers": headers,
            "content": {view.media_type: content} | dict.fromkeys(tables, TABLE),
        }

    def _schema(self) -> JSON:
        view = self.view
        shapes = [Clocks, view.shape] if _has_clocks(view) else [view.shape]
        *clocks, whole = self._references(shapes)
        if any(parameter.name == "fields" for parameter in _parameters(view)):
            part = self._part(exports.item_of(view.shape) or view.shape)
            if not exports.item_of(view.shape):
                whole = {"anyOf": [whole, part]}
        return {"allOf": [*clocks, whole]} if clocks else whole

    def _part(self, shape: Any) -> JSON:
        """The component of which `fields` gives some properties."""
        (reference,) = self._references([shape])
        name = reference["$ref"].rpartition("/")[2]
        whole = self.registry[(name, ResolvedComponent.SCHEMA)].schema
        schema = {key: value for key, value in whole.items() if key != "required"} | {"title": f"{name}Part"}
        part = ResolvedComponent(f"{name}Part", ResolvedComponent.SCHEMA, schema=schema, object=f"{name}Part")
        self.registry.register_on_missing(part)
        return {"$ref": REFERENCES.format(name=f"{name}Part")}

    def _failures(self, codes: Iterable[str]) -> JSON:
        """One response for each status, which lists the codes that it may carry."""
        by_status: dict[int, list[str]] = {}
        for code in codes:
            by_status.setdefault(CODES[code][0], []).append(code)
        return {str(status): self._failure(status, codes) for status, codes in sorted(by_status.items())}

    def _codes(self) -> list[str]:
        view = self.view
        codes = [*ALWAYS, *view.problems]
        codes += ("forbidden",) if getattr(view, "needs_token", False) else ()
        codes += WITH_PARAMETERS if _parameters(view) else ()
        codes += WITH_CLOCKS if _has_clocks(view) else ()
        codes += PAGED if _is_paged(view) and view.tag != "events" else ()
        codes += ("answer-too-large",) if _gives_receipts(view) else ()
        codes += CUT if exports.FORMAT in _parameters(view) else ()
        codes += PROJECTED if getattr(view, "projections", ()) else ()
        return list(dict.fromkeys(codes))

    def _failure(self, status: int, codes: list[str]) -> JSON:
        (problem,) = self._references([ProblemShape])
        said = "; ".join(f"`{code}`: {CODES[code][2]}" for code in codes)
        headers = {"headers": {"Retry-After": _header("Seconds.")}} if status in (429, 503) else {}
        content = {MEDIA_TYPE: {"schema": problem, "examples": {code: _example(code) for code in codes}}}
        return {"description": said, "content": content, **headers}

    def _references(self, shapes: Iterable[Any]) -> list[JSON]:
        """References to shapes, whose schemas are made components on the way."""
        references, components = msgspec.json.schema_components(shapes, ref_template=REFERENCES)
        for name, schema in components.items():
            whole = _with_parts(_cleaned(schema))
            component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema=whole, object=name)
            self.registry.register_on_missing(component)
        return list(references)


def _with_parts(schema: JSON) -> JSON:
    """A list whose items may be cut to some of their fields."""
    items = schema.get("properties", {}).get("results", {}).get("items", {})
    if reference := items.get("$ref"):
        schema["properties"]["results"]["items"] = {"anyOf": [{"$ref": reference}, {"$ref": f"{reference}Part"}]}
    return schema


def _headers(does: Any) -> Iterable[JSON]:
    """The headers that a view, or a method of it, reads."""
    for parameter in getattr(does, "headers_read", ()):
        yield _described(parameter) | {"in": "header", "schema": dict(parameter.form.schema)}


def _has_clocks(view: Any) -> bool:
    return hasattr(view, "projections")


def _is_paged(view: Any) -> bool:
    return any(parameter.name in ("cursor", "after") for parameter in view.parameters)


def _gives_receipts(view: Any) -> bool:
    return any(parameter.name == "receipt" for parameter in _parameters(view))


def _parameters(view: Any) -> tuple[Parameter, ...]:
    return view.all_parameters() if _has_clocks(view) else view.parameters


def _paragraphs(text: str | None) -> tuple[str, str, str]:
    lines = (line.strip() for line in (text or "").strip().splitlines())
    return re.sub(r"(?<!\n)\n(?!\n)", " ", "\n".join(lines)).partition("\n\n")


def _identity(name: str) -> str:
    """`MeasureHistory` → measure_history."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _described(parameter: Parameter) -> JSON:
    found: JSON = {
        "name": parameter.name,
        "description": f"{parameter.description} Accepted: {parameter.form.accepted}.",
    }
    if parameter.example is not None:
        found["example"] = [parameter.example] if parameter.repeated else parameter.example
    return found


def _query_parameter(parameter: Parameter) -> JSON:
    schema = dict(parameter.form.schema)
    if parameter.default is not None:
        schema["default"] = parameter.default
    if parameter.repeated:
        schema = {"type": "array", "items": schema, "minItems": 1}
    return _described(parameter) | {"in": "query", "schema": schema}


def _header(description: str) -> JSON:
    return {"description": description, "schema": {"type": "string"}}


def _example(code: str) -> JSON:
    status, title, explanation = CODES[code]
    kind = f"https://example.org/api/v1/problems/{code}/"
    value = {"type": kind, "title": title, "status": status, "detail": explanation, "code": code}
    value |= {"errors": [], "request_id": "6f1c2d1e"}
    return {"value": value}


def _cleaned(schema: Any) -> Any:
    """Docstrings without their indentation, tuples as lists."""
    if isinstance(schema, Mapping):
        return {key: _unindented(key, _cleaned(value)) for key, value in schema.items()}
    return [_cleaned(item) for item in schema] if isinstance(schema, list | tuple) else schema


def _unindented(key: str, value: Any) -> Any:
    return re.sub(r"\s+", " ", value).strip() if key == "description" and isinstance(value, str) else value
