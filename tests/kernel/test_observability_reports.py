"""Error reports and the log's lines about them name no person, whatever request, variables and error held."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from kernel.observability import context, logs, sentry

PIN = "493817"
KEY = "kyn_2f3g4h5j6k_QmFzZTY0U2VjcmV0VmFsdWU"
NAME = "欧阳雪"
PHONE = "13800138000"
ID_NUMBER = "11010519491231002X"
SESSION = "s3ss10nc00k1evalue"
CARD = "8800000001"
PERSONAL = (PIN, KEY, NAME, PHONE, ID_NUMBER, SESSION, CARD, "QmFzZTY0U2VjcmV0VmFsdWU")


class Captured(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.texts.append(envelope.serialize().decode())

    @property
    def events(self) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for text in self.texts
            for line in text.splitlines()
            if '"event_id"' in line and '"exception"' in line
        ]


def broken(request: HttpRequest, number: str) -> HttpResponse:
    """A view with everything personal in reach, that fails."""
    pin, key, name, phone, id_number = PIN, KEY, NAME, PHONE, ID_NUMBER
    body = json.loads(request.body)
    sentry_sdk.add_breadcrumb(category="query", message=f"SELECT … WHERE phone = '{phone}'", data={"name": name})
    sentry_sdk.set_user({"username": name, "email": "xue@example.cn"})
    sentry_sdk.set_extra("member", {"pin": pin, "id": id_number})
    sentry_sdk.set_tag("holder", name)
    context.bind(chain="c_yunshan", actor="staff:12")
    logging.getLogger("somewhere").error("could not serve %s", phone, exc_info=None, extra={"holder": name})
    try:
        raise KeyError(f"{name} {phone} {id_number}")
    except KeyError as error:
        raise RuntimeError(f"{pin} {key} {body['name']} {number}") from error


urlpatterns = [path("cards/<str:number>/", broken)]


@pytest.fixture
def captured() -> Iterator[Captured]:
    transport = Captured()
    sentry.initialise(dsn="https://public@reports.example.cn/1", transport=transport)
    yield transport
    sentry_sdk.get_client().close()
    sentry_sdk.init()


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """What the production configuration writes."""
    written = io.StringIO()
    logs.configure({"json": True, "level": "INFO", "stream": written})
    yield written
    logs.configure(settings.LOGGING)


def _ask() -> None:
    middleware = ["kernel.observability.middleware.RequestContextMiddleware"]
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=middleware, SESSION_COOKIE_NAME="sessionid"):
        client = Client(raise_request_exception=False)
        client.cookies["sessionid"] = SESSION
        response = client.post(
            f"/cards/{CARD}/?phone={PHONE}",
            data=json.dumps({"name": NAME, "pin": PIN, "id_number": ID_NUMBER}),
            content_type="application/json",
            headers={"authorization": f"Bearer {KEY}", "x-request-id": "till-7-0001", "x-member": NAME.encode().hex()},
        )
        assert response.status_code == 500
        assert response["X-Request-ID"] == "till-7-0001"


def test_a_report_names_no_person(captured: Captured) -> None:
    _ask()
    sentry_sdk.flush()

    assert captured.texts
    whole = "\n".join(captured.texts)
    for personal in (*PERSONAL, json.dumps(NAME).strip('"'), NAME.encode().hex(), "xue@example.cn"):
        assert personal not in whole


def test_a_report_tells_what_is_needed_to_mend_it(captured: Captured) -> None:
    _ask()
    sentry_sdk.flush()

    (event,) = captured.events
    assert event["tags"] == {
        "chain": "c_yunshan",
        "actor": "staff:12",
        "request_id": "till-7-0001",
        "release": settings.RELEASE,
    }
    assert event["release"] == settings.RELEASE
    assert event["request"] == {"method": "POST", "url": "/cards/<str:number>/"}
    kinds = [(value["type"], value["value"]) for value in event["exception"]["values"]]
    assert kinds == [("KeyError", "[removed]"), ("RuntimeError", "[removed]")]
    assert event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "broken"


def test_a_log_line_about_an_error_names_no_person_either(log_lines: io.StringIO) -> None:
    _ask()

    written = log_lines.getvalue()
    for personal in (*PERSONAL, json.dumps(NAME).strip('"')):
        assert personal not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert {(line["request_id"], line["logger"]) for line in lines} == {
        ("till-7-0001", "somewhere"),
        ("till-7-0001", "django.request"),
        ("till-7-0001", "kayun.request"),
    }
    (failure,) = [line for line in lines if line["logger"] == "django.request"]
    assert [one["type"] for one in failure["error"]] == ["KeyError", "RuntimeError"]
    assert failure["error"][-1]["at"][-1].endswith("broken")
    assert (failure["chain"], failure["actor"]) == ("c_yunshan", "staff:12")
    (request,) = [line for line in lines if line["logger"] == "kayun.request"]
    assert (request["route"], request["status"], request["method"]) == ("/cards/<str:number>/", 500, "POST")


def test_nothing_is_sent_where_no_address_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SENTRY_DSN", "")
    monkeypatch.setattr(sentry_sdk, "init", lambda **_: pytest.fail("initialised"))
    sentry.start()
