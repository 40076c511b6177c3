"""The admin of the core: the log and the machinery, to look at. Nothing here can be added, changed or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.html import format_html

from tracker import log
from tracker.actors import users
from tracker.clocks import span
from tracker.events import EventError, event_types
from tracker.facets import FACETS, MOST_COUNTED, MOST_FOUND, MOST_STREAMS, at, newest, streams_with
from tracker.ledger.openings import commitments_of, text_of
from tracker.log import Recorded
from tracker.models import Attachment, Checkpoint, Event, Head, Parked, Pseudonym
from tracker.projections import retry_parked
from tracker.sentences import say


class BoundedPaginator(Paginator):
    """Counts so far and no further: a list of a million rows is narrowed, not paged through."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[:MOST_COUNTED].count()


class DensePaginator(BoundedPaginator):
    """Counts without counting where nothing is filtered: positions have no gaps."""

    @cached_property
    def count(self) -> int:
        return log.head().position if self.is_whole else super().count

    def page(self, number: Any) -> Page:
        """A page far back is found by its positions, without reading what comes before it."""
        if not self.is_whole or self.object_list.query.order_by != ("-position",):  # type: ignore[attr-defined]
            return super().page(number)
        place = self.validate_number(number)
        first = self.count - (place - 1) * self.per_page
        rows = self.object_list.filter(position__lte=first, position__gt=first - self.per_page)  # type: ignore[attr-defined]
        return self._get_page(rows, place, self)  # type: ignore[attr-defined]

    @property
    def is_whole(self) -> bool:
        return not self.object_list.query.where  # type: ignore[attr-defined]


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows, for whoever may view; refuses every change to everybody, superusers included."""

    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    actions: Sequence[Any] = ()
    when_empty = "There are none yet."
    """What the list says while there is nothing at all, and what to do then."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = str(self.opts.verbose_name_plural).capitalize()
        answer = super().changelist_view(request, {"title": title, **(extra_context or {})})
        found = getattr(answer, "context_data", None) or {}
        counted = found["cl"].result_count if "cl" in found else 0
        if counted in (MOST_COUNTED, MOST_FOUND) or (counted and getattr(request, "is_cut", False)):
            found["subtitle"] = f"the first {counted}; narrow the list to see others"
        return answer

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None but the model's own: not even those that a site adds everywhere."""
        own = {action if isinstance(action, str) else action.__name__ for action in self.actions}
        return {name: action for name, action in super().get_actions(request).items() if name in own}


class KnownFilter(admin.DateFieldListFilter):
    """By the known day; what has none are the corrections, which are found by their type."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.links = self.links[:-2]


class DatedQuerySet(QuerySet[Event]):
    """Gives the months or days between the first and the last event, instead of reading every event for them."""

    def datetimes(self, field_name: str, kind: str, order: str = "ASC", tzinfo: Any = None) -> Any:
        ends = self.aggregate(first=Min(field_name), last=Max(field_name))
        if ends["first"] is None:
            return []
        first, last = (ends[name].astimezone(UTC) for name in ("first", "last"))
        days = (first.date() + timedelta(days=number) for number in range((last.date() - first.date()).days + 1))
        length = {"year": 4, "month": 7, "day": 10}[kind]
        starts = dict.fromkeys(day.isoformat()[:length] for day in days)
        return [span(start).earliest for start in starts]


class SentenceList(ChangeList):
    """A page of events, with the places of the entries that they name found in one query."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        narrowed = [name for name in self.filter_params if not name.startswith(str(self.date_hierarchy))]
        if self.query or narrowed:  # its first and last day would cost more than the list itself
            self.date_hierarchy = None

    def _get_default_ordering(self) -> tuple[str, ...]:
        """Newest first; those of some known days by these: recorded they may be anywhere in the log."""
        known = any(name.startswith("known_from__") for name in self.filter_params)
        return ("-known_from", "-position") if known else ("-position",)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        recorded = [log.recorded_from(row) for row in rows]
        places = log.places(named for item in recorded for named in names_of(item))
        for row, item in zip(rows, recorded, strict=True):
            row.sentence = sentence_of(item, places)
        self.result_list = rows


def names_of(item: Recorded) -> list[str]:
    """The ids of the entries that an event names."""
    return [str(named) for named in (item.corrects, item.data.get("entry")) if named]


