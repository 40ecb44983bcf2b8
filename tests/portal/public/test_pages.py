"""The public site shows the price book in force, whole and true, in both languages."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from billing.pricebook.domain import Plan
from billing.pricebook.modules import MODULES
from billing.pricebook.queries import current_price_book
from kernel.money import Money

_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL)
_HAN = re.compile(r"[\u4e00-\u9fff]+")
PAGES = ("/", "/pricing/")


@pytest.fixture
def browser(client_of: Callable[..., Client]) -> Client:
    return client_of(None)


def _words(page: bytes) -> str:
    return _TAGS.sub(" ", page.decode())


@pytest.mark.parametrize("page", PAGES)
def test_every_price_of_the_book_is_shown(browser: Client, page: str) -> None:
    """R-A21, R-A22: 60 prices, module by module, plan by plan."""
    words = _words(browser.get(page).content)
    rows = re.split(r"\s20\s+业务提成", words)[0]
    book = current_price_book()
    for module in MODULES.values():
        assert str(module.name) in words
        for plan in Plan:
            price = book.price(module=module.number, plan=plan)
            for fen in filter(None, (price.setup_fen, price.monthly_fen, price.per_call_fen)):
                assert Money(fen).format() in (words if module.number == 20 else rows)


@pytest.mark.parametrize("page", PAGES)
def test_modules_that_do_not_work_are_marked(browser: Client, page: str) -> None:
    """Those, and nothing else: what the plans list is there."""
    html = browser.get(page).content.decode()
    waiting = sum(not module.offered for module in MODULES.values())
    assert html.count('<span class="badge">尚未开放</span>') == waiting


@pytest.mark.parametrize("page", PAGES)
def test_the_english_page_has_no_chinese_but_the_way_back(browser: Client, page: str) -> None:
    browser.cookies["django_language"] = "en"
    answer = browser.get(page)
    assert answer.headers["Content-Language"] == "en"
    assert set(_HAN.findall(_words(answer.content))) == {"中文"}


def test_the_language_is_switched_by_its_form(browser: Client) -> None:
    answer = browser.post("/i18n/setlang/", {"language": "en", "next": "/pricing/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/pricing/")
    assert 'lang="en"' in browser.get("/pricing/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_pages_hold_no_inline_script_or_style(browser: Client, page: str) -> None:
    html = browser.get(page).content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"<[^>]+\s(?:style|onclick|onload)=", html) == []


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_only_read(browser: Client, page: str) -> None:
    assert browser.post(page).status_code == 405


def test_the_example_on_the_landing_page_sums_to_zero(browser: Client) -> None:
    showcase = browser.get("/").context["showcase"]
    amounts = [int(re.sub(r"[¥,.+]", "", entry["amount"])) for entry in showcase["entries"]]
    assert amounts == [100_000, 10_000, -100_000, -10_000]
    assert showcase["balance_fen"] == 100_000 + 10_000 - 26_850
