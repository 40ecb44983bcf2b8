"""Validity of card and account: expiry, free re-activation, adjustment."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.cards import locks
from membership.cards.domain import ENDED, CardAct, CardStatus, tidy_number, validity_end
from membership.cards.errors import CardIdle, CardNotFound
from membership.cards.models import Card
from membership.cards.services.issuing import validity_months
from membership.cards.services.stepping import InvalidValidity, forbidden, locked_for, take_step
from membership.records.domain import RecordKind
from membership.records.services import note
from tenants.audit.services import record
from tenants.people.domain import SYSTEM, Act, Actor, require

MOST_AT_ONCE: Final = 500
"""Cards whose account's end is set in one act."""


class NotExpired(DomainError):
    """Both validities still run: nothing is to be re-activated."""

    code = "card_not_expired"
    status = 409
    message = _("会员卡 {card_number} 的卡有效期和账户有效期都未到期，无需重新激活。")


class TooManyCards(DomainError):
    """More cards than one act takes."""

    code = "too_many_cards"
    status = 400
    message = _("一次最多处理 {limit} 张卡，请分批办理。未作任何更改。")


def expire_cards(*, on: date, limit: int = 1000) -> int:
    """Note that cards whose validity, or whose account's, ended before that day have expired (R-C04); how many.

    Nothing is taken: what is on them stays owed (X-12). Cards that somebody holds just now are left for the next run.
    Tills ask the dates themselves, so a card is refused from the first day whether or not this has run.
    """
    over = Q(valid_until__lt=on) | Q(account_valid_until__lt=on)
    due = Card.objects.filter(over, status=CardStatus.ACTIVE).order_by("pk")
    cards = list(due.select_for_update(no_key=True, of=("self",), skip_locked=True)[:limit])
    if not cards:
        return 0
    locks.lock_accounts(cards)
    now = clock.now()
    Card.objects.filter(pk__in=[card.pk for card in cards], status=CardStatus.ACTIVE).update(status=CardStatus.EXPIRED)
    for card in cards:
        note(SYSTEM, card_id=card.pk, kind=RecordKind.EXPIRED, store_id=None, occurred_at=now)
    detail = {"on": on.isoformat(), "cards": [card.number for card in cards]}
    record(SYSTEM, "card.expire", object_type="card", object_id=cards[0].number, detail=detail)
    return len(cards)


def reactivate_card(*, actor: Actor, number: str, store_id: int) -> Card:
    """Give an expired card new validities, free of charge: what is on it was owed all the time (X-12).

    Each validity that has ended runs anew as the card's level says; one that still runs is left.

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, LockForbids, NotExpired
    """
    require(actor, Act.CARD_VALIDITY, store_id=store_id)
    card, to = locked_for(CardAct.REACTIVATE, number)
    today = clock.today()
    fresh = validity_end(issued_on=today, months=validity_months(card, bearer=card.bearer))
    changes: dict[str, Any] = {
        field: fresh
        for field in ("valid_until", "account_valid_until")
        if (ends := getattr(card, field)) is None or ends < today
    }
    if not changes and card.status == CardStatus.ACTIVE:
        raise NotExpired(card_number=card.number)
    return take_step(
        actor,
        card,
        CardAct.REACTIVATE,
        to,
        store_id=store_id,
        kind=RecordKind.REACTIVATION,
        detail={field: str(value) for field, value in changes.items()},
        **changes,
    )


def adjust_account_expiry(*, actor: Actor, numbers: Sequence[str], until: date, store_id: int, reason: str = "") -> int:
    """Set the end of several cards' accounts at once (账户到期日调整; R-C02, X-21): saved at once, logged card by card.
    All or none; how many changed. ``until``: the last day, not before today.

    A card that expired by it alone is used again once it is re-activated.

    Raises:
        NotAllowed, CardNotFound, CardIdle, StatusStepForbidden, InvalidValidity, TooManyCards
    """
    require(actor, Act.CARD_VALIDITY, store_id=store_id)
    today = clock.today()
    if until < today:
        raise InvalidValidity(valid_until=until, earliest=today)
    wanted = {tidy_number(number) for number in numbers}
    if len(wanted) > MOST_AT_ONCE:
        raise TooManyCards(limit=MOST_AT_ONCE)
    cards = locks.lock_cards(wanted)
    for missing in sorted(wanted - {card.number for card in cards}):
        raise CardNotFound(card_number=missing)
    for card in cards:
        if card.issued_at is None:
            raise CardIdle(card_number=card.number)
        if card.status in ENDED:
            raise forbidden(CardAct.REACTIVATE, card)
    locks.lock_accounts(cards)
    changed = [card for card in cards if card.account_valid_until != until]
    Card.objects.filter(pk__in=[card.pk for card in changed]).update(account_valid_until=until)
    now = clock.now()
    for card in changed:
        detail = {"field": "account_valid_until", "from": str(card.account_valid_until), "to": str(until)}
        detail |= {"reason": reason} if reason else {}
        record(actor, Act.CARD_VALIDITY, object_type="card", object_id=card.number, store_id=store_id, detail=detail)
        told = {"note": str(until), "field": "account_valid_until"}
        note(actor, card_id=card.pk, kind=RecordKind.VALIDITY, store_id=store_id, occurred_at=now, detail=told)
    return len(changed)
