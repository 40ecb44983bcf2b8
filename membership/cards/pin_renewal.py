"""A PIN that was forgotten, or never taken over, chosen anew by whoever holds the card's telephone.

Asking for a code is the same for every number and every telephone: a row, which a worker takes up after the answer is
given. What the worker finds, nobody who asked can tell: neither by the page nor by its time. A code is six digits,
lasts ten minutes and five tries, and falls with the telephone it was sent to. A telephone that has just become another
one gets none (``PHONE_SETTLES``): who may correct a file must not get at the money with it. Acts require a transaction
of the chain.
"""

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db.models import F
from django.utils.translation import gettext as _

from kernel import clock
from kernel.crypto import derived_key, newest_data_version
from kernel.db import in_chain
from kernel.sms import services as sms
from kernel.tasks import enqueue
from membership.cards import locks
from membership.cards.domain import LONGEST_NUMBER, pin_weakness, tidy_number
from membership.cards.models import Card, CardPinCode, PinCodeAsk
from membership.cards.pins import hash_pin, known_to_a_finder
from membership.cards.queries import ANSWER_CODES
from membership.cards.services.pin_acts import set_pin
from membership.cards.web_login import MAY_LOG_IN, PinForm, PinTrivial, WebPinOutcome
from membership.members.domain import is_mobile, normalise_phone, phone_settled
from membership.members.models import Member
from tenants.audit.services import record
from tenants.people.domain import Actor

TEMPLATE: Final = "pin_code"

CODE_DIGITS: Final = 6
CODE_LASTS: Final = timedelta(minutes=10)
TRIES: Final = 5
APART: Final = timedelta(minutes=1)
"""No card gets two codes within so long."""
A_DAY: Final = 5
"""Codes that a card gets on one day at most, and so many times two for one telephone, which a family may share."""

_ASK_LASTS: Final = timedelta(minutes=5)
_NO_CARD: Final = 0
_PURPOSE: Final = "cards.pin_code"
_REFUSED: Final = WebPinOutcome(accepted=False)


def ask_for_code(*, number: str, phone: str) -> None:
    """Have a code sent, if this is an issued card and that the telephone on its holder's record, and not only since a
    few days (``PHONE_SETTLES``).

    Raises:
        InvalidPhone: no telephone number at all.
    """
    PinCodeAsk.objects.create(
        number=tidy_number(number)[:LONGEST_NUMBER], phone=normalise_phone(phone), asked_at=clock.now()
    )
    enqueue(ANSWER_CODES)


def answer_asks(schema_name: str) -> int:
    """Send the codes that were asked for and are due; how many. Opens its own transactions, one for each."""
    sent = 0
    while True:
        with in_chain(schema_name):
            ask = PinCodeAsk.objects.select_for_update(skip_locked=True).order_by("pk").first()
            if ask is None:
                return sent
            sent += _answer(ask)
            ask.delete()


def renew_pin(*, number: str, code: str, new_pin: str) -> WebPinOutcome:
    """Set the PIN that the holder of the telephone chose; sessions under the old one end, wrong PINs are forgotten, and
    the telephone is known to be hers. A card that tills have locked stays locked: that is undone by ID.

    A wrong code is returned, never raised: the count must be committed with the request. Cards that are unknown, that
    have no code or whose code is being tried elsewhere are answered alike, after the same queries.

    Raises:
        PinForm, PinTrivial: the code was right and stays.
        PinChangedMeanwhile, Busy
    """
    held = locks.hold_pin_code(tidy_number(number))
    right = hmac.compare_digest(_digest(held.card if held else None, code), held.digest if held else "")
    trying = CardPinCode.objects.filter(card_id=held.card_id if held else _NO_CARD, tries__lt=TRIES)
    trying.update(tries=F("tries") + int(not right))
    if held is None or not right or not _usable(held):
        return _REFUSED
    card = held.card
    weakness = pin_weakness(new_pin, personal=known_to_a_finder(card.number, card.member))
    if weakness is not None:
        raise PinForm if weakness == PinForm.code else PinTrivial
    changed = set_pin(card.number, hash_pin(new_pin), card.pin_version, must_change=False)
    # Not deleted: how many were sent today goes on counting.
    CardPinCode.objects.filter(card_id=card.pk).update(digest="", tries=TRIES)
    if card.member is not None:
        Member.objects.filter(pk=card.member.pk).update(phone_verified_at=clock.now(), phone_changed_at=None)
    record(Actor(kind="member", id=card.member_id), "pin.renew", object_type="card", object_id=card.number)
    return WebPinOutcome(accepted=True, card=changed)


def _answer(ask: PinCodeAsk) -> int:
    now = clock.now()
    card = Card.objects.select_related("member").filter(number=ask.number, status__in=MAY_LOG_IN).first()
    member = card.member if card is not None else None
    fits = member is not None and member.phone == ask.phone and is_mobile(ask.phone)
    fits = fits and member is not None and phone_settled(member.phone_changed_at, now=now)
    if card is None or not fits or ask.asked_at + _ASK_LASTS < now:
        return 0
    held = locks.make_pin_code(card)
    today = clock.today()
    sent_today = held.sent_today if held.sent_on == today else 0
    if sent_today >= A_DAY or (held.sent_at is not None and held.sent_at + APART > now):
        return 0
    if _sent_to(ask.phone) >= 2 * A_DAY:
        return 0
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    held.digest, held.tries, held.expires_at = _digest(card, code), 0, now + CODE_LASTS
    held.sent_at, held.sent_on, held.sent_today = now, today, sent_today + 1
    held.save()
    minutes = int(CODE_LASTS.total_seconds()) // 60
    text = _("验证码 %(code)s，用于重设会员卡密码，%(minutes)s 分钟内有效。如非本人操作，请勿告诉任何人。")
    sms.post(
        phone=ask.phone,
        template=TEMPLATE,
        params={"code": code},
        text=text % {"code": code, "minutes": minutes},
        useless_at=now + CODE_LASTS,
    )
    record(Actor(kind="member", id=card.member_id), "pin.code", object_type="card", object_id=card.number)
    return 1


def _usable(held: CardPinCode) -> bool:
    alive = held.expires_at is not None and held.expires_at > clock.now() and held.tries < TRIES
    return alive and held.card.member_id is not None and held.card.status in MAY_LOG_IN


def _sent_to(phone: str) -> int:
    """How many codes went to this telephone today, for whichever card."""
    found = CardPinCode.objects.filter(card__member__phone=phone, sent_on=clock.today())
    return sum(found.values_list("sent_today", flat=True))


def _digest(card: Card | None, code: str) -> str:
    """What is kept of a code: useless to whoever has the database alone, and to any other card or telephone."""
    key = derived_key(_PURPOSE, version=newest_data_version())
    phone = card.member.phone if card is not None and card.member is not None else ""
    told = f"{card.pk if card is not None else _NO_CARD}|{phone}|{code}"
    return hmac.digest(key, told.encode(), sha256).hex()
