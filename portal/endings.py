"""What a person at the till and the member herself are told of value that ends soon (R-G02)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kernel import clock
from kernel.clock import CHINA
from kernel.money import Money
from ledger.domain import Unit
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
    return told


def _sentence(ending: Ending) -> str:
    # What ends at midnight can be used through the day before.
    last_day = (ending.ends_at - timedelta(microseconds=1)).astimezone(CHINA).date()
    day = date_format(last_day, "Y-m-d")
    if ending.unit == Unit.CNY:
        return _("赠送金额 %(amount)s 可用至 %(day)s。") % {"amount": Money(ending.amount), "day": day}
    if ending.unit == Unit.PTS:
        return _("%(amount)s 积分可用至 %(day)s。") % {"amount": ending.amount, "day": day}
    return _("套餐余量 %(amount)s 可用至 %(day)s。") % {"amount": ending.amount, "day": day}
