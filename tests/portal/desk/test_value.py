"""Prepayment, signed bills, returns, wrong top-ups, packages, points and the rules, as people at the desk do them."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.http import HttpResponse
from django.test import Client

from kernel.money import Money
from ledger.models import Account
from membership.cards.models import Card
from membership.cashier import services
from membership.cashier.models import BonusRule, ChainPolicy, MemberTerms, PointsRule, SignedBill
from membership.cashier.tender import Tender
from membership.documents.models import Document
from membership.packages.models import PackageProduct
from membership.records.models import Record
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
PAGES = [
    "/desk/value/rules/",
    "/desk/value/prepayment/",
    "/desk/value/signed/",
    "/desk/value/points/",
    "/desk/value/packages/",
    "/desk/value/packages/products/",
]


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_for_who_may_and_not_for_others(
    owner_at_desk: Client, at_desk: Callable[..., Client], page: str
) -> None:
    assert owner_at_desk.get(page).status_code == 200
    assert at_desk().get(page).status_code == 403


@pytest.fixture
def sold(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> str:
    """A bill of ¥50.00: 30 from the card, 20 signed for. Its record's key."""
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        receipt = services.pay(
            actor=clerk,
            card_number=holder.number,
            total=Money(5_000),
            tender=Tender(stored_fen=3_000, signed_fen=2_000),
            store_id=store_id,
            idempotency_key="bill",
        )
    return str(receipt.record_id)


def test_rules_are_made_and_previewed(in_chain: InChain, owner_at_desk: Client, holder: Holder) -> None:
    page = "/desk/value/rules/"
    policy = {
        "form": "policy",
        "policy-draw_policy": "BONUS_FIRST",
        "policy-bonus_validity_months": "6",
        "policy-signed_limit": "800",
        "policy-signed_due_days": "15",
        "policy-return_fee_percent": "0",
    }
    assert owner_at_desk.post(page, policy).status_code == 302
    bonus = {
        "form": "bonus",
        "bonus-name": "满500送10%",
        "bonus-min_paid": "500",
        "bonus-kind": "PERCENT",
        "bonus-value": "10",
    }
    assert owner_at_desk.post(page, bonus).status_code == 302
    points = {"form": "points", "points-name": "一元一分", "points-per_point": "1"}
    assert owner_at_desk.post(page, points).status_code == 302
    with in_chain():
        chosen = ChainPolicy.objects.get()
        assert (chosen.draw_policy, chosen.bonus_validity_months, chosen.signed_limit_fen) == ("BONUS_FIRST", 6, 80_000)
        rule = BonusRule.objects.get()
        assert (rule.min_paid_fen, rule.kind, rule.value) == (50_000, "PERCENT", 1_000)
        assert PointsRule.objects.get().fen_per_point == 100
    assert "满500送10%" in owner_at_desk.get(page).content.decode()
    shown = owner_at_desk.get(f"{page}preview/?number={holder.number}&amount=30").content.decode()
    assert shown.count("30.00") >= 3
    assert "得 30 积分" in shown
    assert owner_at_desk.post(f"{page}bonus/{rule.pk}/", {"enabled": "0"}).status_code == 302
    with in_chain():
        assert not BonusRule.objects.get().enabled


def test_a_rule_that_gives_nothing_is_refused_on_the_page(in_chain: InChain, owner_at_desk: Client) -> None:
    bonus = {"form": "bonus", "bonus-name": "x", "bonus-min_paid": "500", "bonus-kind": "FIXED", "bonus-value": "0"}
    page = owner_at_desk.post("/desk/value/rules/", bonus)
    assert page.status_code == 422
    assert "规则无效" in page.content.decode()
    with in_chain():
        assert not BonusRule.objects.exists()


def test_prepayment_is_taken_and_given_back(
    in_chain: InChain, owner_at_desk: Client, holder: Holder, hidden: Callable[[HttpResponse, str], str]
) -> None:
    address = f"/desk/value/prepayment/?number={holder.number}"
    page = owner_at_desk.get(address)
    pay_in = {
        "form": "in",
        "number": holder.number,
        "in-amount": "200",
        "in-idempotency_key": hidden(page, "in-idempotency_key"),
    }
    assert owner_at_desk.post(address, pay_in).status_code == 302
    pay_out = {
        "form": "out",
        "number": holder.number,
        "out-amount": "50",
        "out-reason": "退",
        "out-idempotency_key": "o",
    }
    assert owner_at_desk.post(address, pay_out).status_code == 302
    assert owner_at_desk.post(address, pay_out | {"out-amount": "151", "out-idempotency_key": "p"}).status_code == 409
    with in_chain():
        assert Account.objects.get(kind="PREPAYMENT").balance == 15_000


def test_a_signed_bill_is_found_and_settled(in_chain: InChain, owner_at_desk: Client, sold: str) -> None:
    listed = owner_at_desk.get("/desk/value/signed/").content.decode()
    assert sold in listed
    page = f"/desk/value/signed/{sold}/"
    over = {"cash": "20.01", "prepayment": "", "stored": "", "idempotency_key": "s1"}
    assert owner_at_desk.post(page, over).status_code == 409
    half = {"cash": "5", "prepayment": "", "stored": "5", "idempotency_key": "s2"}
    assert owner_at_desk.post(page, half).status_code == 302
    with in_chain():
        assert SignedBill.objects.get().open_fen == 1_000
    assert owner_at_desk.get(page).status_code == 200
    assert owner_at_desk.get("/desk/value/signed/?state=overdue").status_code == 200


