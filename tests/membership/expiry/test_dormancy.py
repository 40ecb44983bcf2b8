"""Cards that lie unused: listed, approved by another, noticed, frozen, opened again for nothing (R-G04, R-G05)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from kernel import clock
from kernel.calendar import start_of
from kernel.money import Money
from ledger.audit import audit_schema
from membership.cards.models import Card
from membership.cards.services import freeze_card, lift_loss, report_lost, unfreeze_card
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.documents.errors import DocumentFourEyes
from membership.documents.models import Document
from membership.expiry.models import DormantCard
from membership.expiry.queries import standing_of_cards
from membership.expiry.services import daily, dormancy
from membership.packages import services as packages
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
A_YEAR_ON = date(2027, 3, 10)


@pytest.fixture(autouse=True)
def _at_noon(held_clock: datetime) -> None:
    """Everything begins on 2 March 2026."""


@pytest.fixture
def office(clerk: Actor) -> Actor:
    """Who approves."""
    return Actor(kind="staff", id=8, name="高远", grants=clerk.grants)


@pytest.fixture
def approved(in_chain: InChain, holder: Holder, clerk: Actor, office: Actor) -> Document:
    """林静's card, unused for a year, on an approved list."""
    with clock.frozen(start_of(A_YEAR_ON)), in_chain():
        document = dormancy.prepare_list(actor=clerk)
        documents.submit(actor=clerk, number=document.number)
        return documents.approve(actor=office, number=document.number)


def on(chain: Chain, day: date) -> dict[str, int]:
    """The chain's run of that day."""
    with clock.frozen(start_of(day) + timedelta(minutes=5)):
        return dict(daily.run(chain.schema_name))


def test_a_card_whose_package_is_used_up_wash_by_wash_does_not_sleep(
    in_chain: InChain, holder: Holder, clerk: Actor, store_id: int
) -> None:
    """Though no money moves on it for a year."""
    at: dict[str, Any] = {"actor": clerk, "card_number": holder.number, "store_id": store_id}
    with in_chain():
        washes = packages.define_product(
            actor=clerk, name="洗车", unit="CNT", quantity=5, price=Money(200), validity_months=36
        )
        packages.sell(product_id=washes.pk, tender=Tender(cash_fen=200), idempotency_key="sold", **at)
    with clock.frozen(start_of(date(2027, 1, 5))), in_chain():
        used = packages.use(product_id=washes.pk, count=1, idempotency_key="used", **at)
    # Records are cleared after months; the books are not.
    with in_chain():
        Record.objects.filter(pk=used.record_id).delete()
    with clock.frozen(start_of(A_YEAR_ON)), in_chain(), pytest.raises(dormancy.NothingDormant):
        dormancy.prepare_list(actor=clerk)


def states(in_chain: InChain, holder: Holder) -> tuple[str, str]:
    """The card's status and that of its line."""
    with in_chain():
        line = DormantCard.objects.get(card=holder.card)
        return Card.objects.get(pk=holder.card.pk).status, line.state


def test_only_cards_with_money_that_nobody_used_are_listed(
    in_chain: InChain, issue: Callable[..., Holder], clerk: Actor, spend: Callable[..., None], earn: Callable[..., None]
) -> None:
    idle = issue("林静", "13900001234", top_up_fen=7_000)
    empty = issue("江河", "13900001235")
    spent, earned, lost = (issue(f"会员{n}", f"1390000200{n}", top_up_fen=5_000) for n in range(3))
    with clock.frozen(start_of(date(2026, 3, 20))):
        spend(spent, 100)
        earn(earned, 5)
    with in_chain():
        report_lost(actor=clerk, number=lost.number, store_id=lost.card.store_id or 0)
    with clock.frozen(start_of(A_YEAR_ON)), in_chain():
        document = dormancy.prepare_list(actor=clerk)
        assert list(DormantCard.objects.values_list("card__number", flat=True)) == [idle.number]
        assert document.payload == {
            "unused_since": "2026-03-10",
            "months": 12,
            "notice_days": 15,
            "cards": 1,
            "balance_fen": 7_000,
            "points": 0,
        }
        assert empty.number != idle.number
        with pytest.raises(dormancy.NothingDormant):
            dormancy.prepare_list(actor=clerk)


def test_after_approval_and_notice_the_card_is_frozen_and_the_list_done(
    in_chain: InChain, chain: Chain, holder: Holder, approved: Document
) -> None:
    assert states(in_chain, holder) == ("ACTIVE", "NOTIFIED")
    assert "dormant_settled" not in on(chain, A_YEAR_ON + timedelta(days=14))
    assert states(in_chain, holder) == ("ACTIVE", "NOTIFIED")
    assert on(chain, A_YEAR_ON + timedelta(days=15))["dormant_settled"] == 1
    assert states(in_chain, holder) == ("FROZEN", "FROZEN")
    with in_chain():
        assert Document.objects.get(pk=approved.pk).state == "COMPLETED"
        assert Record.objects.get(kind="FREEZE").detail == {"reason": "dormant", "document": approved.number}
        (standing,) = standing_of_cards()
        # what is on it is owed as before.
        assert (standing.dormant, standing.cards, standing.balance_fen) == (True, 1, 10_000)
    assert audit_schema(chain.schema_name) == []


def test_who_uses_the_card_within_the_notice_keeps_it(
    in_chain: InChain, chain: Chain, holder: Holder, approved: Document, spend: Callable[..., None]
) -> None:
    with clock.frozen(start_of(A_YEAR_ON) + timedelta(days=5)):
        spend(holder, 100)
    on(chain, A_YEAR_ON + timedelta(days=15))
    assert states(in_chain, holder) == ("ACTIVE", "USED")


