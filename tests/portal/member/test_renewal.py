"""The pages on which a PIN is chosen anew: nothing on them tells who is a member."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from kernel.sms.models import OutgoingText
from kernel.sms.services import read
from membership.cards.pin_renewal import answer_asks
from portal.member import door, renewal_views
from tenants.chains.models import Chain
from tests.membership.conftest import Holder
from tests.portal.member.conftest import CHOSEN_PIN

InChain = Callable[..., AbstractContextManager[None]]
PHONE = "13900001234"


@pytest.fixture
def browser(chain: Chain, client_of: Callable[..., Client]) -> Client:
    return client_of(chain)


def test_a_member_who_forgot_her_pin_is_in_again(
    browser: Client, chain: Chain, holder: Holder, in_chain: InChain
) -> None:
    """R-A04."""
    assert "用登记的手机号重设密码" in browser.get("/").content.decode()
    answer = browser.post("/pin/", {"card_number": "8800 0000 01", "phone": "139 0000 1234"})
    assert answer["Location"] == "/pin/code/"
    answer_asks(chain.schema_name)
    with in_chain():
        code = read(OutgoingText.objects.get())["text"].split("，")[0].split()[1]
    assert code in browser.get("/dev/sms/").content.decode()
    given = {"code": code, "new_pin": "123456", "new_pin_again": "123456"}
    weak = browser.post("/pin/code/", given)
    assert weak.status_code == 400
    assert "密码过于简单" in weak.content.decode()
    wrong = browser.post("/pin/code/", given | {"code": f"{(int(code) + 1) % 10**6:06d}"})
    assert (wrong.status_code, "验证码不正确或已失效" in wrong.content.decode()) == (403, True)
    done = browser.post("/pin/code/", given | {"new_pin": CHOSEN_PIN, "new_pin_again": CHOSEN_PIN})
    assert done["Location"] == "/card/"
    assert browser.get("/card/").status_code == 200
    assert browser.get("/pin/code/")["Location"] == "/pin/"


def test_whoever_takes_too_long_is_told_so(browser: Client, holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.post("/pin/", {"card_number": holder.number, "phone": PHONE})
    monkeypatch.setattr(renewal_views, "CODE_LASTS", timedelta(seconds=-1))
    assert "验证码已过期，请重新获取。" in browser.get("/pin/code/", follow=True).content.decode()
    assert "已过期" not in browser.get("/pin/code/", follow=True).content.decode()


def test_pages_are_the_same_for_whoever_is_no_member(browser: Client, holder: Holder) -> None:
    pages = []
    for number, phone in ((holder.number, PHONE), ("99000001", PHONE), (holder.number, "13911112222")):
        answer = browser.post("/pin/", {"card_number": number, "phone": phone})
        page = browser.get(answer["Location"]).content.decode()
        pages.append(
            (answer.status_code, answer["Location"], re.sub(r'value="\w{64}"', "", page.partition("<main")[2]))
        )
    assert len(set(pages)) == 1
    assert browser.post("/pin/", {"card_number": "99000001", "phone": "12"}).status_code == 400


def test_one_address_asks_for_few_codes(
    chain: Chain, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "CODES_AT_ONCE", 2)
    browser = client_of(chain)
    asked = {"card_number": "99000001", "phone": PHONE}
    assert [browser.post("/pin/", asked).status_code for _ in range(3)] == [302, 302, 429]
    assert "索取验证码次数太多" in browser.post("/pin/", asked).content.decode()
    assert browser.post("/", {"card_number": "99000001", "pin": "193746"}).status_code == 403, "log-in goes on"


def test_without_a_carrier_nothing_is_offered(browser: Client, settings: Settings) -> None:
    settings.MODE, settings.SMS_URL = "production", ""
    assert browser.get("/pin/").status_code == 404
    assert "用登记的手机号重设密码" not in browser.get("/").content.decode()
