"""The sides from which the list of measures is looked at, and how many there are on each."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any, get_args

from django.contrib import admin
from django.contrib.admin.utils import build_q_object_from_lookup_parameters
from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.db.models import F, Func, JSONField, OuterRef, Q, QuerySet, Subquery
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

    absent = ""
    """What a measure without a headline today says."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words.plain(value)) for value in self.values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset

    def get_facet_queryset(self, changelist: Any) -> dict[str, int]:
        counts = changelist.counts[self.parameter_name]
        return {f"{place}__c": counts[value] for place, (value, _) in enumerate(self.lookup_choices)}


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

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        headlines = today_rows(request, models.Segment).filter(headline=True)
        said = Q(stream__in=headlines.filter(**{str(self.parameter_name): self.value()}).values("stream")[:ALL])
        unsaid = ~Q(stream__in=headlines.values("stream"))
        return queryset.filter(said | unsaid if self.value() == self.absent else said)


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
    """A page of measures: what headlines say is read of these alone, save where the list is sorted or counted by it."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        self.request = request
        return [part for name in super().get_ordering(request, queryset) for part in self._sorted(str(name))]

    def _sorted(self, name: str) -> list[Any]:
        parts = [self._said(column) for column in SAID[name.lstrip("-")]] if name.lstrip("-") in SAID else []
        if name.startswith("-"):
            return [part.desc(nulls_last=True) for part in parts] or [name]
        return [part.asc(nulls_first=True) for part in parts] or [name]

    def _said(self, column: str) -> Func:
        """What the headline of a measure says. All headlines are read once, instead of one for each measure."""
        each = Func(F("stream"), F(column), function="jsonb_object_agg", output_field=JSONField())
        all_said = Subquery(self._headlines.values(said=each))
        return Func(all_said, F("stream"), template="(%(expressions)s)", arg_joiner=" -> ", output_field=JSONField())

    @property
    def _headlines(self) -> QuerySet[Any]:
        return today_rows(self.request, models.Segment).filter(headline=True)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        headline = self._headlines.filter(stream=OuterRef("stream"))
        columns = {name: Subquery(headline.values(name)[:1]) for name in ("legal", "application", "rate")}
        page = list(self.result_list.values_list("pk", flat=True))
        rows = self.model._default_manager.filter(pk__in=page).annotate(**columns)
        self.result_list = sorted(rows, key=lambda row: page.index(row.pk))

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """By filter and value, how many there are with all other filters kept; without a headline is `absent`."""
        sides = [side for side in self.filter_specs if isinstance(side, KindFilter)]
        found: dict[str, Counter[str]] = {str(side.parameter_name): Counter() for side in sides}
        for *values, count in self._together(sides):
            said = [value or side.absent for side, value in zip(sides, values, strict=True)]
            others = [side for side, value in zip(sides, said, strict=True) if side.value() not in (None, "", value)]
            for side, value in zip(sides, said, strict=True):
                if others in ([], [side]):
                    found[str(side.parameter_name)][value] += count
        return found

    def _together(self, sides: list[KindFilter]) -> list[tuple[Any, ...]]:
        """How many measures have which values together, whatever is chosen on these sides."""
        columns = ", ".join(str(side.parameter_name) for side in sides)
        rows, given = self._searched().order_by().values("stream", "kind", "implementer").query.sql_with_params()
        headlines, asked = self._headlines.values("stream", "legal", "application").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(TOGETHER.format(columns=columns, rows=rows, headlines=headlines), [*given, *asked])
            return cursor.fetchall()

    def _searched(self) -> QuerySet[Any]:
        """The measures that are searched for, on all sides."""
        _, _, others, *_ = self.get_filters(self.request)
        rows = self.root_queryset.filter(build_q_object_from_lookup_parameters(others))  # type: ignore[arg-type]
        return self.model_admin.get_search_results(self.request, rows, self.query)[0]


SAID = {"stands": ("legal", "application"), "rate": ("rate",)}
"""What the columns of the list that read as headlines do are sorted by."""
TOGETHER = """
SELECT {columns}, count(*) FROM ({rows}) AS measure LEFT JOIN ({headlines}) AS headline USING (stream)
GROUP BY {columns}
"""
