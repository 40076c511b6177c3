"""The admin of the core: the log and the machinery, to look at, for whoever may; to change, for nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from tests.tracker import tallies as counting
from tests.tracker.tallies import SOURCES, correcting, counted
from tracker import events, log
from tracker.facets import ActorFilter, ApprovalFilter, MetaFilter
from tracker.ledger.models import Opening
from tracker.models import Checkpoint, Event, Parked, Pseudonym
from tracker.projections import catch_up, ensure_checkpoints
from tracker.vocabulary import EntryRetracted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tallies")]

LIST = "/admin/tracker/event/"


def seated(*permissions: str, superuser: bool = False) -> Client:
    user = User.objects.create_user(f"u{User.objects.count()}", is_staff=True, is_superuser=superuser)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def record(*numbers: int) -> None:
    log.append([counted(amount=number, counted_on="2025-06-10") for number in numbers])


def text(answer: Any) -> str:
    return answer.content.decode()


def test_the_list_shows_events_in_sentences_newest_first() -> None:
    record(1, 2)
    page = text(seated("view_event").get(LIST))
    assert page.index("Counted 2 on") < page.index("Counted 1 on")


def test_the_list_takes_at_most_nine_queries_however_many_events_there_are(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    record(*range(60))
    client = seated("view_event")
    with django_assert_max_num_queries(9):  # session, user, two of permissions, authors, count, two of the days, rows
        page = client.get(LIST)
    assert len(page.context["cl"].result_list) == 50


def test_the_list_is_searched_by_stream_type_or_position() -> None:
    log.append([counted("tally/one"), counted("tally/two")])
    client = seated("view_event")
    for term, shown in {"tally/two": ["2"], "2": ["2"], "counted": ["2", "1"], "nothing": []}.items():
        page = client.get(LIST, {"q": term})
        assert [str(row.position) for row in page.context["cl"].result_list] == shown


def test_a_list_is_counted_so_far_and_says_so(monkeypatch: Any) -> None:
    monkeypatch.setattr("tracker.admin.MOST_COUNTED", 2)
    record(1, 2, 3)
    page = seated("view_event").get(LIST, {"type": "tally.counted"})
    assert page.context["cl"].result_count == 2
    assert "the first 2; narrow the list to see others" in text(page)


def test_a_search_finds_the_newest_of_all_that_fits_and_says_so(monkeypatch: Any) -> None:
    log.append([counted("tally/one"), counted("tally/two"), counted("tally/one")])
    for module in ("admin", "facets"):
        monkeypatch.setattr(f"tracker.{module}.MOST_FOUND", 2)
    page = seated("view_event").get(LIST, {"q": "tally"})
    assert [row.position for row in page.context["cl"].result_list] == [3, 2]
    assert "the first 2; narrow the list to see others" in text(page)


def test_the_list_is_filtered_by_type_and_day() -> None:
    record(1)
    client = seated("view_event")
    assert client.get(LIST, {"type": "tally.counted"}).context["cl"].result_count == 1
    assert client.get(LIST, {"type": "entry.corrected"}).context["cl"].result_count == 0
    assert client.get(LIST, {"known_from__gte": "2999-01-01"}).context["cl"].result_count == 0


def test_every_page_of_the_list_follows_the_one_before() -> None:
    record(*range(120))
    client = seated("view_event")
    pages = [client.get(LIST, {"p": number}).context["cl"].result_list for number in (1, 2, 3)]
    assert [row.position for page in pages for row in page] == [*range(120, 0, -1)]
    assert client.get(LIST, {"p": 4}).status_code == 302


def test_what_became_known_on_some_days_is_listed_by_these() -> None:
    for day in (12, 14, 13):
        log.append([replace(counted(), known_from=date(2025, 6, day))])
    page = seated("view_event").get(LIST, {"known_from__gte": "2025-06-12", "known_from__lt": "2025-06-14"})
    assert [row.position for row in page.context["cl"].result_list] == [3, 1]


def test_a_kind_of_stream_is_counted_as_far_as_any_list(monkeypatch: Any) -> None:
    record(*range(5))
    monkeypatch.setattr("tracker.facets.MOST_FOUND", 2)
    client = seated("view_event")
    assert client.get(LIST, {"category": "tally"}).context["cl"].result_count == 5
    for module in ("admin", "facets"):
        monkeypatch.setattr(f"tracker.{module}.MOST_COUNTED", 3)
    page = client.get(LIST, {"category": "tally"})
    assert [row.position for row in page.context["cl"].result_list] == [5, 4, 3]
    assert "the first 3; narrow the list to see others" in text(page)


@pytest.mark.parametrize("side", [ActorFilter, ApprovalFilter])
def test_author_and_approval_are_found_by_an_index_of_their_own(side: type[MetaFilter]) -> None:
    name = str(side.parameter_name)
    shown = side(HttpRequest(), {name: ["imported"]}, Event, admin.site._registry[Event])
    found = shown.queryset(HttpRequest(), Event.objects.all())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert f"event_{name}" in found.explain()


def test_the_filter_by_known_day_does_not_offer_to_search_for_none() -> None:
    record(1)
    page = text(seated("view_event").get(LIST))
    assert "known_from__gte" in page
    assert "known_from__isnull" not in page


def test_an_event_of_a_type_that_this_code_does_not_know_is_listed_and_shown(monkeypatch: Any) -> None:
    record(1)
    monkeypatch.delitem(events._types, "tally.counted")
    client = seated("view_event")
    assert "is not a registered event type" in text(client.get(LIST))
    assert "is not a registered event type" in text(client.get(f"{LIST}1/change/"))


def test_the_page_of_an_event_shows_its_sentence_its_clocks_sources_and_payload() -> None:
    record(7)
    page = text(seated("view_event").get(f"{LIST}1/change/"))
    for part in (
        "Counted 7 on 10 June 2025.",
        "at position 1 of 1",
        "https://example.org/ledger",
        "ed-test",
        "&quot;amount&quot;: 7",
    ):
        assert part in page
    [event] = log.read()
    assert event.leaf_hash.hex() in page


def test_the_page_names_the_person_behind_a_pseudonym() -> None:
    Pseudonym.objects.create(user=User.objects.create_user("ada"), name="ed-test")
    record(7)
    assert "ada" in text(seated("view_event").get(f"{LIST}1/change/"))


@pytest.mark.parametrize("way", ["add/", "1/delete/"])
def test_events_can_be_neither_added_nor_deleted_by_a_superuser(way: str) -> None:
    record(1)
    client = seated(superuser=True)
    assert client.get(LIST + way).status_code == 403
    assert client.post(LIST + way, {"post": "yes"}).status_code == 403
    assert Event.objects.count() == 1


def test_a_superusers_change_is_refused_and_bulk_actions_do_not_exist() -> None:
    record(1)
    before = log.read()
    client = seated(superuser=True)
    assert client.post(f"{LIST}1/change/", {"type": "other"}).status_code == 403
    assert "delete_selected" not in text(client.get(LIST))
    client.post(LIST, {"action": "delete_selected", "_selected_action": ["1"], "post": "yes"})
    assert log.read() == before


def test_an_action_that_a_site_adds_everywhere_does_not_reach_the_log(monkeypatch: Any) -> None:
    monkeypatch.setitem(admin.site._actions, "burn", lambda *_: None)
    assert "burn" not in text(seated(superuser=True).get(LIST))


def test_who_may_not_view_sees_nothing() -> None:
    assert seated().get(LIST).status_code == 403


def test_checkpoints_say_how_far_they_are_behind() -> None:
    ensure_checkpoints()
    record(1, 2)
    page = text(seated("view_checkpoint").get(reverse("admin:tracker_checkpoint_changelist")))
    assert '<td class="field-behind">2</td>' in page


def parked() -> Parked:
    counting.broken.add(13)
    ensure_checkpoints()
    record(13)
    catch_up("tallies")
    return Parked.objects.get()


def retry(client: Client, row: Parked) -> Any:
    address = reverse("admin:tracker_parked_changelist")
    return client.post(address, {"action": "retry", "_selected_action": [str(row.pk)]}, follow=True)


def test_a_parked_stream_is_folded_again_by_whoever_may() -> None:
    row = parked()
    client = seated("view_parked", "retry_parked")
    assert "Still cannot be folded: tally/a." in text(retry(client, row))
    counting.broken.clear()
    assert "Folded again: tally/a." in text(retry(client, Parked.objects.get()))
    assert not Parked.objects.exists()
    assert Checkpoint.objects.get().position == 1


def test_who_may_not_retry_is_not_offered_it() -> None:
    row = parked()
    client = seated("view_parked")
    assert "Fold again" not in text(client.get(reverse("admin:tracker_parked_changelist")))
    counting.broken.clear()
    retry(client, row)
    assert Parked.objects.exists()


def test_the_log_is_looked_at_from_its_sides() -> None:
    user = User.objects.create_user("ada")
    Pseudonym.objects.create(user=user, name="ed-ada")
    by_two = replace(counting.META, actor="ed-ada", approval="two_person", approver="ed-other")
    first = log.append([counted(meta=by_two)])[0]
    log.append([correcting(first.id, EntryRetracted(sources=SOURCES, reason_code="duplicate", reason="twice"))])
    log.append([counted("tally/b")])
    client = seated("view_event")
    for query, shown in {
        "category=tally": ["3", "2", "1"],
        "category=ledger": [],
        "type=entry.retracted": ["2"],
        "actor=ed-ada": ["1"],
        "approval=two_person": ["1"],
        "approval=imported&category=tally": ["3", "2"],
        "type=tally.counted&category=tally": ["3", "1"],
        "type=entry.retracted&category=tally": ["2"],
        "type=entry.retracted&category=ledger": [],
        "type=tally.counted&category=ledger": [],
        "correction=yes": ["2"],
        "correction=no": ["3", "1"],
    }.items():
        page = client.get(f"{LIST}?{query}")
        found = [str(row.position) for row in page.context["cl"].result_list]
        assert found == shown, query
    assert "ed-ada (ada)" in text(client.get(LIST))


def test_a_reason_is_shown_with_its_commitment_to_who_may_see_the_log() -> None:
    item = log.append([counted(meta=replace(counting.META, reason="Asked by Jane Doe"))])[0]
    page = text(seated("view_event").get(f"{LIST}{item.position}/change/"))
    assert "Asked by Jane Doe" in page
    Opening.objects.all().delete()
    page = text(seated("view_event").get(f"{LIST}{item.position}/change/"))
    assert "was given; its text has been erased" in page
    assert f"in the log only as the commitment <code>{item.meta['reason']}</code>" in page