def test_goods_come_back_from_the_receipt(in_chain: InChain, owner_at_desk: Client, sold: str) -> None:
    assert f"/desk/receipts/{sold}/return/" in owner_at_desk.get(f"/desk/receipts/{sold}/").content.decode()
    page = f"/desk/receipts/{sold}/return/"
    assert "退货" in owner_at_desk.get(page).content.decode()
    form = {"amount": "50.01", "reason": "不合适", "idempotency_key": "b"}
    assert owner_at_desk.post(page, form).status_code == 409
    assert owner_at_desk.post(page, form | {"amount": "50"}).status_code == 302
    with in_chain():
        record = Record.objects.get(kind="RETURN")
        assert record.detail["parts"] == {"stored": 3_000, "signed": 2_000}


def test_a_wrong_top_up_is_reported_and_its_card_frozen(
    in_chain: InChain, owner_at_desk: Client, holder: Holder
) -> None:
    with in_chain():
        top_up = Record.objects.get(kind="TOP_UP")
    page, undo = f"/desk/receipts/{top_up.pk}/fault/", f"/desk/receipts/{top_up.pk}/reverse/"
    assert undo not in owner_at_desk.get(f"/desk/receipts/{top_up.pk}/").content.decode()
    assert owner_at_desk.get(undo)["Location"] == page
    assert owner_at_desk.post(undo, {"reason": "误充"}).status_code == 409
    assert "应退现金" in owner_at_desk.get(page).content.decode()
    assert owner_at_desk.post(page, {"what_happened": "多打一个零", "idempotency_key": "f"}).status_code == 302
    with in_chain():
        assert Document.objects.get(kind="FAULT").state == "SUBMITTED"
        assert Card.objects.get(pk=holder.card.pk).status == "FROZEN"


def test_a_package_is_put_on_sale_sold_and_used(in_chain: InChain, owner_at_desk: Client, holder: Holder) -> None:
    product = {"name": "精洗十次", "unit": "CNT", "quantity": "10", "price": "50", "validity_months": "12"}
    assert owner_at_desk.post("/desk/value/packages/products/", product).status_code == 302
    with in_chain():
        made = PackageProduct.objects.get()
    address = f"/desk/value/packages/?number={holder.number}"
    sale = {
        "form": "sell",
        "number": holder.number,
        "sell-product": made.pk,
        "sell-stored": "50",
        "sell-idempotency_key": "s",
    }
    assert owner_at_desk.post(address, sale).status_code == 302
    use = {"form": "use", "number": holder.number, "use-product": made.pk, "use-count": "3", "use-idempotency_key": "u"}
    assert owner_at_desk.post(address, use).status_code == 302
    assert "剩 7 次" in owner_at_desk.get(address).content.decode()
    assert owner_at_desk.post(address, use | {"use-count": "8", "use-idempotency_key": "v"}).status_code == 409
    with in_chain():
        bought, used = Record.objects.filter(kind="PACKAGE").order_by("pk").values_list("pk", flat=True)
    # What was used is not taken back with the package; the use is undone first, then the sale.
    for record_id, status in ((bought, 409), (used, 302), (bought, 302)):
        path = f"/desk/receipts/{record_id}/reverse/"
        page = owner_at_desk.get(f"/desk/receipts/{record_id}/").content.decode()
        assert (path in page, "请先冲正各次使用" in page) == (status == 302, status == 409)
        assert owner_at_desk.post(path, {"reason": "误操作"}).status_code == status
    assert "/reverse/" not in owner_at_desk.get(f"/desk/receipts/{used}/").content.decode()
    assert "这张卡没有可用的套餐" in owner_at_desk.get(address).content.decode()
    with in_chain():
        assert Account.objects.get(pk=holder.card.stored_account_id).balance == 10_000


def test_a_member_has_terms_of_her_own(
    in_chain: InChain, owner_at_desk: Client, at_desk: Callable[..., Client], holder: Holder
) -> None:
    """R-I03, R-A03."""
    code = holder.member.code
    path = f"/desk/members/{code}/terms/"
    assert path in owner_at_desk.get(f"/desk/members/{code}/").content.decode()
    assert "0 为不允许签单" in owner_at_desk.get(path).content.decode()
    assert owner_at_desk.post(path, {"signed_limit": "-1"}).status_code == 422
    assert owner_at_desk.post(path, {"signed_limit": "800", "is_staff": "on"}).status_code == 302
    with in_chain():
        terms = MemberTerms.objects.get()
        assert (terms.member_id, terms.signed_limit_fen, terms.is_staff) == (holder.member.pk, 80_000, True)
        assert AuditEntry.objects.get(act="value.policy").object_id == code
    assert 'value="800.00"' in owner_at_desk.get(path).content.decode()
    for typed, limit in (("", None), ("0", 0)):
        assert owner_at_desk.post(path, {"signed_limit": typed}).status_code == 302
        with in_chain():
            assert (MemberTerms.objects.get().signed_limit_fen, MemberTerms.objects.get().is_staff) == (limit, False)
    cashier = at_desk("CASHIER")
    assert cashier.get(path).status_code == 403
    assert path not in cashier.get(f"/desk/members/{code}/").content.decode()


def test_points_are_given_with_a_reason(in_chain: InChain, owner_at_desk: Client, holder: Holder) -> None:
    form = {"number": holder.number, "points": "-1", "reason": "补", "idempotency_key": "p"}
    assert owner_at_desk.post("/desk/value/points/", form).status_code == 409
    assert owner_at_desk.post("/desk/value/points/", form | {"points": "25"}).status_code == 302
    with in_chain():
        assert Account.objects.get(kind="POINTS", holder_id=holder.card.pk).balance == 25
