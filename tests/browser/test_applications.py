"""On a telephone: apply, be approved at the desk, set a PIN by the link, log in. axe finds nothing on the way."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from django.test import Client
from playwright.sync_api import Page, expect

from membership.applications.models import Application
from tenants.chains.models import Chain
from tests.browser.axe import faults
from tests.browser.conftest import House
from tests.membership.applications.conftest import ID_NUMBER, chain, code_in, last_text
from tests.membership.conftest import clerk, idle_cards, store_id
from tests.pictures import png
from tests.portal.people.conftest import owner_at_desk

__all__ = ["chain", "clerk", "idle_cards", "owner_at_desk", "store_id"]

InChain = Callable[..., AbstractContextManager[None]]
_PHONE_PX = 360


def _sound(page: Page) -> None:
    assert faults(page) == [], page.url
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, page.url


def test_from_the_form_to_the_first_log_in(
    house: House, window: Callable[[int], Page], chain: Chain, in_chain: InChain, owner_at_desk: Client,
    idle_cards: list[str],
) -> None:  # fmt: skip
    """R-A11, R-A12, R-H03, R-H08."""
    page = window(_PHONE_PX)
    page.goto(house.url("yunshan"))
    page.get_by_role("link", name="网上办卡").click()
    _sound(page)
    page.get_by_label("姓名").fill("江雪")
    page.get_by_label("手机号").fill("13700003333")
    page.get_by_label("证件号码").fill(ID_NUMBER)
    page.locator("#id_photo").set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": png(800, 500)})
    page.get_by_label(re.compile("我已阅读")).check()
    page.get_by_role("button", name="提交并获取验证码").click()
    expect(page.locator("#id_code")).to_be_focused()
    _sound(page)
    with in_chain():
        code = code_in(last_text())
    page.locator("#id_code").fill(code)
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator("[data-number]")).to_be_visible()
    _sound(page)
    with in_chain():
        number = Application.objects.get().number

    desk = window(_PHONE_PX)
    session = {"name": "sessionid", "value": owner_at_desk.cookies["sessionid"].value, "url": house.url("yunshan")}
    desk.context.add_cookies([session])  # type: ignore[list-item]
    desk.goto(house.url("yunshan", "/desk/applications/"))
    desk.get_by_role("link", name=number).click()
    _sound(desk)
    desk.get_by_role("button", name="查看证件照片").click()
    expect(desk.get_by_alt_text("申请人的证件照片")).to_be_visible()
    assert desk.get_by_alt_text("申请人的证件照片").evaluate("image => image.naturalWidth") == 800
    desk.get_by_role("button", name="通过并分配会员卡").click()
    link = desk.locator("[data-pin-link]").inner_text()
    _sound(desk)

    page.goto(house.url("yunshan", re.sub(r"^https?://[^/]+", "", link)))
    _sound(page)
    page.locator("#id_new_pin").fill("730281")
    page.locator("#id_new_pin_again").fill("730281")
    page.get_by_role("button", name="保存密码").click()
    page.locator("#id_card_number").fill(idle_cards[0])
    page.locator("#id_pin").fill("730281")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("江雪")

    desk.goto(house.url("yunshan", f"/desk/applications/{number}/"))
    desk.get_by_label("已核对本人身份证件原件").check()
    desk.get_by_role("button", name="已交给本人，启用会员卡").click()
    expect(desk.get_by_text("已领取").first).to_be_visible()
    _sound(desk)
