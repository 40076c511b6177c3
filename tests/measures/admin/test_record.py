"""Recording: choose what happened, fill its sheet, see the preview. What is wrong is told at its field."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from measures import commands, review
from measures.drafts import Draft
from measures.events import negotiations
from tests.measures.admin.hands import A_SOURCE, as_typed
from tests.measures.given import Story
from tracker import log
from tracker.events import EventType, Source, event_types

pytestmark = pytest.mark.django_db

STREAM = "measure/example"
OF_THE_TRACKER = ("entry.", "fold.", "key.", "projection.", "text.")
RECORDED = [kind for kind in event_types() if not kind.name.startswith(OF_THE_TRACKER)]


def sheet(client: Client, type: str, **more: str) -> Any:
    return client.get(reverse("admin:record_type", args=[type]), more)


def send(client: Client, type: str, sent: dict[str, Any], button: str = "preview", draft: Any = None) -> Any:
    whole = A_SOURCE | {"draft": str(draft or uuid4()), "known_from": "2025-04-02", button: "yes"} | sent
    return client.post(reverse("admin:record_type", args=[type]), whole)


SUSPENSION = {"stream": STREAM, "data-effective_from": "2025-05-14", "data-effective_until": "2025-08-12"}


def test_an_editor_chooses_from_everything_that_can_happen(sit: Any) -> None:
    page = sit("editor").get(reverse("admin:record")).content.decode()
    for kind in event_types():
        assert (reverse("admin:record_type", args=[kind.name]) in page) == (kind in RECORDED), kind.name
    assert "It stays in force but is not applied" in page


def test_a_measure_is_offered_what_can_happen_to_a_measure(sit: Any, duty: Story) -> None:
    page = sit("editor").get(reverse("admin:record"), {"stream": STREAM}).content.decode()
    assert f"/admin/record/measure.suspended/?stream={STREAM}" in page
    assert "negotiation.session_held" not in page


@pytest.mark.parametrize("kind", RECORDED, ids=lambda kind: kind.name)
def test_every_event_type_has_a_sheet(sit: Any, duty: Story, kind: EventType) -> None:
    stream = f"{kind.categories[0].replace('*', 'measure')}/example"
    page = sheet(sit("editor"), kind.name, stream=stream)
    assert page.status_code == 200
    assert 'name="data-sources-0-title"' in page.content.decode()


@pytest.mark.parametrize("type", ["measure.exploded", "entry.corrected", "key.retired"])
def test_a_type_that_is_unknown_or_not_for_editors_has_no_sheet(sit: Any, type: str) -> None:
    assert sheet(sit("editor"), type).status_code == 404


def test_the_preview_is_a_draft_and_nothing_is_recorded(sit: Any, duty: Story) -> None:
    answer = send(sit("editor"), "measure.suspended", SUSPENSION)
    draft = Draft.objects.get()
    assert answer.url == reverse("admin:draft", args=[draft.pk])
    assert draft.events[0]["data"] == {
        "effective_from": "2025-05-14",
        "effective_until": "2025-08-12",
        "sources": [{"title": "The gazette", "citation": "No. 1", "published": "2025-04-02"}],
    }
    assert log.head().position == 2


def test_a_slug_alone_names_a_measure(sit: Any, duty: Story) -> None:
    send(sit("editor"), "measure.suspended", SUSPENSION | {"stream": "example"})
    assert Draft.objects.get().stream == STREAM


def test_bad_input_is_told_at_its_field_and_keeps_what_was_typed(sit: Any, duty: Story) -> None:
    wrong = SUSPENSION | {"data-effective_from": "14 May", "data-until_condition": "until the talks end"}
    page = send(sit("editor"), "measure.suspended", wrong).content.decode()
    assert "“14 May” is not accepted; write YYYY-MM-DD, YYYY-MM, YYYY-Q1, YYYY-H1 or YYYY" in page
    for typed in ("14 May", "until the talks end", "2025-08-12", "The gazette"):
        assert f'value="{typed}"' in page
    assert not Draft.objects.exists()


def test_what_is_seldom_said_is_folded_away_until_it_is_said_or_refused(sit: Any, duty: Story) -> None:
    another_day, on_their_way = "<summary>It happened on another day", "<summary>Goods on their way</summary>"
    editor = sit("editor")
    page = sheet(editor, "measure.rate_changed", stream=STREAM).content.decode()
    assert f'<details class="part">\n        {another_day}' in page
    assert f'<details class="part fold">\n    {on_their_way}' in page
    said = {"stream": STREAM, "occurred_on": "30.11.2026", "data-in_transit": "free until 1 June"}
    page = send(editor, "measure.rate_changed", said).content.decode()
    assert f'<details class="part" open>\n        {another_day}' in page
    assert f'<details class="part fold" open>\n    {on_their_way}' in page
    assert "“30.11.2026” is not accepted" in page


def test_a_statement_is_who_said_what_to_whom_and_the_rest_is_folded_away(sit: Any) -> None:
    sheet_of = sheet(sit("editor"), "negotiation.statement_made").context["sheet"]
    shown = [item.name for item in sheet_of.main()]
    assert shown == [
        *("by", "to", "speaker", "topic", "text", "quote", "summary"),
        *("In which round, where and about what", "Legal act and term"),
    ]


def test_a_hard_rule_is_told_at_its_field_by_id_and_sentence(sit: Any, duty: Story) -> None:
    page = send(sit("editor"), "measure.suspended", SUSPENSION | {"data-effective_until": "2025-05-01"})
    form = page.context["sheet"].payload
    assert "S3: A period ends after it starts" in form.errors["effective_until"][0]


def test_a_measure_that_is_not_there_is_told_at_the_stream(sit: Any, duty: Story) -> None:
    page = send(sit("editor"), "measure.suspended", SUSPENSION | {"stream": "nowhere"})
    assert "there is no measure &#x27;nowhere&#x27;" in page.content.decode()
    assert "S1" in page.context["sheet"].stream_form.errors["stream"][0]


def test_a_new_measure_is_described_in_the_same_batch(sit: Any) -> None:
    sent = {
        "stream": "measure/fresh",
        "data-obligation": "25%",
        "data-effective_from": "2025-05-01",
        "new-title": "A fresh duty",
        "new-kind": "tariff",
        "new-direction": "import",
        "new-implementer": "US",
        "new-targets": "CN\nHK",
    }
    answer = send(sit("editor"), "measure.adopted", sent)
    assert answer.status_code == 302, answer.context["sheet"].payload.errors
    described, adopted = Draft.objects.get().events
    assert (described["type"], adopted["type"]) == ("measure.described", "measure.adopted")
    assert described["data"]["targets"] == ["CN", "HK"]
    assert described["data"]["sources"] == adopted["data"]["sources"]
    assert described["stream"] == adopted["stream"] == "measure/fresh"


def test_a_slug_that_is_taken_cannot_be_described_again_by_the_way(sit: Any, duty: Story) -> None:
    sent = SUSPENSION | {
        "new-title": "Another", "new-kind": "tariff", "new-direction": "import", "new-implementer": "US",
    }  # fmt: skip
    page = send(sit("editor"), "measure.suspended", sent)
    assert "exists already" in page.context["sheet"].stream_form.errors["stream"][0]


def test_an_act_on_an_entry_asks_for_the_stream_first_and_then_shows_its_entries(sit: Any, duty: Story) -> None:
    client = sit("editor")
    assert "Go on" in sheet(client, "measure.postponed").content.decode()
    page = sheet(client, "measure.postponed", stream=STREAM).content.decode()
    assert "#2 · Adopted 10% from 5 April 2025. (2025-04-02)" in page


def test_values_used_in_the_stream_before_are_offered_again(sit: Any, duty: Story) -> None:
    page = sheet(sit("editor"), "measure.adopted", stream=STREAM).content.decode()
    assert 'list="id_data-effective_from_used"' in page
    assert '<datalist id="id_data-effective_from_used"><option value="2025-04-05"></option></datalist>' in page


def test_the_last_source_is_filled_in(sit: Any, duty: Story) -> None:
    client = sit("editor")
    send(client, "measure.suspended", SUSPENSION)
    page = sheet(client, "measure.resumed", stream=STREAM).content.decode()
    assert 'value="The gazette"' in page
    assert "Filled in from your last entry" in page


def test_known_from_is_filled_in_with_today(sit: Any, duty: Story, time_machine: Any) -> None:
    time_machine.move_to("2025-06-10", tick=False)
    assert 'name="known_from" value="2025-06-10"' in sheet(sit("editor"), "measure.resumed").content.decode()


def test_another_entry_like_one_begins_with_what_that_one_says(sit: Any) -> None:
    client = sit("editor")
    source = Source(title="The gazette", citation="No. 1")
    session = negotiations.SessionHeld(
        sources=(source,), held_on="2025-06-09", venue="Lancaster House", city="London", parties=("US", "CN")
    )
    sent = as_typed(session) | {"stream": "talks", "new-title": "The talks", "new-parties": "US\nCN"}
    answer = send(client, "negotiation.session_held", sent)
    assert answer.status_code == 302, [form.errors for form in answer.context["sheet"].all_forms()]
    commands.record(Draft.objects.get().batch(review.THOUGHT), today=date(2026, 1, 1))
    page = sheet(client, "negotiation.session_held", stream="negotiation/talks", like="2").content.decode()
    assert 'value="Lancaster House"' in page
    assert "US\nCN</textarea>" in page


def test_a_half_filled_sheet_is_saved_and_opened_again_as_it_was(sit: Any, duty: Story) -> None:
    client, key = sit("editor"), uuid4()
    half = SUSPENSION | {"data-effective_from": "soon", "data-summary": "The truce begins"}
    answer = send(client, "measure.suspended", half, button="save", draft=key)
    assert answer.url == reverse("admin:draft_edit", args=[key])
    page = client.get(answer.url).content.decode()
    assert 'value="soon"' in page
    assert "The truce begins</textarea>" in page
    assert "is not accepted" not in page
    assert Draft.objects.get().events == []


def test_a_draft_survives_the_end_of_the_session(sit: Any, duty: Story) -> None:
    client = sit("editor")
    send(client, "measure.suspended", SUSPENSION, button="save")
    client.logout()
    client.force_login(User.objects.get(username="editor"))
    page = client.get(reverse("admin:index")).content.decode()
    assert "Suspended from 14 May 2025 until 12 August 2025." in page


def test_one_more_row_is_given_without_judging_what_stands_there(sit: Any, duty: Story) -> None:
    sent = SUSPENSION | {"data-effective_from": "soon", "add": "data-sources"}
    sent |= A_SOURCE | {"draft": str(uuid4())}
    page = sit("editor").post(reverse("admin:record_type", args=["measure.suspended"]), sent).content.decode()
    assert 'name="data-sources-1-title"' in page
    assert 'value="soon"' in page
    assert "is not accepted" not in page


def test_sending_a_sheet_twice_makes_one_draft(sit: Any, duty: Story) -> None:
    client, key = sit("editor"), uuid4()
    for _ in range(2):
        send(client, "measure.suspended", SUSPENSION, draft=key)
    assert Draft.objects.count() == 1


def test_a_sheet_of_a_draft_that_was_submitted_meanwhile_is_shown_again_with_all_that_was_typed(
    sit: Any, duty: Story
) -> None:
    client, key = sit("editor"), uuid4()
    send(client, "measure.suspended", SUSPENSION, draft=key)
    draft = Draft.objects.get()
    review.submit(draft, by=draft.author, now=timezone.now(), seen=draft.expected, confirmed={})
    changed = SUSPENSION | {"data-summary": "Typed in another tab"}
    edit = reverse("admin:draft_edit", args=[key])
    for answer in (
        send(client, "measure.suspended", changed, draft=key),
        client.post(edit, A_SOURCE | {"draft": str(key), "known_from": "2025-04-02", "preview": "yes"} | changed),
    ):
        page = answer.content.decode()
        assert "This draft is submitted: it cannot be changed now" in page
        assert f'<a href="{reverse("admin:draft", args=[key])}">Take it back</a>' in page
        assert "Typed in another tab" in page
    assert "Typed in another tab" not in str(Draft.objects.get().typed)
    assert client.get(edit).status_code == 302


def test_a_sheet_without_the_id_of_its_draft_is_not_understood(sit: Any, duty: Story) -> None:
    client = sit("editor")
    for address in (reverse("admin:record_type", args=["measure.noted"]), reverse("admin:correct", args=[2])):
        assert client.post(address, {"draft": "nonsense"}).status_code == 400
        assert client.post(address, {}).status_code == 400
    file = SimpleUploadedFile("notes.csv", b"stream,summary\nexample,Something\n")
    address = reverse("admin:import_type", args=["measure.noted"])
    assert client.post(address, {"upload": "nonsense", "file": file}).status_code == 400


def test_a_changed_draft_keeps_the_ids_of_its_events(sit: Any, duty: Story) -> None:
    client, key = sit("editor"), uuid4()
    send(client, "measure.suspended", SUSPENSION, draft=key)
    before = Draft.objects.get().event_id(0)
    changed = A_SOURCE | SUSPENSION | {"known_from": "2025-04-02", "draft": str(key), "preview": "yes"}
    client.post(reverse("admin:draft_edit", args=[key]), changed | {"data-effective_until": "2025-11-10"})
    draft = Draft.objects.get()
    assert draft.event_id(0) == before
    assert draft.events[0]["data"]["effective_until"] == "2025-11-10"


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_who_may_not_write_gets_no_sheet(sit: Any, role: str) -> None:
    client = sit(role)
    assert client.get(reverse("admin:record")).status_code == 403
    assert sheet(client, "measure.suspended").status_code == 403
    assert send(client, "measure.suspended", SUSPENSION).status_code == 403


def test_nobody_without_a_log_in_sees_anything(client: Client) -> None:
    answer = client.get(reverse("admin:record"))
    assert answer["Location"].startswith("/admin/login/")


def test_streams_are_found_by_a_few_letters_with_how_they_stand(sit: Any, duty: Story) -> None:
    found = sit("editor").get(reverse("admin:lookup"), {"kinds": "measure,case", "q": "exam"}).json()["offers"]
    assert found == [{"value": STREAM, "title": "An example", "about": "example · In force at 10%."}]
