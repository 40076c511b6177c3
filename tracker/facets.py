"""The sides from which the log is looked at in the admin: kind of stream, type, author, approval, correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from django.contrib import admin
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest

from tracker.envelope import Approval
from tracker.events import event_types
from tracker.ledger.canonical import canonical
from tracker.models import Event, Pseudonym

MOST_COUNTED = 10_000
"""Rows of one list that are counted and paged through, the first ones in its order."""
MOST_FOUND = 2_000
"""Events that a search finds, the newest ones."""
MACHINES = ("import", "tracker")
"""Authors that are no people."""


def newest(parts: Sequence[QuerySet[Event]]) -> list[int]:
    """The positions of the newest events of all parts, each part found by its own index, as many as are looked for.

    Read before the list itself is: the database would run through the whole log from its end to find the first of them.
    """
    first, *rest = [part.order_by("-position").values_list("position")[:MOST_FOUND] for part in parts]
    return sorted((position for (position,) in first.union(*rest)), reverse=True)[:MOST_FOUND]


class TypeFilter(admin.SimpleListFilter):
    """By event type; the choices are the vocabulary, not a query."""

    title = "type"
    parameter_name = "type"
    template = "admin/folded_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.name) for kind in event_types()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(type=self.value()) if self.value() else queryset


class CategoryFilter(admin.SimpleListFilter):
    """By the kind of stream."""

    title = "stream"
    parameter_name = "category"
    template = "admin/folded_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in sorted({name for kind in event_types() for name in kind.categories} - {"*"})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(stream__startswith=f"{self.value()}/") if self.value() else queryset


class MetaFilter(admin.SimpleListFilter):
    """By something that the entry's meta says. It has no column: an index holds the bytes from where it is said."""

    template = "admin/folded_filter.html"
    indexed: str
    """The expression of the index, as the migration has it."""
    before = b""
    """What stands before it in the bytes."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        if self.value() is None:
            return queryset
        said = self.before + canonical({self.parameter_name: self.value()})[1:-1]
        return queryset.filter(RawSQL(f"{self.indexed} BETWEEN %s AND %s", [said, said + b"\xff"], BooleanField()))  # noqa: S611


class ActorFilter(MetaFilter):
    title = "author"
    parameter_name = "actor"
    indexed = """substring(entry FROM position('"meta":{"actor":'::bytea IN entry) FOR 64)"""
    before = b'"meta":{'

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = Pseudonym.objects.order_by("name").values_list("name", "user__username")
        return [(name, name) for name in MACHINES] + [(name, f"{name} ({user})") for name, user in people]


class ApprovalFilter(MetaFilter):
    title = "approval"
    parameter_name = "approval"
    indexed = """substring(entry FROM position('"approval":'::bytea IN entry) FOR 24)"""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name.replace("_", " ")) for name in get_args(Approval)]


class CorrectionFilter(admin.SimpleListFilter):
    """What says that we were wrong, and what says that the world changed."""

    title = "correction"
    parameter_name = "correction"
    template = "admin/folded_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "corrections and retractions"), ("no", "everything else")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        if self.value() not in ("yes", "no"):
            return queryset
        if self.value() == "no":
            return queryset.filter(corrects=None)
        kinds = [kind.name for kind in event_types() if kind.corrects]
        return queryset.filter(position__in=newest([Event.objects.filter(type=name) for name in kinds]))


FACETS = (CategoryFilter, TypeFilter, ActorFilter, ApprovalFilter, CorrectionFilter)
