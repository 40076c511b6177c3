"""What an event changed in our answers, on both clocks: ranges of valid and known days with the old and new value."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder

from tracker import log
from tracker.clocks import Box
from tracker.comparison import Difference, between, differences
from tracker.log import Recorded
from tracker.replay import NotProjectedYet, reach

CLOCKS = {field.name for field in Box._meta.get_fields()}
"""The columns that every table has: which stream, and when it was said."""
REASONS = {"slug", "headline", "set_by", "legal_causes", "rate_causes", "corrected"}
"""Columns that say where an answer comes from, not what it is."""
NATURAL = ("term", "commitment", "member")
"""Columns that tell rows of one kind in one stream apart; others are told apart by the entry that made them."""
SINGLE = ("measure", "negotiation", "case", "indicator", "dispute", "group")
"""Kinds of which a stream has one at a time."""


@dataclass(frozen=True)
class Change:
    """A range of valid and known days in which the fields of something (a term, a meeting) were other ones."""

    kind: str
    name: str
    range: Difference

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        """The fields that differ, with old and new value; all of them where something came or went, then None."""
        old, new = (_decoded(value) for value in (self.range.old, self.range.new))
        return [(name, old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)]


def changed_answers(event: Recorded) -> list[Change]:
    """The answers that an event changed, whatever its stream is about; empty where it changed none.

    Raises NotProjectedYet where the read models have not reached the event.
    """
    served = reach()
    if served.position < event.position:
        raise NotProjectedYet(event.position, served.position)
    before = log.resolve(position=event.position - 1).position
    after = log.resolve(recorded_at=event.recorded_at).position
    tables = [model for model in apps.get_app_config("measures").get_models() if issubclass(model, Box)]
    return [
        change
        for model in tables
        if (generation := served.generations.get(model.projection)) is not None
        for change in _of_table(model, event.stream, generation, before, after)
    ]


def _of_table(model: type[Box], stream: str, generation: int, before: int, after: int) -> Iterator[Change]:
    rows = model.objects.filter(generation=generation, stream=stream)
    kind = str(model._meta.verbose_name)
    old, new = (_by_name(kind, found) for found in between(rows, before, after))
    names = [item.name for item in model._meta.get_fields() if item.name not in CLOCKS | REASONS]
    for name in sorted({*old, *new}):
        for found in differences(old[name], new[name], partial(_said, names)):
            yield Change(kind, name, found)


def _by_name(kind: str, rows: Iterable[Box]) -> dict[str, list[Box]]:
    """The rows of one thing together, for each thing."""
    found: dict[str, list[Box]] = defaultdict(list)
    for row in rows:
        found[_name(kind, row)].append(row)
    return found


def _name(kind: str, row: Any) -> str:
    if kind in SINGLE:
        return ""
    names = [getattr(row, name) for name in NATURAL if hasattr(row, name)]
    party = row.party if kind == "segment" else ""
    return " for ".join(filter(None, [*names[:1], party])) if names else f"of entry {row.set_by[0]}"


def _said(names: Iterable[str], row: Box) -> str:
    """What a row says, comparable."""
    return json.dumps({name: getattr(row, name) for name in names}, cls=DjangoJSONEncoder)


def _decoded(value: str | None) -> dict[str, Any]:
    return json.loads(value) if value else {}
