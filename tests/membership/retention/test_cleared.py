"""What a plan shows no more can still be put right: acts begin with the books where a record was cleared (X-08)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from kernel import clock
from kernel.errors import DomainError
from kernel.ids import uuid7
from kernel.money import Money
from ledger.models import Account, Posting
from membership.auditing import audit_chain
from membership.cards.models import Card
from membership.cards.services import replace_card
from membership.cashier import returning, services, settling
from membership.cashier.domain import receipt_number
from membership.cashier.errors import RecordNotFound
from membership.cashier.models import ChainPolicy, PointsRule, SignedBill
from membership.cashier.past import FROM_BOOKS, find_by_number, record_of, undone_by
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.packages import services as packages
from membership.records.models import Record
from membership.retention import clearing
from membership.tills.models import ReceiptPrint
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.conftest import NOON
from tests.membership.conftest import Holder, take_back
from tests.portal.people.conftest import at_desk

__all__ = ["at_desk"]

InChain = Callable[..., AbstractContextManager[None]]
Clear = Callable[..., clearing.Cleared]
LONG_AGO = NOON - timedelta(days=200)
PARTS = {"stored_fen": 3_000, "prepayment_fen": 1_000, "cash_fen": 500, "signed_fen": 1_500}


@pytest.fixture(autouse=True)
def _held(held_clock: datetime, private_folder: Path) -> None:
    """Noon of 2 March 2026 in China."""


@pytest.fixture
def sold(in_chain: InChain, issue: Callable[..., Holder], clerk: Actor, store_id: int) -> dict[str, UUID]:
    """Half a year ago: one of everything that acts begin with; their records' keys."""
    at: dict[str, Any] = {"actor": clerk, "store_id": store_id}
    with clock.frozen(LONG_AGO):
        holder = issue()
        card = {"card_number": holder.number, **at}
        with in_chain():
            ChainPolicy.objects.update(signed_limit_fen=50_000)
            top_up = services.top_up(paid=Money(10_000), bonus=Money(2_000), idempotency_key="filled", **card)
            wrong = services.top_up(paid=Money(5_000), bonus=Money(500), idempotency_key="wrong", **card)
            services.pay_in(amount=Money(5_000), idempotency_key="ahead", **card)
            PointsRule.objects.create(name="一元一分", fen_per_point=100)
            plain = services.consume(amount=Money(2_000), idempotency_key="plain", note="精洗", **card)
            bill = services.pay(total=Money(6_000), tender=Tender(**PARTS), idempotency_key="bill", **card)
            product = packages.define_product(
                actor=clerk, name="洗车十次", unit="CNT", quantity=10, price=Money(1_000), validity_months=24
            )
            package = {"product_id": product.pk, **card}
            sale = packages.sell(tender=Tender(stored_fen=1_000), idempotency_key="ten", **package)
            used = packages.use(count=3, idempotency_key="three", **package)
            undone = services.consume(amount=Money(700), idempotency_key="undone", **card)
            reversal = services.reverse(record_id=undone.record_id, idempotency_key="undo", reason="错", **at)
    receipts = {
        "top_up": top_up, "wrong": wrong, "plain": plain, "bill": bill, "sale": sale, "used": used, "undone": undone,
        "reversal": reversal,
    }  # fmt: skip
    return {name: receipt.record_id for name, receipt in receipts.items()}


@pytest.fixture
def after_a_bill(in_chain: InChain, sold: dict[str, UUID], clerk: Actor, store_id: int) -> dict[str, UUID]:
    """Half a year ago as well: what comes after a bill; the records' keys."""
    at: dict[str, Any] = {"actor": clerk, "store_id": store_id}
    card = {"card_number": "8800000001", **at}
    with clock.frozen(LONG_AGO), in_chain():
        bill = services.pay(
            total=Money(5_000), tender=Tender(stored_fen=2_000, signed_fen=3_000), idempotency_key="signed", **card
        )
        settled = settling.settle(
            bill_id=bill.record_id,
            tender=Tender(stored_fen=500, prepayment_fen=600, cash_fen=400),
            idempotency_key="settled",
            **at,
        )
        returned = returning.return_goods(
            record_id=bill.record_id, amount=Money(1_000), reason="不合适", idempotency_key="returned", **at
        )
        ahead = services.pay_in(amount=Money(900), idempotency_key="ahead too", **card)
        back = services.pay_out(amount=Money(300), reason="多存", idempotency_key="out", **card)
        take_back(sold["wrong"], clerk, store_id)
        taken = Record.objects.get(kind="REVERSAL", detail__reverses=str(sold["wrong"])).pk
    receipts = {"settled": settled, "returned": returned, "ahead": ahead, "back": back}
    return {name: receipt.record_id for name, receipt in receipts.items()} | {"taken": taken}


@pytest.fixture
def cleared(sold: dict[str, UUID], clear: Clear, in_chain: InChain) -> dict[str, UUID]:
    clear()
    with in_chain():
        assert not Record.objects.exists()
    return sold


