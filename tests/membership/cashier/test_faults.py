"""Fault forms: how long they stop a card, what becomes of one that is rejected; and what a receipt may be undone by."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from ledger.models import Lot
from membership.cards.models import Card
from membership.cards.services import freeze_card, unfreeze_card
from membership.cashier import services
from membership.cashier.adjusting import adjust_points
from membership.cashier.errors import (
    AllReturned,
    BillAlreadySettled,
    FaultFormExists,
    NothingToTakeBack,
    PartlyReturned,
)
from membership.cashier.models import ChainPolicy, PointsRule
from membership.cashier.past import record_of
from membership.cashier.returning import return_goods
from membership.cashier.settling import settle
from membership.cashier.tender import Tender
from membership.cashier.undoing import GainsUsed, why_not_reported, why_not_returned, why_not_reversed
from membership.documents import services as documents
from membership.documents.models import Document
from membership.records.models import Record
from tenants.people.domain import EVERYWHERE, Act, Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def rich(issue: Callable[..., Holder]) -> Holder:
    """林静 with ¥1,000."""
    return issue(top_up_fen=100_000)


@pytest.fixture
def report(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[[], Document]:
    """Report the card's last top-up as a wrong one."""

    def filed() -> Document:
        with in_chain():
            last = Record.objects.filter(kind="TOP_UP").latest("pk")
            payload = {"record_id": str(last.pk), "what_happened": "误充"}
            form = documents.draft(actor=clerk, kind="FAULT", payload=payload, store_id=store_id)
            return documents.submit(actor=clerk, number=form.number)

    return filed


def test_a_rejected_fault_form_keeps_the_card_frozen_until_it_is_given_up(
    in_chain: InChain, rich: Holder, clerk: Actor, treasury: Actor, store_id: int, report: Callable[[], Document]
) -> None:
    """R-I08: nobody unfreezes the card by hand meanwhile either."""
    form = report()
    with in_chain():
        documents.reject(actor=treasury, number=form.number, reason="没有充错")
        assert Card.objects.get(pk=rich.card.pk).status == "FROZEN"
    with in_chain(), pytest.raises(DomainError) as refusal:
        unfreeze_card(actor=clerk, number=rich.number, store_id=store_id)
    assert (refusal.value.code, refusal.value.params["number"]) == ("fault_form_open", form.number)
    with in_chain():
        documents.cancel(actor=clerk, number=form.number, reason="没有充错")
        assert Card.objects.get(pk=rich.card.pk).status == "ACTIVE"
        assert Lot.objects.get().remaining == 100_000


def test_a_rejected_fault_form_is_amended_and_handed_in_again_on_a_later_day(
    in_chain: InChain, rich: Holder, clerk: Actor, treasury: Actor, store_id: int, report: Callable[[], Document]
) -> None:
    """R-I06: reported in time, whenever the answer came. What was never reported in time, a store does not file."""
    form = report()
    cashier = Actor(kind="staff", id=3, name="苏小满", grants={Act.FAULT_REPORT: EVERYWHERE})
    said = {"record_id": form.payload["record_id"], "what_happened": "误充，应充 100 元"}
    with clock.frozen(clock.now() + timedelta(days=2)), in_chain():
        documents.reject(actor=treasury, number=form.number, reason="请写明应充多少")
        documents.edit(actor=cashier, number=form.number, payload=said)
        documents.submit(actor=cashier, number=form.number)
        documents.approve(actor=treasury, number=form.number)
        assert Card.objects.get(pk=rich.card.pk).status == "ACTIVE"
        record = Record.objects.get(kind="REVERSAL")
        assert record.detail["note"] == f"{form.number} 误充，应充 100 元"
    with clock.frozen(clock.now() + timedelta(days=2)), in_chain(), pytest.raises(DomainError) as refusal:
        documents.draft(actor=cashier, kind="FAULT", payload=said, store_id=store_id)
    assert refusal.value.code == "fault_not_same_day"


def test_a_card_that_two_forms_are_about_is_frozen_until_both_are_closed(
    in_chain: InChain, rich: Holder, clerk: Actor, store_id: int, report: Callable[[], Document]
) -> None:
    with in_chain():
        only = Record.objects.get(kind="TOP_UP")
        at = {"actor": clerk, "store_id": store_id, "idempotency_key": "more"}
        services.top_up(card_number=rich.number, paid=Money(5_000), **at)
    first = report()
    with in_chain():
        payload = {"record_id": str(only.pk), "what_happened": "误充"}
        second = documents.draft(actor=clerk, kind="FAULT", payload=payload, store_id=store_id)
        documents.submit(actor=clerk, number=second.number)
    for form, status in ((first, "FROZEN"), (second, "ACTIVE")):
        with in_chain():
            documents.cancel(actor=clerk, number=form.number, reason="没有充错")
            assert Card.objects.get(pk=rich.card.pk).status == status


