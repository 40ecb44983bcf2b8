"""Counts and minutes: sold by any payment, used one by one, ended by themselves, undone exactly (R-P24, X-29)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.domain import Line, PostingRequest, TakeLot, request_hash
from ledger.models import Entry, Lot
from ledger.services import post
from membership.auditing import audit_chain
from membership.cards.services import replace_card
from membership.cashier.domain import Receipt
from membership.cashier.tender import Tender
from membership.expiry.services import daily
from membership.packages import services
from membership.packages.domain import Left, worth_fen
from membership.packages.models import PackageDraw, PackageProduct, PackageSale
from membership.packages.queries import holdings_of
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.cleaning import superuser
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
    left = Left(sum(uses), price)
    for count in uses:
        fen = worth_fen(left, count)
        assert fen >= 0
        left = Left(left.count - count, left.fen - fen)
    assert left == Left(0, 0)


def test_a_package_that_has_ended_is_not_used(
    in_chain: InChain, holder: Holder, act: Callable[..., Receipt], held_clock: datetime
) -> None:
    act("sell", "s", tender=Tender(cash_fen=10_000))
    with clock.frozen(datetime(2027, 3, 1, 16, 1, tzinfo=UTC)):
        assert _left(in_chain, holder) == 0


def test_what_is_owed_for_a_package_ends_with_it(
    chain: Chain, in_chain: InChain, holder: Holder, act: Callable[..., Receipt], clerk: Actor, store_id: int,
    idle_cards: list[str], held_clock: datetime,
) -> None:  # fmt: skip
    """By use, by reversal, by its end on the card that has the place of the one it was sold on: to the fen."""
    at: dict[str, Any] = {"actor": clerk, "store_id": store_id}
    act("sell", "s", tender=Tender(cash_fen=10_000))
    first, second = act("use", "u1", count=1), act("use", "u2", count=1)
    with in_chain():
        # Undone out of order, and on a card that has been replaced: the uses were worth 3,333 each.
        services.reverse(record_id=first.record_id, idempotency_key="r1", reason="错单", **at)
        replace_card(number=holder.number, new_number=idle_cards[-1], **at)
        services.reverse(record_id=second.record_id, idempotency_key="r2", reason="错单", **at)
        product_id = PackageSale.objects.get().product_id
        use = {"card_number": idle_cards[-1], "product_id": product_id, **at}
        assert _revenue(in_chain, services.use(count=2, idempotency_key="u3", **use)) == 6_666
        assert _owed() == 3_334
    for moment in (datetime(2027, 3, 1, 16, 1, tzinfo=UTC), datetime(2027, 3, 2, 16, 1, tzinfo=UTC)):
        with clock.frozen(moment):
            daily.run(chain.schema_name)
    with in_chain():
        assert (_owed(), _owed("BREAKAGE"), _owed(unit="CNT"), _owed("BREAKAGE", "CNT")) == (0, 3_334, 0, 0)
    assert audit_chain(chain.schema_name) == []


def _owed(contra: str = "DEFERRED", unit: str = "CNY") -> int:
    entries = Entry.objects.filter(contra=contra, unit=unit)
    return entries.aggregate(total=Sum("amount", default=0))["total"]  # type: ignore[no-any-return]


def test_what_was_in_the_books_before_is_written_down_and_put_right(
    chain: Chain, in_chain: InChain, holder: Holder, act: Callable[..., Receipt], clerk: Actor, store_id: int,
    idle_cards: list[str], held_clock: datetime,
) -> None:  # fmt: skip
    """The migration finds for each sale what postings took of it, wherever its lots have gone; what had ended is not
    owed any more.
    """
    at: dict[str, Any] = {"actor": clerk, "store_id": store_id}
    for key in ("s1", "s2"):
        act("sell", key, tender=Tender(cash_fen=10_000))
    used = act("use", "u1", count=4)
    with in_chain():
        replace_card(number=holder.number, new_number=idle_cards[-1], **at)
        services.reverse(record_id=used.record_id, idempotency_key="r1", reason="错单", **at)
        use = {"card_number": idle_cards[-1], "product_id": PackageSale.objects.first().product_id, **at}  # type: ignore[union-attr]
        services.use(count=4, idempotency_key="u2", **use)
        draws = PackageDraw.objects.order_by("posting_id", "sale_id")
        before = list(draws.values_list("posting_id", "sale_id", "count", "amount_fen"))
        # As it used to be: counts went to breakage, and the money stayed.
        lots = list(Lot.objects.filter(live=True, kind="PACKAGE"))
        account = lots[0].account
        post(
            PostingRequest("EXPIRY", "old", request_hash("old"), "system", clock.now(), (
                Line(account.pk, None, "CNT", -2, takes=tuple(TakeLot(lot.pk, lot.remaining) for lot in lots)),
                Line(None, "BREAKAGE", "CNT", 2),
            ))
        )  # fmt: skip
    fill = import_module("membership.packages.migrations.0002_draws").FILL
    with superuser() as conn:
        conn.execute(f"SET search_path = {chain.schema_name}, ext")
        conn.execute("ALTER TABLE packages_packagedraw DISABLE TRIGGER ALL")
        conn.execute("DELETE FROM packages_packagedraw")
        conn.execute(fill)
        conn.execute("ALTER TABLE packages_packagedraw ENABLE TRIGGER ALL")
    with in_chain():
        after = list(draws.values_list("posting_id", "sale_id", "count", "amount_fen"))
        assert [row for row in after if row[0] in {row[0] for row in before}] == before
        assert _owed() == 0
    assert audit_chain(chain.schema_name) == []


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
