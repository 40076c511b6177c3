"""What holds for every request: id, size, headers, and where it may be sent on to."""

import json
import logging

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

from config import asgi
from config.middleware import client_ip

PUBLIC = {"SECURE_SSL_REDIRECT": True, "SECURE_HSTS_SECONDS": 365 * 24 * 3600}


def test_an_answer_carries_the_id_of_its_request(client):
    assert client.get("/healthz", headers={"X-Request-ID": "proxy-7f3a"})["X-Request-ID"] == "proxy-7f3a"
    assert len(client.get("/healthz")["X-Request-ID"]) == 36


@pytest.mark.parametrize("given", ["a\r\nSet-Cookie: x=1", "<script>", "x" * 101, "", "é"])
def test_an_id_that_is_none_is_replaced_so_that_nothing_is_smuggled_into_headers_or_logs(client, given):
    answer = client.get("/healthz", HTTP_X_REQUEST_ID=given)
    assert len(answer["X-Request-ID"]) == 36
    assert "Set-Cookie" not in answer


@pytest.mark.parametrize(("path", "bytes_sent"), [("/api/v1/events/", 2_500_001), ("/admin/login/", 10 * 1024**2 + 1)])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(client, path, bytes_sent):
    answer = client.post(path, b"{}", content_type="application/json", CONTENT_LENGTH=str(bytes_sent))
    assert answer.status_code == 413
    if path.startswith("/api/"):
        assert answer["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["code"] == "body-too-large"


@pytest.mark.parametrize(
    ("header", "status"), [((b"content-length", b"10485761"), 413), ((b"transfer-encoding", b"chunked"), 411)]
)
def test_the_process_of_the_streams_refuses_a_body_before_anything_of_it_is_read(header, status):
    sent = []

    async def receive():
        raise AssertionError("the body is read")

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v1/events/stream/", "headers": [header]}
    with pytest.raises(StopIteration):  # it ends without waiting for anything
        asgi.application(scope, receive, send).send(None)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == status


@override_settings(**PUBLIC)
def test_the_headers_of_an_answer_pass_the_checklist(db):
    answer = Client().get("/admin/login/", secure=True)
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["Strict-Transport-Security"].startswith("max-age=31536000")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in answer["Permissions-Policy"]
    assert answer["X-Permitted-Cross-Domain-Policies"] == "none"
    assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", ")), "a page of a session stays in no cache"
    assert not {"Server", "X-Powered-By"} & set(answer.headers)
    assert answer.cookies["csrftoken"]["samesite"] == "Lax"


@override_settings(**PUBLIC)
def test_plain_http_is_sent_on_to_https_save_for_health():
    assert Client().get("/admin/")["Location"] == "https://testserver/admin/"
    assert Client().get("/healthz").status_code == 200


def test_a_host_that_is_not_ours_is_refused(client):
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "https:///evil.example", "javascript:alert(1)"]
)
def test_a_login_leads_nowhere_else(db, client, elsewhere):
    User.objects.create_superuser("ed", password="long-enough-for-ed")
    answer = client.post(
        f"/admin/login/?next={elsewhere}", {"username": "ed", "password": "long-enough-for-ed", "next": elsewhere}
    )
    assert answer.status_code == 302
    assert answer["Location"].startswith("/")
    assert not answer["Location"].startswith("//")


def test_guessing_passwords_is_stopped_for_the_address_that_guesses(db, client, settings):
    settings.AXES_ENABLED = True
    User.objects.create_superuser("ed", password="long-enough-for-ed")
    for attempt in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post("/admin/login/", {"username": f"ed{attempt % 3}", "password": "guess"})
    assert answer.status_code == 429
    assert "a wrong name or password was sent 10 times" in answer.content.decode()
    right = {"username": "ed", "password": "long-enough-for-ed"}
    assert client.post("/admin/login/", right).status_code == 429
    assert client.post("/admin/login/", right, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_the_asking_address_is_the_one_that_our_own_proxy_noted(rf, settings):
    request = rf.get("/", HTTP_X_FORWARDED_FOR="1.1.1.1, 198.51.100.4")
    assert client_ip(request) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client_ip(request) == "198.51.100.4"


def test_a_request_is_logged_once_with_its_id(client, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/healthz", headers={"X-Request-ID": "proxy-7f3a"})
    lines = [record.msg for record in caplog.records if "django_structlog" in record.name]
    assert [(line["event"], line["request_id"], line["code"]) for line in lines] == [
        ("request_finished", "proxy-7f3a", 200)
    ]
