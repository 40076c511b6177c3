"""Review: a draft goes into the log by two people, once; whatever refuses it loses nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from measures import commands, review
from measures.drafts import Draft
from measures.events import measures as vocabulary
from measures.rules import RuleViolated
from tests.measures.admin.hands import person
from tests.measures.given import SOURCE, Told, adopted, given, on, postponed, rate_changed, suspended
from tracker import log
from tracker.actors import pseudonym
from tracker.envelope import NewEvent
from tracker.events import EventError, Payload, Source, event_types
from tracker.ledger.openings import text_of
from tracker.log import WrongExpectedVersion

pytestmark = pytest.mark.django_db

STREAM = "measure/example"
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
DUTY = given(on("2025-04-02", adopted("10%", "2025-04-05")))
TO_20 = rate_changed("20%", "2026-02-01")


@pytest.fixture
def editor() -> User:
    DUTY.record()
    return person("editor", "editor")


@pytest.fixture
def reviewer() -> User:
    return person("reviewer", "reviewer")


def event(told: Told, known: str | None = "2026-01-05") -> NewEvent:
    return NewEvent(
        stream=STREAM,
        payload=told.kind(sources=(SOURCE,), **told.fields),
        meta=review.THOUGHT,
        known_from=date.fromisoformat(known) if known else None,
    )


def type_name(kind: type[Payload]) -> str:
    """The registered name of a payload's type."""
    return next(item.name for item in event_types() if item.payload is kind)


def drafted(author: User, told: Told = TO_20, known: str = "2026-01-05") -> Draft:
    batch = [event(told, known)]
    return review.save(
        uuid4(), author=author, type=type_name(told.kind), stream=STREAM, typed={"a": ["b"]}, batch=batch
    )


def submitted(author: User, told: Told = TO_20, **confirmed: str) -> Draft:
    draft = drafted(author, told)
    return review.submit(draft, by=author, now=NOW, seen=draft.expected, confirmed=confirmed)


def recorded_meanwhile(told: Told) -> None:
    commands.record([event(told)], today=NOW.date())


def types() -> list[str]:
    return [item.type for item in log.read(stream=STREAM)]


def test_a_draft_is_apart_from_the_log(editor: User) -> None:
    draft = submitted(editor)
    assert draft.state == "submitted"
    assert types() == ["measure.described", "measure.adopted"]


def test_approving_records_the_event_under_both_names(editor: User, reviewer: User) -> None:
    draft = review.approve(submitted(editor), by=reviewer, now=NOW)
    assert draft.state == "recorded"
    [recorded] = log.read(positions=draft.positions)
    assert recorded.type == "measure.rate_changed"
    assert recorded.meta == {
        "actor": pseudonym(editor),
        "approver": pseudonym(reviewer),
        "approval": "two_person",
        "origin": "admin",
        "correlation_id": str(draft.id),
    }


def test_nobody_approves_a_draft_of_their_own(editor: User, reviewer: User) -> None:
    draft = submitted(reviewer)
    with pytest.raises(EventError, match="somebody else than the author") as refused:
        review.approve(draft, by=reviewer, now=NOW)
    assert refused.value.code == "two-person-rule"
    draft.refresh_from_db()
    assert draft.state == "submitted"
    assert len(types()) == 2


def test_the_append_itself_refuses_an_author_as_approver_whatever_the_draft_says(editor: User) -> None:
    draft = submitted(editor)
    Draft.objects.filter(pk=draft.pk).update(state="approved", approval="two_person", reviewer=editor)
    draft.refresh_from_db()
    with pytest.raises(EventError, match="somebody else than the author"):
        review.record(draft, today=NOW.date())
    assert len(types()) == 2


def test_who_may_not_review_cannot_approve(editor: User) -> None:
    draft = submitted(editor)
    with pytest.raises(PermissionDenied):
        review.approve(draft, by=person("second", "editor"), now=NOW)


def test_an_auditor_cannot_even_draft(editor: User) -> None:
    with pytest.raises(PermissionDenied):
        drafted(person("auditor", "auditor"))


def test_recording_an_approved_draft_twice_records_it_once(editor: User, reviewer: User) -> None:
    draft = review.approve(submitted(editor), by=reviewer, now=NOW)
    Draft.objects.filter(pk=draft.pk).update(state="approved", positions=[])  # as if the worker had been cut off
    draft.refresh_from_db()
    again = review.record_again(draft, by=reviewer, now=NOW)
    assert again.positions == [3]
    assert len(types()) == 3


