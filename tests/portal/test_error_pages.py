"""What is shown when something is refused or breaks."""

from collections.abc import Callable

import pytest
from django.db import DataError, connection
from django.test import Client

from kernel.db import in_chain
from kernel.errors import DomainError
from portal import errors
from tenants.chains.models import Chain


def test_unknown_pages_and_hosts(chain: Chain, client_of: Callable[..., Client], database: None) -> None:
    for browser in (client_of(None), client_of(chain)):
        answer = browser.get("/no/such/page/")
        assert answer.status_code == 404
        assert "not_found" in answer.content.decode()
        assert answer["X-Request-ID"] in answer.content.decode()
    told = client_of(None).get("/api/v1/cards/1")
    assert (told.status_code, told.json()["error"]["code"]) == (404, "unknown_host"), "a chain's name was left out"
    stranger = Client(headers={"host": "nobody.localhost"}).get("/")
    assert stranger.status_code == 404
    assert "unknown_host" in stranger.content.decode()
    assert Client(headers={"host": "example.com"}).get("/").status_code == 400


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 500, 503])
def test_each_page_is_drawn_with_nothing_given(status: int) -> None:
    answer = errors.page(None, status=status, code="some_code", message="出了点事")
    page = answer.content.decode()
    assert answer.status_code == status
    assert "some_code" in page
    assert "出了点事" in page


def test_each_page_leads_back_to_where_one_was(chain: Chain, client_of: Callable[..., Client]) -> None:
    desk = client_of(chain)
    ticket = desk.get("/desk/enter/", {"ticket": "x"}).content.decode()
    assert 'href="http://localhost/console/"' in ticket
    assert 'href="/desk/"' in desk.get("/desk/no/such/page/").content.decode()
    assert 'action="/i18n/setlang/"' in ticket
    stranger = Client(headers={"host": "nobody.localhost", "accept-language": "en"}).get("/")
    assert 'href="http://localhost/"' in stranger.content.decode()
    assert '<html lang="en">' in stranger.content.decode()


def test_a_character_that_no_column_keeps_is_refused(chain: Chain, client_of: Callable[..., Client]) -> None:
    with pytest.raises(DataError) as raised, in_chain(chain.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT %s::text", ["a\0b"])
    middleware = errors.DomainErrorMiddleware(lambda request: None)  # type: ignore[arg-type, return-value]
    answer = middleware.process_exception(None, raised.value)  # type: ignore[arg-type]
    assert answer is not None
    assert answer.status_code == 400
    assert middleware.process_exception(None, DataError("out of range")) is None  # type: ignore[arg-type]


def test_a_form_sent_too_late_is_not_a_lack_of_rights() -> None:
    answer = errors.page(None, status=403, code="csrf_failed").content.decode()
    assert "页面已过期" in answer
    assert "没有权限" not in answer
    assert "没有权限" in errors.page(None, status=403, code="not_allowed").content.decode()


def test_a_page_that_takes_only_forms_says_so(chain: Chain, client_of: Callable[..., Client]) -> None:
    answer = client_of(chain).get("/desk/logout/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "method_not_allowed" in answer.content.decode()


def test_a_refusal_no_view_caught_becomes_a_page() -> None:
    class Sold(DomainError):
        code = "sold"
        status = 409
        message = "卖完了"

    middleware = errors.DomainErrorMiddleware(lambda request: None)  # type: ignore[arg-type, return-value]
    answer = middleware.process_exception(None, Sold())  # type: ignore[arg-type]
    assert answer is not None
    assert answer.status_code == 409
    assert "卖完了" in answer.content.decode()
    assert middleware.process_exception(None, ValueError()) is None  # type: ignore[arg-type]


def test_what_breaks_is_shown_without_a_word_of_why(
    chain: Chain, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret 13800000001")

    monkeypatch.setattr("portal.desk.login_views.services.redeem_ticket", broken)
    browser = client_of(chain, raise_request_exception=False)
    answer = browser.get("/desk/enter/", {"ticket": "x"})
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "server_error" in page
    assert "13800000001" not in page
    assert "RuntimeError" not in page
