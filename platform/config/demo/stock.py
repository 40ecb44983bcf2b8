"""Card stock in the demo: cards that a store has signed for, drawn and counted, and a request that waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kernel import clock
from kernel.calendar import add_working_days
from membership.cards.domain import NumberRange
from membership.documents import services as documents
from membership.stock import services
from membership.stock.queries import TRANSFER_KIND
from tenants.people.domain import Actor

_PREFIX: Final = "6618"
_MADE: Final = 200
_TO_STORE: Final = 60
_MISSING: Final = 2


@dataclass(frozen=True, slots=True)
class Hands:
    """Who handles cards: customer service makes, planning delivers, the store's head keeps, others approve."""

    service: Actor
    planner: Actor
    manager: Actor
    finance: Actor
    office: Actor


def release_when_made(actor: Actor) -> None:
    """In the story's year every store issued what had been made, as small chains do."""
    services.set_policy(actor=actor, release_when_made=True, announce_days=3, count_cycle="MONTHLY")


def keep_stock(hands: Hands, *, actor: Actor, store_id: int, other_id: int, now: datetime) -> None:
    """The last weeks: the chain begins to deliver ranges to its stores."""
    with clock.frozen(now - timedelta(days=24)):
        services.set_policy(actor=actor, release_when_made=False, announce_days=3, count_cycle="MONTHLY")
        cards = services.make_range(
            actor=hands.service,
            level_code="GOLD",
            numbers=NumberRange(prefix=_PREFIX, first=1, quantity=_MADE),
            codes=services.Codes("GZ", 1, 8),
        )
        numbers = NumberRange(prefix=_PREFIX, first=1, quantity=_MADE).numbers()
        sent = services.deliver(
            actor=hands.planner,
            store_id=store_id,
            first_number=cards.first,
            last_number=numbers[_TO_STORE - 1],
            planned_on=add_working_days(clock.today(), 3),
            keeper=hands.manager.name,
        )
    with clock.frozen(now - timedelta(days=23)):
        documents.complete(actor=hands.manager, number=sent.number, note="数量相符，已入柜")
    with clock.frozen(now - timedelta(days=15)):
        services.draw(actor=hands.planner, store_id=store_id, level_code="GOLD", quantity=10, drawn_by="叶知秋")
    with clock.frozen(now - timedelta(days=2)):
        listed = f"{numbers[0]} 至 {numbers[_TO_STORE - 1 - _MISSING]}"
        counted = services.file_count(
            actor=hands.manager, store_id=store_id, text=listed, explanation="柜台搬迁时遗失两张，已全店查找"
        )
        documents.submit(actor=hands.manager, number=counted.number)
        documents.approve(actor=hands.finance, number=counted.number, note="现场复盘属实")
        documents.approve(actor=hands.office, number=counted.number, note="停用缺失卡，加强保管")
    with clock.frozen(now - timedelta(days=1)):
        handed = documents.draft(
            actor=hands.manager,
            kind=TRANSFER_KIND,
            payload={
                "text": f"{numbers[40]} 至 {numbers[49]}",
                "to_store": other_id,
                "keeper": "程前",
                "reason": "科技园店开业促销，存量不足",
            },
            store_id=store_id,
        )
        documents.submit(actor=hands.manager, number=handed.number)
        services.deliver(
            actor=hands.planner,
            store_id=other_id,
            first_number=numbers[_TO_STORE],
            last_number=numbers[_TO_STORE + 39],
            planned_on=add_working_days(clock.today(), 3),
            keeper="程前",
        )
        asked = services.request_cards(
            actor=hands.service,
            store_id=store_id,
            level_code="DIAMOND",
            quantity=50,
            wanted_on=clock.today() + timedelta(days=21),
            reason="年末活动，钻石卡存量不足一个月",
        )
        documents.approve(actor=hands.manager, number=asked.number, note="属实，请批准")
