"""The till by keyboard and scanner: few strokes, and nothing done twice whatever the hand or the network does."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect

from ledger.models import Account, Posting
from tests.browser.conftest import House, look
from tests.membership.conftest import Holder, clerk, holder, idle_cards, issue, store_id
from tests.portal.people.conftest import at_desk

__all__ = ["at_desk", "clerk", "holder", "idle_cards", "issue", "store_id"]

InChain = Callable[..., AbstractContextManager[None]]
_SCANNER_S = 0.004
_PERSON_MS = 60
"""Between two keys of a person; a scanner leaves nothing between."""


class Hand:
    """Somebody at a keyboard; counts the keys that are not digits."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.strokes = 0

    def scan(self, number: str) -> None:
        """A scanner types as fast as it can and ends with Enter by itself.

        The keys carry their own moments: a machine that is busy hands them over late, and they were struck no slower.
        """
        wire = self.page.context.new_cdp_session(self.page)
        at = time.time()
        for key in (*number, "Enter"):
            at += _SCANNER_S
            struck = {"key": key, "code": key, "text": "\r" if key == "Enter" else key, "timestamp": at}
            struck |= {"windowsVirtualKeyCode": 13} if key == "Enter" else {}
            wire.send("Input.dispatchKeyEvent", {"type": "keyDown", **struck})
            wire.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "timestamp": at})
        wire.detach()

    def digits(self, text: str) -> None:
        self.page.keyboard.type(text, delay=_PERSON_MS)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.strokes += 1


def _enter(page: Page, house: House, visitor: Client) -> None:
    slug = str(visitor.defaults["HTTP_HOST"]).partition(".")[0]
    session = {"name": "sessionid", "value": visitor.cookies["sessionid"].value, "url": house.url(slug)}
    page.context.add_cookies([session])  # type: ignore[list-item]
    page.goto(house.url(slug, "/desk/till/"))
    expect(page.locator("#id_card")).to_be_focused()


def _ready(page: Page, text: str) -> None:
    """The card is shown, and the amount awaits."""
    expect(page.locator("[data-look=ready]")).to_contain_text(text)
    expect(page.locator("#id_amount")).to_be_focused()


def _books(in_chain: InChain, holder: Holder) -> tuple[int, int]:
    """The card's balance, and how many postings there are."""
    with in_chain():
        return Account.objects.get(pk=holder.card.stored_account_id).balance, Posting.objects.count()


@pytest.mark.parametrize("width", [1024, 360])
def test_a_cashier_needs_no_mouse_and_few_keys(
    house: House,
    window: Callable[[int], Page],
    at_desk: Callable[..., Client],
    in_chain: InChain,
    holder: Holder,
    issue: Callable[..., Holder],
    width: int,
) -> None:
    other = issue("王小明", "13811111234")
    page = window(width)
    _enter(page, house, at_desk("CASHIER"))
    look(page, "till-1-waiting")
    result = page.locator(".till-result:not(.till-result-past)")

    # A consumption: one key besides the digits.
    hand = Hand(page)
    hand.scan(holder.number)
    _ready(page, "林*")
    hand.digits("30")
    # Whoever reads what it will do before Enter finds the cursor where it was.
    expect(page.locator("#till-quote")).not_to_be_empty()
    expect(page.locator("#id_amount")).to_be_focused()
    look(page, "till-2-ready")
    hand.press("Enter")
    expect(result).to_contain_text("70.00")
    expect(page.locator("#id_card")).to_be_focused()
    expect(page.locator("#till-say")).to_contain_text("已入账")
    look(page, "till-3-done")
    assert hand.strokes == 1
    assert _books(in_chain, holder) == (7_000, 2)

    # A top-up with change: three.
    hand = Hand(page)
    hand.scan(holder.number)
    _ready(page, "70.00")
    hand.press("F2")
    hand.digits("200")
    hand.press("F4")
    hand.digits("500")
    hand.press("Enter")
    expect(result).to_contain_text("270.00")
    expect(page.locator(".till-change")).to_contain_text("300.00")
    look(page, "till-4-topped-up")
    assert hand.strokes == 3
    assert _books(in_chain, holder) == (27_000, 3)

    # The same once more is asked about, and pressing Enter twice does it once.
    hand.scan(holder.number)
    _ready(page, "270.00")
    hand.digits("30")
    hand.press("Enter")
    expect(page.get_by_text("这一笔还没有入账")).to_be_visible()
    expect(page.locator("#id_amount")).to_be_focused()
    look(page, "till-5-again")
    assert _books(in_chain, holder) == (27_000, 3)
    hand.press("Enter", "Enter")
    expect(result).to_contain_text("240.00")
    assert _books(in_chain, holder) == (24_000, 4)

    # A card scanned while the cursor stands in the amount is a card.
    hand.scan(other.number)
    _ready(page, "王*明")
    hand.digits("12")
    hand.scan(holder.number)
    _ready(page, "林*")
    expect(page.locator("#id_amount")).to_have_value("")

    # By the telephone's last digits, where two members have the same.
    hand.press("Escape")
    expect(page.locator("[data-look=waiting]")).to_be_visible()
    hand.digits("1234")
    hand.press("Enter")
    expect(page.locator(f"[data-pick='{holder.number}']")).to_be_focused()
    hand.press("ArrowDown")
    look(page, "till-6-choose")
    expect(page.locator(f"[data-pick='{other.number}']")).to_be_focused()
    hand.press("Enter")
    _ready(page, "王*明")

    # What is refused says why, and the next scan begins anew.
    hand.digits("5")
    hand.press("Enter")
    expect(page.get_by_text("余额不足：可用 ¥0.00，需要 ¥5.00。未扣款。")).to_be_visible()
    expect(page.locator("#id_amount")).to_be_focused()
    look(page, "till-7-refused")
    hand.press("Escape")
    expect(page.locator("[data-look=waiting]")).to_be_visible()
    hand.scan("404404")
    expect(page.locator("[data-look=refused]")).to_contain_text("没有卡号为")
    expect(page.locator("#id_card")).to_be_focused()
    hand.scan(holder.number)
    _ready(page, "林*")
    assert _books(in_chain, holder) == (24_000, 4)


