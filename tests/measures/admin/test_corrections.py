"""Correcting and retracting: the entry stays, a new one says what is right, and it goes through review too."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from measures import queries
from measures.drafts import Draft
from tests.measures.admin.conftest import project
from tests.measures.admin.hands import A_SOURCE, typed_from
from tests.measures.admin.test_desk import page_of, step, text
from tests.measures.given import Story
from tracker import log
from tracker.replay import resolve_point

pytestmark = pytest.mark.django_db

REASON = {"data-reason_code": "rate-error", "data-reason": "The order says 12%."}


def correct(client: Client, position: int, way: str = "correct", **typed: str) -> Any:
    """Opens the sheet of a correction, changes some fields and sends everything."""
    address = reverse(f"admin:{way}", args=[position])
    sheet = client.get(address).context["sheet"]
    sent = typed_from(sheet.mended) if sheet.mended else {}
    if sheet.envelope:
        sent |= {name: str(value) for name, value in sheet.envelope.initial.items() if value is not None}
    whole = A_SOURCE | {"draft": str(uuid4()), "corrects": str(position), "preview": "yes"} | sent | typed
    return client.post(address, whole)


def rate(day: str = "2025-06-01", position: int | None = None) -> Any:
    point = resolve_point(today=date.fromisoformat(day), position=position)
    state = queries.measure("example", point)
    assert state is not None
    assert state.headline is not None
    return state.headline.rate


def test_the_sheet_shows_the_entry_as_it_reads_now(sit: Any, duty: Story) -> None:
    page = text(sit("editor").get(reverse("admin:correct", args=[2])))
    assert 'name="right-obligation" value="10%"' in page
    assert 'name="right-effective_from" value="2025-04-05"' in page
    assert 'name="known_from" value="2025-04-02"' in page


def test_what_differs_from_how_it_reads_now_is_the_correction(sit: Any, duty: Story) -> None:
    answer = correct(sit("editor"), 2, **REASON, **{"right-obligation": "12%", "known_from": "2025-04-01"})
    assert answer.status_code == 302
    [event] = Draft.objects.get().events
    assert event["type"] == "entry.corrected"
    assert event["data"]["patch"] == {
        "obligation": {"kind": "ad_valorem", "percent": "12"},
        "known_from": "2025-04-01",
    }
    assert event["corrects"] == str(log.get(position=2).id)  # type: ignore[union-attr]
    assert event["known_from"] is None


def test_a_field_that_is_emptied_is_taken_out(sit: Any, duty: Story) -> None:
    correct(sit("editor"), 2, **REASON, **{"right-effective_from": ""})
    assert Draft.objects.get().events[0]["data"]["patch"] == {"effective_from": None}


def test_a_correction_of_nothing_is_refused(sit: Any, duty: Story) -> None:
    page = correct(sit("editor"), 2, **REASON)
    assert "Nothing differs from how the entry reads now" in text(page)
    assert not Draft.objects.exists()


def test_a_wrong_right_value_is_told_at_its_field_and_stays(sit: Any, duty: Story) -> None:
    page = text(correct(sit("editor"), 2, **REASON, **{"right-obligation": "12 points"}))
    assert "&quot;12 points&quot; is not an obligation I know" in page
    assert 'value="12 points"' in page
    assert "The order says 12%.</textarea>" in page


def test_what_a_rule_says_of_the_corrected_entry_is_told_at_the_field(sit: Any, duty: Story) -> None:
    wrong = {"right-effective_until": "2025-04-01", "known_from": "2999-01-01"}
    sheet = correct(sit("editor"), 2, **REASON, **wrong).context["sheet"]
    assert "effective_until 2025-04-01 is not after effective_from" in sheet.mended.errors["effective_until"][0]
    assert "known_from 2999-01-01 lies after today" in sheet.envelope.errors["known_from"][0]
    assert not Draft.objects.exists()


def test_the_preview_shows_which_past_answers_change(sit: Any, duty: Story) -> None:
    client = sit("editor")
    correct(client, 2, **REASON, **{"right-obligation": "12%"})
    page = page_of(client, Draft.objects.get())
    assert "Answers about past days change" in text(page)
    [changed] = page.context["preview"].effects[0].past_changes
    assert (changed.before, changed.after) == ("In force at 10%", "In force at 12%")
    assert (str(changed.valid_from), str(changed.known_from)) == ("2025-04-05", "2025-04-02")
    assert "As the public knew" in text(page)


def test_a_correction_is_recorded_by_two_and_moves_only_the_recorded_clock(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    correct(editor, 2, **REASON, **{"right-obligation": "12%"})
    draft = Draft.objects.get()
    step(editor, draft, "submit")
    assert "Recorded as #3" in text(step(reviewer, draft, "approve"))
    project()
    assert rate() == 12
    assert rate(position=2) == 10
    page = text(editor.get(reverse("admin:tracker_event_change", args=[2])))
    assert "What touches it" in page
    assert "Corrected entry #2: rate-error." in page


def test_a_second_correction_begins_with_the_first(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    correct(editor, 2, **REASON, **{"right-obligation": "12%"})
    step(editor, Draft.objects.get(), "submit")
    step(reviewer, Draft.objects.get(), "approve")
    assert 'name="right-obligation" value="12%"' in text(editor.get(reverse("admin:correct", args=[2])))


def test_a_retraction_takes_the_entry_out_and_leaves_it_in_the_log(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    reason = {"data-reason_code": "duplicate", "data-reason": "Entered twice."}
    correct(editor, 2, "retract", **reason)
    draft = Draft.objects.get()
    assert draft.sentence == "Retracted entry #2: duplicate."
    step(editor, draft, "submit")
    step(reviewer, draft, "approve")
    project()
    assert "Entered twice" not in str(Draft.objects.values()), "an erasure has one place to go to"
    assert [item.type for item in log.read()] == ["measure.described", "measure.adopted", "entry.retracted"]
    point = resolve_point(today=date(2025, 6, 1))
    assert queries.measure("example", point).legal == "not_announced"  # type: ignore[union-attr]


def test_a_retracted_entry_cannot_be_corrected(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    correct(editor, 2, "retract", **{"data-reason_code": "duplicate", "data-reason": "Entered twice."})
    step(editor, Draft.objects.get(), "submit")
    step(reviewer, Draft.objects.get(), "approve")
    assert "cannot be corrected" in text(editor.get(reverse("admin:correct", args=[2])))
    again = correct(editor, 2, "retract", **{"data-reason_code": "duplicate", "data-reason": "Again."})
    assert "retracted already" in text(again)


def test_a_correction_needs_a_source_and_a_reason(sit: Any, duty: Story) -> None:
    none = dict.fromkeys(("data-sources-0-title", "data-sources-0-citation", "data-sources-0-published"), "")
    sent = {"right-obligation": "12%"} | none
    form = correct(sit("editor"), 2, **sent).context["sheet"].payload
    assert {"reason", "reason_code"} <= set(form.errors)
    assert "At least one of the sources is needed." in form.children["sources"].non_form_errors()


def test_a_draft_of_a_correction_is_opened_again_as_it_was_typed(sit: Any, duty: Story) -> None:
    client = sit("editor")
    correct(client, 2, **REASON, **{"right-obligation": "12%"})
    page = text(client.get(reverse("admin:draft_edit", args=[Draft.objects.get().pk])))
    assert 'name="right-obligation" value="12%"' in page
    assert "The order says 12%.</textarea>" in page


def test_an_auditor_gets_no_correction(sit: Any, duty: Story) -> None:
    auditor = sit("auditor")
    for way in ("correct", "retract"):
        assert auditor.get(reverse(f"admin:{way}", args=[2])).status_code == 403
    assert "Retract" not in text(auditor.get(reverse("admin:tracker_event_change", args=[2])))


def test_an_entry_that_is_not_there_is_not_found(sit: Any) -> None:
    assert sit("editor").get(reverse("admin:correct", args=[99])).status_code == 404
