"""The sides from which the list of measures is looked at, and how many there are on each."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

from django.contrib import admin
from django.contrib.admin.options import IS_FACETS_VAR
from django.contrib.admin.utils import build_q_object_from_lookup_parameters
from django.contrib.admin.views.main import ERROR_FLAG, IGNORED_PARAMS, PAGE_VAR, ChangeList
from django.db import connection
from django.db.models import F, Func, JSONField, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact
from django.http import HttpRequest

from measures import models, wording
from measures.admin import words
from measures.admin.pages import today_rows
from measures.events.measures import Kind

ABSENT = {"kind": "", "implementer": "", "legal": "not_announced", "application": "not_applied"}
"""The sides, and what a measure without a headline today says on each."""
NO_LOOKUPS = {*ABSENT, *IGNORED_PARAMS, PAGE_VAR, ERROR_FLAG}


def headlines(request: HttpRequest) -> QuerySet[Any]:
    """The headline segments of today: one of a measure, or none."""
    return today_rows(request, models.Segment).filter(headline=True)


def said(request: HttpRequest, column: str) -> Coalesce:
    """What the headline of a measure says. All headlines are read once, instead of one for each measure."""
    each = Func(F("stream"), F(column), function="jsonb_object_agg", output_field=JSONField())
    found = Subquery(headlines(request).values(said=each))
    own = Func(found, F("stream"), template="(%(expressions)s)", arg_joiner=" ->> ", output_field=TextField())
    return Coalesce(own, Value(ABSENT.get(column)), output_field=TextField())


def together(request: HttpRequest, model_admin: Any) -> list[tuple[dict[str, str], int]]:
    """How many of the measures searched for have which values together, whatever is chosen on the sides: one query.

    Headlines are read where somebody asks for what they say.
    """
    if not hasattr(request, "together"):
        others: dict[str, Any] = {name: given for name, given in request.GET.lists() if name not in NO_LOOKUPS}
        rows = model_admin.get_queryset(request).filter(build_q_object_from_lookup_parameters(others))
        rows, _ = model_admin.get_search_results(request, rows, request.GET.get("q", ""))
        sql, given = rows.order_by().values("stream", "kind", "implementer").query.sql_with_params()
        names, source = ["kind", "implementer"], f"({sql}) AS measure"
        if {"legal", "application", IS_FACETS_VAR} & {*request.GET}:
            sql, more = headlines(request).values("stream", "legal", "application").query.sql_with_params()
            names, source, given = [*ABSENT], f"{source} LEFT JOIN ({sql}) AS headline USING (stream)", (*given, *more)
        columns = ", ".join(names)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns}, count(*) FROM {source} GROUP BY {columns}", given)  # noqa: S608
            request.together = [  # type: ignore[attr-defined]
                ({name: value or ABSENT[name] for name, value in zip(names, values, strict=True)}, count)
                for *values, count in cursor.fetchall()
            ]
    return request.together  # type: ignore[attr-defined]


def counted(request: HttpRequest, model_admin: Any) -> dict[str, Counter[str]]:
    """By side and value, how many measures have it and what is chosen on all others; under "" how many are shown."""
    found: dict[str, Counter[str]] = {name: Counter() for name in ("", *ABSENT)}
    chosen = {name: request.GET[name] for name in ABSENT if request.GET.get(name)}
    for values, count in together(request, model_admin):
        others = [name for name in chosen if values[name] != chosen[name]]
        for name in found:
            if others in ([], [name]):
                found[name][values.get(name, "")] += count
    return found


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"
    template = "admin/folded_filter.html"
    values: tuple[str, ...] = get_args(Kind)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words.plain(value)) for value in self.values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset

    def get_facet_queryset(self, changelist: Any) -> dict[str, int]:
        counts = counted(self.request, changelist.model_admin)[str(self.parameter_name)]
        return {f"{place}__c": counts[value] for place, (value, _) in enumerate(self.lookup_choices)}


class ImplementerFilter(KindFilter):
    title = "implementer"
    parameter_name = "implementer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        there = {values["implementer"] for values, _ in together(request, model_admin)}
        return [(value, value) for value in sorted(there | {*request.GET.getlist("implementer")}) if value]


class HeadlineFilter(KindFilter):
    """By what the headline segment of today says."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(Exact(said(request, str(self.parameter_name)), chosen)) if chosen else queryset


class LegalFilter(HeadlineFilter):
    title = "legal status"
    parameter_name = "legal"
    values = tuple(wording.LEGAL)


class ApplicationFilter(HeadlineFilter):
    title = "application"
    parameter_name = "application"
    values = ("not_applied", "applied", "partly_suspended", "suspended", "not_collected")


class MeasureList(ChangeList):
    """A page of measures: what headlines say is read of these alone, save where the list is sorted by it."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return [_sorted(request, str(name)) for name in super().get_ordering(request, queryset)]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        headline = headlines(request).filter(stream=OuterRef("stream"))
        columns = {name: Subquery(headline.values(name)[:1]) for name in ("legal", "application", "rate")}
        page = list(self.result_list.values_list("pk", flat=True))
        rows = self.model._default_manager.filter(pk__in=page).annotate(**columns)
        self.result_list = sorted(rows, key=lambda row: page.index(row.pk))


def _sorted(request: HttpRequest, name: str) -> Any:
    """What to sort by where a column is chosen: what headlines say is no column of a measure."""
    if name.lstrip("-") not in ("stands", "rate"):
        return name
    by: Any = Cast(said(request, "rate"), models.Rate()) if name.endswith("rate") else said(request, "legal")
    return by.desc(nulls_last=True) if name.startswith("-") else by.asc(nulls_first=True)
