"""What a batch would do, before it is recorded: pure folds of the streams with and without it.

Nothing here is stored, and nothing asks the read models: the preview is never stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from measures import models, rules, wording
from measures.queries import MeasureState
from measures.rules import Violation
from measures.timeline import NOTHING, Segment, State, timeline
from tracker import events, log, projections
from tracker.clocks import DAWN, FAR, LAST_DAY, Point
from tracker.corrections import Entry, settle
from tracker.log import NewEvent, Recorded
from tracker.sentences import say
from tracker.vocabulary import EntryCorrected

History = Sequence[Recorded]


@dataclass(frozen=True)
class Step:
    """A run of days `[start, until)` of a term, and what holds before and after the batch."""

    term: str
    start: date
    until: date
    before: State
    after: State

    @property
    def changed(self) -> bool:
        return said(self.before) != said(self.after)

    @property
    def said_before(self) -> str:
        return said(self.before)

    @property
    def said_after(self) -> str:
        return said(self.after)


@dataclass(frozen=True)
class Answer:
    """A run of valid days and of known days, both half-open, in which the answer changes, and what it says."""

    term: str
    valid_from: date
    valid_until: date
    known_from: date
    known_until: date
    before: str
    after: str


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


def past(changed: Sequence[Answer], today: date) -> list[Answer]:
    """Those of the changed answers that are about days before today, or as the public knew before today."""
    return [item for item in changed if item.valid_from < today or item.known_until <= today]


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
    return Effect(
        stream=stream,
        sentences=[say(item, positions) for item in after[len(before) :]],
        steps=list(steps(before, after)) if is_measure else [],
        status_before=status(before, today) if is_measure and before else "",
        status_after=status(after, today) if is_measure else "",
        gone=gone,
        come=come,
        mended=[change for item in fresh for change in mended(item, before)],
        duplicates=[item for new in after[len(before) :] for item in duplicates(new, before)],
        answers=answers(settle(before), settle(after)) if is_measure else [],
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
    return side_by_side(settle(before), settle(after))


def side_by_side(before: Sequence[Entry], after: Sequence[Entry]) -> Iterator[Step]:
    old, new = timeline(before), timeline(after)
    for term in dict.fromkeys(_name(segment) for segment in [*old, *new]):
        yield from _joined(term, _of(term, old), _of(term, new))


def answers(before: Sequence[Entry], after: Sequence[Entry]) -> list[Answer]:
    """The answers that differ on the valid and the known clock, known day by known day, equal neighbours joined."""
    first = _first_difference(before, after)
    days = sorted({entry.known_from for entry in [*before, *after] if entry.known_from >= first})
    found: list[Answer] = []
    for known in pairwise([*days, FAR]):
        old, new = ([entry for entry in side if entry.known_from <= known[0]] for side in (before, after))
        for step in side_by_side(old, new):
            if step.changed:
                _join(found, Answer(step.term, step.start, step.until, *known, step.said_before, step.said_after))
    return found


def _first_difference(before: Sequence[Entry], after: Sequence[Entry]) -> date:
    """The first known day on which the entries differ."""
    old, new = ({entry.position: entry for entry in side} for side in (before, after))
    places = {place for place in {**old, **new} if old.get(place) != new.get(place)}
    return min((side[place].known_from for side in (old, new) for place in places if place in side), default=FAR)


def _join(found: list[Answer], item: Answer) -> None:
    """Adds an answer, as the continuation of the one that says the same up to its first known day."""
    for place, earlier in enumerate(found):
        said_alike = replace(earlier, known_from=item.known_from, known_until=item.known_until) == item
        if said_alike and earlier.known_until == item.known_from:
            found[place] = replace(earlier, known_until=item.known_until)
            return
    found.append(item)


def _name(segment: Segment) -> str:
    """The term, and for whom alone where it is not for everybody."""
    return " for ".join(filter(None, [segment.term, segment.party]))


def _of(name: str, segments: Sequence[Segment]) -> list[Segment]:
    return [segment for segment in segments if _name(segment) == name]


def _joined(term: str, old: Sequence[Segment], new: Sequence[Segment]) -> Iterator[Step]:
    days = sorted({day for segment in [*old, *new] for day in (segment.valid_from, segment.valid_until)})
    last: Step | None = None
    for start, until in pairwise(days):
        step = Step(term, start, until, _on(start, old), _on(start, new))
        if last and (last.said_before, last.said_after) == (step.said_before, step.said_after):
            last = Step(term, last.start, until, last.before, last.after)
            continue
        if last:
            yield last
        last = step
    if last:
        yield last


def _on(day: date, segments: Sequence[Segment]) -> State:
    return next((item.state for item in segments if item.valid_from <= day < item.valid_until), NOTHING)


def said(state: State) -> str:
    """A state in a few words: `In force at 25%`, `In force but suspended`."""
    if state.unknown and state.rate is None:
        return f"{wording.LEGAL[state.legal]}; {state.unknown}"
    sentence = str(state.obligation) if state.obligation is not None and state.rate is None else ""
    words = wording.standing(_row(Segment("", True, DAWN, FAR, state)))
    return f"{words}: {sentence}" if sentence and state.application != "not_applied" else words


SHARED = ("legal", "application", "operational", "rate", "suspended_points", "unknown")


def _row(segment: Segment) -> models.Segment:
    """A segment in the shape in which the read model words it; never saved."""
    values = {name: getattr(segment.state, name) for name in SHARED}
    said = str(segment.state.obligation or "")
    days = {"valid_from": segment.valid_from, "valid_until": segment.valid_until}
    return models.Segment(term=segment.term, sentence=said, **days, **values)


def status(history: History, today: date) -> str:
    """The status sentence of a measure as its history has it, on a day."""
    entries = settle(history)
    headline = [segment for segment in timeline(entries) if segment.headline]
    now = next((_row(item) for item in headline if item.valid_from <= today < item.valid_until), None)
    later = [_row(item) for item in headline if item.valid_from > today]
    return wording.status_sentence(
        MeasureState(
            measure=models.Measure(first_known=min((entry.known_from for entry in entries), default=today)),
            point=Point(today, LAST_DAY, 0, history[-1].recorded_at, {}, {}),
            headline=now,
            next_change=next((item for item in later if now is None or item.answer != now.answer), None),
        )
    )


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
