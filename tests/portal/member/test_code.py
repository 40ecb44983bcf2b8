"""The page with the code, and the till that reads it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from kernel.money import Money
from membership.cards.errors import PinRequired
from membership.cards.models import CardType
from membership.cards.services import report_lost
from membership.cashier.services import consume
from tenants.people.domain import Actor
from tests.membership.conftest import Holder
from tests.portal.people.conftest import at_desk, owner_at_desk

__all__ = ["at_desk", "owner_at_desk"]

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_card_is_scanned_from_her_telephone(holder: Holder, log_in: LogIn, owner_at_desk: Client) -> None:
    page = log_in(holder).get("/card/code/")
    text = page.context["code_text"]
    assert '<svg class="card-code"' in _text(page)
    assert 'src="/static/portal/card-code.js"' in _text(page)
    look = owner_at_desk.get("/desk/till/card/", {"card": text})
    assert (look.context["look"]["state"], look.context["look"]["card"]["number"]) == ("ready", holder.number)
    assert f'data-number="{holder.number}"' in _text(look)


def test_without_script_the_till_goes_on_with_the_cards_number(
    holder: Holder, log_in: LogIn, owner_at_desk: Client
) -> None:
    text = log_in(holder).get("/card/code/now/").context["code_text"]
    answer = owner_at_desk.post("/desk/till/", {"card": text, "mode": "consume", "idempotency_key": "k"})
    assert answer["Location"] == f"/desk/till/?card={holder.number}&mode=consume"


def test_another_till_is_told_that_it_was_used(
    holder: Holder, log_in: LogIn, owner_at_desk: Client, at_desk: Any
) -> None:
    text = log_in(holder).get("/card/code/").context["code_text"]
    owner_at_desk.get("/desk/till/card/", {"card": text})
    look = at_desk("CASHIER").get("/desk/till/card/", {"card": text}).context["look"]
    assert (look["state"], "已失效或已用过" in look["problem"], look["card"]) == ("refused", True, None)


def test_it_is_no_pin(
    in_chain: InChain, holder: Holder, log_in: LogIn, owner_at_desk: Client, clerk: Actor, store_id: int
) -> None:
    """X-16: a card for its holder alone wants the PIN besides."""
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(use_by="HOLDER")
    text = log_in(holder).get("/card/code/").context["code_text"]
    look = owner_at_desk.get("/desk/till/card/", {"card": text}).context["look"]
    assert "pin" in look["asks"].words
    with in_chain(), pytest.raises(PinRequired):
        consume(actor=clerk, card_number=holder.number, amount=Money(100), store_id=store_id, idempotency_key="no")


def test_a_card_that_is_stopped_has_none(
    in_chain: InChain, holder: Holder, log_in: LogIn, clerk: Actor, store_id: int
) -> None:
    member = log_in(holder)
    with in_chain():
        report_lost(actor=clerk, number=holder.number, store_id=store_id)
    page = _text(member.get("/card/code/"))
    assert "已挂失" in page
    assert '<svg class="card-code"' not in page
    assert member.get("/card/code/now/").status_code == 404


def test_another_members_code_does_not_exist_for_her(
    holder: Holder, issue: Callable[..., Holder], log_in: LogIn
) -> None:
    other = issue("江河", "13700005678")
    member = log_in(holder)
    for path in ("/card/code/", "/card/code/now/"):
        assert member.get(path, {"card": other.number}).status_code == 404
