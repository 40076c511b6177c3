"""The sides from which the log is looked at in the admin: kind of stream, type, author, approval, correction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from django.contrib import admin
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest

from tracker import log
from tracker.clocks import FAR, NEVER
from tracker.envelope import Approval
from tracker.events import event_types
from tracker.ledger.canonical import canonical
from tracker.models import Event, Pseudonym
from tracker.projections import projections, serving

MOST_COUNTED = 10_000
"""Rows of one list that are counted and paged through, the first ones in its order."""
MOST_FOUND = 2_000
"""Events that a search finds, the newest ones."""
MOST_STREAMS = 100
"""More streams than this are not searched for one term."""
MACHINES = ("import", "tracker")
"""Authors that are no people."""


def at(positions: Iterable[int]) -> RawSQL:
    """The condition that an event stands at one of some positions, which go to the database as one value."""
    return RawSQL("tracker_event.position = ANY(%s::bigint[])", [list(positions)], BooleanField())


@dataclass(frozen=True)
class Found:
    """What a search finds: the newest positions, so many at most, and whether there may be others."""

    positions: list[int]
    is_cut: bool


def newest(streams: Sequence[str], types: Sequence[str], most: int) -> Found:
    """The newest events of some streams and of some types, read before the list itself is.

    The database would run through the whole log from its end to find the first of them.
    """
    found = log.places_of_newest(streams, types, most)
    share, of_each = most // max(len(streams), 1), Counter(name for name, _ in found)
    positions = list(dict.fromkeys(position for _, position in found))
    return Found(positions, len(found) == most or any(of_each[stream] >= share for stream in streams))


def streams_with(term: str) -> list[str]:
    """The streams with a term in their name, found among the rows of the read models, far fewer than events."""
    rows = [
        kind.models[0].objects.filter(
            generation__in=serving().filter(projection=kind.name).values("generation"),
            recorded_until=NEVER,
            known_until=FAR,
            stream__icontains=term,
        )
        for kind in projections()
    ]
    first, *rest = [found.values_list("stream") for found in rows]
    return [stream for (stream,) in first.union(*rest)[:MOST_STREAMS]]


def alone(request: HttpRequest, side: str) -> bool:
    """Whether the log is looked at from one side only. Then what is there may be rare, and far back."""
    return {*request.GET} <= {side, "p", "o"}


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
        category, named = self.value(), request.GET.get("type")
        if not category:
            return queryset
        own = [kind.name for kind in event_types() if kind.categories == (category,)]
        shared = [kind.name for kind in event_types() if {category, "*"} & {*kind.categories} and kind.name not in own]
        within = queryset.filter(stream__startswith=f"{category}/")
        if named:
            return queryset if named in own else within if named in shared else queryset.none()
        if not alone(request, "category"):
            return within
        others = Event.objects.filter(type__in=shared, stream__startswith=f"{category}/").order_by("-position")
        found = [*newest([], own, MOST_COUNTED).positions, *others.values_list("position", flat=True)[:MOST_COUNTED]]
        return queryset.filter(at(sorted(found, reverse=True)[:MOST_COUNTED]))


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
        if not alone(request, "correction"):
            return queryset.filter(type__in=kinds)
        return queryset.filter(at(newest([], kinds, MOST_COUNTED).positions))


FACETS = (CategoryFilter, TypeFilter, ActorFilter, ApprovalFilter, CorrectionFilter)