def test_a_top_up_has_one_open_form_and_none_once_it_is_taken_back(
    in_chain: InChain, rich: Holder, clerk: Actor, treasury: Actor, report: Callable[[], Document]
) -> None:
    """A second one would be decided upon with figures of its own, and tell untrue ones."""
    given_up = report()
    with pytest.raises(FaultFormExists) as refusal:
        report()
    assert refusal.value.params["number"] == given_up.number
    with in_chain():
        documents.reject(actor=treasury, number=given_up.number, reason="没有充错")
    with pytest.raises(FaultFormExists):
        report()
    with in_chain():
        # Handed in again, it does not stand in its own way.
        documents.submit(actor=clerk, number=given_up.number)
        documents.cancel(actor=clerk, number=given_up.number, reason="没有充错")
    form = report()
    with in_chain():
        documents.approve(actor=treasury, number=form.number)
        record = record_of(Record.objects.get(kind="TOP_UP").pk)
        assert isinstance(why_not_reported(record, actor=treasury, store_id=None), NothingToTakeBack)
    with pytest.raises(NothingToTakeBack):
        report()
    with in_chain():
        assert list(Document.objects.order_by("pk")) == [given_up, form], "what was refused left nothing"
        assert Card.objects.get(pk=rich.card.pk).status == "ACTIVE"


def test_a_form_leaves_a_card_frozen_that_another_hand_froze(
    in_chain: InChain, rich: Holder, clerk: Actor, store_id: int, report: Callable[[], Document]
) -> None:
    form = report()
    with in_chain():
        documents.cancel(actor=clerk, number=form.number, reason="没有充错")
        freeze_card(actor=clerk, number=rich.number, store_id=store_id, reason="顾客要求")
    form = report()
    with in_chain():
        documents.cancel(actor=clerk, number=form.number, reason="没有充错")
        assert Card.objects.get(pk=rich.card.pk).status == "FROZEN"
        unfreeze_card(actor=clerk, number=rich.number, store_id=store_id)


@pytest.fixture
def bought(in_chain: InChain, rich: Holder, clerk: Actor, store_id: int) -> Record:
    """A bill of ¥80.00, ¥30.00 of it signed for, that earned fifty points."""
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        PointsRule.objects.create(name="一元一分", fen_per_point=100)
        receipt = services.pay(
            actor=clerk,
            card_number=rich.number,
            total=Money(8_000),
            tender=Tender(stored_fen=5_000, signed_fen=3_000),
            store_id=store_id,
            idempotency_key="bought",
        )
        return record_of(receipt.record_id)


def test_what_stands_whole_may_be_undone(in_chain: InChain, bought: Record) -> None:
    with in_chain():
        assert (why_not_reversed(bought), why_not_returned(bought)) == (None, None)


def test_of_what_came_back_in_part_only_the_rest_comes_back(
    in_chain: InChain, bought: Record, clerk: Actor, store_id: int
) -> None:
    at = {"actor": clerk, "store_id": store_id, "reason": "不合适", "record_id": bought.pk}
    with in_chain():
        return_goods(amount=Money(2_000), idempotency_key="some", **at)
        assert isinstance(why_not_reversed(bought), PartlyReturned)
        assert why_not_returned(bought) is None
    with in_chain(), pytest.raises(PartlyReturned):
        services.reverse(idempotency_key="undo", **at)
    with in_chain():
        return_goods(amount=Money(6_000), idempotency_key="rest", **at)
        assert isinstance(why_not_returned(bought), AllReturned)


def test_a_bill_that_was_paid_on_is_not_undone(in_chain: InChain, bought: Record, clerk: Actor, store_id: int) -> None:
    with in_chain():
        cash = Tender(cash_fen=1_000)
        settle(actor=clerk, bill_id=bought.pk, tender=cash, store_id=store_id, idempotency_key="paid")
        assert isinstance(why_not_reversed(bought), BillAlreadySettled)


def test_points_that_were_used_keep_a_bill_from_being_undone(
    in_chain: InChain, bought: Record, clerk: Actor, store_id: int
) -> None:
    at = {"actor": clerk, "store_id": store_id, "reason": "换礼品", "idempotency_key": "gift"}
    with in_chain():
        adjust_points(card_number=bought.card.number, points=-1, **at)
        assert isinstance(why_not_reversed(bought), GainsUsed)


def test_a_card_that_is_not_in_use_takes_nothing_back(in_chain: InChain, rich: Holder, bought: Record) -> None:
    """Its state does not keep a wrong payment from being undone, unless it has ended for good."""
    for status, codes in (("FROZEN", (None, "card_frozen")), ("WITHDRAWN", ("card_withdrawn", "card_withdrawn"))):
        with in_chain():
            Card.objects.filter(pk=rich.card.pk).update(status=status)
            record = record_of(bought.pk)
            told = why_not_reversed(record), why_not_returned(record)
            assert tuple(why.code if why else None for why in told) == codes


def test_a_wrong_top_up_is_reported_on_its_day_or_by_the_treasury(
    in_chain: InChain, rich: Holder, clerk: Actor, treasury: Actor, store_id: int
) -> None:
    store = Actor(kind="staff", id=3, name="苏小满", grants={Act.FAULT_REPORT: EVERYWHERE})
    with in_chain():
        record = record_of(Record.objects.get(kind="TOP_UP").pk)
        assert why_not_reported(record, actor=store, store_id=store_id) is None
    with clock.frozen(clock.now() + timedelta(days=1)), in_chain():
        why = why_not_reported(record, actor=store, store_id=store_id)
        assert why is not None
        assert why.code == "fault_not_same_day"
        assert why_not_reported(record, actor=treasury, store_id=store_id) is None
