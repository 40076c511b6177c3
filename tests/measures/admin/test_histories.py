"""The histories from elsewhere, typed by an editor and approved by a reviewer, with the forms of the admin alone.

Every event is written into the HTML that the page gives: a field or a choice that is not there fails.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from tests.measures.admin.conftest import project
from tests.measures.admin.hands import as_typed
from tests.measures.admin.paper import Form, Paper
from tests.measures.given import DESCRIPTION, Story, entry_id
from tests.measures.histories import HISTORIES, Question
from tests.measures.newer_histories import NEWER_HISTORIES
from tests.measures.test_histories import from_tables, rate
from tracker import log
from tracker.envelope import NewEvent

pytestmark = pytest.mark.django_db


ALONE = ("a ban lifted firm by firm", "a ban after which sources fall silent")
TYPED = HISTORIES | {name: NEWER_HISTORIES[name] for name in ALONE}


@pytest.mark.parametrize(("story", "questions"), TYPED.values(), ids=TYPED)
def test_it_is_recorded_with_the_forms_alone_and_answers_the_same(
    sit: Any, story: Story, questions: list[Question]
) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    told = [event for batch in story.events for event in batch]
    ids: dict[str, str] = {}
    for number, event in enumerate(told, 1):
        draft = write(editor, event, ids)
        approve(editor, reviewer, draft)
        ids[str(entry_id(story.stream, number))] = str(log.read(stream=story.stream, backwards=True, limit=1)[0].id)
    project()
    assert len(log.read(stream=story.stream)) == len(told) + 1
    for question in questions:
        assert from_tables(story, question) == (question.legal, question.application, rate(question.rate))


def write(editor: Client, event: NewEvent, ids: dict[str, str]) -> str:
    """Fills the sheet of an event and previews it; the address of the draft. The first describes the measure too."""
    address = reverse("admin:record_type", args=[_type(event)])
    is_new = not log.exists(event.stream)
    sheet = form(editor.get(address, {} if is_new else {"stream": event.stream}), "preview")
    sheet.fill(_typed(event, ids) | ({"stream": event.stream} | _description() if is_new else {}))
    answer = editor.post(address, sheet.pressed("preview", "yes"))
    assert answer.status_code == 302, [dict(one.errors) for one in answer.context["sheet"].all_forms() if one.errors]
    return str(answer["Location"])


def approve(editor: Client, reviewer: Client, draft: str) -> None:
    """Submits a draft, with a reason for each soft rule, and approves it."""
    steps = form(editor.get(draft), "step")
    steps.fill({name: "The act says so." for name in steps.values if name.startswith("reason-")})
    ticked = [name.removeprefix("reason-") for name in steps.values if name.startswith("reason-")]
    editor.post(draft, steps.pressed("step", "submit") | {"confirm": ticked})
    answer = reviewer.post(draft, form(reviewer.get(draft), "step").pressed("step", "approve"), follow=True)
    assert "Recorded as #" in answer.content.decode()


def form(answer: Any, button: str) -> Form:
    return Paper(answer.content.decode()).with_button(button)


def _type(event: NewEvent) -> str:
    from tracker import events

    return events.type_of(event.payload).name


def _typed(event: NewEvent, ids: dict[str, str]) -> dict[str, str]:
    """The payload and the known clock as they are typed; an earlier entry is the one that was recorded for it."""
    payload = event.payload
    if named := getattr(payload, "entry", None):
        payload = msgspec.structs.replace(payload, entry=ids[named])
    assert event.known_from is not None
    envelope = {"known_from": event.known_from.isoformat(), "occurred_on": event.occurred_on or ""}
    return as_typed(payload) | envelope | {"known_seq": "" if event.known_seq is None else str(event.known_seq)}


def _description() -> dict[str, str]:
    return {f"new-{name}": value for name, value in DESCRIPTION.items()}
