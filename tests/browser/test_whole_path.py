"""The one thin path through every room: from a sign-up to a member reading her balance, as people walk it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from kernel.db import in_public
from ledger.audit import audit_schema
from membership.cards.domain import NumberRange
from tenants.chains.models import Chain
from tests.browser.conftest import House, look

PASSWORD = "qing-shan-2026"
CHOSEN_PIN = "730281"
NUMBERS = NumberRange(prefix="88", first=1, quantity=10, width=9, check_digit=True)
CARD = NUMBERS.numbers()[0]


@pytest.mark.parametrize("width", [1440, 360])
def test_from_sign_up_to_a_member_reading_her_balance(house: House, window: Callable[[int], Page], width: int) -> None:
    page = window(width)
    _sign_up(page, house)
    _open_a_chain(page, house)
    _open_a_second_store(page, house)
    _make_cards(page, house)
    pin = _issue(page, house)
    _top_up(page, house)
    _consume_at_the_till(page, house)
    _pay_in(page, house)
    _subscribe_to_the_api(page, house)
    key = _make_a_key(page, house)
    _consume_by_the_api(house, key)
    member = window(width)
    _change_the_pin(member, house, pin)
    _read_balance_and_records(member)
    _the_books_are_right()


def _sign_up(page: Page, house: House) -> None:
    page.goto(house.url("", "/"))
    look(page, "01-landing")
    page.goto(house.url("", "/accounts/signup/"))
    page.fill("input[name=name]", "沈知远")
    page.fill("input[name=email]", "shen@example.com")
    page.fill("input[name=password1]", PASSWORD)
    page.fill("input[name=password2]", PASSWORD)
    look(page, "02-sign-up")
    page.press("input[name=password2]", "Enter")
    page.wait_for_url("**/confirm-email/")
    page.goto(house.url("", "/dev/mail/"))
    page.locator("tbody a").first.click()
    look(page, "03-mail")
    body = page.content()
    found = re.search(r"/accounts/confirm-email/[^/\"<\s]+/", body)
    assert found is not None
    page.goto(house.url("", found[0]))
    page.locator("main form button[type=submit], form[action*=confirm] button[type=submit]").first.click()
    page.wait_for_load_state()
    if "/accounts/login/" in page.url:
        page.fill("input[name=login]", "shen@example.com")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
    page.goto(house.url("", "/console/"))
    look(page, "04-console")


def _open_a_chain(page: Page, house: House) -> None:
    page.goto(house.url("", "/console/chains/new/"))
    page.fill("input[name=name]", "云杉汽车生活")
    page.fill("input[name=slug]", "yunshan")
    page.fill("input[name=store_name]", "滨江旗舰店")
    page.check("input[name=plan][value=B]")
    look(page, "05-new-chain")
    page.get_by_role("button", name="开通", exact=True).click()
    page.wait_for_url("**/progress/")
    # A worker makes the chain; the page asks how far it has come until it is done.
    enter = page.get_by_role("button", name="进入前台")
    expect(enter).to_be_visible(timeout=60_000)
    look(page, "06-ready")
    enter.click()
    page.wait_for_url(house.url("yunshan", "/desk/"))
    look(page, "07-desk")


def _pay_in(page: Page, house: House) -> None:
    page.goto(house.url("", "/console/chains/yunshan/account/top-up/"))
    page.fill("input[name=amount]", "500")
    page.check("input[name=method][value=CARD]")
    page.get_by_role("button", name="去支付").click()
    page.wait_for_url("**/dev/pay/**")
    look(page, "20-pay")
    page.get_by_role("button", name="付款", exact=True).click()
    page.wait_for_url("**/account/payments/**")
    # Credited when the payment service says so, not by coming back.
    expect(page.get_by_text("已到账")).to_be_visible(timeout=60_000)
    look(page, "21-paid")


def _subscribe_to_the_api(page: Page, house: House) -> None:
    page.goto(house.url("", "/console/chains/yunshan/subscription/"))
    page.check("input[name=modules][value='11']")
    page.get_by_role("button", name="试算费用").click()
    look(page, "22-quote")
    page.get_by_role("button", name="确认并扣费").click()
    expect(page.get_by_text("订阅已更新，立即生效。")).to_be_visible()
    look(page, "23-subscribed")
    # 186 and 18 when the chain began, 36 now.
    expect(page.get_by_text("¥260.00")).to_be_visible()
    # Web processes remember a chain for seconds.
    page.wait_for_timeout(6_000)


def _open_a_second_store(page: Page, house: House) -> None:
    page.goto(house.url("yunshan", "/desk/stores/"))
    page.fill("input[name=code]", "002")
    page.fill("input[name=name]", "科技园店")
    page.locator("form:has(input[name=code]) button[type=submit]").click()
    expect(page.get_by_text("门店“科技园店”已开业。")).to_be_visible()


def _make_cards(page: Page, house: House) -> None:
    # Of two stores, neither may issue what still lies at head office: this chain hands cards out as they are made.
    page.goto(house.url("yunshan", "/desk/stock/settings/"))
    page.check("input[name=release_when_made]")
    page.locator("form:has(input[name=release_when_made]) button[type=submit]").click()
    page.wait_for_load_state()
    page.goto(house.url("yunshan", "/desk/cards/make/"))
    page.select_option("select[name=level]", "GOLD")
    page.fill("input[name=number_prefix]", "88")
    page.fill("input[name=width]", "9")
    page.fill("input[name=quantity]", "10")
    page.check("input[name=check_digit]")
    look(page, "08-make")
    page.get_by_role("button", name="制卡").click()
    expect(page.get_by_text("已制卡 10 张")).to_be_visible()
    look(page, "09-cards")


def _issue(page: Page, house: House) -> str:
    page.goto(house.url("yunshan", f"/desk/cards/issue/?number={CARD}"))
    page.fill("input[name=name]", "林静")
    page.fill("input[name=phone]", "139 0000 1234")
    look(page, "10-issue")
    page.get_by_role("button", name="发卡并生成密码").click()
    expect(page.get_by_text("初始消费密码")).to_be_visible()
    look(page, "11-pin-slip")
    pin = page.locator(".slip .code").last.inner_text().strip()
    assert re.fullmatch(r"\d{6}", pin)
    return pin


def _top_up(page: Page, house: House) -> None:
    """By keyboard alone: the card's number, Enter, the amount, Enter."""
    page.goto(house.url("yunshan", "/desk/till/"))
    _scan(page)
    expect(page.locator("#till-card")).to_contain_text("林*")
    page.keyboard.press("F2")
    page.keyboard.type("1000")
    page.keyboard.press("F4")
    page.keyboard.type("100")
    look(page, "12-top-up")
    page.keyboard.press("Enter")
    expect(page.locator(".till-result")).to_contain_text("1,100.00")
    page.get_by_role("link", name="看小票").click()
    expect(page.locator("[data-slip]")).to_contain_text("¥1,100.00")
    look(page, "13-receipt")


