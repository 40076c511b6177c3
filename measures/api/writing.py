"""From the body of a request to events, and from what refuses them to problems that point into the body."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec

from measures import commands, review
from measures.api import building
from measures.api.shapes.writing import ChangeShape, DraftShape, EffectShape, EventBody, PreviewShape, ViolationShape
from measures.drafts import Draft
from measures.preview import Effect, Preview
from measures.rules import RuleViolated, Violation
from tracker import envelope, log
from tracker.api.problems import CODES, Problem, wrong
from tracker.api.shapes import Link, ProblemError
from tracker.envelope import NewEvent
from tracker.events import EventError, event_type, pointer_of

ENVELOPE = ("stream", "type", "known_from", "known_seq", "occurred_on", "corrects")


def new_events(bodies: Sequence[Mapping[str, Any]]) -> tuple[list[NewEvent], dict[str, int]]:
    """The events of a body, and the versions that their writer saw. Raises a Problem with an error for each bad one."""
    found, expected, errors = [], {}, []
    for place, data in enumerate(bodies):
        try:
            body = _body(data)
            found.append(_event(body))
        except EventError as error:
            errors.append(_error(error, place))
            continue
        if body.expected_version is not None:
            expected[body.stream] = body.expected_version
    if errors:
        raise wrong(errors)
    return found, expected


def _body(data: Mapping[str, Any]) -> EventBody:
    try:
        return msgspec.convert(data, EventBody)
    except msgspec.ValidationError as error:
        reason, pointer = pointer_of(error)
        raise EventError(f"{reason} (at {pointer or 'the event'})", field=pointer or "/") from None


def _event(body: EventBody) -> NewEvent:
    """The event, checked by itself. Raises EventError."""
    kind = event_type(body.type)
    event = NewEvent(
        stream=body.stream,
        payload=kind.decode(kind.schema, body.data),
        meta=review.THOUGHT,
        known_from=body.known_from,
        known_seq=body.known_seq,
        occurred_on=body.occurred_on,
        corrects=body.corrects,
    )
    envelope.compose(event)
    return event


def pointer(place: int, field: str) -> str:
    """Where a field of the event at a place stands in the body."""
    if not field.startswith("/"):
        field = f"/{field}" if field.partition("/")[0] in ENVELOPE else f"/data/{field}"
    return f"/events/{place}{field.rstrip('/')}"


def _error(error: EventError, place: int) -> ProblemError:
    return ProblemError(code="invalid-event", detail=f"event {place}: {error}", pointer=pointer(place, error.field))


def judged(batch: Sequence[NewEvent], today: date) -> list[tuple[int, Violation]]:
    """What the rules say, with the place of the event in the batch."""
    found = commands.judge(batch, today=today)
    return [(place, item) for place, items in enumerate(found) for item in items]


def standing_against(found: Iterable[tuple[int, Violation]], confirmed: Collection[str]) -> list[ProblemError]:
    """The violations that keep a batch out, as errors: hard ones, and soft ones that nobody confirmed."""
    return [
        _refusal(item, pointer(place, item.field)) for place, item in found if item.hard or item.rule not in confirmed
    ]


def _refusal(item: Violation, where: str) -> ProblemError:
    return ProblemError(
        code="rule-violated" if item.hard else "unconfirmed",
        detail=f"{item.rule}: {item.message}",
        pointer=where,
        accepted=item.sentence if item.hard else f'"confirm": {{"{item.rule}": "why it does not matter here"}}',
    )


@contextmanager
def explained() -> Iterator[None]:
    """Turns what refuses a draft into a problem."""
    try:
        yield
    except RuleViolated as error:
        raise wrong([_refusal(item, f"/events/{item.field}") for item in error.violations]) from error
    except EventError as error:
        code = error.code if error.code in CODES else "invalid-event"
        code = "forbidden" if error.code == "two-person-rule" else code
        raise Problem(code, str(error), ProblemError(code=code, detail=str(error), pointer=_place(error))) from error


def _place(error: EventError) -> str:
    return error.field if error.field.startswith("/") else f"/{error.field}"


def draft_shape(draft: Draft, base: str) -> DraftShape:
    return DraftShape(
        id=draft.id,
        url=address(draft, base),
        state=draft.state,  # type: ignore[arg-type]
        author=draft.author.get_username(),
        reviewer=draft.reviewer.get_username() if draft.reviewer else None,
        sentence=draft.sentence,
        events=draft.events,
        expected=draft.expected,
        confirmed=draft.confirmed,
        comments=draft.comments,
        submitted_at=draft.submitted_at,
        recorded=[_link(position, base) for position in draft.positions],
    )


def address(draft: Draft, base: str) -> str:
    return f"{base}/api/v1/drafts/{draft.id}/"


def _link(position: int, base: str) -> Link:
    return Link(position=position, url=f"{base}/api/v1/events/{position}/")


def preview_shape(
    seen: Preview, found: Sequence[tuple[int, Violation]], confirmed: Collection[str], base: str
) -> PreviewShape:
    return PreviewShape(
        accepted=not standing_against(found, confirmed),
        violations=[_violation(place, item) for place, item in found],
        effects=[_effect(effect, seen.versions[effect.stream], base) for effect in seen.effects],
    )


def _violation(place: int, item: Violation) -> ViolationShape:
    return ViolationShape(
        rule=item.rule,
        hard=item.hard,
        sentence=item.sentence,
        message=item.message,
        pointer=pointer(place, item.field),
    )


def _effect(effect: Effect, version: int, base: str) -> EffectShape:
    return EffectShape(
        stream=effect.stream,
        version=version,
        sentences=list(effect.sentences),
        status_before=effect.status_before or None,
        status_after=effect.status_after or None,
        changes=[
            ChangeShape(
                term=step.term,
                valid_from=building.first_day(step.start),
                valid_until=building.last_day(step.until),
                before=step.said_before,
                after=step.said_after,
            )
            for step in effect.steps
            if step.changed
        ],
        gone=list(effect.gone),
        come=list(effect.come),
        duplicates=[_link(item.position, base) for item in effect.duplicates],
    )


def versions(batch: Sequence[NewEvent], expected: Mapping[str, int]) -> dict[str, int]:
    """The version of each stream of a batch: as its writer saw it, or as it is."""
    return {item.stream: log.version(item.stream) for item in batch} | dict(expected)
