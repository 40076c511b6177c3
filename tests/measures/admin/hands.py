"""The hands of an editor: what a form would send if its fields were filled with some values."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.http import QueryDict

from measures.admin.forms import Known, Rows, StructForm, struct_form
from measures.roles import grant_roles
from tracker import events
from tracker.events import Payload

A_SOURCE = {
    "data-sources-TOTAL_FORMS": "1",
    "data-sources-INITIAL_FORMS": "0",
    "data-sources-0-title": "The gazette",
    "data-sources-0-citation": "No. 1",
    "data-sources-0-published": "2025-04-02",
}


def person(name: str, *groups: str) -> User:
    """A member of staff in some groups."""
    grant_roles()
    user = User.objects.create_user(name, password="one of the tests", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def typed_from(form: StructForm) -> dict[str, Any]:
    """What a browser would send of a form that is filled but not sent."""
    sent: dict[str, Any] = {}
    for field in form:
        value = field.field.widget.format_value(field.value()) if field.widget_type != "select" else field.value()
        if field.widget_type == "checkbox":
            value = "on" if field.value() else None
        if value not in (None, [], [""]):
            sent[field.html_name] = value[0] if isinstance(value, list) else str(value)
    for child in form.children.values():
        sent |= _rows(child) if isinstance(child, Rows) else typed_from(child)
    return sent


def _rows(rows: Rows) -> dict[str, Any]:
    sent = {f"{rows.prefix}-TOTAL_FORMS": str(len(rows.forms)), f"{rows.prefix}-INITIAL_FORMS": "0"}
    for form in rows:
        sent |= typed_from(form)
    return sent


def query(sent: dict[str, Any]) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update(sent)
    return data


def as_typed(payload: Payload, prefix: str = "data") -> dict[str, Any]:
    """What a browser would send to say a payload."""
    known = Known(entries=_named(payload))
    return typed_from(struct_form(type(payload))(prefix=prefix, initial=events.encode(payload), known=known))


def _named(payload: Payload) -> list[tuple[str, str]]:
    named = getattr(payload, "entry", None)
    return [(str(named), "an entry")] if named else []


def read_back(payload: Payload) -> tuple[StructForm, Any]:
    """The form of a payload, sent as it was filled, and the payload that it gives; None where it is refused."""
    known = Known(entries=_named(payload))
    form = struct_form(type(payload))(query(as_typed(payload)), prefix="data", known=known)
    if not form.is_valid():
        return form, None
    kind = events.type_of(payload)
    return form, kind.decode(kind.schema, form.value() or {})
