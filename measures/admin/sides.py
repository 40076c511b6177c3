"""The sides from which the list of measures is looked at, and how many there are on each."""

from __future__ import annotations

from functools import cached_property
from typing import Any, get_args

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.http import HttpRequest

from measures import models, wording
from measures.admin import words
from measures.admin.pages import now_rows, today_rows
from measures.events.measures import Kind

ALL = 10_000_000
"""A limit that nothing reaches: what has one is read once, instead of anew for each measure."""


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"
    template = "admin/folded_filter.html"
    values: tuple[str, ...] = get_args(Kind)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words.plain(value)) for value in self.values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset

    def counted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """How many of some measures have each value."""
        return rows.order_by().values(value=F(str(self.parameter_name))).annotate(count=Count("pk"))

    def get_facet_queryset(self, changelist: Any) -> dict[str, int]:
        counts = changelist.counts[self.parameter_name]
        return {f"{place}__c": counts.get(value, 0) for place, (value, _) in enumerate(self.lookup_choices)}


class ImplementerFilter(KindFilter):
    title = "implementer"
    parameter_name = "implementer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if not hasattr(request, "implementers"):  # the list makes its filters anew for each facet
            there = now_rows(request, models.Measure).order_by("implementer").values_list("implementer", flat=True)
            request.implementers = list(there.distinct())  # type: ignore[attr-defined]
        return [(value, value) for value in request.implementers]  # type: ignore[attr-defined]


class HeadlineFilter(KindFilter):
    """By what the headline segment of today says; a measure without one says `absent`."""

    absent: str

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        headlines = today_rows(request, models.Segment).filter(headline=True)
        said = Q(stream__in=headlines.filter(**{str(self.parameter_name): self.value()}).values("stream")[:ALL])
        unsaid = ~Q(stream__in=headlines.values("stream"))
        return queryset.filter(said | unsaid if self.value() == self.absent else said)

    def counted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        headlines = today_rows(self.request, models.Segment).filter(
            headline=True, stream__in=rows.values("stream")[:ALL]
        )
        return super().counted(headlines)


class LegalFilter(HeadlineFilter):
    title = "legal status"
    parameter_name = "legal"
    values = tuple(wording.LEGAL)
    absent = "not_announced"


class ApplicationFilter(HeadlineFilter):
    title = "application"
    parameter_name = "application"
    absent = "not_applied"
    values = ("not_applied", "applied", "partly_suspended", "suspended", "not_collected")


class MeasureList(ChangeList):
    """A page of measures: what headlines say is read of these alone; what the filters count, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.request = request
        headline = today_rows(request, models.Segment).filter(stream=OuterRef("stream"), headline=True)
        columns = {name: Subquery(headline.values(name)[:1]) for name in ("legal", "application", "rate")}
        shown: Any = self.result_list
        rows = self.model._default_manager.filter(pk__in=shown.values("pk")).annotate(**columns)
        self.result_list = rows.order_by(*shown.query.order_by)

    @cached_property
    def counts(self) -> dict[str, dict[str, int]]:
        """By filter and value, how many there are with all other filters kept; without a headline is `absent`."""
        found: dict[str, dict[str, int]] = {str(side.parameter_name): {} for side in self._sides}
        first, *rest = [part for side in self._sides for part in self._counted(side)]
        for name, value, count in first.union(*rest, all=True):
            found[name][value] = found[name].get(value, 0) + count
        return found

    @property
    def _sides(self) -> list[Any]:
        return [side for side in self.filter_specs if isinstance(side, KindFilter)]

    def _counted(self, side: KindFilter) -> list[QuerySet[Any]]:
        rows = self.get_queryset(self.request, exclude_parameters=side.expected_parameters())
        parts = [side.counted(rows)]
        if isinstance(side, HeadlineFilter):
            headlines = today_rows(self.request, models.Segment).filter(headline=True)
            unsaid = rows.exclude(stream__in=headlines.values("stream")).order_by()
            value = Value(side.absent, output_field=CharField())
            parts.append(unsaid.values(value=value).annotate(count=Count("pk")))
        of = Value(str(side.parameter_name), output_field=CharField())
        return [part.annotate(of=of).values_list("of", "value", "count") for part in parts]