def test_a_lost_connection_loses_nothing_and_charges_nothing_twice(
    house: House, browser: Browser, at_desk: Callable[..., Client], in_chain: InChain, holder: Holder
) -> None:
    # A page of its own: the failures on purpose would count against the ``window``.
    page = browser.new_context(viewport={"width": 1024, "height": 800}, locale="zh-CN").new_page()
    _enter(page, house, at_desk("CASHIER"))
    hand = Hand(page)

    # The request never arrives.
    page.route("**/desk/till/", lambda route: route.abort())
    hand.scan(holder.number)
    _ready(page, "100.00")
    hand.digits("30")
    hand.press("Enter")
    expect(page.get_by_text("不知道这一笔是否已经入账")).to_be_visible()
    look(page, "till-8-unknown")
    assert _books(in_chain, holder) == (10_000, 1)
    hand.digits("1")
    expect(page.locator("#id_amount")).to_have_value("30")
    hand.press("Escape")
    expect(page.get_by_text("再按一次 Esc 放弃这一笔")).to_be_visible()
    page.unroute("**/desk/till/")
    hand.press("Enter")
    expect(page.locator(".till-result")).to_contain_text("70.00")
    assert page.locator(".till-result-again").count() == 0
    assert _books(in_chain, holder) == (7_000, 2)

    # The request arrives, its answer does not.
    def answer_lost(route: Route) -> None:
        # Playwright itself cannot look up the chain's name; the browser is told where it leads.
        sent = route.request.all_headers()
        host = sent["origin"].removeprefix("http://")
        url = route.request.url.replace(host, f"127.0.0.1:{house.port}")
        route.fetch(url=url, headers={**sent, "host": host}, max_redirects=0)
        route.abort()

    page.route("**/desk/till/", answer_lost)
    hand.scan(holder.number)
    _ready(page, "70.00")
    hand.digits("20")
    hand.press("Enter")
    expect(page.get_by_text("不知道这一笔是否已经入账")).to_be_visible()
    page.unroute("**/desk/till/")
    hand.press("Enter")
    expect(page.locator(".till-result-again")).to_contain_text("这一笔之前已经入账，没有再记一笔。")
    look(page, "till-9-replayed")
    assert _books(in_chain, holder) == (5_000, 3)

    # A tab that was duplicated carries the same key: the same act is shown, another one is refused and may be sent.
    key = page.locator("[name=idempotency_key]").input_value()
    twin = page.context.new_page()
    twin.goto(page.url)
    twin.locator("[name=idempotency_key]").evaluate("(field, key) => { field.value = key }", key)
    for tab in (page, twin):
        tab.bring_to_front()
        tab.locator("#id_card").focus()
        Hand(tab).scan(holder.number)
        expect(tab.locator("[data-look=ready]")).to_be_visible()
        Hand(tab).digits("10")
        tab.keyboard.press("Enter")
    expect(twin.locator(".till-result-again")).to_contain_text("没有再记一笔")
    assert _books(in_chain, holder) == (4_000, 4)

    # The log-in ended meanwhile.
    hand = Hand(page)
    page.bring_to_front()
    hand.scan(holder.number)
    _ready(page, "40.00")
    page.context.clear_cookies(name="sessionid")
    hand.digits("10")
    hand.press("Enter")
    expect(page.get_by_text("没有入账：登录已过期")).to_be_visible()
    assert _books(in_chain, holder) == (4_000, 4)
    page.context.close()