def test_the_author_does_not_approve_and_a_stranger_does_nothing(
    in_chain: InChain, holder: Holder, clerk: Actor
) -> None:
    cashier = Actor(kind="staff", id=9, name="苏小满", grants={Act.VALUE_CONSUME.value: "all"})
    with clock.frozen(start_of(A_YEAR_ON)):
        with in_chain(), pytest.raises(NotAllowed):
            dormancy.prepare_list(actor=cashier)
        with in_chain():
            number = dormancy.prepare_list(actor=clerk).number
            documents.submit(actor=clerk, number=number)
        with in_chain(), pytest.raises(DocumentFourEyes):
            documents.approve(actor=clerk, number=number)
    assert states(in_chain, holder) == ("ACTIVE", "LISTED")


def test_unapproved_before_the_day_nothing_is_frozen_and_cancelled_it_lets_go(
    in_chain: InChain, chain: Chain, holder: Holder, approved: Document, office: Actor, clerk: Actor
) -> None:
    with in_chain():
        documents.unapprove(actor=office, number=approved.number, reason="名单有误")
    assert states(in_chain, holder) == ("ACTIVE", "LISTED")
    on(chain, A_YEAR_ON + timedelta(days=20))
    assert states(in_chain, holder) == ("ACTIVE", "LISTED")
    with clock.frozen(start_of(A_YEAR_ON)), in_chain():
        documents.cancel(actor=clerk, number=approved.number, reason="重做")
        again = dormancy.prepare_list(actor=clerk)
        lines = DormantCard.objects.order_by("id").values_list("document_id", "state")
        assert list(lines) == [(approved.pk, "LEFT_OUT"), (again.pk, "LISTED")]


def test_a_card_taken_off_the_list_stays_in_use(
    in_chain: InChain, holder: Holder, clerk: Actor, issue: Callable[..., Holder]
) -> None:
    other = issue("江河", "13900001239", top_up_fen=300)
    with clock.frozen(start_of(A_YEAR_ON)), in_chain():
        document = dormancy.prepare_list(actor=clerk)
        line = DormantCard.objects.get(card=holder.card)
        document = dormancy.leave_out(actor=clerk, number=document.number, line_ids=[line.pk])
        assert (document.payload["cards"], document.payload["balance_fen"]) == (1, 300)
    assert states(in_chain, holder) == ("ACTIVE", "LEFT_OUT")
    assert states(in_chain, other) == ("ACTIVE", "LISTED")


def test_opened_again_at_once_and_looked_at_after(
    in_chain: InChain, chain: Chain, holder: Holder, approved: Document, clerk: Actor, office: Actor, store_id: int,
    spend: Callable[..., None],
) -> None:  # fmt: skip
    on(chain, A_YEAR_ON + timedelta(days=15))
    with clock.frozen(start_of(A_YEAR_ON) + timedelta(days=40)):
        with in_chain():
            form = dormancy.reopen(
                actor=clerk, number=holder.number, store_id=store_id, verified_by="身份证", note="会员到店"
            )
            assert (form.state, form.payload["balance_fen"]) == ("SUBMITTED", 10_000)
        assert states(in_chain, holder) == ("ACTIVE", "REOPENED")
        spend(holder, 100)
        finance = Actor(kind="staff", id=11, name="钱守正", grants=clerk.grants)
        with in_chain():
            documents.approve(actor=office, number=form.number)
            assert documents.approve(actor=finance, number=form.number).state == "COMPLETED"
        # Its year has begun again.
        with in_chain(), pytest.raises(dormancy.NothingDormant):
            dormancy.prepare_list(actor=clerk)


def test_a_card_that_is_not_dormant_is_not_opened_by_this_form(
    in_chain: InChain, holder: Holder, clerk: Actor, store_id: int
) -> None:
    with in_chain():
        freeze_card(actor=clerk, number=holder.number, store_id=store_id, reason="充值有误")
    with in_chain(), pytest.raises(dormancy.NotDormant):
        dormancy.reopen(actor=clerk, number=holder.number, store_id=store_id, verified_by="身份证")
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).status == "FROZEN"


def test_an_ordinary_unfreezing_of_a_dormant_card_is_refused(
    in_chain: InChain, chain: Chain, holder: Holder, approved: Document, clerk: Actor, store_id: int
) -> None:
    """R-G05: the form tells who came for it. A loss in between changes nothing."""
    on(chain, A_YEAR_ON + timedelta(days=15))
    with clock.frozen(start_of(A_YEAR_ON) + timedelta(days=16)), in_chain():
        report_lost(actor=clerk, number=holder.number, store_id=store_id)
    on(chain, A_YEAR_ON + timedelta(days=17))
    with clock.frozen(start_of(A_YEAR_ON) + timedelta(days=18)), in_chain():
        lift_loss(actor=clerk, number=holder.number, store_id=store_id)
    with pytest.raises(dormancy.DormantFrozen), in_chain():
        unfreeze_card(actor=clerk, number=holder.number, store_id=store_id)
    assert states(in_chain, holder) == ("FROZEN", "FROZEN")
    with clock.frozen(start_of(A_YEAR_ON) + timedelta(days=18)), in_chain():
        dormancy.reopen(actor=clerk, number=holder.number, store_id=store_id, verified_by="身份证")
    assert states(in_chain, holder) == ("ACTIVE", "REOPENED")


def test_a_dormant_card_that_left_otherwise_is_noted(
    in_chain: InChain, chain: Chain, holder: Holder, approved: Document
) -> None:
    on(chain, A_YEAR_ON + timedelta(days=15))
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(status="ACTIVE")
    on(chain, A_YEAR_ON + timedelta(days=17))
    assert states(in_chain, holder) == ("ACTIVE", "REOPENED")
