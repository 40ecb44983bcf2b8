"""Nobody is led to a page that would not let her in: every link of every page is followed, as every role."""

import html
import re
from collections import Counter, deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from kernel.money import Money
from membership.cards.services import report_lost
from membership.cashier import services as cashier
from membership.cashier.models import ChainPolicy
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.packages import services as packages
from tenants.people.domain import Actor
from tenants.people.presets import OWNER_ROLE, PRESETS
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]

_LINK: Final = re.compile(r'(?:href|action|hx-get)="([^"#]*)"')
_EACH: Final = 2
"""How many pages of one kind are opened: a list, and what differs among its rows."""


@pytest.fixture
def busy(in_chain: InChain, issue: Callable[..., Holder], clerk: Actor, store_id: int) -> None:
    """A little of everything that lists show: records, bills, papers, a card that was lost."""
    at = {"actor": clerk, "store_id": store_id}
    first, lost = issue(top_up_fen=50_000), issue("江河", "13900005678", top_up_fen=10_000)
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        cashier.consume(card_number=first.number, amount=Money(1_000), idempotency_key="bought", **at)
        bill = Tender(stored_fen=500, signed_fen=1_000)
        cashier.pay(card_number=first.number, total=Money(1_500), tender=bill, idempotency_key="signed", **at)
        sold = packages.define_product(
            actor=clerk, name="精洗十次", unit="CNT", quantity=10, price=Money(5_000), validity_months=12
        )
        paid = Tender(stored_fen=5_000)
        packages.sell(card_number=first.number, product_id=sold.pk, tender=paid, idempotency_key="sold", **at)
        wrong = cashier.top_up(card_number=first.number, paid=Money(3_000), idempotency_key="wrong", **at)
        payload = {"record_id": str(wrong.record_id), "what_happened": "充错"}
        form = documents.draft(kind="FAULT", payload=payload, **at)
        documents.submit(actor=clerk, number=form.number)
        report_lost(number=lost.number, reason="遗失", **at)


def _followed(browser: Client) -> dict[str, int]:
    """The status of every page that can be come to by links, by its address."""
    seen: dict[str, int] = {}
    kinds: Counter[str] = Counter()
    waiting = deque(["/desk/"])
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        kind = resolve(path).view_name
        if address in seen or kinds[kind] >= _EACH or kind.startswith(("registers:", "account_", "mfa_")):
            continue
        answer = browser.get(address)
        kinds[kind] += 1
        seen[address] = answer.status_code
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            links = (urljoin(address, html.unescape(link)) for link in _LINK.findall(answer.content.decode()))
            waiting.extend(link for link in links if link.startswith("/desk/"))
    return seen


def test_every_link_opens(busy: None, at_desk: AtDesk) -> None:
    astray = {}
    for role in sorted(preset.code for preset in PRESETS if preset.code != OWNER_ROLE):
        seen = _followed(at_desk(role))
        assert len(seen) > 2
        # 405: the address of a form's button.
        astray |= {(role, address): code for address, code in seen.items() if code not in (200, 302, 405)}
    assert astray == {}


def test_a_register_leads_only_to_registers_that_open(busy: None, at_desk: AtDesk, store_id: int) -> None:
    """A row of her store names a card type; those are the whole chain's, and not hers to open."""
    browser = at_desk("STORE_MANAGER", store_id=store_id)
    seen: dict[str, int] = {}
    for listed in _registers(browser, "/desk/registers/"):
        if listed.count("/") != 5:
            continue
        rows = [row for row in _registers(browser, listed) if row.startswith(listed) and row.endswith("/change/")]
        led = {link for row in rows[:2] for link in _registers(browser, row) if "password" not in link}
        for address in led - seen.keys():
            seen[address] = browser.get(address).status_code
    assert len(seen) > 10
    assert {address: status for address, status in seen.items() if status != 200} == {}


def _registers(browser: Client, address: str) -> list[str]:
    """Where a page of a register leads to among the registers."""
    page = browser.get(address).content.decode()
    found = {
        urlsplit(urljoin(address, html.unescape(link))).path for link in re.findall(r'<a[^>]+href="([^"#]+)"', page)
    }
    return sorted(path for path in found if path.startswith("/desk/registers/"))
