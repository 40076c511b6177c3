"""Business rules: each has an id, and its docstring is the sentence that people read when it is broken.

A hard rule refuses the entry; a soft rule wants a person to confirm it. Rules judge by folding the stream itself, so
they are never stale; the time of judging is passed in. A correction is judged by the entry that it leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from measures.rules import of_every_entry, of_measures, of_negotiations
from measures.rules.base import Context, Rule, RuleViolated, Violation, renamed
from tracker import envelope, log
from tracker.corrections import settle
from tracker.log import NewEvent, Recorded
from tracker.vocabulary import EntryCorrected

__all__ = ["RULES", "Context", "Rule", "RuleViolated", "Violation", "check", "provisional", "renamed"]

FOUNDATIONS: tuple[Rule, ...] = of_every_entry.FOUNDATIONS
"""Rules without which the others cannot be judged: where one of them is broken, they are not asked."""

RULES: tuple[Rule, ...] = (*FOUNDATIONS, *of_every_entry.RULES, *of_measures.RULES, *of_negotiations.RULES)


def check(batch: Sequence[NewEvent], histories: dict[str, list[Recorded]], today: date) -> list[list[Violation]]:
    """The violations of each event of a batch, judged in order, each on the stream as the ones before it leave it."""
    opened: set[str] = set()
    grown = {stream: list(history) for stream, history in histories.items()}
    found: list[list[Violation]] = []
    for place, event in enumerate(batch):
        history = grown.setdefault(event.stream, [])
        context = _context(event, history, place, today, opened)
        unfit = _broken(FOUNDATIONS, context)
        found.append(unfit or _judged(context, place))
        if not unfit:
            history.append(provisional(event, history, place))
        opened.add(event.stream)
    return found


def _context(event: NewEvent, history: Sequence[Recorded], place: int, today: date, opened: set[str]) -> Context:
    def exists(stream: str) -> bool:
        return stream in opened or (bool(history) if stream == event.stream else log.exists(stream))

    corrects = event.corrects is not None
    entries = settle(list(history) if corrects else [*history, provisional(event, history, place)])
    return Context(event, history, entries, today, exists)


def _judged(context: Context, place: int) -> list[Violation]:
    """What an event breaks; a correction besides what the entry that it leaves breaks, and did not break before."""
    found = _broken(RULES[len(FOUNDATIONS) :], context)
    if isinstance(context.payload, EntryCorrected):
        left = _reading(context, [*context.history, provisional(context.event, context.history, place)])
        was = _reading(context, context.history)
        found += [replace(item, field=f"patch/{item.field}") for item in left if item not in was]
    return found


def _reading(context: Context, history: Sequence[Recorded]) -> list[Violation]:
    """What the corrected entry breaks as a history has it."""
    entries = settle(history)
    entry = next(entry for entry in entries if entry.id == context.event.corrects)
    said = replace(
        context.event,
        id=entry.id,
        payload=entry.payload,
        known_from=entry.known_from,
        known_seq=entry.known_seq,
        occurred_on=entry.occurred_on,
        corrects=None,
    )
    return _broken(RULES, replace(context, event=said, entries=entries))


def _broken(rules: Iterable[Rule], context: Context) -> list[Violation]:
    return [violation for rule in rules for violation in rule.violations(context)]


def provisional(event: NewEvent, history: Sequence[Recorded], place: int) -> Recorded:
    """A new event as it would stand behind a history, for rules and previews; its position is not the log's."""
    return envelope.recorded(
        event,
        position=2**52 + place,
        version=len(history) + 1,
        recorded_at=datetime(9999, 1, 1, tzinfo=UTC),
    )
