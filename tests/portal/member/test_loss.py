"""A loss that a member reports by herself: at once, everywhere, and taken back only by who proves as much."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from kernel.money import Money
from membership.cards.errors import CardLost
from membership.cards.models import Card, CardRules, CardWebLogin
from membership.cards.services import lift_loss, report_lost, reset_pin
from membership.cashier.services import consume
from membership.records.models import Record
from portal.desk.till_cards import look_up
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor
from tests.membership.conftest import Holder
from tests.portal.member.conftest import CHOSEN_PIN

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def _status(in_chain: InChain, holder: Holder) -> str:
    with in_chain():
        return Card.objects.get(pk=holder.card.pk).status


def test_a_card_is_stopped_at_once_and_the_desk_sees_it(
    in_chain: InChain, holder: Holder, log_in: LogIn, clerk: Actor, store_id: int
) -> None:
    """R-J02."""
    member = log_in(holder)
    answer = member.post("/card/loss/report/", {"number": holder.number}, follow=True)
    assert "已挂失，即时生效" in _text(answer)
    with in_chain():
        with pytest.raises(CardLost):
            consume(actor=clerk, card_number=holder.number, amount=Money(100), store_id=store_id, idempotency_key="no")
        assert "已挂失" in look_up(holder.number).problem
        entry = AuditEntry.objects.get(act="card.status", detail__to="LOST")
        assert (entry.actor, entry.object_id, entry.detail["by_holder"]) == (
            f"member:{holder.member.pk}",
            holder.number,
            True,
        )
        loss = Record.objects.get(kind="LOSS")
        assert (loss.actor_name, loss.store_id) == ("林静", None)
    again = member.post("/card/loss/report/", {"number": holder.number})
    assert again.status_code == 409
    with in_chain():
        assert Record.objects.filter(kind="LOSS").count() == 1


def test_she_takes_it_back_with_that_cards_pin(in_chain: InChain, holder: Holder, log_in: LogIn) -> None:
    """R-J07."""
    member = log_in(holder)
    member.post("/card/loss/report/", {"number": holder.number})
    assert 'name="pin"' in _text(member.get("/card/loss/"))
    wrong = member.post("/card/loss/lift/", {"number": holder.number, "pin": "000001"})
    assert (wrong.status_code, "密码不正确" in _text(wrong)) == (403, True)
    assert _status(in_chain, holder) == "LOST"
    with in_chain():
        assert CardWebLogin.objects.get(card=holder.card).failures == 1
    right = member.post("/card/loss/lift/", {"number": holder.number, "pin": CHOSEN_PIN}, follow=True)
    assert "已解除挂失" in _text(right)
    assert _status(in_chain, holder) == "ACTIVE"
    with in_chain():
        assert Record.objects.filter(kind="LOSS_LIFTED").count() == 1
        assert Card.objects.get(pk=holder.card.pk).lost_under_pin is None


def test_what_a_desk_stopped_a_desk_lets_go(
    in_chain: InChain, holder: Holder, log_in: LogIn, clerk: Actor, store_id: int
) -> None:
    member = log_in(holder)
    member.post("/card/loss/report/", {"number": holder.number})
    with in_chain():
        lift_loss(actor=clerk, number=holder.number, store_id=store_id)
        report_lost(actor=clerk, number=holder.number, store_id=store_id)
    page = _text(member.get("/card/loss/"))
    assert 'name="pin"' not in page
    assert "须带本人有效证件到门店解除" in page
    refused = member.post("/card/loss/lift/", {"number": holder.number, "pin": CHOSEN_PIN})
    assert refused.status_code == 409
    assert _status(in_chain, holder) == "LOST"


def test_another_pin_since_the_report_does_not_take_it_back(
    in_chain: InChain, holder: Holder, log_in: LogIn, clerk: Actor, store_id: int, chain: Any, client_of: Any
) -> None:
    """Whoever stole her telephone with the card sets another PIN by it."""
    log_in(holder).post("/card/loss/report/", {"number": holder.number})
    with in_chain():
        card = Card.objects.get(pk=holder.card.pk)
        issued = reset_pin(actor=clerk, number=card.number, store_id=store_id, pin_version=card.pin_version)
    thief = client_of(chain)
    thief.post("/", {"card_number": holder.number, "pin": issued.pin})
    thief.post("/card/pin/", {"new_pin": "582946", "new_pin_again": "582946"})
    assert thief.post("/card/loss/lift/", {"number": holder.number, "pin": "582946"}).status_code == 409
    assert _status(in_chain, holder) == "LOST"


def test_a_chain_that_wants_id_numbers_wants_them_for_this(in_chain: InChain, holder: Holder, log_in: LogIn) -> None:
    """R-J02, R-L08."""
    with in_chain():
        CardRules.objects.update(id_number_required=True)
    member = log_in(holder)
    assert "已挂失" in _text(member.post("/card/loss/report/", {"number": holder.number}, follow=True))
    refused = member.post("/card/loss/lift/", {"number": holder.number, "pin": CHOSEN_PIN})
    assert (refused.status_code, "要求核对证件号码" in _text(refused)) == (409, True)


def test_another_members_card_does_not_exist_for_her(
    in_chain: InChain, holder: Holder, issue: Callable[..., Holder], log_in: LogIn
) -> None:
    other = issue("江河", "13700005678")
    member = log_in(holder)
    for path, given in (("report", {}), ("lift", {"pin": CHOSEN_PIN})):
        for number in (other.number, "99999999"):
            assert member.post(f"/card/loss/{path}/", {"number": number} | given).status_code == 404
    assert _status(in_chain, other) == "ACTIVE"
