"""The start page: what waits, what is mine, what stands still, what comes, what was corrected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from measures.drafts import Draft
from tests.measures.admin.conftest import project
from tests.measures.admin.test_desk import previewed, step
from tests.measures.admin.test_record import SUSPENSION, send
from tests.measures.given import Story, adopted, announced, corrected, given, on
from tracker.models import Checkpoint, Parked

pytestmark = pytest.mark.django_db

START = "/admin/"


def text(answer: Any) -> str:
    return answer.content.decode()


def test_an_address_of_the_workplace_that_is_not_there_says_so_in_words(sit: Any) -> None:
    answer = sit("editor").get("/admin/nowhere/")
    assert answer.status_code == 404
    assert "There is no page at this address." in answer.content.decode()
    assert 'href="/admin/">The workplace</a>' in answer.content.decode()


def test_who_may_not_go_somewhere_is_led_back_to_the_workplace(sit: Any) -> None:
    answer = sit("auditor").get(reverse("admin:record"))
    assert answer.status_code == 403
    assert 'href="/admin/">the workplace</a>' in text(answer)


def test_who_logs_out_reads_that_drafts_are_kept(sit: Any) -> None:
    page = text(sit("editor").post(reverse("admin:logout")))
    assert "Your drafts are kept" in page
    assert "Log in again" in page


def test_groups_of_people_and_groups_of_countries_stand_in_different_sections(sit: Any) -> None:
    sections = {part["name"]: part["models"] for part in sit("administrator").get(START).context["app_list"]}
    assert [model["admin_url"] for model in sections["People"]] == ["/admin/auth/user/", "/admin/auth/group/"]
    assert "Streams" not in sections
    User.objects.create_superuser("root", password="one of the tests")
    root = Client()
    root.force_login(User.objects.get(username="root"))
    addresses = {model["admin_url"] for part in root.get(START).context["app_list"] for model in part["models"]}
    assert {"/admin/auth/group/", "/admin/measures/group/"} <= addresses


def test_an_empty_workplace_says_what_to_do(sit: Any) -> None:
    project()
    page = text(sit("editor").get(START))
    assert "Nothing is recorded yet" in page
    assert "load_facts" in page


def test_the_workplace_opens_before_any_worker_has_started(sit: Any) -> None:
    assert sit("editor").get(START).status_code == 200
    assert sit("reviewer").get(reverse("admin:measures_measure_changelist")).status_code == 200


def test_an_editor_finds_the_buttons_to_record(sit: Any, duty: Story) -> None:
    page = text(sit("editor").get(START))
    assert reverse("admin:record_type", args=["measure.rate_changed"]) in page
    assert "Change rate" in page


def test_an_auditor_finds_none(sit: Any, duty: Story) -> None:
    page = text(sit("auditor").get(START))
    assert "/admin/record/" not in page
    assert "My drafts" not in page


def test_what_awaits_review_is_shown_to_the_reviewer_and_marked_as_ones_own(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    step(editor, previewed(editor), "submit")
    assert "Suspended from 14 May 2025 until 12 August 2025." in text(reviewer.get(START))
    assert "yours: another person approves it" in text(editor.get(START))


def test_what_somebody_is_asked_to_review_comes_first(sit: Any, duty: Story) -> None:
    editor, reviewer = sit("editor"), sit("reviewer")
    for stream in ("one", "two"):
        given(on("2025-04-02", adopted("10%", "2025-04-05")), stream=f"measure/{stream}").record()
        send(editor, "measure.suspended", SUSPENSION | {"stream": stream})
        step(editor, Draft.objects.get(stream=f"measure/{stream}"), "submit")
    step(editor, Draft.objects.get(stream="measure/two"), "assign", assignee="reviewer")
    assert [row["stream"] for row in reviewer.get(START).context["awaiting"]] == ["measure/two", "measure/one"]
    assert "you are asked" in text(reviewer.get(START))
    assert "reviewer is asked" in text(editor.get(START))


def test_my_drafts_are_mine(sit: Any, duty: Story) -> None:
    previewed(sit("editor"))
    assert "None. What you begin and leave is kept here." in text(sit("reviewer").get(START))


def test_scheduled_effects_come_by_themselves(sit: Any, time_machine: Any) -> None:
    time_machine.move_to("2025-06-10")
    given(on("2025-04-02", adopted("10%", "2025-07-05"))).record()
    project()
    page = text(sit("editor").get(START))
    assert "2025-07-05" in page
    assert "In force at 10%" in page


def test_what_was_announced_long_ago_without_an_instrument_is_named(sit: Any) -> None:
    given(on("2025-04-02", announced())).record()
    project()
    assert "no instrument yet" in text(sit("editor").get(START))


def test_corrections_of_the_week_are_named(sit: Any) -> None:
    given(on("2025-04-02", adopted("10%", "2025-04-05")), corrected(1, obligation="12%")).record()
    project()
    assert "Corrected entry #2: source-misread." in text(sit("editor").get(START))


def test_a_lag_is_told(sit: Any, duty: Story) -> None:
    given(on("2025-04-02", adopted("10%", "2025-04-05")), stream="measure/late").record()
    assert "up to 2 events" in text(sit("editor").get(START))


def test_what_stands_still_is_told(sit: Any, duty: Story) -> None:
    Parked.objects.create(projection="measures", generation=1, stream="measure/odd", position=2, error="boom")
    Checkpoint.objects.filter(projection="cases").update(status="faulted", error="the fold is wrong")
    page = text(sit("editor").get(START))
    assert "Something stands still" in page
    assert "measure/odd" in page
    assert "the fold is wrong" in page


def test_the_start_page_takes_a_fixed_number_of_queries(
    sit: Any, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(4):
        given(on("2025-04-02", adopted("10%", "2125-04-05")), stream=f"measure/duty-{number}").record()
    project()
    client = sit("editor")
    given(
        on("2025-04-02", adopted("10%", "2025-04-05")), corrected(1, obligation="12%"), stream="measure/mended"
    ).record()
    project()
    editor = sit("reviewer")
    step(editor, previewed(editor, stream="measure/duty-1"), "submit")
    # session, user, two of permissions, checkpoints with the head, drafts, effects, parked, corrections, their places
    with django_assert_max_num_queries(10):
        page = text(client.get(START))
    assert "2125-04-05" not in page
    assert "Corrected entry" in page
