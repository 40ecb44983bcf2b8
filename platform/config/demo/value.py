"""The demo's rules of bonus and points, and some days of prepayment, signed bills and packages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kernel import clock
from kernel.money import Money
from ledger.domain import DrawPolicy
from membership.cashier import policies, returning, services, settling
from membership.cashier.domain import CardRef
from membership.cashier.tender import Tender
from membership.packages import services as packages
from tenants.people.domain import SYSTEM, Actor

_PREPAID: Final = (50_000, 100_000, 200_000, 80_000, 30_000, 120_000)
_SIGNED: Final = (38_000, 126_000, 68_000, 245_000, 19_800, 88_000)
_SIGNED_LIMIT_FEN: Final = 300_000


def tell(cards: Sequence[CardRef], *, actor: Actor, store_id: int, now: datetime) -> None:
    """Make the rules, then live some days by them on these cards (at least 18, all usable)."""
    till = replace(actor, grants=SYSTEM.grants)
    with clock.frozen(now - timedelta(days=45)):
        _rules()
        washes = packages.define_product(
            actor=SYSTEM, name="精洗十次卡", unit="CNT", quantity=10, price=Money(38_000), validity_months=12
        )
        packages.define_product(
            actor=SYSTEM, name="工位使用 600 分钟", unit="MIN", quantity=600, price=Money(60_000), validity_months=6
        )
    first, second, third = cards[:6], cards[6:12], cards[12:18]
    for day, (card, fen) in enumerate(zip(first, _PREPAID, strict=False)):
        with clock.frozen(now - timedelta(days=30 - day)):
            _prepay(till, card, fen, store_id)
    for day, (card, fen) in enumerate(zip(second, _SIGNED, strict=False)):
        with clock.frozen(now - timedelta(days=38 - 5 * day)):
            bill = _pay(till, card, Tender(signed_fen=fen), store_id, "sign")
        if day < 2:
            paid = fen if day else fen // 2
            with clock.frozen(now - timedelta(days=20 - day)):
                tender = Tender(cash_fen=paid)
                settling.settle(
                    actor=till, bill_id=bill, tender=tender, store_id=store_id, idempotency_key=f"demo-settle-{day}"
                )
    for day, card in enumerate(third):
        with clock.frozen(now - timedelta(days=15 - day)):
            _package(till, card, washes.pk, day, store_id)


def _rules() -> None:
    policies.set_policy(
        actor=SYSTEM,
        draw_policy=DrawPolicy.EARLIEST_EXPIRY,
        bonus_validity_months=12,
        signed_limit_fen=_SIGNED_LIMIT_FEN,
        signed_due_days=30,
        return_fee_bp=0,
    )
    policies.add_points_rule(actor=SYSTEM, name="每消费 1 元积 1 分", fen_per_point=100)
    for name, paid, kind, value in (
        ("满 500 送 20", 50_000, "FIXED", 2_000),
        ("满 1000 送 8%", 100_000, "PERCENT", 800),
        ("满 2000 送 15%", 200_000, "PERCENT", 1_500),
    ):
        policies.add_bonus_rule(actor=SYSTEM, name=name, min_paid_fen=paid, kind=kind, value=value, day_cap_fen=50_000)


def _prepay(till: Actor, card: CardRef, fen: int, store_id: int) -> None:
    services.pay_in(
        actor=till,
        card_number=card.number,
        amount=Money(fen),
        store_id=store_id,
        idempotency_key=f"demo-in-{card.card_id}",
        note="预存保养费",
    )
    bill = _pay(till, card, Tender(prepayment_fen=fen // 4, cash_fen=2_000), store_id, "prepaid")
    if fen == _PREPAID[0]:
        returning.return_goods(
            actor=till,
            record_id=bill,
            amount=Money(3_000),
            store_id=store_id,
            idempotency_key=f"demo-return-{card.card_id}",
            reason="机油滤芯型号不符",
        )


def _package(till: Actor, card: CardRef, product_id: int, day: int, store_id: int) -> None:
    packages.sell(
        actor=till,
        card_number=card.number,
        product_id=product_id,
        tender=Tender(cash_fen=38_000),
        store_id=store_id,
        idempotency_key=f"demo-sell-{card.card_id}",
    )
    packages.use(
        actor=till,
        card_number=card.number,
        product_id=product_id,
        count=day + 1,
        store_id=store_id,
        idempotency_key=f"demo-use-{card.card_id}",
    )


def _pay(till: Actor, card: CardRef, tender: Tender, store_id: int, key: str) -> UUID:
    receipt = services.pay(
        actor=till,
        card_number=card.number,
        total=Money(tender.total_fen),
        tender=tender,
        store_id=store_id,
        idempotency_key=f"demo-{key}-{card.card_id}",
        note="保养",
    )
    return receipt.record_id
