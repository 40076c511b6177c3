"""The only writers: judge by the rules, then append.

Admin, API, import and demo data all come through here. A command either records everything or nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

from measures import rules
from measures.events import cases, measures
from measures.rules import RuleViolated, Violation
from tracker import log
from tracker.events import EventError, Payload, Source, event_type
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
    target = log.get(id=entry)  # where there is none, a rule says so
    payload = EntryCorrected(
        patch=dict(patch),
        schema=event_type(target.type).schema if target else 1,
        reason_code=reason_code,
        reason=reason,
        sources=tuple(sources),
    )
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


def issue_ruling(
    *,
    case: str,
    ruling: cases.RulingIssued,
    voids: Sequence[str],
    effective_from: date,
    known_from: date,
    occurred_on: date,
    meta: Meta,
    today: date,
    parties: Sequence[str] = (),
) -> tuple[Recorded, ...]:
    """Records a ruling in its case and in the legal lane of each measure that it voids, under one correlation id.

    `voids` are measure slugs, such as all measures under one authority; `parties` those for whom alone the ruling
    counts, everybody where there are none. Raises as `record` does; all or nothing.
    """
    joint = replace(meta, correlation_id=meta.correlation_id or uuid4())
    voided = measures.Voided(
        effective_from=effective_from.isoformat(), case=case, parties=tuple(parties), sources=ruling.sources
    )
    streams = [(f"case/{case}", ruling), *((f"measure/{slug}", voided) for slug in voids)]
    return record([_dated(stream, payload, joint, known_from, occurred_on) for stream, payload in streams], today=today)


def stay_ruling(
    *,
    ruling: Recorded,
    stay: cases.StayGranted,
    effective_from: date,
    known_from: date,
    occurred_on: date,
    meta: Meta,
    today: date,
) -> tuple[Recorded, ...]:
    """Records the stay of a ruling in its case and in each measure that the ruling voided, under its correlation id.

    Raises EventError where the ruling voided no measure, and otherwise as `record` does; all or nothing.
    """
    correlation = ruling.meta.get("correlation_id")
    hit = [
        item
        for item in log.read(type="measure.voided")
        if correlation and item.meta.get("correlation_id") == correlation
    ]
    if not hit:
        raise EventError(
            f"the ruling at position {ruling.position} voided no measure", field="ruling", code="no-effect"
        )
    joint = replace(meta, correlation_id=UUID(correlation), causation_id=ruling.id)
    revoked = {
        item.stream: measures.EntryRevoked(
            entry=str(item.id), effective_from=effective_from.isoformat(), sources=stay.sources
        )
        for item in hit
    }
    streams = [(ruling.stream, stay), *revoked.items()]
    return record([_dated(stream, payload, joint, known_from, occurred_on) for stream, payload in streams], today=today)


def _dated(stream: str, payload: Payload, meta: Meta, known_from: date, occurred_on: date) -> NewEvent:
    return NewEvent(
        stream=stream, payload=payload, meta=meta, known_from=known_from, occurred_on=occurred_on.isoformat()
    )
