"""What comes back to a card that was replaced goes to the one that has its place, however many came between (R-J03)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from ledger.models import Account, Lot
from membership.auditing import audit_chain
from membership.cards.domain import Shown
from membership.cards.models import Card
from membership.cards.services import reissue_card, replace_card, report_lost, withdraw_card
from membership.cards.services.transferring import transfer_card
from membership.cashier import services as cashier
from membership.cashier.adjusting import adjust_points
from membership.cashier.domain import Receipt
from membership.cashier.models import ChainPolicy, PointsRule, SignedBill
from membership.cashier.refund_quotes import refund_quote
from membership.cashier.refunds import Article, Loaded
from membership.cashier.returning import plan_return, return_goods
from membership.cashier.settling import settle
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.members.services import create_member, merge_members
from membership.packages import services as packages
from membership.packages.queries import holdings_of
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.cashier.test_merged import _at_once
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
At = dict[str, Any]
SECOND, THIRD = "8800000004", "8800000005"


@pytest.fixture
def at(clerk: Actor, store_id: int) -> At:
    """Who acts, and where."""
    return {"actor": clerk, "store_id": store_id}


@pytest.fixture
def sold(in_chain: InChain, issue: Callable[..., Holder], at: At, held_clock: datetime) -> tuple[Holder, Receipt]:
    """¥100 paid and ¥20 given a month ago; now ¥60 of goods, half of what is on the card and a point for each yuan."""
    holder = issue()
    with clock.frozen(held_clock - timedelta(days=30)), in_chain():
        ChainPolicy.objects.update(draw_policy="PRO_RATA", signed_limit_fen=50_000)
        cashier.top_up(
            card_number=holder.number, paid=Money(10_000), bonus=Money(2_000), idempotency_key="filled", **at
        )
    with in_chain():
        PointsRule.objects.create(name="一元一分", fen_per_point=100)
        receipt = cashier.consume(card_number=holder.number, amount=Money(6_000), idempotency_key="sold", **at)
    assert (receipt.drawn, receipt.points) == ({"PRINCIPAL": 5_000, "BONUS": 1_000}, 50)
    return holder, receipt


def _succeed(holder: Holder, at: At) -> None:
    """Lost and reissued, then faulty and replaced."""
    report_lost(number=holder.number, **at)
    reissue_card(number=holder.number, new_number=SECOND, **at)
    replace_card(number=SECOND, new_number=THIRD, **at)


def _return(receipt: Receipt, fen: int, key: str, at: At) -> Receipt:
    return return_goods(record_id=receipt.record_id, amount=Money(fen), idempotency_key=key, reason="不合适", **at)


def _held(number: str) -> dict[str, int]:
    card = Card.objects.get(number=number)
    found: dict[str, int] = {}
    for lot in Lot.objects.filter(account__holder_id=card.pk, live=True):
        found[lot.kind] = found.get(lot.kind, 0) + lot.remaining
    return found


def test_a_return_goes_to_the_last_card_part_by_part(
    chain: Chain, in_chain: InChain, sold: tuple[Holder, Receipt], at: At
) -> None:
    holder, receipt = sold
    with in_chain():
        _succeed(holder, at)
        assert _held(THIRD) == {"PRINCIPAL": 5_000, "BONUS": 1_000, "POINTS": 50}
        seen, plan = plan_return(record_id=receipt.record_id)
        assert (seen.card.number, seen.to.number, plan.points) == (holder.number, THIRD, 50)
        first = _return(receipt, 2_000, "r1", at)
        assert (first.card_number, first.amount_fen, first.balance_after_fen) == (THIRD, 2_000, 8_000)
        second = _return(receipt, 4_000, "r2", at)
        assert (second.balance_after_fen, first.points + second.points) == (12_000, -50)
        assert _held(THIRD) == {"PRINCIPAL": 10_000, "BONUS": 2_000}
        assert _held(holder.number) == _held(SECOND) == {}
        with pytest.raises(DomainError) as refusal:
            _return(receipt, 1, "r3", at)
        assert refusal.value.code == "return_too_much"
        # What came back is as old as what went.
        assert Lot.objects.filter(live=True).values("kind", "opened_at").distinct().count() == 2
        record = Record.objects.get(pk=first.record_id)
        assert (record.card.number, record.detail["card"]) == (THIRD, holder.number)
        quote = refund_quote(card_number=THIRD, article=Article.NOT_CONSUMERS_CAUSE)
        assert quote.loaded == Loaded(paid_fen=10_000, given_fen=2_000, used_fen=0)
    assert audit_chain(chain.schema_name) == []


def test_what_was_returned_before_the_replacement_is_answered_as_it_was(
    chain: Chain, in_chain: InChain, sold: tuple[Holder, Receipt], at: At
) -> None:
    holder, receipt = sold
    with in_chain():
        before = _return(receipt, 3_000, "r1", at)
        _succeed(holder, at)
        again = _return(receipt, 3_000, "r1", at)
        assert (again.replayed, again.card_number, again.balance_after_fen) == (True, holder.number, 9_000)
        assert again.record_id == before.record_id
        assert _return(receipt, 3_000, "r2", at).balance_after_fen == 12_000
    assert audit_chain(chain.schema_name) == []


def test_a_last_card_that_is_not_in_use_takes_nothing_back(
    in_chain: InChain, sold: tuple[Holder, Receipt], at: At
) -> None:
    holder, receipt = sold
    with in_chain():
        _succeed(holder, at)
        report_lost(number=THIRD, **at)
        with pytest.raises(DomainError) as refusal:
            _return(receipt, 1_000, "r1", at)
        assert refusal.value.code == "card_lost"


def test_reversals_go_on_to_the_last_card(
    chain: Chain, in_chain: InChain, sold: tuple[Holder, Receipt], at: At
) -> None:
    """A payment that earned nothing, and a use of a package."""
    holder, _ = sold
    with in_chain():
        PointsRule.objects.all().delete()
        paid = cashier.consume(card_number=holder.number, amount=Money(1_200), idempotency_key="c", **at)
        washes = packages.define_product(
            actor=at["actor"], name="精洗", unit="CNT", quantity=3, price=Money(900), validity_months=12
        )
        on_card = at | {"card_number": holder.number, "product_id": washes.pk}
        packages.sell(tender=Tender(cash_fen=900), idempotency_key="p", **on_card)
        used = packages.use(count=2, idempotency_key="u", **on_card)
        _succeed(holder, at)
        for _ in range(2):
            cashier.reverse(record_id=paid.record_id, idempotency_key="x", reason="多刷", **at)
            packages.reverse(record_id=used.record_id, idempotency_key="y", reason="未用", **at)
        assert _held(THIRD)["PRINCIPAL"] + _held(THIRD)["BONUS"] == 6_000
        (holding,) = holdings_of(Card.objects.get(number=THIRD).pk, now=clock.now())
        assert holding.left == 3
        assert _held(holder.number) == {}
    assert audit_chain(chain.schema_name) == []


def test_a_reversal_takes_the_points_from_where_they_are_now(
    chain: Chain, in_chain: InChain, sold: tuple[Holder, Receipt], at: At
) -> None:
    """Two replacements later: the very lots are put right, and what they had become is gone."""
    holder, receipt = sold
    with in_chain():
        adjust_points(card_number=holder.number, points=7, reason="补记", idempotency_key="seven", **at)
        _succeed(holder, at)
        assert _held(THIRD) == {"PRINCIPAL": 5_000, "BONUS": 1_000, "POINTS": 57}
        first = cashier.reverse(record_id=receipt.record_id, idempotency_key="x", reason="多刷", **at)
        again = cashier.reverse(record_id=receipt.record_id, idempotency_key="x", reason="多刷", **at)
        assert (again.record_id, again.replayed) == (first.record_id, True)
        assert _held(THIRD) == {"PRINCIPAL": 10_000, "BONUS": 2_000, "POINTS": 7}
        assert _held(holder.number) == _held(SECOND) == {}
        home = Record.objects.filter(kind__in=("MOVE_OUT", "MOVE_IN"), detail__amount=50, detail__account="POINTS")
        assert {(one.card.number, one.kind, one.detail["card"]) for one in home} == {
            (THIRD, "MOVE_OUT", holder.number),
            (holder.number, "MOVE_IN", THIRD),
        }
        with pytest.raises(DomainError) as refusal:
            cashier.reverse(record_id=receipt.record_id, idempotency_key="y", reason="多刷", **at)
        assert refusal.value.code == "already_reversed"
        quote = refund_quote(card_number=THIRD, article=Article.NOT_CONSUMERS_CAUSE)
        assert quote.loaded == Loaded(paid_fen=10_000, given_fen=2_000, used_fen=0)
    assert audit_chain(chain.schema_name) == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_points_that_were_used_on_any_card_want_a_return(
    chain: Chain, in_chain: InChain, sold: tuple[Holder, Receipt], at: At, when: str
) -> None:
    holder, receipt = sold

    def use(number: str) -> None:
        adjust_points(card_number=number, points=-1, reason="兑换", idempotency_key="one", **at)

    with in_chain():
        if when == "before":
            use(holder.number)
        _succeed(holder, at)
        if when == "after":
            use(THIRD)
        before = _held(THIRD)
    with pytest.raises(DomainError) as refusal, in_chain():
        cashier.reverse(record_id=receipt.record_id, idempotency_key="z", reason="多刷", **at)
    with in_chain():
        assert refusal.value.code == "lots_already_drawn"
        assert _held(THIRD) == before == {"PRINCIPAL": 5_000, "BONUS": 1_000, "POINTS": 49}
    assert audit_chain(chain.schema_name) == []


def test_a_package_that_went_along_unused_is_undone_with_its_points(
    chain: Chain, in_chain: InChain, sold: tuple[Holder, Receipt], at: At
) -> None:
    holder, _ = sold
    with in_chain():
        washes = packages.define_product(
            actor=at["actor"], name="精洗", unit="CNT", quantity=3, price=Money(900), validity_months=12
        )
        bought = packages.sell(
            card_number=holder.number, product_id=washes.pk, tender=Tender(stored_fen=400, cash_fen=500),
            idempotency_key="p", **at,
        )  # fmt: skip
        _succeed(holder, at)
        assert (_held(THIRD)["PACKAGE"], _held(THIRD)["POINTS"]) == (3, 58)
        packages.reverse(record_id=bought.record_id, idempotency_key="y", reason="未用", **at)
        assert _held(THIRD) == {"PRINCIPAL": 5_000, "BONUS": 1_000, "POINTS": 50}
        assert _held(holder.number) == _held(SECOND) == {}
    assert audit_chain(chain.schema_name) == []


def test_a_merged_member_with_a_replaced_card_gets_all_of_it(
    chain: Chain, in_chain: InChain, issue: Callable[..., Holder], sold: tuple[Holder, Receipt], at: At
) -> None:
    holder, _ = sold
    survivor = issue("林静", "13900005678")
    with in_chain():
        cashier.pay_in(card_number=holder.number, amount=Money(500), idempotency_key="in", **at)
        tender = Tender(stored_fen=600, prepayment_fen=500, signed_fen=700)
        mixed = cashier.pay(card_number=holder.number, total=Money(1_800), tender=tender, idempotency_key="mixed", **at)
        merge_members(source_code=holder.member.code, target_code=survivor.member.code, reason="同一人", **at)
        _succeed(holder, at)
        _return(mixed, 1_800, "back", at)
        held = Account.objects.filter(holder_id=survivor.member.pk, kind__in=("PREPAYMENT", "SIGNED_BILL"))
        assert dict(held.values_list("kind", "balance")) == {"PREPAYMENT": 500, "SIGNED_BILL": 0}
        assert _held(THIRD)["PRINCIPAL"] + _held(THIRD)["BONUS"] == 6_000
    assert audit_chain(chain.schema_name) == []


def test_a_bill_that_was_signed_with_it_is_settled_from_the_last_card(
    chain: Chain, in_chain: InChain, sold: tuple[Holder, Receipt], at: At
) -> None:
    holder, _ = sold
    with in_chain():
        signed = cashier.pay(
            card_number=holder.number, total=Money(900), tender=Tender(signed_fen=900), idempotency_key="s", **at
        )
        first = settle(bill_id=signed.record_id, tender=Tender(stored_fen=400), idempotency_key="s1", **at)
        _succeed(holder, at)
        again = settle(bill_id=signed.record_id, tender=Tender(stored_fen=400), idempotency_key="s1", **at)
        assert (again.replayed, again.card_number, again.balance_after_fen) == (True, holder.number, 5_600)
        assert again.record_id == first.record_id
        last = settle(bill_id=signed.record_id, tender=Tender(stored_fen=500), idempotency_key="s2", **at)
        assert (last.card_number, last.balance_after_fen) == (THIRD, 5_100)
        assert not SignedBill.objects.get().open
    assert audit_chain(chain.schema_name) == []


def test_a_bill_is_not_settled_from_a_card_that_was_made_over(
    chain: Chain, in_chain: InChain, sold: tuple[Holder, Receipt], at: At
) -> None:
    """Who signed still owes, in cash and from what she paid ahead; the other's money is the other's."""
    holder, _ = sold
    with in_chain():
        cashier.pay_in(card_number=holder.number, amount=Money(300), idempotency_key="in", **at)
        bill = cashier.pay(
            card_number=holder.number, total=Money(900), tender=Tender(signed_fen=900), idempotency_key="s", **at
        )
        settle(bill_id=bill.record_id, tender=Tender(stored_fen=100), idempotency_key="before", **at)
        to = create_member(name="江河", phone="13700005678", **at)
        transfer_card(number=holder.number, new_number=SECOND, to=to, shown=Shown(), **at)
        assert settle(bill_id=bill.record_id, tender=Tender(stored_fen=100), idempotency_key="before", **at).replayed
    with pytest.raises(DomainError) as refusal, in_chain():
        settle(bill_id=bill.record_id, tender=Tender(stored_fen=100), idempotency_key="after", **at)
    with in_chain():
        assert (refusal.value.code, refusal.value.params["card_number"]) == ("card_not_signers", SECOND)
        settle(bill_id=bill.record_id, tender=Tender(cash_fen=500, prepayment_fen=300), idempotency_key="own", **at)
        assert not SignedBill.objects.get().open
        # What she owed is told of on her own card; whoever has the other learns nothing of it.
        told = Record.objects.filter(kind="SETTLEMENT").values_list("card__number", flat=True)
        assert set(told) == {holder.number}
        held = _held(SECOND)
        assert held["PRINCIPAL"] + held["BONUS"] == 5_900
    assert audit_chain(chain.schema_name) == []


@pytest.mark.parametrize("how", ["return", "reverse"])
def test_nothing_is_left_on_the_old_card_however_they_meet(
    chain: Chain, in_chain: InChain, sold: tuple[Holder, Receipt], at: At, how: str
) -> None:
    holder, receipt = sold

    def back() -> None:
        if how == "return":
            _return(receipt, 6_000, "back", at)
        else:
            cashier.reverse(record_id=receipt.record_id, idempotency_key="back", reason="多刷", **at)

    ends = _at_once(chain, lambda: replace_card(number=holder.number, new_number=SECOND, **at), back)
    assert ends[0] == "done"
    assert ends[1] in {"done", "card_stale", "card_replaced", "lots_already_drawn"}
    with in_chain():
        assert _held(holder.number) == {}
        money = {kind: fen for kind, fen in _held(SECOND).items() if kind != "POINTS"}
        assert sum(money.values()) == (12_000 if ends[1] == "done" else 6_000)
    assert audit_chain(chain.schema_name) == []


@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_comes_back_to_a_card_that_ended_for_good(
    chain: Chain, in_chain: InChain, holder: Holder, at: At, replaced: bool
) -> None:
    with in_chain():
        spent = cashier.consume(card_number=holder.number, amount=Money(10_000), idempotency_key="all", **at)
        if replaced:
            _succeed(holder, at)
        last = THIRD if replaced else holder.number
        withdraw_card(number=last, **at)
    with pytest.raises(DomainError) as refused, in_chain():
        cashier.reverse(record_id=spent.record_id, idempotency_key="undo", reason="错收", **at)
    assert (refused.value.code, refused.value.params["card_number"]) == ("card_withdrawn", last)
    with in_chain():
        assert _held(last) == {}
    assert audit_chain(chain.schema_name) == []


def test_a_wrong_top_up_is_taken_back_from_the_card_that_has_the_place(
    chain: Chain, in_chain: InChain, issue: Callable[..., Holder], at: At, treasury: Actor
) -> None:
    """X-22: exactly its lots, with what a return has brought back of them; the form stops the card where they are."""
    holder = issue()
    with in_chain():
        ChainPolicy.objects.update(draw_policy="PRO_RATA")
        right = {"paid": Money(1_000), "bonus": Money(100)}
        cashier.top_up(card_number=holder.number, idempotency_key="right", **right, **at)
        wrong = cashier.top_up(
            card_number=holder.number, paid=Money(10_000), bonus=Money(2_000), idempotency_key="wrong", **at
        )
        # A tenth of all: 100 of the wrong top-up's principal and 110 of its bonus.
        bought = cashier.consume(card_number=holder.number, amount=Money(1_310), idempotency_key="bought", **at)
        _succeed(holder, at)
        _return(bought, 1_310, "back", at)
        form = documents.draft(
            actor=at["actor"], kind="FAULT", payload={"record_id": str(wrong.record_id), "what_happened": "充错"},
            store_id=at["store_id"],
        )  # fmt: skip
        documents.submit(actor=at["actor"], number=form.number)
        assert Card.objects.get(number=THIRD).status == "FROZEN"
        assert documents.approve(actor=treasury, number=form.number).payload["used_fen"] == 0
        record = Record.objects.get(kind="REVERSAL")
        assert (record.card.number, record.detail["card"]) == (THIRD, holder.number)
        assert (record.amount_fen, record.detail["paid_fen"], record.detail["bonus_fen"]) == (-12_000, -10_000, -2_000)
        assert Card.objects.get(number=THIRD).status == "ACTIVE"
        assert _held(THIRD) == {"PRINCIPAL": 1_000, "BONUS": 100}
    assert audit_chain(chain.schema_name) == []


def test_no_less_is_owed_for_a_card_that_was_replaced(
    in_chain: InChain, issue: Callable[..., Holder], at: At, held_clock: datetime
) -> None:
    """The golden case: 1,000 paid, 200 given, 300 used, which took the bonus whole."""
    holder = issue()
    with clock.frozen(held_clock - timedelta(days=30)), in_chain():
        ChainPolicy.objects.update(draw_policy="BONUS_FIRST", signed_limit_fen=50_000)
        cashier.top_up(
            card_number=holder.number, paid=Money(80_000), bonus=Money(20_000), idempotency_key="filled", **at
        )
    with in_chain():
        cashier.top_up(card_number=holder.number, paid=Money(20_000), bonus=Money(0), idempotency_key="new", **at)
        cashier.consume(card_number=holder.number, amount=Money(25_000), idempotency_key="bought", **at)
        bill = cashier.pay(
            card_number=holder.number, total=Money(5_000), tender=Tender(signed_fen=5_000), idempotency_key="bill", **at
        )
        settle(bill_id=bill.record_id, tender=Tender(stored_fen=5_000), idempotency_key="paid", **at)
        before = [refund_quote(card_number=holder.number, article=article) for article in Article]
        _succeed(holder, at)
        after = [refund_quote(card_number=THIRD, article=article) for article in Article]
    assert before == after
    assert after[0].loaded == Loaded(paid_fen=100_000, given_fen=20_000, used_fen=30_000)
    assert [quote.refund_fen for quote in after] == [75_000, 70_000]
    assert after[0].seven_days_fen == 20_000
