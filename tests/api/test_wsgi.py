"""The API as it is really served: through the application's shorter way, without sessions, cookies and pages."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from kernel.http import handlers
from membership.cashier import fast
from tests import cast
from tests.api.conftest import Shop

Answer = tuple[int, dict[str, str], Any]


@pytest.fixture
def ask(shop: Shop) -> Callable[..., Answer]:
    """Ask the WSGI application: ``ask("/api/…", body)``."""
    application = handlers.Application()

    def one(path: str, body: Any = None, **headers: str) -> Answer:
        raw = json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": "GET" if body is None else "POST",
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": cast.host(shop.chain),
            "HTTP_AUTHORIZATION": f"Bearer {shop.key}",
            "HTTP_IDEMPOTENCY_KEY": "k-1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(raw)),
            "wsgi.input": io.BytesIO(raw),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            **headers,
        }
        seen: list[tuple[str, list[tuple[str, str]]]] = []
        response: Any = application(environ, lambda status, given, *_: seen.append((status, given)))
        answer = b"".join(response)
        response.close()
        ((status, given),) = seen
        content = json.loads(answer) if answer.startswith(b"{") else answer
        return int(status[:3]), dict(given), content

    return one


def test_the_shorter_way_is_a_part_of_the_longer_in_the_same_order() -> None:
    part = settings.PROGRAMS_MIDDLEWARE
    assert [name for name in settings.MIDDLEWARE if name in part] == part


def test_a_consumption_and_its_repetition(shop: Shop, ask: Callable[..., Answer]) -> None:
    status, headers, first = ask("/api/v1/consumptions", shop.asked())
    assert (status, first["balance_after_fen"]) == (201, 10_010)
    assert headers["X-Request-ID"]
    assert headers["Content-Length"]
    assert "Set-Cookie" not in headers
    status, headers, again = ask("/api/v1/consumptions", shop.asked())
    assert (status, headers["Idempotent-Replayed"], again) == (201, "true", first)


def test_reads_and_refusals(shop: Shop, ask: Callable[..., Answer]) -> None:
    status, _, card = ask(f"/api/v1/cards/{shop.card}")
    assert (status, card["balance"]["total_fen"]) == (200, 12_000)
    for path, body, headers, expected in (
        ("/api/v1/consumptions", shop.asked(amount_fen=10**6), {}, (409, "insufficient_balance")),
        ("/api/v1/consumptions", shop.asked(), {"HTTP_AUTHORIZATION": ""}, (401, "invalid_api_key")),
        ("/api/v1/nothing", None, {}, (404, "not_found")),
        ("/api/v1/consumptions", None, {}, (405, "method_not_allowed")),
        ("/api/v1/consumptions", shop.asked(), {"HTTP_HOST": "nobody.localhost"}, (404, "unknown_host")),
    ):
        status, _, answer = ask(path, body, **headers)
        assert (status, answer["error"]["code"]) == expected


def test_the_language_asked_for_is_answered(shop: Shop, ask: Callable[..., Answer]) -> None:
    _, _, english = ask("/api/v1/nothing", HTTP_ACCEPT_LANGUAGE="en")
    _, _, chinese = ask("/api/v1/nothing")
    assert english["error"]["message"] == "Nothing was found at this address."
    assert chinese["error"]["message"] == "没有找到所请求的内容。"


def test_our_own_fault_changes_nothing(shop: Shop, ask: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(fast, "post_many", broken)
    before = shop.books()
    status, _, answer = ask("/api/v1/consumptions", shop.asked())
    assert (status, answer["error"]["code"]) == (500, "internal_error")
    assert shop.books() == before


def test_pages_still_pass_everything(ask: Callable[..., Answer]) -> None:
    status, headers, _ = ask("/")
    assert status == 200
    assert headers["X-Frame-Options"] == "DENY"
