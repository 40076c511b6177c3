"""What a rule is: its id, its sentence, and what it judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from tracker import log
from tracker.corrections import Entry
from tracker.events import EventError
from tracker.log import NewEvent, Recorded


@dataclass(frozen=True)
class Violation:
    """A rule broken by an event of the batch: where, by what value, and how it would be right."""

    rule: str
    sentence: str
    hard: bool
    field: str
    message: str


class RuleViolated(EventError):
    """One or more rules refuse the batch; nothing is recorded."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        first = violations[0]
        super().__init__(f"{first.rule}: {first.message}", field=first.field, code="rule-violated")
        self.violations = list(violations)


@dataclass(frozen=True)
class Context:
    """What a rule judges: an event (or an entry as a correction leaves it), its stream, and the day of judging."""

    event: NewEvent
    history: Sequence[Recorded]
    """The stream before the event."""
    entries: Sequence[Entry]
    """The stream's settled entries with the one that is judged at its place."""
    today: date
    exists: Callable[[str], bool]
    """Whether a stream exists, the streams that the batch itself opens included."""

    @property
    def payload(self) -> Any:
        return self.event.payload

    @property
    def others(self) -> list[Entry]:
        """The settled entries without the one that is judged."""
        return [entry for entry in self.entries if entry.id != self.event.id]

    @property
    def earlier(self) -> list[Entry]:
        """The settled entries that come before the one that is judged in order of the known clock."""
        place = next((entry.order for entry in self.entries if entry.id == self.event.id), None)
        return [entry for entry in self.others if place is None or entry.order < place]

    def is_a_measure(self, slug: str) -> bool:
        """Whether a measure has, or had, this slug."""
        return self.exists(f"measure/{slug}") or slug in renamed()


def renamed() -> dict[str, str]:
    """The slugs that measures were renamed to, with the stream of each."""
    return {item.data["slug"]: item.stream for item in log.read(type="measure.renamed")}


class Rule:
    """Base of all rules: `check` yields a field and a message for each violation."""

    id: ClassVar[str]
    hard: ClassVar[bool] = True

    @property
    def sentence(self) -> str:
        return " ".join((self.__doc__ or "").split())

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        raise NotImplementedError

    def violations(self, context: Context) -> Iterator[Violation]:
        for field, message in self.check(context):
            yield Violation(self.id, self.sentence, self.hard, field, message)
