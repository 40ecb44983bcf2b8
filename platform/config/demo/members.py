"""What members have written and asked for, and the look of their portal, so that these pages live too."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billing.pricebook.modules import MODULES_BY_CODE
from kernel import clock
from membership.branding import services as branding
from membership.cards.models import Card
from membership.cashier.domain import CardRef
from membership.requests import services as requests
from membership.requests.domain import RequestKind
from membership.talks import services as talks
from tenants.people.domain import Actor

_COLOUR: Final = "#1d4f7a"
_CARD_COLOUR: Final = "#16324f"


@dataclass(frozen=True, slots=True)
class _Subscribed:
    """What the demo's chain has subscribed to, as far as its look asks."""

    plan: str = "C"
    modules: Collection[int] = (MODULES_BY_CODE[branding.MODULE].number,)
    created_at: datetime | None = None


def speak_up(
    *, owner: Actor, clerk: Actor, herself: str, cards: Sequence[CardRef], store_id: int, now: datetime
) -> None:
    """The last days. ``herself``: the number that visitors log in with; ``cards``: four others, or none."""
    found = Card.objects.select_related("member")
    hers, others = found.get(number=herself), [found.get(pk=ref.card_id) for ref in cards]
    with clock.frozen(now - timedelta(days=20)):
        branding.choose(actor=owner, chain=_Subscribed(), colour=_COLOUR, card_colour=_CARD_COLOUR)
    _talk(hers, clerk, store_id, now=now)
    if others:
        _wait(others[0], now=now)
        _ask(others[1:], owner, store_id, now=now)


def _talk(card: Card, clerk: Actor, store_id: int, *, now: datetime) -> None:
    """An answer that she has not read yet."""
    if card.member is None:
        return
    with clock.frozen(now - timedelta(days=2, hours=5)):
        talks.write(member=card.member, text="您好，周末做精洗需要预约吗？大概要多久？")
    with clock.frozen(now - timedelta(days=2, hours=3)):
        text = "您好，周末建议提前一天预约，精洗约 90 分钟。需要的话回复时间，我们帮您留工位。"
        talks.answer(actor=clerk, member=card.member, text=text, store_id=store_id)


def _wait(card: Card, *, now: datetime) -> None:
    """Somebody whom nobody has answered."""
    if card.member is not None:
        with clock.frozen(now - timedelta(hours=4)):
            talks.write(member=card.member, text="昨天那笔消费好像多扣了一次，麻烦帮我查一下，谢谢。")


def _ask(cards: Sequence[Card], owner: Actor, store_id: int, *, now: datetime) -> None:
    """One request that waits, one of each kind, and one that was refused."""
    told = (
        (
            RequestKind.TRANSFER,
            {"to_name": "苏小妹", "to_phone": "19900007001", "said": "要换城市，卡转给同事。"},
        ),
        (RequestKind.REFUND, {"said": "搬家了，附近没有门店，想退卡。"}),
        (RequestKind.REFUND, {"said": "想把赠送的部分也退成现金。"}),
    )
    made = []
    for place, (card, (kind, wanted)) in enumerate(zip(cards, told, strict=True)):
        if card.member is not None:
            with clock.frozen(now - timedelta(days=3 - place, hours=2)):
                made.append(requests.ask(member=card.member, number=card.number, kind=kind, **wanted))
    with clock.frozen(now - timedelta(hours=20)):
        answer = "赠送金额不能退现金，仍可消费；本金随时可退，请带证件到店。"
        requests.refuse(actor=owner, key=made[-1].pk, answer=answer, store_id=store_id)
