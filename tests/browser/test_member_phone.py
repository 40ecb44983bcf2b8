"""A member with her phone: through all of her pages, without a network, and on a slow one."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kernel.money import Money
from membership.cashier import services
from membership.cashier.models import ChainPolicy
from membership.cashier.tender import Tender
from membership.records.models import Record
from membership.requests.domain import RequestKind
from membership.requests.services import ask
from membership.talks import services as talks
from tenants.people.domain import Actor
from tests.browser.axe import faults as axe_faults
from tests.browser.conftest import House, look
from tests.membership.conftest import Holder, clerk, holder, idle_cards, issue, store_id
from tests.portal.member.conftest import CHOSEN_PIN, log_in, on_plan
from tests.portal.member.test_own_only import _patterns

__all__ = ["clerk", "holder", "idle_cards", "issue", "log_in", "on_plan", "store_id"]

_PHONE = {"width": 360, "height": 740}
_NO_PAGES = {"/app.webmanifest", "/sw.js", "/card/records/download/"}


@pytest.fixture
def busy(
    holder: Holder,
    log_in: Callable[[Holder], Client],
    on_plan: Callable[..., None],
    in_chain: Callable[..., AbstractContextManager[None]],
    clerk: Actor,
    store_id: int,
) -> Holder:
    """林静 on plan C, with a bill that is open, forty consumptions, and a PIN of her own."""
    on_plan("C", stores=2)
    log_in(holder)
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        for number in range(40):
            services.pay(
                actor=clerk,
                card_number=holder.number,
                total=Money(110),
                tender=Tender(stored_fen=100, signed_fen=10),
                store_id=store_id,
                idempotency_key=f"p{number}",
            )
    return holder


@pytest.fixture
def phone(browser: Browser) -> Any:
    """A phone in China whose pages say nothing on their console."""
    context = browser.new_context(viewport=_PHONE, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    yield context
    context.close()


def _enter(context: BrowserContext, house: House, who: Holder) -> Page:
    page = context.new_page()
    page.goto(house.url("yunshan"))
    page.fill("input[name=card_number]", who.number)
    page.fill("input[name=pin]", CHOSEN_PIN)
    page.press("input[name=pin]", "Enter")
    page.wait_for_url("**/card/")
    return page


def _axe(page: Page) -> list[str]:
    return [f"{page.url}: {fault}" for fault in axe_faults(page)]


def test_through_all_pages_with_a_thumb(house: House, phone: BrowserContext, busy: Holder) -> None:
    page = _enter(phone, house, busy)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    bar = page.locator("nav.tabbar-member")
    faults: list[str] = []
    for name in ("我的卡", "余额", "结算", "用卡记录"):
        bar.get_by_role("link", name=name).click()
        expect(bar.locator('[aria-current="page"]')).to_have_text(name)
        expect(page.locator("h1")).to_be_visible()
        faults += _axe(page)
        look(page, f"phone-{name}")
    rows = page.locator(".timeline > li")
    # Further ones come by themselves when their place is seen.
    for count in (20, 40):
        expect(rows).to_have_count(count)
        page.locator("[data-more]").scroll_into_view_if_needed()
    expect(rows).to_have_count(42)
    page.locator("summary", has_text="按门店和日期查找").click()
    page.select_option("select[name=store]", index=1)
    page.get_by_role("button", name="查找").click()
    expect(page.locator("select[name=store]")).to_be_visible()
    faults += _axe(page)
    with page.expect_download() as fetched:
        page.get_by_role("link", name="下载 Excel").click()
    assert fetched.value.suggested_filename.endswith(".xlsx")
    page.get_by_role("link", name="消费", exact=True).last.click()
    expect(page.locator("[data-slip]")).to_be_visible()
    page.get_by_role("link", name="58 mm").click()
    expect(page.locator('[data-slip="58"]')).to_be_visible()
    faults += _axe(page)
    look(page, "phone-receipt")
    assert (faults, said) == ([], [])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_sticks_out_of_any_page_in_either_language(
    house: House,
    phone: BrowserContext,
    busy: Holder,
    in_chain: Callable[..., AbstractContextManager[None]],
    language: str,
) -> None:
    """On the narrowest phone (WCAG's reflow), on this one, and on a desk's screen: every address that there is."""
    with in_chain():
        talks.write(member=busy.member, text="https://example.com/" + "0123456789" * 12)
        ask(member=busy.member, number=busy.number, kind=RequestKind.TRANSFER, said="W" * 90, to_name="W" * 40)
        record = Record.objects.filter(kind="CONSUMPTION").values_list("pk", flat=True)[0]
    addresses = [reverse(f"member:{one.name}") for one in _patterns() if not one.pattern.converters]
    addresses += [reverse(f"member:{name}", args=[record]) for name in ("record_detail", "payment_detail")]
    phone.add_cookies([{"name": "django_language", "value": language, "url": house.url("yunshan")}])
    page, seen, wide = _enter(phone, house, busy), [], []
    for address in addresses:
        answer = None if address in _NO_PAGES else page.goto(house.url("yunshan", address))
        if answer is None or answer.status != 200:
            continue
        seen.append(page.url)
        for width in (320, 360, 1440):
            page.set_viewport_size({"width": width, "height": 740})
            if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
                wide.append(f"{address} wants {needed} of {width}")
    assert wide == []
    assert len(set(seen)) >= 17, seen


def test_without_a_network_she_sees_her_cards_as_they_were_until_she_leaves(
    house: House, phone: BrowserContext, busy: Holder
) -> None:
    page = _enter(phone, house, busy)
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto(house.url("yunshan", "/card/"))
    _kept(page, 1)
    phone.set_offline(True)
    page.goto(house.url("yunshan", "/card/records/"))
    expect(page.locator("[data-offline-note]")).to_contain_text("没有网络")
    assert page.locator("[data-offline-note] time").get_attribute("datetime", timeout=1_000)
    expect(page.locator("main")).to_contain_text("林静")
    look(page, "phone-offline")
    phone.set_offline(False)
    page.goto(house.url("yunshan", "/card/"))
    expect(page.locator("[data-offline-note]")).to_be_hidden()
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(house.url("yunshan"))
    _kept(page, 0)
    phone.set_offline(True)
    page.goto(house.url("yunshan", "/card/"))
    expect(page.locator("h1")).to_have_text("没有网络")
    assert "林静" not in page.content()
    look(page, "phone-offline-nobody")


_SLEEP = """(asleep) => {
    Object.defineProperty(document, "hidden", { value: asleep, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_the_code_wakes_with_the_phone_and_says_when_there_is_no_network(
    house: House, phone: BrowserContext, holder: Holder, log_in: Callable[[Holder], Client]
) -> None:
    """Half a minute is long for a test: the browser's clock is turned instead."""
    log_in(holder)
    page = _enter(phone, house, holder)
    page.clock.install()
    page.goto(house.url("yunshan", "/card/code/"))
    box = page.locator("[data-card-code]")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/code/now/" in request.url else None)

    with page.expect_response("**/code/now/**"):
        page.clock.run_for(31_000)
    expect(box).not_to_have_class("opacity-30")
    awake = len(asked)
    page.evaluate(_SLEEP, True)
    page.clock.run_for(300_000)
    assert len(asked) == awake, "a phone that sleeps asks for nothing"
    with page.expect_response("**/code/now/**"):
        page.evaluate(_SLEEP, False)

    phone.set_offline(True)
    page.clock.run_for(31_000)
    expect(page.locator("[data-code-offline]")).to_be_visible()
    page.clock.run_for(31_000)
    expect(box).to_have_class("opacity-30")
    look(page, "phone-code-offline")
    phone.set_offline(False)
    with page.expect_response("**/code/now/**"):
        page.clock.run_for(4_000)
    expect(page.locator("[data-code-offline]")).to_be_hidden()
    expect(box).not_to_have_class("opacity-30")


def test_she_makes_a_passkey_and_comes_in_with_it(
    house: House, phone: BrowserContext, holder: Holder, log_in: Callable[[Holder], Client]
) -> None:
    """With an authenticator of the browser's own; then with one that does not know her finger."""
    log_in(holder)
    page = _enter(phone, house, holder)
    tools = phone.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    finger = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    page.goto(house.url("yunshan", "/card/passkeys/"))
    page.fill("input[name=pin]", CHOSEN_PIN)
    page.get_by_role("button", name="继续").click()
    faults = _axe(page)
    look(page, "phone-passkey-make")
    page.get_by_role("button", name="在这台设备上创建").click()
    expect(page.get_by_role("button", name="移除")).to_be_visible()
    faults += _axe(page)
    look(page, "phone-passkeys")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(house.url("yunshan"))
    faults += _axe(page)
    look(page, "phone-door")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url("**/card/")
    expect(page.locator("h1")).to_contain_text("林静")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(house.url("yunshan"))
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": finger, "isUserVerified": False})
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
    assert faults == []


def _kept(page: Page, count: int) -> None:
    """What the worker keeps of members comes to be so many pages."""
    counted = "caches.open('kayun-last-1').then((cache) => cache.keys()).then((keys) => keys.length)"
    for _attempt in range(50):
        if page.evaluate(counted) == count:
            return
        time.sleep(0.1)
    raise AssertionError(f"not {count} kept")


_WATCH = """
    window.seen = { lcp: 0, cls: 0, tbt: 0 };
    new PerformanceObserver((l) => l.getEntries().forEach((e) => { seen.lcp = e.startTime; }))
        .observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((l) => l.getEntries().forEach((e) => { if (!e.hadRecentInput) seen.cls += e.value; }))
        .observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((l) => l.getEntries().forEach((e) => { seen.tbt += Math.max(0, e.duration - 50); }))
        .observe({ type: "longtask", buffered: true });
"""


@pytest.mark.parametrize("path", ["/card/", "/card/records/"])
def test_a_cheap_phone_on_a_slow_network_is_not_kept_waiting(
    house: House, phone: BrowserContext, busy: Holder, path: str
) -> None:
    """What Lighthouse weighs, under its throttling: a processor four times slower, 150 ms and 1.6 Mbit/s. The budgets
    are the limits of its green marks, with room for a machine that does other work; nothing was fetched before.
    """
    page = _enter(phone, house, busy)
    page.add_init_script(_WATCH)
    tools = phone.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.setBypassServiceWorker", {"bypass": True})
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    tools.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 150, "downloadThroughput": 204_800, "uploadThroughput": 96_000},
    )
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(house.url("yunshan", path), wait_until="networkidle")
    seen = page.evaluate("({...seen, fcp: performance.getEntriesByName('first-contentful-paint')[0].startTime})")
    told = {name: round(value, 3) for name, value in seen.items()}
    assert seen["fcp"] < 3_000, told
    assert seen["lcp"] < 4_000, told
    assert seen["cls"] < 0.1, told
    assert seen["tbt"] < 600, told
