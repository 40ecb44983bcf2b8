"""Log-in with card number and PIN, the forced first change, and what ends a session."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from kernel.slots import Busy, Slots
from membership.cards.models import Card, CardWebLogin
from membership.cards.services import reset_pin
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder
from tests.portal.member.conftest import CHOSEN_PIN

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]


@pytest.fixture
def browser(chain: Chain, client_of: Callable[..., Client]) -> Client:
    return client_of(chain)


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def _wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06d}"


def test_the_first_log_in_leads_to_the_change_of_the_pin_and_nowhere_else(browser: Client, holder: Holder) -> None:
    """R-A04, X-19."""
    answer = browser.post("/", {"card_number": "8800 0000 01", "pin": holder.pin})
    assert answer["Location"] == "/card/pin/"
    for path in ("/card/", "/card/records/"):
        assert browser.get(path)["Location"] == "/card/pin/"
    page = _text(browser.get("/card/pin/"))
    assert "先换一个您自己的密码" in page
    assert 'name="current_pin"' not in page
    changed = browser.post("/card/pin/", {"new_pin": CHOSEN_PIN, "new_pin_again": CHOSEN_PIN})
    assert changed["Location"] == "/card/"
    assert browser.get("/card/").status_code == 200
    assert browser.get("/")["Location"] == "/card/"


@pytest.mark.parametrize(
    ("new_pin", "again", "text"),
    [
        ("123456", "123456", "密码过于简单"),
        ("730281", "730282", "两次输入的新密码不一致。"),
        ("7302", "7302", "密码须为 6 位数字。"),
        ("001234", "001234", "密码过于简单"),
        (None, None, "新密码不能与原密码相同。"),
    ],
)
def test_a_poor_choice_is_refused_and_the_old_pin_stays(
    browser: Client, in_chain: InChain, holder: Holder, new_pin: str | None, again: str | None, text: str
) -> None:
    browser.post("/", {"card_number": holder.number, "pin": holder.pin})
    answer = browser.post("/card/pin/", {"new_pin": new_pin or holder.pin, "new_pin_again": again or holder.pin})
    assert answer.status_code == 400
    assert text in _text(answer)
    with in_chain():
        card = Card.objects.get(pk=holder.card.pk)
    assert (card.pin_version, card.pin_must_change) == (1, True)


def test_a_wrong_pin_an_unknown_card_and_a_paused_card_read_alike(
    browser: Client, in_chain: InChain, holder: Holder
) -> None:
    wrong = browser.post("/", {"card_number": holder.number, "pin": _wrong(holder.pin)})
    unknown = browser.post("/", {"card_number": "99999999", "pin": holder.pin})
    for _ in range(4):
        paused = browser.post("/", {"card_number": holder.number, "pin": _wrong(holder.pin)})
    assert wrong.status_code == unknown.status_code == paused.status_code == 403
    texts = {_message(answer) for answer in (wrong, unknown, paused)}
    assert len(texts) == 1
    assert "卡号或密码不正确" in texts.pop()
    with in_chain():
        assert CardWebLogin.objects.get(card=holder.card).failures >= 3
    assert browser.get("/card/")["Location"] == "/"


def _message(answer: Any) -> str:
    return str(answer.context["form"].non_field_errors())


@pytest.mark.parametrize("pin", ["", "12345", "12345a", "1234567", "１２３４５６"])
def test_what_is_no_pin_is_not_even_counted(browser: Client, in_chain: InChain, holder: Holder, pin: str) -> None:
    answer = browser.post("/", {"card_number": holder.number, "pin": pin})
    assert answer.status_code == 200
    assert answer.context["form"].errors["pin"]
    with in_chain():
        assert CardWebLogin.objects.get(card=holder.card).failures == 0


def test_when_too_many_come_at_once_they_are_asked_to_come_back(
    browser: Client, in_chain: InChain, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise Busy

    monkeypatch.setattr(Slots, "run", busy)
    answer = browser.post("/", {"card_number": holder.number, "pin": holder.pin})
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")
    assert "请稍等几秒再试" in _text(answer)
    with in_chain():
        assert CardWebLogin.objects.get(card=holder.card).failures == 0


def test_the_session_gets_a_new_key_at_log_in(browser: Client, holder: Holder, log_in: LogIn) -> None:
    member = log_in(holder)
    before = member.session.session_key
    member.post("/logout/")
    assert member.session.session_key != before
    member.post("/", {"card_number": holder.number, "pin": CHOSEN_PIN})
    assert member.session.session_key not in (before, None)
    assert member.get("/card/").status_code == 200


def test_leaving_ends_it(holder: Holder, log_in: LogIn) -> None:
    member = log_in(holder)
    assert member.post("/logout/")["Location"] == "/"
    assert member.get("/card/")["Location"] == "/"
    assert member.get("/logout/").status_code == 405


def test_a_session_ends_after_a_quarter_of_an_hour_of_silence(
    holder: Holder, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, now = log_in(holder), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 14 * 60)
    assert member.get("/card/").status_code == 200
    monkeypatch.setattr(time, "time", lambda: now + 28 * 60)
    assert member.get("/card/").status_code == 200
    monkeypatch.setattr(time, "time", lambda: now + 44 * 60)
    assert member.get("/card/")["Location"] == "/"


def test_a_pin_reset_at_the_desk_ends_every_session(
    in_chain: InChain, holder: Holder, log_in: LogIn, clerk: Actor, store_id: int
) -> None:
    member = log_in(holder)
    with in_chain():
        card = Card.objects.get(number=holder.number)
        reset_pin(actor=clerk, number=card.number, store_id=store_id, pin_version=card.pin_version)
    assert member.get("/card/")["Location"] == "/"


def test_a_change_of_pin_needs_the_old_one_and_ends_other_sessions(
    chain: Chain, client_of: Callable[..., Client], in_chain: InChain, holder: Holder, log_in: LogIn
) -> None:
    member = log_in(holder)
    elsewhere = client_of(chain)
    elsewhere.post("/", {"card_number": holder.number, "pin": CHOSEN_PIN})
    assert elsewhere.get("/card/").status_code == 200
    form = {"new_pin": "582946", "new_pin_again": "582946"}
    refused = member.post("/card/pin/", form | {"current_pin": "582947"})
    assert refused.status_code == 400
    told = refused.content.decode()
    assert ("原密码不正确" in told, "卡号或密码" in told) == (True, False)
    with in_chain():
        assert CardWebLogin.objects.get(card=holder.card).failures == 1
        assert Card.objects.get(pk=holder.card.pk).pin_version == 2
    assert member.post("/card/pin/", form | {"current_pin": CHOSEN_PIN})["Location"] == "/card/"
    assert member.get("/card/").status_code == 200
    assert elsewhere.get("/card/")["Location"] == "/"


def test_a_session_of_one_chain_opens_nothing_in_another(
    other_chain: Chain, client_of: Callable[..., Client], holder: Holder, log_in: LogIn
) -> None:
    member = log_in(holder)
    stranger = client_of(other_chain)
    stranger.cookies["sessionid"] = member.cookies["sessionid"].value
    assert stranger.get("/card/")["Location"] == "/"


def test_an_expired_session_sends_a_fragment_to_the_door(browser: Client) -> None:
    answer = browser.get("/card/records/", headers={"hx-request": "true"})
    assert answer["HX-Redirect"] == "/"


def test_forms_without_a_token_are_refused(chain: Chain, client_of: Callable[..., Client], holder: Holder) -> None:
    strict = client_of(chain, enforce_csrf_checks=True)
    assert strict.post("/", {"card_number": holder.number, "pin": holder.pin}).status_code == 403
    assert strict.get("/card/")["Location"] == "/"
