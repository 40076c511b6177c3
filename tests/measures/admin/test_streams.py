"""The pages of streams and the tables of the read models: to look at, with buttons for what can happen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from measures.drafts import Draft
from measures.events import indicators, negotiations
from measures.events.common import Codes, Coverage, Figure
from measures.events.measures import Merged, Renamed
from measures.models import Measure
from measures.review import THOUGHT
from tests.measures.admin.conftest import project
from tests.measures.admin.hands import A_SOURCE
from tests.measures.given import (
    Story,
    Told,
    adopted,
    given,
    on,
    operation_reported,
    rate_changed,
    suspended,
)
from tracker import log
from tracker.admin import ReadOnlyAdmin
from tracker.events import Source
from tracker.log import NewEvent
from tracker.vocabulary import EntryRetracted

pytestmark = pytest.mark.django_db

PAGE = "/admin/measures/measure/example/change/"
SHEET = "/admin/record/measure.suspended/?stream=measure/example"
OURS = [model for app in ("measures", "tracker") for model in apps.get_app_config(app).get_models()]
SHOWN = [model for model in OURS if model in admin.site._registry]


def text(answer: Any) -> str:
    return answer.content.decode()


@pytest.fixture
def superuser() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="one of the tests"))
    return client


def test_a_measures_page_says_how_it_stands_and_why(sit: Any, duty: Story) -> None:
    page = text(sit("auditor").get(PAGE))
    assert "In force at 10%." in page
    assert "#2</a> Adopted 10% from 5 April 2025." in page
    assert "known from 2025-04-02" in page
    assert "The gazette" in page
    assert "&quot;effective_from&quot;: &quot;2025-04-05&quot;" in page


def test_a_measures_page_offers_what_can_happen_to_it(sit: Any, duty: Story) -> None:
    page = text(sit("editor").get(PAGE))
    for name, verb in {"measure.rate_changed": "Change rate", "measure.suspended": "Suspend"}.items():
        assert f"/admin/record/{name}/?stream=measure/example" in page
        assert f">{verb}</a>" in page
    assert "/admin/correct/2/" in page


def test_a_slug_that_a_measure_was_given_later_leads_to_its_page_and_names_it_in_a_sheet(sit: Any) -> None:
    given(on("2025-04-02", adopted("10%", "2025-04-05"), Told(Renamed, {"slug": "fresh"}))).record()
    project()
    editor = sit("editor")
    assert editor.get("/admin/measures/measure/fresh/change/")["Location"] == PAGE
    sent = A_SOURCE | {"draft": str(uuid4()), "known_from": "2025-05-01", "preview": "yes", "stream": "fresh"}
    editor.post(reverse("admin:record_type", args=["measure.resumed"]), sent | {"data-effective_from": "2025-05-02"})
    assert Draft.objects.get().stream == "measure/example"


def test_the_page_of_a_measure_recorded_twice_leads_to_the_other_one(sit: Any, duty: Story) -> None:
    told = on("2025-04-03", adopted("30%", "2025-04-09"), Told(Merged, {"into": "example"}))
    given(told, stream="measure/twice").record()
    project()
    auditor = sit("auditor")
    page = text(auditor.get("/admin/measures/measure/twice/change/"))
    assert f'Found to be the same measure as <a href="{PAGE}">example</a>' in page
    assert "In force" not in page
    assert "merged into example" in text(auditor.get("/admin/measures/measure/"))


def test_the_page_of_an_indicator_shows_its_figures(sit: Any) -> None:
    figures = (Figure(name="price", value="7.5"), Figure(name="trend", text="rising"))
    source = (Source(title="The survey", citation="p. 1"),)
    known: dict[str, Any] = {"meta": THOUGHT, "known_from": date(2025, 4, 2)}
    described = indicators.Described(title="Price of magnets", kind="price", sources=source)
    observed = indicators.Observed(period_until="2025-03", values=figures, sources=source)
    log.append([NewEvent(stream="indicator/magnets", payload=each, **known) for each in (described, observed)])
    project()
    page = " ".join(text(sit("auditor").get("/admin/measures/indicator/magnets/change/")).split())
    assert "price 7.5, trend rising" in page


def test_the_page_of_talks_says_how_commitments_stand_in_words(sit: Any) -> None:
    source = (Source(title="The statement", citation="p. 1"),)
    known: dict[str, Any] = {"meta": THOUGHT, "known_from": date(2025, 5, 12)}
    told = [
        negotiations.Described(title="The talks", parties=("US", "CN"), sources=source),
        negotiations.CommitmentMade(commitment="soybeans", by=("CN",), what="buy 12 Mt", sources=source),
        negotiations.CommitmentMet(commitment="soybeans", extent="part", sources=source),
    ]
    log.append([NewEvent(stream="negotiation/talks", payload=each, **known) for each in told])
    project()
    page = text(sit("auditor").get("/admin/measures/negotiation/talks/change/"))
    assert '<span class="tag">partly met</span>' in page


def test_a_long_history_ends_with_the_way_to_the_rest(sit: Any, duty: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr("measures.admin.streams.SHOWN", 1)
    page = text(sit("auditor").get(PAGE))
    assert page.count('<p class="said">') == 1
    assert '<a href="/admin/tracker/event/?q=measure/example">1 earlier entry in the log</a>' in page


def test_a_long_timeline_keeps_what_holds_today_and_leads_to_what_ended(sit: Any, monkeypatch: Any) -> None:
    other = on("2025-04-03", adopted("1%", "2025-04-10", term="boats"))
    steps = [on(f"2025-{month:02}-01", rate_changed(f"{month}%", f"2025-{month:02}-02")) for month in range(5, 12)]
    given(on("2025-04-02", adopted("10%", "2025-04-05")), other, *steps).record()
    project()
    auditor = sit("auditor")

    def shown() -> list[str]:
        page = text(auditor.get(PAGE))
        return re.findall(r'<td class="day">(2025-[-0-9]*)</td><td class="day">', page)

    whole = shown()
    assert len(whole) == 11
    monkeypatch.setattr("measures.admin.streams.SHOWN", 3)
    assert shown() == [*whole[5:9], "2025-04-10"]
    page = text(auditor.get(PAGE))
    assert "In force at 11%." in page
    [rest] = re.findall(r'<a href="(/admin/measures/segment/[^"]*)">Periods that ended by 2025-08-02', page)
    assert auditor.get(rest.replace("&amp;", "&")).context["cl"].result_count == 11


def test_a_measures_page_says_how_it_stands_as_the_readers_page_does(sit: Any) -> None:
    given(on("2025-04-02", adopted("10%", "2025-04-05"), suspended("2025-04-09", "2999-01-01"))).record()
    project()
    status = "In force but suspended until 31 December 2998"
    assert status in text(sit("auditor").get(PAGE))
    assert status in text(Client().get("/measures/example/"))


def test_an_entry_that_names_an_old_one_says_where_it_stands(sit: Any, duty: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr("measures.admin.streams.SHOWN", 1)
    named = log.read(stream="measure/example")[-1]
    source = (Source(title="The survey", citation="p. 1"),)
    retracted = EntryRetracted(sources=source, reason_code="duplicate", reason="twice")
    log.append(
        [NewEvent(stream="measure/example", payload=retracted, meta=THOUGHT, known_from=None, corrects=named.id)]
    )
    assert f'about <a href="/admin/tracker/event/{named.position}/change/">' in text(sit("auditor").get(PAGE))


def test_an_auditors_page_offers_nothing(sit: Any, duty: Story) -> None:
    page = text(sit("auditor").get(PAGE))
    assert "/admin/record/" not in page
    assert "/admin/correct/" not in page


def test_a_page_says_when_the_newest_entries_are_not_projected_yet(sit: Any, duty: Story) -> None:
    given(on("2025-05-01", suspended("2025-05-02")), stream="measure/other").record()
    assert "still being projected" in text(sit("editor").get("/admin/measures/measure/other/change/"))
    project()
    assert "still being projected" not in text(sit("reviewer").get("/admin/measures/measure/other/change/"))


def test_an_unknown_measure_is_not_found(sit: Any, duty: Story) -> None:
    assert sit("editor").get("/admin/measures/measure/nowhere/change/").status_code == 404


def test_the_list_of_measures_takes_at_most_eight_queries_however_many_there_are(
    sit: Any, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(5):
        given(on("2025-04-02", adopted("10%", "2025-04-05")), stream=f"measure/duty-{number}").record()
    project()
    client = sit("auditor")
    # session, user, two of permissions, reach, counts, page, rows
    with django_assert_max_num_queries(8):
        page = text(client.get(reverse("admin:measures_measure_changelist")))
    assert page.count("In force") >= 5


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"legal": "in_force"}, 1),
        ({"legal": "void"}, 0),
        ({"legal": "not_announced"}, 1),
        ({"application": "applied"}, 1),
        ({"application": "not_applied"}, 1),
        ({"kind": "ban"}, 0),
    ],
)
def test_the_list_of_measures_is_filtered_by_how_they_stand(
    sit: Any, duty: Story, filters: dict[str, str], shown: int
) -> None:
    given(on("2025-04-02", operation_reported("2025-04-05", "yes")), stream="measure/without-a-life").record()
    project()
    page = sit("auditor").get(reverse("admin:measures_measure_changelist"), filters)
    assert page.context["cl"].result_count == shown


@pytest.mark.parametrize(("term", "shown"), [("example", 1), ("8541.43", 1), ("0101", 0), ("united", 1), ("france", 0)])
def test_measures_are_searched_by_words_product_and_country(sit: Any, term: str, shown: int) -> None:
    coverage = Coverage(products=Codes(codes=("8541",)))
    given(on("2025-04-02", adopted("10%", "2025-04-05", coverage=coverage))).record()
    project()
    page = sit("auditor").get(reverse("admin:measures_measure_changelist"), {"q": term})
    assert page.context["cl"].result_count == shown


def test_the_filters_of_the_list_of_measures_count_what_they_would_show(
    sit: Any, duty: Story, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    given(on("2025-04-02", operation_reported("2025-04-05", "yes")), stream="measure/without-a-life").record()
    project()
    client = sit("auditor")
    with django_assert_max_num_queries(8):  # as without
        page = text(client.get(reverse("admin:measures_measure_changelist"), {"_facets": "True", "legal": "in_force"}))
    shown = {*re.findall(r"<a href=[^>]*>([a-zA-Z ]+ \([0-9]+\))</a>", page)}
    assert {"in force (1)", "not announced (1)", "void (0)", "applied (1)", "not applied (0)", "US (1)"} <= shown


@pytest.mark.parametrize(
    "chosen", ["", "legal=in_force", "application=suspended", "legal=in_force&kind=tariff", "q=free&p=1"]
)
def test_every_count_of_the_list_of_measures_is_how_many_are_shown_behind_it(
    sit: Any, duty: Story, chosen: str
) -> None:
    given(on("2025-04-02", operation_reported("2025-04-05", "yes")), stream="measure/without-a-life").record()
    given(on("2025-04-02", adopted("0%", "2025-04-05"), suspended("2025-04-06")), stream="measure/free").record()
    project()
    auditor = sit("auditor")
    page = text(auditor.get(f"/admin/measures/measure/?_facets=True&{chosen}"))
    counts = re.findall(r'<a href="(\?[^"]*)"[^>]*>[^<]* \(([0-9]+)\)</a>', page)
    assert len(counts) > 10
    for query, count in counts:
        found = auditor.get(f"/admin/measures/measure/{query.replace('&amp;', '&')}")
        assert found.context["cl"].result_count == int(count)


def test_the_list_of_measures_is_sorted_by_rate_and_status(sit: Any) -> None:
    for slug, rate in {"low": "2%", "high": "10%", "also-high": "10%"}.items():
        given(on("2025-04-02", adopted(rate, "2025-04-05")), stream=f"measure/{slug}").record()
    given(on("2025-04-02", operation_reported("2025-04-05", "yes")), stream="measure/none").record()
    project()
    auditor = sit("auditor")

    def listed(column: str) -> list[str]:
        return [row.slug for row in auditor.get("/admin/measures/measure/", {"o": column}).context["cl"].result_list]

    assert listed("2") == ["none", "low", "also-high", "high"]
    assert listed("-2") == ["also-high", "high", "low", "none"]
    assert listed("1") == ["also-high", "high", "low", "none"]
    assert listed("-1.-0") == ["none", "also-high", "high", "low"]


def test_the_page_of_a_measure_takes_at_most_ten_queries_however_long_its_history(
    sit: Any, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    steps = [on(f"2025-{month:02}-01", rate_changed(f"{month}%", f"2025-{month:02}-02")) for month in range(5, 12)]
    given(on("2025-04-02", adopted("10%", "2025-04-05")), *steps).record()
    project()
    client = sit("auditor")
    # session, user, two of permissions, history, reach, row, people, segments, drafts
    with django_assert_max_num_queries(10):
        client.get(PAGE)


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_every_list_is_shown_to_an_auditor(sit: Any, duty: Story, model: Any) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    assert sit("auditor").get(reverse(name), {"q": "example"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "said"),
    [("draft", "No drafts yet."), ("upload", "No file was sent yet."), ("case", "No case is recorded")],
)
def test_an_empty_list_says_what_to_do(sit: Any, duty: Story, name: str, said: str) -> None:
    assert said in text(sit("auditor").get(f"/admin/measures/{name}/"))


def test_a_list_filtered_to_nothing_leads_back_to_the_whole(sit: Any, duty: Story) -> None:
    page = text(sit("auditor").get("/admin/measures/measure/?kind=quota"))
    assert "Nothing in this list fits" in page
    assert '<a href="?">Show the whole list</a>' in page


def test_segments_read_in_the_words_and_days_of_every_page(sit: Any, duty: Story) -> None:
    page = text(sit("auditor").get("/admin/measures/segment/"))
    assert {"2025-04-05", "In force", "10%"} <= {*re.findall(r"<td[^>]*>([^<]*)</td>", page)}


def test_pages_of_the_workplace_lead_to_what_people_see(sit: Any, duty: Story) -> None:
    auditor = sit("auditor")
    for page, public in ((PAGE, "/measures/example/"), ("/admin/tracker/event/2/change/", "/events/2/")):
        assert f'<a href="{public}">As people see it</a>' in text(auditor.get(page))


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_every_list_takes_at_most_ten_queries(
    sit: Any, duty: Story, model: Any, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = sit("auditor")
    with django_assert_max_num_queries(10):
        client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))


@pytest.mark.parametrize("address", ["/admin/record/", "/admin/import/", "/admin/record/measure.suspended/", SHEET])
def test_every_page_to_write_on_takes_at_most_ten_queries(
    sit: Any, duty: Story, address: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = sit("editor")
    with django_assert_max_num_queries(10):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_nothing_of_ours_can_be_added_changed_or_deleted_not_even_by_a_superuser(
    superuser: Client, duty: Story, model: Any
) -> None:
    assert isinstance(admin.site._registry[model], ReadOnlyAdmin)
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert superuser.get(f"{base}add/").status_code == 403
    assert superuser.post(f"{base}add/", {}).status_code == 403
    row, before = model.objects.first(), model.objects.count()
    values = row and model.objects.filter(pk=row.pk).values().get()
    if row is not None:
        assert superuser.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code in (403, 302, 404)
        assert superuser.post(f"{base}{row.pk}/change/", {}).status_code in (403, 302, 404, 405)
    bulk = {"action": "delete_selected", "_selected_action": [str(row.pk) if row else "1"], "post": "yes"}
    superuser.post(base, bulk)
    assert model.objects.count() == before
    assert row is None or model.objects.filter(pk=row.pk).values().get() == values


def test_measures_are_read_only_in_the_list_as_well(superuser: Client, duty: Story) -> None:
    page = superuser.get(reverse("admin:measures_measure_changelist"))
    assert page.context["cl"].model is Measure
    assert not page.context["actions_on_top"] or page.context["action_form"] is None
