"""Log-ins turned away at the door: cheaply, in words, and counted against no card."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from kernel.slots import Slots
from membership.cards.models import CardWebLogin
from portal.member import door
from tenants.chains.models import Chain
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
Queries = Callable[[int], AbstractContextManager[None]]


AT_ONCE = 3


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REFUSED_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(door, "REFUSED_PER_SECOND", 0.0)


@pytest.fixture
def browser(chain: Chain, client_of: Callable[..., Client]) -> Client:
    return client_of(chain)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Slots, "full", lambda _self: True)


def _never(*_: Any) -> None:
    raise AssertionError("a log-in that was turned away must not be hashed")


def _guess(browser: Client, pin: str = "193746", **headers: str) -> Any:
    return browser.post("/", {"card_number": "99000001", "pin": pin}, headers=headers)


def test_when_the_slots_are_full_the_door_says_so_without_a_query_or_a_session(
    browser: Client, in_chain: InChain, holder: Holder, full: None, queries: Queries
) -> None:
    browser.get("/")  # the chain of this host is remembered from here on
    with queries(0):
        answer = browser.post("/", {"card_number": holder.number, "pin": holder.pin})
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "3", "no-store")
    assert answer["Content-Length"] == str(len(answer.content)), "who keeps the connection open must know its end"
    assert not answer.cookies
    assert "此刻要核对或设置的密码太多，请稍等几秒再试。未作任何更改。" in answer.content.decode()
    assert "busy" in answer.content.decode()
    with in_chain():
        assert CardWebLogin.objects.get(card=holder.card).failures == 0


def test_the_door_speaks_the_browsers_language(browser: Client, full: None) -> None:
    assert "Too many passwords are being checked" in _guess(browser, **{"accept-language": "en"}).content.decode()
    assert '<html lang="zh-Hans">' in _guess(browser).content.decode()


def test_an_address_that_was_refused_too_often_waits_and_nothing_more_is_hashed(
    browser: Client, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many at one address may err; a flood may not cost the tills their processor."""
    assert {_guess(browser).status_code for _ in range(AT_ONCE)} == {403}
    monkeypatch.setattr(Slots, "run", _never)
    answer = _guess(browser)
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "too_many_attempts" in answer.content.decode()
    assert "请过一分钟再试" in answer.content.decode()
    assert browser.get("/").status_code == 200, "only log-ins wait"


def test_elsewhere_nobody_notices(chain: Chain, browser: Client, holder: Holder) -> None:
    for _ in range(AT_ONCE + 1):
        refused = _guess(browser)
    assert refused.status_code == 429
    answer = browser.post("/", {"card_number": holder.number, "pin": holder.pin}, REMOTE_ADDR="203.0.113.9")
    assert answer["Location"] == "/card/pin/"


def test_who_logs_in_uses_nothing_up(browser: Client, holder: Holder) -> None:
    """A shop whose members all come through one address: only what is refused counts."""
    for _ in range(AT_ONCE + 5):
        assert browser.post("/", {"card_number": holder.number, "pin": holder.pin}).status_code == 302
    assert _guess(browser).status_code == 403


def test_the_public_site_has_no_such_door(database: None, client_of: Callable[..., Client], full: None) -> None:
    assert client_of(None).post("/").status_code != 503
