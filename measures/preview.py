"""What a batch would do, before it is recorded: pure folds of the streams with and without it.

Nothing here is stored, and nothing asks the read models: the preview is never stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from measures import rules, wording
from measures.beside import Answer, Step, answers, as_row, joined, past
from measures.rules import Violation
from measures.timeline import Segment, timeline
from tracker import events, log, projections
from tracker.corrections import Entry, settle
from tracker.log import NewEvent, Recorded
from tracker.sentences import say
from tracker.vocabulary import EntryCorrected

History = Sequence[Recorded]


@dataclass(frozen=True)
class Effect:
    """What a batch does to one stream."""

    stream: str
    sentences: Sequence[str]
    steps: Sequence[Step]
    status_before: str
    status_after: str
    gone: Sequence[str]
    come: Sequence[str]
    duplicates: Sequence[Recorded]
    mended: Sequence[tuple[str, Any, Any]]
    """The fields that a correction changes: name, value as it reads now, right value."""
    answers: Sequence[Answer]
    today: date

    @property
    def past_changes(self) -> Sequence[Answer]:
        """The answers that change about days before today, or as the public knew before today."""
        return past(self.answers, self.today)

    @property
    def changes_nothing(self) -> bool:
        return not (any(step.changed for step in self.steps) or self.gone or self.come)


@dataclass(frozen=True)
class Preview:
    """What the rules say of a batch, and what it does to each of its streams."""

    violations: Sequence[Violation]
    effects: Sequence[Effect]
    versions: Mapping[str, int]

    @property
    def hard(self) -> list[Violation]:
        return [item for item in self.violations if item.hard]

    @property
    def soft(self) -> list[Violation]:
        return [item for item in self.violations if not item.hard]


def preview(batch: Sequence[NewEvent], *, today: date) -> Preview:
    """Judges and folds a batch on its streams as they are now."""
    histories = {item.stream: log.read(stream=item.stream) for item in batch}
    found = rules.check(batch, histories, today)
    return Preview(
        violations=[violation for violations in found for violation in violations],
        effects=[_effect(stream, batch, history, today) for stream, history in histories.items()],
        versions={stream: len(history) for stream, history in histories.items()},
    )


def _effect(stream: str, batch: Sequence[NewEvent], before: History, today: date) -> Effect:
    fresh = [item for item in batch if item.stream == stream]
    after = [*before, *(rules.provisional(item, before, place) for place, item in enumerate(fresh))]
    positions = {str(item.id): item.position for item in before}
    is_measure = stream.startswith("measure/")
    gone, come = ([], []) if is_measure else _rows(stream, before, after)
    old, new = ([settle(side) for side in (before, after)]) if is_measure else ([], [])
    told = timeline(old), timeline(new)
    return Effect(
        stream=stream,
        sentences=[say(item, positions) for item in after[len(before) :]],
        steps=list(joined(*told)),
        status_before=_status(old, told[0], today) if old else "",
        status_after=_status(new, told[1], today) if is_measure else "",
        gone=gone,
        come=come,
        mended=[change for item in fresh for change in mended(item, before)],
        duplicates=[item for new in after[len(before) :] for item in duplicates(new, before)],
        answers=answers(old, new),
        today=today,
    )


def mended(event: NewEvent, before: History) -> Iterator[tuple[str, Any, Any]]:
    """The fields that a correction changes: name, value as it reads now, right value."""
    entry = next((entry for entry in settle(before) if entry.id == event.corrects), None)
    if entry is not None and isinstance(event.payload, EntryCorrected):
        now = as_read(entry)
        yield from ((name, now.get(name), right) for name, right in event.payload.patch.items())


def as_read(entry: Entry) -> dict[str, Any]:
    """An entry's data and envelope fields as they read after corrections, as JSON values."""
    envelope = {
        "known_from": entry.known_from.isoformat(),
        "known_seq": entry.known_seq,
        "occurred_on": entry.occurred_on,
    }
    return events.encode(entry.payload) | envelope


def steps(before: History, after: History) -> Iterator[Step]:
    """The timelines of both histories side by side, term by term, equal days joined."""
    return joined(timeline(settle(before)), timeline(settle(after)))


def status(history: History, today: date) -> str:
    """The status sentence of a measure as its history has it, on a day."""
    entries = settle(history)
    return _status(entries, timeline(entries), today)


def _status(entries: Sequence[Entry], segments: Sequence[Segment], today: date) -> str:
    headline = [segment for segment in segments if segment.headline]
    now = next((as_row(item) for item in headline if item.valid_from <= today < item.valid_until), None)
    later = (as_row(item) for item in headline if item.valid_from > today)
    following = next((item for item in later if now is None or item.answer != now.answer), None)
    return wording.status(now, following, today, min((entry.known_from for entry in entries), default=today))


def _rows(stream: str, before: History, after: History) -> tuple[list[str], list[str]]:
    """The rows of the read models that go and that come, in words."""
    old, new = _open_rows(stream, before), _open_rows(stream, after)
    return [text for text in old if text not in new], [text for text in new if text not in old]


def _open_rows(stream: str, history: History) -> list[str]:
    entries = settle(history)
    kinds = [kind for kind in projections.projections() if entries and kind.concerns(stream)]
    return [_said_row(row) for kind in kinds for row in kind.fold(stream, entries)]


def _said_row(row: projections.Row) -> str:
    name = row.model._meta.verbose_name
    told: Any = row.model(**row.values)
    status = row.values.get("status", "")
    return f"{str(name).capitalize()}: {told}".replace("_", " ") + (f" ({status.replace('_', ' ')})" if status else "")


EFFECTIVE = ("effective_from", "held_on", "new_date", "starts_on", "period_until", "commitment")


def duplicates(new: Recorded, history: History) -> list[Recorded]:
    """Entries that probably say the same: of the same type and effective day, and not retracted."""
    standing = {entry.id for entry in settle(history)}
    same = [item for item in history if item.id in standing and item.type == new.type]
    return [item for item in same if _mark(item) == _mark(new)]


def _mark(item: Recorded) -> tuple[Any, ...]:
    """The effective day; where the type has none, the day it happened or became known."""
    days = tuple(item.data.get(name) for name in EFFECTIVE)
    return days if any(days) else (item.occurred_on or item.known_from, item.data.get("by"), item.data.get("text"))
