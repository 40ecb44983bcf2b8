"""Agents and buyers at the till, on the page of an issue, in their list."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.http import HttpResponse
from django.test import Client

from kernel.money import Money
from membership.buyers.domain import Buyer
from membership.buyers.models import BuyerRegistration
from membership.cashier.buying import Customer
from membership.cashier.services import top_up
from membership.members.models import Member
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]
Hidden = Callable[[HttpResponse, str], str]

NUMBER = "11010519491231002X"
AGENT = {"buyer_name": "陈立", "buyer_kind": "ID_CARD", "buyer_number": NUMBER, "buyer_phone": "13911112222"}


@pytest.fixture
def registered(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> int:
    """陈立 topped up the card of 林静."""
    buyer = Buyer(name="陈立", number=NUMBER, phone="13911112222")
    with in_chain():
        top_up(
            actor=clerk,
            card_number=holder.number,
            paid=Money(5_000),
            store_id=store_id,
            idempotency_key="one",
            customer=Customer(buyer),
        )
        return BuyerRegistration.objects.get().pk


def test_a_cashier_registers_whoever_tops_up_for_another(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    key = hidden(browser.get("/desk/till/"), "idempotency_key")  # type: ignore[arg-type]
    form = {"idempotency_key": key, "card": holder.number, "mode": "top_up", "amount": "50", **AGENT}
    wrong = browser.post("/desk/till/", {**form, "buyer_number": "110105194912310021"})
    assert wrong.status_code == 400
    assert "buyer_number" in wrong.context["form"].errors
    half = browser.post("/desk/till/", {**form, "buyer_phone": ""})
    assert "buyer_name" in half.context["form"].errors
    with in_chain():
        assert not BuyerRegistration.objects.exists()
    browser.post("/desk/till/", form)
    with in_chain():
        assert BuyerRegistration.objects.get().name == "陈立"


def test_a_clerk_registers_whoever_fetches_a_card(at_desk: AtDesk, in_chain: InChain, idle_cards: list[str]) -> None:
    form = {"card_number": idle_cards[0], "who": "new", "name": "林静", "phone": "13900001234", **AGENT}
    at_desk("FRONT_DESK").post("/desk/cards/issue/", form)
    with in_chain():
        assert BuyerRegistration.objects.get().card.member == Member.objects.get(name="林静")


def test_the_list_shows_numbers_masked_and_one_page_reads_them(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, registered: int
) -> None:
    browser = at_desk("MEMBER_SERVICE")
    page = browser.get("/desk/buyers/", {"q": holder.number}).content.decode()
    assert "陈立" in page
    assert "****************2X" in page
    assert NUMBER not in page
    assert "13911112222" not in page
    assert "陈立" in browser.post("/desk/buyers/by-document/", {"id_number": NUMBER}).content.decode()
    assert NUMBER not in browser.get(f"/desk/buyers/{registered}/").content.decode()
    refused = browser.post(f"/desk/buyers/{registered}/", {"reason": "x"})
    assert refused.status_code == 400
    with in_chain():
        assert not AuditEntry.objects.filter(act="buyer.reveal").exists()


def test_whoever_may_reads_the_whole_number(owner_at_desk: Client, in_chain: InChain, registered: int) -> None:
    answer = owner_at_desk.post(f"/desk/buyers/{registered}/", {"reason": "派出所来函"})
    assert NUMBER in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    with in_chain():
        assert AuditEntry.objects.filter(act="buyer.reveal").count() == 1
