"""The draft's page: what it would do, what the rules say, and the next step for whoever looks at it."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from measures import commands, review
from measures.drafts import Draft
from tests.measures.admin.conftest import project
from tests.measures.admin.test_record import STREAM, SUSPENSION, send
from tests.measures.given import SOURCE, Story, adopted, given, on, rate_changed
from tracker import log
from tracker.envelope import NewEvent

pytestmark = pytest.mark.django_db


def previewed(client: Client, type: str = "measure.suspended", **more: str) -> Draft:
    answer = send(client, type, SUSPENSION | more)
    assert answer.status_code == 302, answer.context["sheet"].payload.errors
    return Draft.objects.get()


def page_of(client: Client, draft: Draft) -> Any:
    return client.get(reverse("admin:draft", args=[draft.pk]))


def step(client: Client, draft: Draft, name: str, **more: Any) -> Any:
    shown = page_of(client, draft).context["preview"]
    seen = [f"{stream}@{version}" for stream, version in shown.versions.items()] if shown else []
    address = reverse("admin:draft", args=[draft.pk])
    return client.post(address, {"step": name, "seen": seen, **more}, follow=True)


def text(answer: Any) -> str:
    return answer.content.decode()


def recorded_meanwhile() -> None:
    told = rate_changed("15%", "2025-09-01")
    payload = told.kind(sources=(SOURCE,), **told.fields)
    event = NewEvent(stream=STREAM, payload=payload, meta=review.THOUGHT, known_from=date(2025, 4, 3))
    commands.record([event], today=date(2026, 1, 1))


def test_the_preview_shows_the_sentence_and_the_timeline_before_and_after(sit: Any, duty: Story) -> None:
    client = sit("editor")
    page = page_of(client, previewed(client))
    assert "Suspended from 14 May 2025 until 12 August 2025." in text(page)
    [effect] = page.context["preview"].effects
    shown = [(str(item.start), item.said_before, item.said_after, item.changed) for item in effect.steps]
    assert shown == [
        ("2025-04-02", "Adopted, not yet in force", "Adopted, not yet in force", False),
        ("2025-04-05", "In force at 10%", "In force at 10%", False),
        ("2025-05-14", "In force at 10%", "In force but suspended", True),
        ("2025-08-12", "In force at 10%", "In force at 10%", False),
    ]
    assert '<svg class="timeline"' in text(page)
    assert "Answers about past days change" in text(page)
    changes, stays = text(page).split("What stays as it is")
    assert changes.count('<tr class="changed"><td class="day">') == 1
    assert stays.count('<tr><td class="day">') == 3


def test_a_preview_that_changes_no_answer_folds_the_timeline_away(sit: Any, duty: Story) -> None:
    client = sit("editor")
    adopted = {"data-obligation": "10%", "data-effective_from": "2025-04-05", "data-effective_until": ""}
    told, stays = text(page_of(client, previewed(client, "measure.adopted", **adopted))).split("What stays as it is")
    assert "No answer changes by it" in told
    assert '<svg class="timeline"' not in told
    assert '<svg class="timeline"' in stays


def test_the_picture_of_a_preview_has_a_pair_of_whole_labels_for_each_term_that_changes(sit: Any, duty: Story) -> None:
    client = sit("editor")
    for_one = {"data-parties": "A Refiner of Some Length"}
    page = text(page_of(client, previewed(client, **for_one)))
    labels = re.findall(r'class="row-name"[^>]*>([^<]+)<', page)
    assert labels == ["before: main for A Refiner of Some Length", "after: main for A Refiner of Some Length"]


def test_the_preview_says_the_status_before_and_after(sit: Any, duty: Story, time_machine: Any) -> None:
    time_machine.move_to("2025-06-10")
    client = sit("editor")
    [effect] = page_of(client, previewed(client)).context["preview"].effects
    assert effect.status_before == "In force at 10%."
    assert effect.status_after.startswith("In force but suspended until 11 August 2025; returns to 10% on 12 August")


def test_the_preview_warns_of_an_entry_that_probably_says_the_same(sit: Any, duty: Story) -> None:
    client = sit("editor")
    adopted = {"data-obligation": "10%", "data-effective_from": "2025-04-05", "data-effective_until": ""}
    page = page_of(client, previewed(client, "measure.adopted", **adopted))
    assert "Probably recorded already" in text(page)
    assert "#2</a> Adopted 10% from 5 April 2025." in text(page)


def test_a_session_shows_the_row_that_comes(sit: Any) -> None:
    client = sit("editor")
    sent = {"stream": "talks", "data-held_on": "2025-06-09", "data-city": "London", "known_from": "2025-06-09"}
    send(client, "negotiation.session_held", sent | {"new-title": "The talks", "new-parties": "US\nCN"})
    [effect] = page_of(client, Draft.objects.get()).context["preview"].effects
    assert any(row.startswith("Meeting: ") for row in effect.come)


def test_a_soft_rule_is_shown_with_a_tick_and_a_reason(sit: Any, duty: Story) -> None:
    client = sit("editor")
    draft = previewed(client, **{"data-sources-0-published": "2025-04-09"})
    assert "The known day is not before the earliest source was published." in text(page_of(client, draft))
    assert "If it is right all the same, tick S5 under “What next” and say why." in text(step(client, draft, "submit"))
    refused = step(client, draft, "submit", **{"confirm": "S5", "reason-S5": ""})
    assert "Say why S5" in text(refused)
    assert "It awaits review" in text(step(client, draft, "submit", **{"confirm": "S5", "reason-S5": "a reprint"}))
    draft.refresh_from_db()
    assert draft.confirmed == {"S5": "a reprint"}


def test_an_editor_submits_and_a_reviewer_approves(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    draft = previewed(editor)
    assert "It awaits review" in text(step(editor, draft, "submit"))
    assert "Approve and record" in text(page_of(reviewer, draft))
    answer = step(reviewer, draft, "approve")
    assert "Recorded as #3" in text(answer)
    assert "Record another" in text(answer)
    assert log.read(stream=STREAM)[-1].meta["approval"] == "two_person"


def test_who_may_do_nothing_with_a_draft_sees_what_it_says_and_no_empty_steps(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    draft = previewed(editor)
    step(editor, draft, "submit")
    page = text(page_of(sit("auditor"), draft))
    assert "Suspended from 14 May 2025 until 12 August 2025." in page
    assert "What next" not in page
    assert "What next" in text(page_of(sit("reviewer"), draft))


def test_the_author_is_not_offered_to_approve_and_is_refused(sit: Any, duty: Story) -> None:
    reviewer = sit("reviewer")
    draft = previewed(reviewer)
    submitted = step(reviewer, draft, "submit")
    assert "Approve and record" not in text(submitted)
    assert "somebody else than the author" in text(step(reviewer, draft, "approve"))
    assert log.head().position == 2


def test_approving_twice_records_once_and_says_so(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    draft = previewed(editor)
    step(editor, draft, "submit")
    step(reviewer, draft, "approve")
    assert "This draft is recorded" in text(step(reviewer, draft, "approve"))
    assert log.head().position == 3


def test_an_author_asks_somebody_to_review(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    sit("reviewer"), sit("reviewer", "second")
    draft = previewed(editor)
    step(editor, draft, "submit")
    answer = text(step(editor, draft, "assign", assignee="second"))
    assert "second is asked to review it" in answer
    assert "Asked second to review it." in answer
    assert '<option value="editor"' not in answer


def test_whoever_reviews_is_not_bound_by_whom_was_asked(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    sit("reviewer", "second")
    draft = previewed(editor)
    step(editor, draft, "submit")
    step(reviewer, draft, "assign", assignee="second")
    assert "Recorded as #3" in text(step(reviewer, draft, "approve"))


@pytest.mark.parametrize("name", ["editor", "auditor", "nobody"])
def test_only_somebody_else_who_may_review_is_asked(sit: Any, duty: Story, name: str) -> None:
    editor = sit("editor")
    sit("auditor")
    draft = previewed(editor)
    step(editor, draft, "submit")
    assert "is not somebody else who may review" in text(step(editor, draft, "assign", assignee=name))
    draft.refresh_from_db()
    assert draft.assignee is None


def test_a_reviewer_sends_back_with_a_word_that_the_author_reads(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    draft = previewed(editor)
    step(editor, draft, "submit")
    assert "Say what should be mended" in text(step(reviewer, draft, "send_back"))
    step(reviewer, draft, "send_back", comment="The end is 10 November.")
    draft.refresh_from_db()
    said = datetime.fromisoformat(draft.comments[-1]["at"]).strftime("%Y-%m-%d %H:%M UTC")
    page = text(page_of(editor, draft))
    assert "The end is 10 November." in page
    assert f"reviewer, {said}" in page
    assert "sent back" in text(editor.get(reverse("admin:index")))


def test_a_conflict_shows_what_was_recorded_and_loses_nothing(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    draft = previewed(editor)
    step(editor, draft, "submit")
    recorded_meanwhile()
    page = text(page_of(reviewer, draft))
    assert "Recorded here since its author looked" in page
    assert "Changed to 15% from 1 September 2025." in page
    refused = step(reviewer, draft, "approve")
    assert "somebody recorded in between" in text(refused)
    step(reviewer, draft, "look_again")
    assert "Recorded as #4" in text(step(reviewer, draft, "approve"))


def test_a_conflict_while_the_author_looks_is_told_before_submitting(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    draft = previewed(editor)
    recorded_meanwhile()
    address = reverse("admin:draft", args=[draft.pk])
    answer = editor.post(address, {"step": "submit", "seen": f"{STREAM}@2"}, follow=True)
    assert "somebody recorded in between, look again" in text(answer)
    assert "Suspended from 14 May 2025" in text(answer)
    assert "Changed to 15% from 1 September 2025." in text(answer)
    assert "It awaits review" in text(step(editor, draft, "submit"))


def test_a_publisher_publishes_alone_with_a_reason(sit: Any, duty: Story) -> None:
    publisher = sit("publisher")
    draft = previewed(publisher)
    refused = step(publisher, draft, "publish", reason="")
    assert "why it cannot wait" in text(refused)
    assert '<details class="emergency" open>' in text(refused)
    recorded = text(step(publisher, draft, "publish", reason="It bites tonight"))
    assert "Recorded as #3" in recorded
    assert "Event 3</a> Suspended from 14 May 2025 until 12 August 2025." in recorded
    assert log.read(stream=STREAM)[-1].meta["approval"] == "emergency"
    assert "It bites tonight" in text(publisher.get(reverse("admin:tracker_event_change", args=[3])))


def test_an_editor_is_not_offered_to_publish_alone(sit: Any, duty: Story) -> None:
    editor = sit("editor")
    draft = previewed(editor)
    assert "Publish now, alone" not in text(page_of(editor, draft))
    assert step(editor, draft, "publish", reason="in a hurry").status_code == 403


def test_an_auditor_sees_a_draft_and_moves_nothing(sit: Any, duty: Story) -> None:
    draft, auditor = previewed(sit("editor")), sit("auditor")
    assert "<button" not in text(page_of(auditor, draft)).split('id="content-start"')[1].split("</main>")[0]
    for name in ("submit", "approve", "publish", "discard", "send_back", "comment", "assign", "look_again", "record"):
        assert auditor.post(reverse("admin:draft", args=[draft.pk]), {"step": name}).status_code in (200, 403)
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert log.head().position == 2


def test_an_embargo_that_is_no_instant_is_told_and_what_was_typed_stays(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    draft = previewed(editor)
    step(editor, draft, "submit")
    answer = text(step(reviewer, draft, "approve", embargo_until="tomorrow", comment="looks right"))
    assert "“tomorrow” is no instant; write YYYY-MM-DDTHH:MM, in UTC" in answer
    assert 'value="tomorrow"' in answer
    assert "<details open><summary>Hold it until an instant" in answer
    assert "looks right</textarea>" in answer


def test_an_embargoed_draft_is_approved_and_recorded_later(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    draft = previewed(editor)
    step(editor, draft, "submit")
    assert "recorded when its embargo is over" in text(
        step(reviewer, draft, "approve", embargo_until="2999-01-01T00:00")
    )
    assert log.head().position == 2
    assert "Recorded as #3" in text(step(reviewer, draft, "record"))


def test_a_draft_of_a_bygone_shape_says_so_instead_of_failing(sit: Any, duty: Story) -> None:
    client = sit("editor")
    draft = previewed(client)
    draft.events[0]["data"]["bygone"] = "field"
    draft.save()
    page = page_of(client, draft)
    assert page.status_code == 200
    assert "bygone" in text(page)


def test_of_a_long_timeline_a_draft_shows_what_changes_and_counts_the_rest(sit: Any, monkeypatch: Any) -> None:
    steps = [on(f"{year}-04-02", rate_changed(f"{year - 2000}%", f"{year}-04-05")) for year in range(2002, 2025)]
    given(on("2001-04-02", adopted("1%", "2001-04-05")), *steps).record()
    project()
    editor = sit("editor")
    draft = previewed(editor)
    whole = text(page_of(editor, draft))
    monkeypatch.setattr("measures.admin.desk.MOST", 10)
    page = text(page_of(editor, draft))
    assert "other periods" not in whole
    [left] = [int(count) for count in re.findall(r"and ([0-9]+) other periods", page)]
    assert left > 0
    assert page.count('<td class="day">') // 2 + left == whole.count('<td class="day">') // 2
    assert page.count('<tr class="changed">') == whole.count('<tr class="changed">')
