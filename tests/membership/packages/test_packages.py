"""Counts and minutes: sold by any payment, used one by one, ended by themselves, undone exactly (R-P24, X-29)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.models import Entry
from membership.cashier.domain import Receipt
from membership.cashier.tender import Tender
from membership.packages import services
from membership.packages.domain import SoldLot, worth_fen
from membership.packages.models import PackageProduct
from membership.packages.queries import holdings_of
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def washes(in_chain: InChain, clerk: Actor) -> PackageProduct:
    """Three washes for ¥100.00."""
    with in_chain():
        return services.define_product(
            actor=clerk, name="精洗三次卡", unit="CNT", quantity=3, price=Money(10_000), validity_months=12
        )


@pytest.fixture
def act(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder, washes: PackageProduct
) -> Callable[..., Receipt]:
    def do(what: str, key: str, **more: object) -> Receipt:
        with in_chain():
            return getattr(services, what)(  # type: ignore[no-any-return]
                actor=clerk,
                card_number=holder.number,
                product_id=washes.pk,
                store_id=store_id,
                idempotency_key=key,
                **more,
            )

    return do


def _left(in_chain: InChain, holder: Holder) -> int:
    with in_chain():
        return sum(holding.left for holding in holdings_of(holder.card.pk, now=clock.now()))


def _revenue(in_chain: InChain, receipt: Receipt) -> int:
    with in_chain():
        entries = Entry.objects.filter(posting_id=receipt.record_id, contra="REVENUE")
        return sum(entries.values_list("amount", flat=True))


def test_what_is_sold_is_owed_and_becomes_revenue_use_by_use(
    chain: Chain, in_chain: InChain, holder: Holder, act: Callable[..., Receipt]
) -> None:
    sold = act("sell", "s", tender=Tender(stored_fen=4_000, cash_fen=6_000))
    assert (sold.amount_fen, sold.balance_after_fen, sold.parts) == (-4_000, 6_000, {"stored": 4_000, "cash": 6_000})
    assert _revenue(in_chain, sold) == 0
    assert act("sell", "s", tender=Tender(stored_fen=4_000, cash_fen=6_000)).replayed
    uses = [act("use", f"u{place}", count=1) for place in range(3)]
    assert [_revenue(in_chain, receipt) for receipt in uses] == [3_333, 3_333, 3_334]
    assert _left(in_chain, holder) == 0
    assert act("use", "u0", count=1).replayed
    with pytest.raises(DomainError) as refusal:
        act("use", "u9", count=1)
    assert str(refusal.value) == "套餐“精洗三次卡”剩余 0，需要 1。未扣减。"
    assert list(audit_schema(chain.schema_name)) == []


@given(price=st.integers(1, 10**8), uses=st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_all_uses_come_to_the_price(price: int, uses: list[int]) -> None:
    used, total = 0, 0
    for count in uses:
        total += worth_fen([(SoldLot(UUID(int=1), price, sum(uses), used), count)])
        used += count
    assert total == price


def test_a_package_that_has_ended_is_not_used(
    in_chain: InChain, holder: Holder, act: Callable[..., Receipt], held_clock: datetime
) -> None:
    act("sell", "s", tender=Tender(cash_fen=10_000))
    with clock.frozen(datetime(2027, 3, 1, 16, 1, tzinfo=UTC)):
        assert _left(in_chain, holder) == 0


def test_sales_and_uses_are_undone_exactly(
    chain: Chain, in_chain: InChain, holder: Holder, act: Callable[..., Receipt], clerk: Actor, store_id: int
) -> None:
    def undo(receipt: Receipt, key: str) -> Receipt:
        with in_chain():
            return services.reverse(
                actor=clerk, record_id=receipt.record_id, store_id=store_id, idempotency_key=key, reason="错单"
            )

    sold = act("sell", "s", tender=Tender(stored_fen=10_000))
    used = act("use", "u", count=2)
    with pytest.raises(DomainError) as refusal:
        undo(sold, "r1")
    assert refusal.value.code == "lots_already_drawn"
    undo(used, "r2")
    assert _left(in_chain, holder) == 3
    assert undo(sold, "r3").balance_after_fen == 10_000
    assert _left(in_chain, holder) == 0
    assert list(audit_schema(chain.schema_name)) == []
