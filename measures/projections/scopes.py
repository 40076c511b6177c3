"""What a measure covers, as rows; folded anew only where an entry may change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from measures import models
from measures.projections.common import plain
from measures.scope import Scope, bears_on_scope, scopes
from tracker.corrections import Entry
from tracker.running import Row


def scope_rows(slug: str, entries: Sequence[Entry]) -> Iterator[Row]:
    for scope in scopes(entries):
        yield _row(slug, scope)


class RunningScopes:
    """The scopes of a measure as it grows. `name` is its slug and what it was merged into."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._rows: list[Row] = []
        self._name = ("", "")

    def add(self, entries: Sequence[Entry], name: tuple[str, str]) -> tuple[list[Row], list[Row]]:
        """The rows that were and those that are; none of both where nothing can have changed."""
        self._entries += entries
        if name == self._name and not any(map(bears_on_scope, entries)):
            return [], []
        before, self._name = self._rows, name
        self._rows = [] if name[1] else list(scope_rows(name[0], self._entries))
        return before, self._rows


def _row(slug: str, scope: Scope) -> Row:
    values = {
        "slug": slug,
        "term": scope.term,
        "valid_from": scope.valid_from,
        "valid_until": scope.valid_until,
        "coverage": plain(scope.coverage),
        "added": plain(scope.added),
        "removed": plain(scope.removed),
        "everything": scope.everything,
        "codes": scope.codes,
        "excluded": scope.excluded,
        "unknown": scope.unknown,
        "set_by": list(scope.causes),
    }
    return Row(models.Scope, values)
