"""Two records of one person become one: what she paid ahead and what she owes is on the survivor's, then and later."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection

from kernel.db import in_chain as in_chain_schema
from kernel.errors import DomainError
from kernel.money import Money
from ledger.models import Account
from membership.auditing import audit_chain
from membership.cards.models import Card
from membership.cashier import services as cashier
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL
from membership.cashier.domain import Receipt
from membership.cashier.models import ChainPolicy, MemberTerms, SignedBill
from membership.cashier.returning import return_goods
from membership.cashier.settling import settle
from membership.cashier.tender import Tender
from membership.members import services as members
from membership.members.services import ErasureBlocked, export_of
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
At = dict[str, Any]


@pytest.fixture
def at(clerk: Actor, store_id: int) -> At:
    """Who acts, and where."""
    return {"actor": clerk, "store_id": store_id}


@pytest.fixture
def pair(in_chain: InChain, issue: Callable[..., Holder], at: At) -> tuple[Holder, Holder]:
    """Two records of 林静: the older has ¥50.00 paid ahead and has signed for ¥70.00, the newer neither."""
    old, new = issue(top_up_fen=10_000), issue()
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        cashier.pay_in(card_number=old.number, amount=Money(5_000), idempotency_key="ahead", **at)
        _pay(old, at, "signed", signed_fen=7_000)
    return old, new


def _pay(holder: Holder, at: At, key: str, **parts: int) -> Receipt:
    tender = Tender(**parts)
    total = Money(tender.total_fen)
    return cashier.pay(card_number=holder.number, total=total, tender=tender, idempotency_key=key, **at)


def _merge(old: Holder, new: Holder, at: At) -> None:
    members.merge_members(source_code=old.member.code, target_code=new.member.code, reason="同一人", **at)


def _held(member_id: int) -> dict[str, int]:
    accounts = Account.objects.filter(kind__in=(PREPAYMENT, SIGNED_BILL), holder_id=member_id)
    return dict(accounts.values_list("kind", "balance"))


def test_prepayment_and_debts_go_to_the_survivor(
    chain: Chain, in_chain: InChain, pair: tuple[Holder, Holder], at: At
) -> None:
    old, new = pair
    with in_chain():
        bill = SignedBill.objects.get()
        _merge(old, new, at)
        assert _held(old.member.pk) == {PREPAYMENT: 0, SIGNED_BILL: 0}
        assert _held(new.member.pk) == {PREPAYMENT: 5_000, SIGNED_BILL: -7_000}
        assert SignedBill.objects.get().member_id == new.member.pk
        entry = AuditEntry.objects.get(act=Act.MEMBER_MERGE, object_id=new.member.code)
        moved = {name: entry.detail["moved"][name] for name in ("prepayment", "signed_bills")}
        assert moved == {"prepayment": "¥50.00", "signed_bills": [bill.number]}
    # The old record's card pays with what is the survivor's now, and so is the old bill paid.
    with in_chain():
        _pay(old, at, "p", prepayment_fen=1_000)
        settle(bill_id=bill.pk, tender=Tender(prepayment_fen=4_000, cash_fen=3_000), idempotency_key="s", **at)
        assert _held(new.member.pk) == {PREPAYMENT: 0, SIGNED_BILL: 0}
    assert audit_chain(chain.schema_name) == []


def test_both_records_sum_up(chain: Chain, in_chain: InChain, pair: tuple[Holder, Holder], at: At) -> None:
    old, new = pair
    with in_chain():
        cashier.pay_in(card_number=new.number, amount=Money(300), idempotency_key="b", **at)
        _pay(new, at, "c", signed_fen=200)
        _merge(old, new, at)
        assert _held(new.member.pk) == {PREPAYMENT: 5_300, SIGNED_BILL: -7_200}
    assert audit_chain(chain.schema_name) == []


@pytest.mark.parametrize("how", ["reverse", "return"])
def test_what_comes_back_from_an_old_bill_is_the_survivors(
    chain: Chain, in_chain: InChain, pair: tuple[Holder, Holder], at: At, how: str
) -> None:
    old, new = pair
    with in_chain():
        sold = _pay(old, at, "mixed", stored_fen=1_000, prepayment_fen=2_000, signed_fen=3_000)
        _merge(old, new, at)
        assert _held(new.member.pk) == {PREPAYMENT: 3_000, SIGNED_BILL: -10_000}
        given = {"record_id": sold.record_id, "reason": "退货", "idempotency_key": "back"} | at
        for _ in range(2):
            if how == "reverse":
                cashier.reverse(**given)
            else:
                return_goods(amount=Money(6_000), **given)
        assert _held(old.member.pk) == {PREPAYMENT: 0, SIGNED_BILL: 0}
        assert _held(new.member.pk) == {PREPAYMENT: 5_000, SIGNED_BILL: -7_000}
        assert SignedBill.objects.get(pk=sold.record_id).open_fen == 0
        assert Account.objects.get(pk=old.card.stored_account_id).balance == 10_000
    assert audit_chain(chain.schema_name) == []


def test_terms_go_where_there_are_none_and_staff_stay_staff(
    in_chain: InChain, pair: tuple[Holder, Holder], at: At
) -> None:
    old, new = pair
    with in_chain():
        MemberTerms.objects.create(member=old.member, signed_limit_fen=9_900, is_staff=True)
        MemberTerms.objects.create(member=new.member, signed_limit_fen=100)
        _merge(old, new, at)
        terms = MemberTerms.objects.get()
        assert (terms.member_id, terms.signed_limit_fen, terms.is_staff) == (new.member.pk, 100, True)


def test_nobody_is_forgotten_who_has_prepayment_or_owes(in_chain: InChain, pair: tuple[Holder, Holder], at: At) -> None:
    old, _ = pair
    with in_chain():
        told = export_of(code=old.member.code, reason="本人申请", **at)
        assert told["prepayment_fen"] == 5_000
        assert [bill["open_fen"] for bill in told["signed_bills"]] == [7_000]
        with pytest.raises(ErasureBlocked) as caught:
            members.erase_member(code=old.member.code, reason="本人申请", **at)
    assert "还有预存 ¥50.00" in str(caught.value)
    assert "¥70.00 未结清" in str(caught.value)


@pytest.mark.parametrize("turn", range(6))
def test_a_pay_in_and_a_signature_during_a_merge_are_not_left_behind(
    chain: Chain, in_chain: InChain, issue: Callable[..., Holder], at: At, turn: int
) -> None:
    """Whether the record has its accounts already (odd turns) or they are opened by the very act."""
    old, new = issue(), issue()
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        if turn % 2:
            cashier.pay_in(card_number=old.number, amount=Money(1), idempotency_key="0", **at)
            _pay(old, at, "00", signed_fen=1)
    ends = _at_once(
        chain,
        lambda: _merge(old, new, at),
        lambda: cashier.pay_in(card_number=old.number, amount=Money(700), idempotency_key="1", **at),
        lambda: _pay(old, at, "2", signed_fen=900),
    )
    # Who comes too late is told so, and nothing of it is written.
    assert set(ends.values()) <= {"done", "card_stale", "member_merged"}
    assert ends[0] == "done"
    with in_chain():
        assert Card.objects.get(pk=old.card.pk).member_id == new.member.pk
        base = turn % 2
        held = _held(new.member.pk)
        assert held.get(PREPAYMENT, 0) == base + (700 if ends[1] == "done" else 0)
        assert held.get(SIGNED_BILL, 0) == -base - (900 if ends[2] == "done" else 0)
    assert audit_chain(chain.schema_name) == []


def _at_once(chain: Chain, *acts: Callable[[], object]) -> dict[int, str]:
    """Do the acts side by side, each in a transaction of its own; how each ended, by its place."""
    start = threading.Barrier(len(acts))
    ends: dict[int, str] = {}

    def run(place: int) -> None:
        start.wait(timeout=10)
        try:
            with in_chain_schema(chain.schema_name):
                acts[place]()
            ends[place] = "done"
        except DomainError as error:
            ends[place] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return ends
