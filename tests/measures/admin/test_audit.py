"""The auditor's pages: read-only, for whoever may see checkpoints, and true."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tests.measures.given import adopted, corrected, given, on, retracted, withdrawn
from tests.tracker.ledger.given import ORIGIN, TODAY, project, record, run, sealer, tell
from tracker import log
from tracker.ledger.attestation import attest
from tracker.ledger.models import Verification
from tracker.tasks import verify

pytestmark = pytest.mark.django_db

PAGES = ("", "replay/", "corrections/", "check/")


@pytest.fixture
def sealed(db: None, tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_ORIGIN = ORIGIN
    tell()
    attest(TODAY)
    project()
    sealer(tmp_path).seal()


def see(client: Client, path: str, status: int = 200) -> str:
    response = client.get(f"/admin/audit/{path}")
    assert response.status_code == status, response.content
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("path", [*PAGES, "bundle/"])
def test_auditors_see_the_pages_and_administrators_of_users_do_not(sealed: None, sit: Any, path: str) -> None:
    assert sit("auditor").get(f"/admin/audit/{path}").status_code == 200
    assert sit("administrator").get(f"/admin/audit/{path}").status_code == 403
    assert Client().get(f"/admin/audit/{path}").status_code == 302


@pytest.mark.parametrize("path", [*PAGES, "bundle/"])
def test_nothing_is_sent_to_them(sealed: None, sit: Any, path: str) -> None:
    assert sit("auditor").post(f"/admin/audit/{path}").status_code == 405


def test_the_pages_hold_no_script_and_no_style_of_their_own(sealed: None, sit: Any) -> None:
    for path in (*PAGES, "replay/?projection=measures&valid_at=2025-06-01"):
        page = see(sit("auditor", f"auditor-{len(path)}"), path)
        assert "<script>" not in page
        assert " style=" not in page
        assert " onclick=" not in page


def test_the_start_page_leads_auditors_there(sealed: None, sit: Any) -> None:
    assert 'href="/admin/audit/"' in sit("auditor").get("/admin/").content.decode()
    assert 'href="/admin/audit/"' not in sit("administrator").get("/admin/").content.decode()


class TestTheChain:
    def test_it_shows_head_checkpoint_and_what_is_not_sealed(self, sealed: None, sit: Any) -> None:
        record(2)
        page = see(sit("auditor"), "")
        head = log.head().position
        assert f"position {head}, recorded" in page
        assert f"the first {head - 2} entries" in page
        assert "the last 2 are not sealed yet" in page
        assert ORIGIN in page

    def test_it_shows_the_last_verification(self, sealed: None, sit: Any) -> None:
        assert "None yet" in see(sit("auditor"), "")
        call_command("verify", stdout=StringIO())
        page = see(sit("auditor", "another"), "")
        assert "Passed" in page
        assert "ok head: " in page.replace("&#x27;", "'")

    def test_a_doubt_is_kept_and_shown(self, sealed: None, sit: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE measures_segment SET rate = 11 WHERE rate = 84")
        verify()
        page = see(sit("auditor"), "")
        assert "<strong>Failed</strong>" in page
        assert "FAIL measures: measure/another" in page
        assert not Verification.objects.get().passed

    def test_before_the_first_checkpoint_it_says_what_to_do(self, sit: Any) -> None:
        page = see(sit("auditor"), "")
        assert "Nothing is sealed" in page
        assert "nothing to check" in see(sit("auditor", "another"), "check/")
        assert "nothing to bundle" in see(sit("auditor", "third"), "bundle/", 404)


class TestReplay:
    ASKED = "replay/?projection=measures&valid_at=2025-09-01&known_at=2025-06-01&stream=measure/example"

    def test_it_folds_the_log_at_the_three_clocks(self, sealed: None, sit: Any) -> None:
        client = sit("auditor")
        assert "in_force · partly_suspended · 4 ·" in see(client, f"{self.ASKED}&position=5").replace("main · ", "")
        assert "in_force · applied · 10 ·" in see(client, f"{self.ASKED}&position=3").replace("main · ", "")

    def test_it_agrees_with_the_tables_and_gives_the_digest_of_the_json_lines(self, sealed: None, sit: Any) -> None:
        response = sit("auditor").get(f"/admin/audit/{self.ASKED}&position=5")
        assert "The tables agree, row by row" in response.content.decode()
        lines = Client().get(response.context["lines"]).getvalue().splitlines()
        assert response.context["result"].state.digest in lines[-1].decode()

    def test_an_edited_table_is_shown_row_by_row(self, sealed: None, sit: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE measures_segment SET rate = 11 WHERE rate = 84")
        page = see(sit("auditor"), "replay/?projection=measures&valid_at=2025-05-01")
        assert "The tables do not agree" in page
        assert "in the tables alone" in page
        assert "follows from the log alone" in page

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("projection=nothing", "Select a valid choice"),
            ("projection=measures&valid_at=tomorrow", "This is no day; write YYYY-MM-DD"),
            ("projection=measures&position=999", "beyond the head of the log"),
            ("projection=measures&stream=measure/nowhere", "The log holds no stream"),
        ],
    )
    def test_what_cannot_be_replayed_is_told_at_its_field(self, sealed: None, sit: Any, query: str, words: str) -> None:
        assert words in see(sit("auditor"), f"replay/?{query}")

    @pytest.mark.parametrize("day", ["10.6.2025", "2025-06-31", "06/10/2025"])
    def test_a_day_that_cannot_be_read_stays_in_its_field_and_replays_nothing(
        self, sealed: None, sit: Any, day: str
    ) -> None:
        response = sit("auditor").get("/admin/audit/replay/", {"projection": "measures", "valid_at": day})
        assert "This is no day; write YYYY-MM-DD, such as 2025-06-10." in response.content.decode()
        assert f'<input type="date" name="valid_at" value="{day}"' in response.content.decode()
        assert "The tables agree" not in response.content.decode()

    def test_the_days_that_were_asked_stand_in_the_answer(self, sealed: None, sit: Any) -> None:
        client = sit("auditor")
        asked = see(client, "replay/?projection=measures&valid_at=2025-05-01")
        assert "<dt>In force on</dt><dd><strong>2025-05-01</strong></dd>" in asked
        assert "<dt>As known on</dt><dd><strong>all known days</strong></dd>" in asked
        assert "<strong>all days</strong>" in see(client, "replay/?projection=measures")

    def test_a_long_log_is_replayed_one_stream_at_a_time(
        self, sealed: None, sit: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("measures.admin.replaying.MOST", 3)
        client = sit("auditor")
        assert "Past position 3 name a stream" in see(client, "replay/?projection=measures")
        assert "The tables agree" in see(client, "replay/?projection=measures&stream=measure/example")


class TestCorrections:
    STORY = given(
        on("2025-02-10", adopted("25%", "2025-03-04")),
        on("2025-05-01", withdrawn("2025-05-02")),
        corrected(1, obligation="20%"),
        retracted(2),
    )

    def test_they_stand_with_reason_what_they_concern_and_what_they_change(self, sit: Any) -> None:
        self.STORY.record(today=TODAY)
        page = see(sit("auditor"), "corrections/")
        assert page.index("Retracted entry #3") < page.index("Corrected entry #2") < page.rindex("Withdrawn")
        assert "source-misread</span> we misread the source" in page
        assert "Adopted 25% from 4 March 2025." in page
        assert '<th scope="row">obligation</th>' in page

    def test_one_kind_is_shown_alone(self, sit: Any) -> None:
        self.STORY.record(today=TODAY)
        page = see(sit("auditor"), "corrections/?type=entry.corrected")
        assert "Corrected entry #2" in page
        assert "Retracted entry" not in page

    def test_they_go_on_where_a_page_ends(self, sit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("measures.admin.audit.PAGE", 2)
        self.STORY.record(today=TODAY)
        client = sit("auditor")
        assert '?before=4"' in see(client, "corrections/")
        assert "Withdrawn" in see(client, "corrections/?before=4")

    def test_their_number_of_queries_does_not_grow(
        self, sit: Any, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        self.STORY.record(today=TODAY)
        client = sit("auditor")
        with django_assert_max_num_queries(
            11
        ):  # session, user, two of rights, head, three types, histories, people, texts
            see(client, "corrections/")


class TestTheBundle:
    def test_it_is_the_one_of_the_newest_checkpoint_and_verifies(self, sealed: None, sit: Any, tmp_path: Path) -> None:
        record(3)
        response = sit("auditor").get("/admin/audit/bundle/")
        content = b"".join(response.streaming_content)
        assert response["Content-Type"] == "application/gzip"
        with tarfile.open(fileobj=BytesIO(gzip.decompress(content))) as archive:
            archive.extractall(tmp_path, filter="data")
        (folder,) = tmp_path.glob("audit-*")
        assert run("verify.py", folder).returncode == 0

    def test_a_long_log_is_left_to_the_command(self, sealed: None, sit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("measures.admin.audit.MOST_BUNDLED", 3)
        assert "manage.py bundle" in see(sit("auditor"), "bundle/", 404)