@pytest.fixture
def undo(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[..., Any]:
    def act(record_id: UUID, *, of: Any = services, key: str = "again") -> Any:
        with in_chain():
            return of.reverse(actor=clerk, record_id=record_id, store_id=store_id, idempotency_key=key, reason="错账")

    return act


def _code(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def _on_card() -> tuple[int, int]:
    """What the card holds, in fen, and its points."""
    card = Card.objects.select_related("stored_account", "points_account").get(number="8800000001")
    assert card.stored_account is not None
    assert card.points_account is not None
    return card.stored_account.balance, card.points_account.balance


def test_the_books_tell_what_the_record_told(
    sold: dict[str, UUID], after_a_bill: dict[str, UUID], clear: Clear, in_chain: InChain
) -> None:
    keys = sold | after_a_bill
    with in_chain():
        before = {name: record_of(key) for name, key in keys.items()}
        undone = {name: getattr(undone_by(record), "pk", None) for name, record in before.items()}
    clear()
    with in_chain():
        after = {name: record_of(key) for name, key in keys.items()}
        assert {name: getattr(undone_by(record), "pk", None) for name, record in after.items()} == undone
    assert (undone["undone"], undone["wrong"]) == (sold["reversal"], after_a_bill["taken"])
    fields = ("pk", "card", "kind", "amount_fen", "balance_after_fen", "store", "actor", "actor_name", "posting_id")
    for name, record in after.items():
        was = before[name]
        assert [getattr(record, field) for field in (*fields, "occurred_at")] == [
            getattr(was, field) for field in (*fields, "occurred_at")
        ], name
        words = {"note", "left", "bonus_expires_at", "open_after_fen", "shortfall_fen"}
        assert record.detail.pop(FROM_BOOKS)
        assert record.detail == {key: value for key, value in was.detail.items() if key not in words}, name


def test_a_consumption_is_reversed_once(
    cleared: dict[str, UUID], undo: Callable[..., Any], in_chain: InChain, chain: Chain
) -> None:
    with in_chain():
        before = _on_card()
    receipt = undo(cleared["plain"])
    assert (receipt.amount_fen, receipt.card_number) == (2_000, "8800000001")
    with in_chain():
        assert _on_card()[0] == before[0] + 2_000
        assert Record.objects.get().detail["reverses"] == str(cleared["plain"])
    assert undo(cleared["plain"]).replayed
    assert _code(lambda: undo(cleared["plain"], key="twice")) == "already_reversed"
    assert _code(lambda: undo(cleared["undone"], key="thrice")) == "already_reversed"
    assert _code(lambda: undo(cleared["reversal"], key="back")) == "not_reversible"
    assert _code(lambda: undo(cleared["top_up"], key="not so")) == "fault_form_needed"
    assert _code(lambda: undo(cleared["sale"], key="nor so")) == "not_reversible"
    assert audit_chain(chain.schema_name) == []


def test_a_bill_paid_by_parts_is_reversed_part_by_part(
    cleared: dict[str, UUID], undo: Callable[..., Any], in_chain: InChain, chain: Chain
) -> None:
    receipt = undo(cleared["bill"])
    with in_chain():
        assert Record.objects.get(pk=receipt.record_id).detail["parts"] == {
            "stored": -3_000, "prepayment": -1_000, "cash": -500, "signed": -1_500,
        }  # fmt: skip
        assert SignedBill.objects.get().open_fen == 0
        assert Account.objects.get(kind="PREPAYMENT").balance == 5_000
    assert audit_chain(chain.schema_name) == []


def test_goods_come_back_and_then_nothing_is_reversed(
    cleared: dict[str, UUID], undo: Callable[..., Any], in_chain: InChain, chain: Chain, clerk: Actor, store_id: int
) -> None:
    at: dict[str, Any] = {"actor": clerk, "store_id": store_id, "record_id": cleared["bill"], "reason": "不合适"}
    with in_chain():
        receipt = returning.return_goods(amount=Money(3_000), idempotency_key="half", **at)
        assert receipt.amount_fen == 1_500
    assert _code(lambda: undo(cleared["bill"])) == "not_reversible"
    with in_chain():
        returning.return_goods(amount=Money(3_000), idempotency_key="rest", **at)
    with in_chain():
        assert _code(lambda: returning.return_goods(amount=Money(1), idempotency_key="more", **at)) == "return_too_much"
    for name in ("top_up", "sale", "reversal", "undone"):
        with in_chain():
            act = {**at, "record_id": cleared[name], "amount": Money(1), "idempotency_key": name}
            assert _code(lambda act=act: returning.return_goods(**act)) == "not_returnable"  # type: ignore[misc]
    assert audit_chain(chain.schema_name) == []


def test_a_wrong_top_up_is_taken_back_once(
    cleared: dict[str, UUID], in_chain: InChain, chain: Chain, clerk: Actor, store_id: int
) -> None:
    with in_chain():
        before = _on_card()[0]
        take_back(cleared["wrong"], clerk, store_id)
        taken = before - _on_card()[0]
        assert 0 < taken <= 5_500
        assert Card.objects.get(number="8800000001").status == "ACTIVE"
    with in_chain():
        assert _code(lambda: take_back(cleared["wrong"], clerk, store_id)) == "nothing_to_take_back"
    with in_chain():
        assert _code(lambda: take_back(cleared["plain"], clerk, store_id)) == "not_reversible"
    assert audit_chain(chain.schema_name) == []


def test_a_card_that_a_form_froze_is_freed_however_long_the_form_lay(
    sold: dict[str, UUID], clear: Clear, in_chain: InChain, clerk: Actor, treasury: Actor, store_id: int
) -> None:
    with clock.frozen(LONG_AGO), in_chain():
        payload = {"record_id": str(sold["wrong"]), "what_happened": "误充"}
        form = documents.draft(actor=clerk, kind="FAULT", payload=payload, store_id=store_id)
        documents.submit(actor=clerk, number=form.number)
        assert Card.objects.get(number="8800000001").status == "FROZEN"
    clear()
    with in_chain():
        documents.approve(actor=treasury, number=form.number)
        assert Card.objects.get(number="8800000001").status == "ACTIVE"


def test_a_package_and_its_use_are_undone(
    cleared: dict[str, UUID], undo: Callable[..., Any], in_chain: InChain, chain: Chain
) -> None:
    assert _code(lambda: undo(cleared["sale"], of=packages)) == "lots_already_drawn"
    undone = undo(cleared["used"], of=packages, key="use")
    with in_chain():
        detail = Record.objects.get(pk=undone.record_id).detail
        assert (detail["package"], detail["unit"]) == ("洗车十次", "CNT")
    assert undo(cleared["sale"], of=packages, key="sale").amount_fen == 1_000
    assert _code(lambda: undo(cleared["used"], of=packages, key="twice")) == "already_reversed"
    assert _code(lambda: undo(cleared["plain"], of=packages, key="no")) == "package_not_reversible"
    assert audit_chain(chain.schema_name) == []


def test_what_was_never_posted_does_not_exist(cleared: dict[str, UUID], undo: Callable[..., Any]) -> None:
    assert _code(lambda: undo(uuid7())) == RecordNotFound.code


def test_the_number_on_the_paper_leads_to_it(cleared: dict[str, UUID], in_chain: InChain) -> None:
    with in_chain():
        for key in cleared.values():
            number = receipt_number(key, Posting.objects.get(pk=key).occurred_at)
            assert find_by_number(number) == find_by_number(number.lower()) == key
        day = f"{LONG_AGO:%Y%m%d}"
        assert [find_by_number(text) for text in (f"{day}-00000-00000", "20259999-00000-00000", "8800000001", "")] == [
            None
        ] * 4


def test_the_desk_finds_shows_prints_and_reverses_it(
    cleared: dict[str, UUID], at_desk: Callable[..., Client], in_chain: InChain
) -> None:
    browser, key = at_desk("STORE_MANAGER", "TREASURY"), cleared["plain"]
    path = f"/desk/receipts/{key}/"
    with in_chain():
        number = receipt_number(key, LONG_AGO)
    assert browser.get(f"/desk/find/?q={number}")["Location"] == path
    page = browser.get(path).content.decode()
    told = ("这笔记录已归档", "¥20.00", "周晓梅", number, f"{path}reverse/", f"{path}return/")
    assert [text for text in told if text not in page] == []
    assert "副本 COPY" not in browser.post(f"{path}print/").content.decode()
    assert "副本 COPY 1" in browser.post(f"{path}print/").content.decode()
    with in_chain():
        assert ReceiptPrint.objects.filter(record_id=key).count() == 2
    done = browser.post(f"{path}reverse/", {"reason": "错账"}, follow=True)
    assert "已冲正，卡内储值、套餐和积分已恢复。" in done.content.decode()
    assert "已冲正" in browser.get(path).content.decode()
    assert f"{path}reverse/" not in browser.get(path).content.decode()


def test_what_came_back_to_a_card_that_was_replaced_is_told_of_where_it_is(
    in_chain: InChain, issue: Callable[..., Holder], idle_cards: list[str], clerk: Actor, store_id: int, clear: Clear
) -> None:
    at: dict[str, Any] = {"actor": clerk, "store_id": store_id}
    with clock.frozen(LONG_AGO):
        holder = issue(top_up_fen=10_000)
        with in_chain():
            spent = services.consume(card_number=holder.number, amount=Money(600), idempotency_key="spent", **at)
            replace_card(number=holder.number, new_number=idle_cards[4], **at)
            back = returning.return_goods(
                record_id=spent.record_id, amount=Money(600), reason="退", idempotency_key="back", **at
            )
            fee = Record.objects.filter(kind="FEE").values_list("posting_id", flat=True).first()
            before = record_of(back.record_id)
    clear()
    with in_chain():
        after = record_of(back.record_id)
        assert after.card.number == before.card.number == idle_cards[4]
        assert (after.amount_fen, after.balance_after_fen) == (before.amount_fen, before.balance_after_fen)
        assert record_of(spent.record_id).card.number == holder.number
        assert fee is None or record_of(fee).kind == "FEE"
