"""Receipts on paper: nothing is cut off at 58 or 80 mm, the sheet is as long as its text, and 汉 is drawn."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect

from kernel.money import Money
from membership.cashier import services as cashier
from tenants.people.domain import Actor
from tests.browser.conftest import SCREENSHOTS, House
from tests.membership.conftest import Holder, clerk, holder, idle_cards, issue, store_id
from tests.portal.people.conftest import at_desk

__all__ = ["at_desk", "clerk", "holder", "idle_cards", "issue", "store_id"]


def test_receipts_fit_their_paper(
    house: House,
    browser: Browser,
    at_desk: Callable[..., Client],
    in_chain: Callable[..., AbstractContextManager[None]],
    clerk: Actor,
    holder: Holder,
    store_id: int,
) -> None:
    with in_chain():
        done = cashier.top_up(
            actor=clerk,
            card_number=holder.number,
            paid=Money(481_112),
            bonus=Money(1),
            store_id=store_id,
            idempotency_key="long",
        )
    visitor = at_desk("CASHIER")
    slug = str(visitor.defaults["HTTP_HOST"]).partition(".")[0]
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1024, "height": 800})
    context.add_cookies([{"name": "sessionid", "value": visitor.cookies["sessionid"].value, "url": house.url(slug)}])
    page = context.new_page()
    page.add_init_script("window.print = () => { window.printed = true }")
    for width in (58, 80):
        page.goto(house.url(slug, f"/desk/receipts/{done.record_id}/"))
        page.check(f"#width-{width}")
        with context.expect_page() as opened:
            page.get_by_role("button", name="打印" if width == 58 else "补打").click()
        slip = opened.value
        expect(slip.locator(f".roll-{width}")).to_be_visible()
        slip.wait_for_function("window.printed || document.readyState === 'complete'")
        slip.emulate_media(media="print")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        slip.locator("[data-slip]").screenshot(path=SCREENSHOTS / f"slip-{width}.png")
        # What sticks out of the paper's printable part would be cut off.
        over = slip.evaluate(
            """() => {
                const roll = document.querySelector("[data-slip]");
                const style = getComputedStyle(roll), box = roll.getBoundingClientRect();
                const left = box.left + parseFloat(style.paddingLeft);
                const right = box.right - parseFloat(style.paddingRight);
                return [...roll.querySelectorAll("*")].filter((one) => {
                    const at = one.getBoundingClientRect();
                    return at.left < left - 0.5 || at.right > right + 0.5;
                }).map((one) => one.outerHTML);
            }"""
        )
        assert over == []
        assert slip.locator(".no-print").first.is_hidden()
        pdf = slip.pdf(prefer_css_page_size=True)
        (SCREENSHOTS / f"slip-{width}.pdf").write_bytes(pdf)
        assert pdf.count(b"/Type /Page\n") == 1, "one sheet, as long as it must be"
        assert _page_width_mm(pdf) == pytest.approx(width, abs=0.5)
        assert _draws_han(slip)
        slip.close()
    context.close()


def _page_width_mm(pdf: bytes) -> float:
    box = pdf.partition(b"/MediaBox [")[2].partition(b"]")[0].split()
    return float(box[2]) / 72 * 25.4


def _draws_han(page: object) -> bool:
    """A machine without a Chinese font draws the same empty box for every character."""
    return bool(
        page.evaluate(  # type: ignore[attr-defined]
            """() => {
                const drawn = (text) => {
                    const canvas = document.createElement("canvas");
                    const pen = canvas.getContext("2d");
                    pen.font = "32px " + getComputedStyle(document.body).fontFamily;
                    pen.fillText(text, 4, 40);
                    return canvas.toDataURL();
                };
                return drawn("汉") !== drawn("字") && drawn("汉") !== drawn("\\uFFFF");
            }"""
        )
    )
