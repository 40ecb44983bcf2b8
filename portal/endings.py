"""What a person at the till and the member herself are told of value that ends soon (R-G02)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kernel import clock
from kernel.clock import CHINA
from kernel.money import Money
from ledger.domain import Unit
from membership.cards.domain import CardStatus
from membership.cards.models import Card
from membership.expiry.queries import Ending, endings_of, notices_of

_WITHIN: Final = timedelta(days=45)


def ending_soon(cards: Sequence[Card]) -> dict[int, list[str]]:
    """Sentences about each card on which something ends soon, by its key. Two queries for any number of cards."""
    told: dict[int, list[str]] = {
        card_id: [_sentence(ending) for ending in endings]
        for card_id, endings in endings_of(cards, moment=clock.now(), within=_WITHIN).items()
    }
    for card_id, notice in notices_of([card.pk for card in cards]).items():
        text = _("%(points)s 积分将于 %(day)s 清零，在此之前消费即可保留。")
        said = text % {"points": notice.points, "day": date_format(notice.clears_on, "Y-m-d")}
        told.setdefault(card_id, []).append(said)
    for card in cards:
        if (last_day := _ends_soon(card)) is not None:
            text = _("会员卡有效期至 %(day)s，到期后可免费重新启用。")
            told.setdefault(card.pk, []).append(text % {"day": date_format(last_day, "Y-m-d")})
    return told


def _ends_soon(card: Card) -> date | None:
    """The last day of a card in use, its own or its account's, if that is near (R-P28)."""
    days = [day for day in (card.valid_until, card.account_valid_until) if day is not None]
    today = clock.today()
    soon = card.status == CardStatus.ACTIVE and days and today <= min(days) <= today + _WITHIN
    return min(days) if soon else None


def _sentence(ending: Ending) -> str:
    # What ends at midnight can be used through the day before.
    last_day = (ending.ends_at - timedelta(microseconds=1)).astimezone(CHINA).date()
    day = date_format(last_day, "Y-m-d")
    if ending.unit == Unit.CNY:
        return _("赠送金额 %(amount)s 可用至 %(day)s。") % {"amount": Money(ending.amount), "day": day}
    if ending.unit == Unit.PTS:
        return _("%(amount)s 积分可用至 %(day)s。") % {"amount": ending.amount, "day": day}
    return _("套餐余量 %(amount)s 可用至 %(day)s。") % {"amount": ending.amount, "day": day}