def sentence_of(item: Recorded, places: dict[str, int]) -> str:
    """The event in words; one of a type or schema that this code does not know says so."""
    try:
        return say(item, places)
    except EventError as error:
        return str(error)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The log."""

    when_empty = "Nothing is recorded yet. Record what happened from the start page."
    list_display = ("position", "sentence", "known", "recorded")
    show_facets = admin.ShowFacets.NEVER
    list_filter = (*FACETS, ("known_from", KnownFilter))
    search_fields = ("stream",)
    paginator = DensePaginator
    date_hierarchy = "recorded_at"
    exclude = ("entry", "leaf_hash")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return DatedQuerySet(Event)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SentenceList

    @admin.display(description="what happened")
    def sentence(self, row: Any) -> str:
        return format_html('{}<span class="about">{} · {}</span>', row.sentence, row.stream, row.type)

    @admin.display(description="known from", ordering="known_from")
    def known(self, row: Event) -> str:
        return f"{row.known_from or ''}"

    @admin.display(description="recorded", ordering="recorded_at")
    def recorded(self, row: Event) -> str:
        return f"{row.recorded_at:%Y-%m-%d %H:%M}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        term = search_term.strip().lower()
        if term.isdigit():
            return queryset.filter(position=int(term)), False
        if not term:
            return queryset, False
        streams = sorted({term, *streams_with(term)})
        found = newest(streams, [kind.name for kind in event_types() if term in kind.name], MOST_FOUND)
        request.is_cut = found.is_cut or len(streams) >= MOST_STREAMS  # type: ignore[attr-defined]
        return queryset.filter(at(found.positions)), False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        event = log.recorded_from(context["original"])
        touched = Event.objects.filter(stream=event.stream, corrects=event.id).order_by("position")
        corrections = [log.recorded_from(row) for row in touched]
        places = log.places([*names_of(event), *(named for item in corrections for named in names_of(item))])
        people = users(filter(None, [event.meta["actor"], event.meta.get("approver")]))
        context |= {
            "title": f"Event {event.position}",
            "subtitle": None,
            "event": event,
            "sentence": sentence_of(event, places),
            "named": sorted(places[named] for named in names_of(event) if named in places),
            "corrections": [(item, sentence_of(item, places)) for item in corrections],
            "meta": [
                (name.replace("_", " "), value, people.get(value, ""))
                for name, value in event.meta.items()
                if name != "reason"
            ],
            "withheld": [(name, said, text_of(said)) for name, said in commitments_of(event).items()],
            "head": log.head(),
        }
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """How far each projection has come."""

    when_empty = "No projection has begun: start a worker, which makes them."
    list_display = ("projection", "generation", "status", "position", "behind", "updated_at")
    list_filter = ("status",)
    ordering = ("projection", "-generation")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Checkpoint]:
        self.size = Head.objects.get(id=1).size
        return super().get_queryset(request)

    @admin.display(description="events behind")
    def behind(self, row: Checkpoint) -> int | str:
        return "–" if row.status == Checkpoint.Status.RETIRED else self.size - row.position


@admin.register(Parked)
class ParkedAdmin(ReadOnlyAdmin):
    """Streams that a projection could not fold."""

    when_empty = "No stream is parked: everything recorded could be folded."
    list_display = ("stream", "projection", "generation", "position", "parked_at", "last_line")
    list_filter = ("projection",)
    actions = ("retry",)

    @admin.display(description="error")
    def last_line(self, row: Parked) -> str:
        return row.error.strip().splitlines()[-1] if row.error.strip() else ""

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracker.retry_parked")

    @admin.action(description="Fold again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Parked]) -> None:
        tried = [(parked.stream, retry_parked(parked)) for parked in queryset]
        if through := [stream for stream, folded in tried if folded]:
            messages.success(request, f"Folded again: {', '.join(through)}.")
        if left := [stream for stream, folded in tried if not folded]:
            messages.error(request, f"Still cannot be folded: {', '.join(left)}. The error says why.")


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    when_empty = "No attachment is stored yet. A file of product codes that is sent with a sheet becomes one."
    list_display = ("sha256", "media_type")
    fields = ("sha256", "media_type")
    search_fields = ("sha256",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attachment]:
        return super().get_queryset(request).defer("content")


@admin.register(Pseudonym)
class PseudonymAdmin(ReadOnlyAdmin):
    """Who stands under which name in the log."""

    when_empty = "Nobody has recorded anything yet."
    list_display = ("name", "user")
    search_fields = ("name", "user__username")
    list_select_related = ("user",)