def test_approving_twice_says_that_it_is_recorded(editor: User, reviewer: User) -> None:
    draft = submitted(editor)
    review.approve(draft, by=reviewer, now=NOW)
    with pytest.raises(review.WrongState, match="is recorded"):
        review.approve(draft, by=reviewer, now=NOW)
    assert len(types()) == 3


def test_saving_again_after_a_double_click_keeps_one_draft(editor: User) -> None:
    key = uuid4()
    for _ in range(2):
        review.save(key, author=editor, type="measure.rate_changed", stream=STREAM, typed={}, batch=[event(TO_20)])
    assert Draft.objects.count() == 1


def test_a_draft_of_somebody_else_cannot_be_changed(editor: User) -> None:
    draft = drafted(editor)
    with pytest.raises(PermissionDenied):
        review.save(draft.id, author=person("second", "editor"), type=draft.type, stream=STREAM, typed={}, batch=[])


def test_a_submitted_draft_cannot_be_changed_until_it_is_taken_back(editor: User) -> None:
    draft = submitted(editor)
    with pytest.raises(review.WrongState, match="cannot be changed"):
        review.save(draft.id, author=editor, type=draft.type, stream=STREAM, typed={}, batch=[])
    assert review.take_back(draft, by=editor).is_open


def test_what_is_not_complete_is_kept_and_cannot_be_submitted(editor: User) -> None:
    draft = review.save(uuid4(), author=editor, type="measure.rate_changed", stream="", typed={"x": ["half"]}, batch=[])
    with pytest.raises(EventError, match="not complete"):
        review.submit(draft, by=editor, now=NOW, seen={}, confirmed={})
    draft.refresh_from_db()
    assert draft.typed == {"x": ["half"]}


def test_sending_back_needs_a_word_and_returns_the_draft(editor: User, reviewer: User) -> None:
    draft = submitted(editor)
    with pytest.raises(EventError, match="what should be mended"):
        review.send_back(draft, by=reviewer, now=NOW, text=" ")
    draft = review.send_back(draft, by=reviewer, now=NOW, text="The rate is 25%.")
    assert (draft.state, draft.reviewer) == ("sent_back", reviewer)
    assert draft.comments == [{"by": "reviewer", "at": "2026-01-05T12:00:00+00:00", "text": "The rate is 25%."}]
    assert review.submit(draft, by=editor, now=NOW, seen=draft.expected, confirmed={}).state == "submitted"


def test_a_hard_rule_stops_the_submission(editor: User) -> None:
    draft = drafted(editor, suspended("2026-03-01", "2026-02-01"))
    with pytest.raises(RuleViolated, match="S3"):
        review.submit(draft, by=editor, now=NOW, seen=draft.expected, confirmed={})


def early(author: User) -> Draft:
    """Known before its source was published: the soft rule S5."""
    source = Source(title="The gazette", citation="No. 2", published="2026-01-09")
    payload = vocabulary.Suspended(sources=(source,), effective_from="2026-03-01")
    known = date(2026, 1, 5)
    batch = [NewEvent(stream=STREAM, payload=payload, meta=review.THOUGHT, known_from=known)]
    return review.save(uuid4(), author=author, type="measure.suspended", stream=STREAM, typed={}, batch=batch)


def test_a_soft_rule_wants_a_reason(editor: User) -> None:
    draft = early(editor)
    with pytest.raises(RuleViolated, match="S5"):
        review.submit(draft, by=editor, now=NOW, seen=draft.expected, confirmed={})
    with pytest.raises(EventError, match="say why S5"):
        review.submit(draft, by=editor, now=NOW, seen=draft.expected, confirmed={"S5": " "})
    assert review.submit(draft, by=editor, now=NOW, seen=draft.expected, confirmed={"S5": "dated ahead"})


def test_the_reason_of_a_confirmed_rule_stands_with_the_entry(editor: User, reviewer: User) -> None:
    draft = early(editor)
    draft = review.submit(draft, by=editor, now=NOW, seen=draft.expected, confirmed={"S5": "dated ahead"})
    draft = review.approve(draft, by=reviewer, now=NOW)
    [recorded] = log.read(positions=draft.positions)
    assert text_of(recorded.meta["reason"]) == "S5: dated ahead"
    assert draft.confirmed == {"S5": recorded.meta["reason"]}, "the draft keeps no copy that an erasure would leave"