def _consume_at_the_till(page: Page, house: House) -> None:
    page.goto(house.url("yunshan", "/desk/till/"))
    _scan(page)
    expect(page.locator("#till-card")).to_contain_text("1,100")
    page.keyboard.type("35")
    page.keyboard.press("Enter")
    expect(page.locator(".till-result")).to_contain_text("1,065.00")
    look(page, "14-consumed")
    # More than there is: refused, in words, and the form keeps what was typed.
    _scan(page)
    page.keyboard.type("9999")
    page.keyboard.press("Enter")
    expect(page.get_by_text("余额不足：可用 ¥1,065.00，需要 ¥9,999.00。未扣款。")).to_be_visible()
    expect(page.locator("input[name=amount]")).to_be_focused()
    look(page, "15-refused")


def _scan(page: Page) -> None:
    expect(page.locator("input[name=card]")).to_be_focused()
    page.keyboard.type(CARD)
    page.keyboard.press("Enter")


def _make_a_key(page: Page, house: House) -> str:
    page.goto(house.url("yunshan", "/desk/api-keys/"))
    page.fill("input[name=name]", "总店收银系统")
    page.select_option("form:has(input[name=acts]) select[name=store]", "all")
    page.locator("form:has(input[name=acts]) button[type=submit]").click()
    shown = page.get_by_text(re.compile(r"^kyn_\w+"))
    expect(shown).to_be_visible()
    return shown.inner_text().strip()


def _consume_by_the_api(house: House, key: str) -> None:
    body = {"card_number": CARD, "amount_fen": 6_500, "store_code": "001"}
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "till-1-0001"}
    status, done = house.call("yunshan", "/api/v1/consumptions", body, headers)
    assert (status, done["balance_after_fen"]) == (201, 100_000)
    status, again = house.call("yunshan", "/api/v1/consumptions", body, headers)
    assert (status, again) == (201, done)
    status, refused = house.call("yunshan", "/api/v1/consumptions", body | {"amount_fen": 1}, headers)
    assert (status, refused["error"]["code"]) == (409, "idempotency_conflict")


def _change_the_pin(page: Page, house: House, pin: str) -> None:
    page.goto(house.url("yunshan"))
    page.fill("input[name=card_number]", CARD)
    page.fill("input[name=pin]", f"{(int(pin) + 1) % 10**6:06d}")
    page.press("input[name=pin]", "Enter")
    expect(page.get_by_text("卡号或密码不正确")).to_be_visible()
    look(page, "16-wrong-pin")
    page.fill("input[name=card_number]", CARD)
    page.fill("input[name=pin]", pin)
    page.press("input[name=pin]", "Enter")
    page.wait_for_url("**/card/pin/")
    page.fill("input[name=new_pin]", CHOSEN_PIN)
    page.fill("input[name=new_pin_again]", CHOSEN_PIN)
    look(page, "17-first-pin")
    page.press("input[name=new_pin_again]", "Enter")
    page.wait_for_url("**/card/")


def _read_balance_and_records(page: Page) -> None:
    expect(page.get_by_text("林静，您好")).to_be_visible()
    expect(page.locator("main")).to_contain_text("卡内余额")
    expect(page.locator("main")).to_contain_text("1,000")
    look(page, "18-member")
    page.get_by_role("link", name="全部记录").click()
    records = page.locator("main")
    for text in ("-¥65.00", "-¥35.00", "+¥1,100.00", "发卡"):
        expect(records).to_contain_text(text)
    look(page, "19-records")
    page.get_by_role("link", name="消费", exact=True).first.click()
    expect(page.locator("[data-slip]")).to_contain_text("卡内余额")
    look(page, "20-record")


def _the_books_are_right() -> None:
    with in_public():
        chain = Chain.objects.get(slug="yunshan")
    assert list(audit_schema(chain.schema_name)) == []
