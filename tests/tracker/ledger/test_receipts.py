"""Answers that were kept for `receipt=1`: as they were sent, and the same when they are asked again."""

from __future__ import annotations

from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from knox.models import AuthToken

from measures.api import texts
from measures.models import Segment
from tests.measures.given import adopted, given, on
from tests.tracker.ledger.given import TODAY, bundle, project, relist, run, sealer, tell, verified
from tracker import log
from tracker.ledger import receipts
from tracker.ledger.attestation import attest
from tracker.ledger.models import Receipt
from tracker.models import Parked
from tracker.rebuild import rebuild

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/measures/example/?valid_at=2025-08-20"


def ask(address: str, status: int = 200) -> Any:
    response = Client().get(address)
    assert response.status_code == status, response.content
    return response


@pytest.fixture
def kept(db: None) -> Any:
    tell()
    return ask(f"{ADDRESS}&receipt=1")


def asked_again() -> str:
    """What `manage.py receipts` prints; a difference does not raise here."""
    out = StringIO()
    try:
        call_command("receipts", stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def answer_otherwise() -> None:
    """Somebody changed the read model, and the process that answers is a new one."""
    Segment.objects.update(sentence="free")
    texts.forget()


def test_a_receipt_is_the_hash_of_the_explicit_address_and_the_answer(kept):
    address = kept["Content-Location"]
    assert address == f"/api/v1/measures/example/?valid_at=2025-08-20&position={log.head().position}"
    assert kept["Receipt"] == sha256(address.encode() + b"\n" + kept.content).hexdigest()
    assert kept["Cache-Control"] == "no-store"


def test_the_answer_that_is_kept_is_the_one_at_the_explicit_address(kept):
    assert ask(kept["Content-Location"]).content == kept.content


def test_without_receipt_nothing_is_kept(db):
    tell()
    response = ask(ADDRESS)
    assert "Receipt" not in response
    assert not Receipt.objects.exists()


def test_the_same_answer_is_kept_once(kept):
    again = ask(f"{ADDRESS}&position={log.head().position}&receipt=1")
    assert again["Receipt"] == kept["Receipt"]
    assert Receipt.objects.count() == 1


def test_every_read_at_the_clocks_gives_receipts(kept):
    for path in ("measures/?limit=1", "measures/example/explain/?valid_at=2025-08-20", "events/?limit=2"):
        assert ask(f"/api/v1/{path}&receipt=1")["Receipt"]
    both = ask("/api/v1/compare/?from_position=3&from_valid_at=2025-09-01&to_valid_at=2025-09-01&receipt=1")
    assert "from_position=3" in both["Content-Location"]
    assert f"to_position={log.head().position}" in both["Content-Location"]
    assert "FAIL" not in asked_again()
    assert Receipt.objects.count() == 5


def test_the_pages_beside_a_kept_page_ask_for_no_receipt(kept):
    page = ask("/api/v1/measures/?limit=1&receipt=1").json()
    assert "receipt" not in page["next"]
    assert ask(page["next"]).json()["previous"]


def test_a_client_reads_what_was_kept(kept):
    said = ask(f"/api/v1/ledger/receipts/{kept['Receipt']}/").json()
    assert said["answer"].encode() == kept.content
    assert said["path"] == kept["Content-Location"]
    assert ask(f"/api/v1/ledger/receipts/{'0' * 64}/", 404).json()["code"] == "not-kept"


@pytest.mark.parametrize("value", ["0", "true", ""])
def test_a_receipt_is_asked_for_in_one_way(db, value):
    assert ask(f"{ADDRESS}&receipt={value}", 400).json()["code"] == "malformed-parameter"


def test_an_answer_that_is_too_large_is_not_kept(db, monkeypatch):
    tell()
    monkeypatch.setattr("tracker.api.keeping.LARGEST", 100)
    assert ask(f"{ADDRESS}&receipt=1", 400).json()["code"] == "answer-too-large"
    assert not Receipt.objects.exists()


def test_past_so_many_a_day_a_token_is_asked_for(kept, monkeypatch):
    monkeypatch.setattr("tracker.api.keeping.MOST_A_DAY", 1)
    other = "/api/v1/measures/example/?valid_at=2025-08-21&receipt=1"
    refused = ask(other, 429)
    assert (refused.json()["code"], refused["Retry-After"]) == ("too-many-requests", "3600")
    assert ask(f"{ADDRESS}&receipt=1")["Receipt"] == kept["Receipt"]
    user = User.objects.create_user("client")
    _, token = AuthToken.objects.create(user)
    assert Client().get(other, headers={"Authorization": f"Bearer {token}"})["Receipt"]


def test_asked_again_a_question_gets_the_same_answer_whatever_was_recorded_and_rebuilt_since(kept):
    given(on("2025-05-20", adopted("99%", "2025-05-21")), stream="measure/later").record(today=TODAY)
    project()
    rebuild("measures")
    assert asked_again() == f"ok    {kept['Receipt']} {kept['Content-Location']}\n"
    assert "ok    receipts: 1 kept answers are as they were sent, and asked again the same\n" in verified()


def test_asking_again_counts_against_no_limit(kept, settings):
    settings.API_PER_MINUTE = {"anonymous": 1, "token": 1}
    settings.BROKER_KEY_PREFIX = f"{settings.BROKER_KEY_PREFIX}receipts:"
    for _ in range(3):
        assert asked_again().startswith("ok")


def test_a_read_model_that_answers_otherwise_is_found(kept):
    answer_otherwise()
    said = asked_again()
    assert f"FAIL  {kept['Receipt']}" in said
    assert "1 kept answers are not what is answered today" in said
    assert "was answered otherwise" in verified("--log-only")


@pytest.mark.parametrize(
    ("changes", "excuse"),
    [
        ({"contract": "0"}, "answered under contract 0"),
        ({"base": "https://gone.example"}, "answered as https://gone.example"),
    ],
)
def test_where_the_promise_does_not_hold_it_says_why(kept, settings, changes, excuse):
    settings.ALLOWED_HOSTS = ["testserver"]
    receipt = Receipt.objects.get()
    Receipt.objects.update(point=receipt.point | changes)
    assert f"({excuse}" in asked_again()
    assert f"1 not asked again: {excuse}" in verified("--log-only")


def test_an_answer_of_another_fold_is_not_asked_again(kept, monkeypatch):
    point = Receipt.objects.get().point
    point["clocks"]["fold_version"]["measures"] -= 1
    Receipt.objects.update(point=point)
    assert "answered by fold" in asked_again()


def test_a_kept_answer_travels_in_the_bundle_and_is_checked_there(kept, tmp_path):
    attest(TODAY)
    sealer(tmp_path).seal()
    folder = bundle(tmp_path)
    (question,) = (folder / "questions").iterdir()
    assert kept["Content-Location"] in question.read_text()
    said = "ok    questions: 1 kept answers are as they were sent, 1 the same when asked again for the bundle\n"
    assert said in run("verify.py", folder).stdout
    question.write_text(question.read_text().replace("In force", "No force"))
    relist(folder)
    assert "is not the answer that was kept" in run("verify.py", folder).stdout


def test_an_answer_that_is_not_given_again_is_found_in_the_bundle(kept, tmp_path):
    answer_otherwise()
    sealer(tmp_path).seal()
    done = run("verify.py", bundle(tmp_path))
    assert done.returncode == 1
    assert "got another answer when the bundle was made" in done.stdout


def test_a_kept_answer_that_was_changed_is_found(kept):
    Receipt.objects.update(answer=b'{"rate": 5}')
    assert "FAIL  receipts: the kept answer" in verified("--log-only")


def test_the_generation_is_all_that_may_differ():
    one, two = b'{"generation":{"measures":1},"rate":4}', b'{"generation":{"measures":2},"rate":4}'
    assert receipts._substance(one) == receipts._substance(two) != receipts._substance(one.replace(b"4", b"5"))


def test_a_parked_stream_makes_an_answer_provisional(kept):
    Parked.objects.create(projection="measures", generation=1, stream="measure/example", position=2, error="x")
    assert "a stream that it rests on is parked" in asked_again()
