"""Telling members what is going to happen to their cards: points that will be void, cards that will be frozen, cards
that end (R-G02, R-G04, R-P28).

A notice is written by whoever decides on it; this reaches the member. A text message goes to a telephone that she has
proved to be hers, a mail to her address, each only where she agreed to be told that way and has not withdrawn it, asked
in the very transaction that writes the message to its outbox. Everybody else stays on the list that the shop publishes.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kernel import clock
from kernel.calendar import start_of
from kernel.mail import services as mail
from kernel.sms import services as sms
from kernel.sms.models import OutgoingText, TextState
from membership.expiry.domain import DormantState, NoticeChannel, NoticeState
from membership.expiry.models import ClearingNotice, DormantCard, ValidityNotice
from membership.expiry.queries import cards_ending
from membership.members.domain import ConsentChannel, ConsentPurpose, is_mobile
from membership.members.models import Consent, Member

POINTS_TEMPLATE: Final = "points_clearing"
DORMANT_TEMPLATE: Final = "card_dormant"
ENDING_TEMPLATE: Final = "card_ending"
BATCH: Final = 200
_TAIL: Final = 4

Notice = TypeVar("Notice", ClearingNotice, DormantCard, ValidityNotice)


def tell_some(*, limit: int = BATCH) -> int:
    """Tell the next members; how many notices were looked at. Another worker's are left to it; each is told once."""
    clearing = _waiting(ClearingNotice.objects.filter(state=NoticeState.OPEN), limit)
    dormant = _waiting(DormantCard.objects.filter(state=DormantState.NOTIFIED), limit)
    ending = _waiting(cards_ending(today=clock.today()), limit)
    cards = [told.card for found in (clearing, dormant, ending) for told in found]
    agreed = _agreed([card.member_id for card in cards if card.member_id is not None])
    for notice in clearing:
        text = _("您尾号 %(tail)s 的会员卡有 %(points)s 积分将于 %(day)s 清零，此前消费一次即可保留。")
        params = {"points": str(notice.points)}
        _tell(notice, text, params, template=POINTS_TEMPLATE, day=notice.clears_on, agreed=agreed)
    for line in dormant:
        text = _("您尾号 %(tail)s 的会员卡长期未使用，将于 %(day)s 暂停使用。余额不受影响，到店即可免费启用。")
        _tell(line, text, {}, template=DORMANT_TEMPLATE, day=line.freezes_on or clock.today(), agreed=agreed)
    for last in ending:
        text = _("您尾号 %(tail)s 的会员卡有效期至 %(day)s，之后暂停使用，到店即可免费重新启用。余额不受影响。")
        # On its last day it still says something.
        until = last.ends_on + timedelta(days=1)
        _tell(last, text, {}, template=ENDING_TEMPLATE, day=last.ends_on, agreed=agreed, until=until)
    _save(ClearingNotice, clearing)
    _save(DormantCard, dormant)
    _save(ValidityNotice, ending)
    return len(clearing) + len(dormant) + len(ending)


def hand_back() -> int:
    """Give the shop's list those whose text message the carrier refused, or nobody took in time; how many."""
    lost = OutgoingText.objects.filter(state=TextState.FAILED).values("pk")
    told_by_text = {"channel": NoticeChannel.SMS, "text_id__in": lost}
    clearing = ClearingNotice.objects.filter(state=NoticeState.OPEN, **told_by_text)
    dormant = DormantCard.objects.filter(state=DormantState.NOTIFIED, **told_by_text)
    ending = ValidityNotice.objects.filter(ends_on__gte=clock.today(), **told_by_text)
    return sum(found.update(channel=NoticeChannel.SHOP, text_id=None) for found in (clearing, dormant, ending))


def _waiting(found: QuerySet[Notice], limit: int) -> list[Notice]:
    held = found.select_for_update(skip_locked=True, no_key=True, of=("self",))
    waiting = held.filter(told_at__isnull=True).select_related("card__member")
    return list(waiting.order_by("pk")[:limit])


def _tell(
    notice: Notice,
    text: str,
    params: dict[str, str],
    *,
    template: str,
    day: date,
    agreed: Collection[tuple[int, str]],
    until: date | None = None,
) -> None:
    """``until``: the day at whose beginning it says nothing any more; ``day``, where it is not said."""
    notice.told_at, notice.channel, notice.text_id = clock.now(), NoticeChannel.SHOP, None
    member = notice.card.member
    if member is None or member.erased_at is not None:
        return
    filled = {"tail": notice.card.number[-_TAIL:], "day": day.isoformat(), **params}
    said = text % filled
    if _by_text(member, agreed) and sms.carries(template):
        useless_at: datetime = start_of(until or day)
        posted = sms.post(phone=member.phone, template=template, params=filled, text=said, useless_at=useless_at)
        notice.channel, notice.text_id = NoticeChannel.SMS, posted.pk
    elif (
        member.email
        and (member.pk, ConsentChannel.EMAIL) in agreed
        and mail.post(EmailMessage(_("会员卡提醒"), said, to=[member.email]))
    ):
        notice.channel = NoticeChannel.MAIL


def _by_text(member: Member, agreed: Collection[tuple[int, str]]) -> bool:
    hers = member.phone_verified_at is not None and is_mobile(member.phone)
    return hers and (member.pk, ConsentChannel.SMS) in agreed


def _agreed(member_ids: Collection[int]) -> set[tuple[int, str]]:
    """Who of them agreed to be reminded, and how; one query. The members are not locked: a consent that is withdrawn
    while this runs was in force when the message was written.
    """
    standing = Consent.objects.filter(
        member_id__in=member_ids, purpose=ConsentPurpose.REMINDER, withdrawn_at__isnull=True
    )
    return set(standing.values_list("member_id", "channel"))


def _save(model: type[Notice], notices: Sequence[Notice]) -> None:
    model._default_manager.bulk_update(notices, ["told_at", "channel", "text_id"])