def test_submitting_is_refused_when_somebody_recorded_since_the_preview(editor: User) -> None:
    draft = drafted(editor)
    recorded_meanwhile(suspended("2026-03-01"))
    with pytest.raises(WrongExpectedVersion):
        review.submit(draft, by=editor, now=NOW, seen={STREAM: 2}, confirmed={})
    draft.refresh_from_db()
    assert draft.is_open
    assert draft.events


def test_a_conflict_at_approval_leaves_the_draft_submitted_with_everything_in_it(editor: User, reviewer: User) -> None:
    draft = submitted(editor)
    recorded_meanwhile(suspended("2026-03-01"))
    with pytest.raises(WrongExpectedVersion):
        review.approve(draft, by=reviewer, now=NOW)
    before = draft
    draft = Draft.objects.get(pk=draft.pk)
    assert (draft.state, draft.reviewer, draft.approval) == ("submitted", None, "")
    assert (draft.events, draft.typed) == (before.events, before.typed)


def test_who_looked_at_what_was_recorded_since_may_approve(editor: User, reviewer: User) -> None:
    draft = submitted(editor)
    recorded_meanwhile(suspended("2026-01-01"))
    with pytest.raises(WrongExpectedVersion):
        review.look_again(draft, by=reviewer, now=NOW, seen={STREAM: 2})
    review.look_again(draft, by=reviewer, now=NOW, seen={STREAM: 3})
    with pytest.raises(RuleViolated, match="M3"):  # now it stands inside a suspension
        review.approve(draft, by=reviewer, now=NOW)
    draft.refresh_from_db()
    assert draft.state == "submitted"
    assert "version 3" in draft.comments[-1]["text"]


def test_an_embargo_holds_an_approved_draft_until_its_instant(editor: User, reviewer: User) -> None:
    until = NOW + timedelta(hours=2)
    draft = review.approve(submitted(editor), by=reviewer, now=NOW, embargo_until=until)
    assert draft.state == "approved"
    assert review.record_due(NOW + timedelta(hours=1)) == 0
    assert len(types()) == 2
    assert review.record_due(until) == 1
    draft.refresh_from_db()
    assert draft.state == "recorded"
    assert review.record_due(until) == 0


def test_what_is_refused_when_its_embargo_ends_goes_back_to_review(editor: User, reviewer: User) -> None:
    draft = review.approve(submitted(editor), by=reviewer, now=NOW, embargo_until=NOW + timedelta(hours=1))
    recorded_meanwhile(suspended("2026-03-01"))
    assert review.record_due(NOW + timedelta(hours=2)) == 0
    draft.refresh_from_db()
    assert draft.state == "submitted"


def test_an_emergency_is_published_by_one_person_with_a_reason_and_marked_so(editor: User) -> None:
    publisher = person("publisher", "publisher")
    draft = drafted(publisher)
    with pytest.raises(EventError, match="why it cannot wait"):
        review.publish(draft, by=publisher, now=NOW, reason="", seen=draft.expected, confirmed={})
    draft = review.publish(
        draft, by=publisher, now=NOW, reason="takes effect tonight", seen=draft.expected, confirmed={}
    )
    [recorded] = log.read(positions=draft.positions)
    assert recorded.meta["approval"] == "emergency"
    assert "approver" not in recorded.meta
    assert text_of(recorded.meta["reason"]) == "takes effect tonight"
    assert draft.reason == recorded.meta["reason"]


def test_an_editor_cannot_publish_alone(editor: User) -> None:
    draft = drafted(editor)
    with pytest.raises(PermissionDenied):
        review.publish(draft, by=editor, now=NOW, reason="in a hurry", seen=draft.expected, confirmed={})


def test_a_discarded_draft_is_kept_and_stays_as_it_is(editor: User) -> None:
    draft = review.discard(drafted(editor), by=editor)
    assert draft.state == "discarded"
    with pytest.raises(review.WrongState):
        review.submit(draft, by=editor, now=NOW, seen=draft.expected, confirmed={})


def test_a_draft_says_what_it_is_about_with_places_of_entries(editor: User) -> None:
    told = postponed(1, "2026-06-01")
    named = log.read(stream=STREAM)[1]
    fields: dict[str, Any] = {**told.fields, "entry": str(named.id)}
    draft = drafted(editor, Told(told.kind, fields))
    assert draft.sentence == f"Postponed entry #{named.position} to 1 June 2026."
