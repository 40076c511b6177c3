"""The only writers: judge by the rules, then append.

Admin, API, import and demo data all come through here. A command either records everything or nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID, uuid4

from measures import rules
from measures.rules import RuleViolated, Violation
from tracker import log
from tracker.events import Source
from tracker.log import Meta, NewEvent, Recorded, WrongExpectedVersion
from tracker.vocabulary import EntryCorrected, EntryRetracted, ReasonCode, SourcesReviewed

ATTEMPTS = 3


def record(
    batch: Sequence[NewEvent],
    *,
    today: date,
    expected: Mapping[str, int] | None = None,
    confirmed: Collection[str] | None = None,
) -> tuple[Recorded, ...]:
    """Records events as one batch and returns them with their positions.

    `expected` gives versions the writer has seen. `confirmed` holds the ids of soft rules that a person confirmed;
    None confirms all of them. Raises RuleViolated, EventError, WrongExpectedVersion, IdempotencyConflict or LogBusy;
    in each case nothing is recorded.
    """
    for attempt in range(ATTEMPTS):
        histories = _histories(batch)
        if not _repeated(batch, histories):
            _judge(batch, histories, today, confirmed)
        versions = {stream: len(history) for stream, history in histories.items()}
        try:
            return log.append(batch, expected={**versions, **(expected or {})})
        except WrongExpectedVersion as error:
            asked_for = expected is not None and error.stream in expected
            if asked_for or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def judge(batch: Sequence[NewEvent], *, today: date) -> list[list[Violation]]:
    """What the rules say of each event of a batch, without recording it."""
    return rules.check(batch, _histories(batch), today)


def _judge(
    batch: Sequence[NewEvent],
    histories: dict[str, list[Recorded]],
    today: date,
    confirmed: Collection[str] | None,
) -> None:
    found = [violation for item in rules.check(batch, histories, today) for violation in item]
    refused = [item for item in found if item.hard or (confirmed is not None and item.rule not in confirmed)]
    if refused:
        raise RuleViolated(refused)


def _histories(batch: Sequence[NewEvent]) -> dict[str, list[Recorded]]:
    histories: dict[str, list[Recorded]] = defaultdict(list)
    for item in log.read(streams={item.stream for item in batch}):
        histories[item.stream].append(item)
    return {item.stream: histories[item.stream] for item in batch}


def _repeated(batch: Sequence[NewEvent], histories: Mapping[str, Sequence[Recorded]]) -> bool:
    """Whether the batch is in the log already: then the log answers with the first result."""
    recorded = {item.id for history in histories.values() for item in history}
    return all(item.id in recorded for item in batch)


def correct(
    *,
    stream: str,
    entry: UUID,
    patch: Mapping[str, object],
    reason_code: ReasonCode,
    reason: str,
    sources: Sequence[Source],
    meta: Meta,
    today: date,
    id: UUID | None = None,
    expected: int | None = None,
) -> Recorded:
    """Corrects fields of an earlier entry; only the recorded clock moves. Raises as `record` does."""
    payload = EntryCorrected(patch=dict(patch), reason_code=reason_code, reason=reason, sources=tuple(sources))
    event = NewEvent(stream=stream, payload=payload, meta=meta, known_from=None, corrects=entry, id=id or uuid4())
    return record([event], today=today, expected=None if expected is None else {stream: expected})[0]


def retract(
    *,
    stream: str,
    entry: UUID,
    reason_code: ReasonCode,
    reason: str,
    sources: Sequence[Source],
    meta: Meta,
    today: date,
    id: UUID | None = None,
    expected: int | None = None,
) -> Recorded:
    """Takes out an earlier entry that was recorded in error, bringing back what it hid. Raises as `record` does."""
    payload = EntryRetracted(reason_code=reason_code, reason=reason, sources=tuple(sources))
    event = NewEvent(stream=stream, payload=payload, meta=meta, known_from=None, corrects=entry, id=id or uuid4())
    return record([event], today=today, expected=None if expected is None else {stream: expected})[0]


def review_sources(
    *, stream: str, through: date, sources: Sequence[Source], meta: Meta, today: date, id: UUID | None = None
) -> Recorded:
    """Records that a stream's sources were looked at through a day. Raises as `record` does."""
    payload = SourcesReviewed(through=through.isoformat(), sources=tuple(sources))
    event = NewEvent(stream=stream, payload=payload, meta=meta, known_from=through, id=id or uuid4())
    return record([event], today=today)[0]
