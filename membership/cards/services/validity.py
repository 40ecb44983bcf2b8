"""Validity of card and account: expiry, free re-activation, adjustment."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.cards import locks
from membership.cards.domain import ENDED, CardAct, CardStanding, CardStatus, refusal, tidy_number, validity_end
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

    A card that had expired is in use again where both its validities run now.

    Raises:
        NotAllowed, CardNotFound, CardIdle, StatusStepForbidden, InvalidValidity, TooManyCards
    """
    require(actor, Act.CARD_VALIDITY, store_id=store_id)
    cards = held_in_use(numbers, until=until)
    changed = [card for card in cards if card.account_valid_until != until]
    write_last_days(
        actor,
        [(card, {"account_valid_until": until}) for card in changed],
        store_id=store_id,
        detail={"reason": reason} if reason else {},
    )
    return len(changed)


def in_use(cards: Sequence[Card], numbers: Collection[str], *, until: date) -> None:
    """Refuse ``until`` as last day of these cards, found by these tidy numbers, unless each is somebody's and may have
    it: not before today, and for a bearer card not within the years that it must be valid (X-27).

    Raises:
        CardNotFound, CardIdle, StatusStepForbidden, InvalidValidity
    """
    for missing in sorted(set(numbers) - {card.number for card in cards}):
        raise CardNotFound(card_number=missing)
    today = clock.today()
    for card in cards:
        if card.issued_at is None:
            raise CardIdle(card_number=card.number)
        if card.status in ENDED:
            raise forbidden(CardAct.REACTIVATE, card)
        earliest = max(today, _bearer_floor(card)) if card.bearer else today
        if until < earliest:
            raise InvalidValidity(valid_until=until, earliest=earliest)


def tidy_list(numbers: Sequence[str]) -> set[str]:
    """The numbers of one act, as they are stored.

    Raises:
        TooManyCards
    """
    wanted = {tidy_number(number) for number in numbers}
    if len(wanted) > MOST_AT_ONCE:
        raise TooManyCards(limit=MOST_AT_ONCE)
    return wanted


def held_in_use(numbers: Sequence[str], *, until: date) -> list[Card]:
    """These cards with their accounts, locked, when each of them may have ``until`` as its last day.

    Raises:
        CardNotFound, CardIdle, StatusStepForbidden, InvalidValidity, TooManyCards
    """
    wanted = tidy_list(numbers)
    cards = locks.lock_cards(wanted)
    in_use(cards, wanted, until=until)
    locks.lock_accounts(cards)
    return cards


def write_last_days(
    actor: Actor,
    changes: Sequence[tuple[Card, Mapping[str, date]]],
    *,
    store_id: int | None,
    detail: Mapping[str, Any],
) -> None:
    """Give locked cards new last days (``valid_until``, ``account_valid_until``), on the trail and as their records.

    One that had expired is put back into use where both its validities run now and no lock forbids it: what it waited
    for has been done (X-12).
    """
    now = clock.now()
    for card, days in changes:
        for field, until in days.items():
            told = {"field": field, "from": str(getattr(card, field)), "to": str(until)} | dict(detail)
            setattr(card, field, until)
            record(actor, Act.CARD_VALIDITY, object_type="card", object_id=card.number, store_id=store_id, detail=told)
            noted = {"note": str(until), "field": field}
            note(actor, card_id=card.pk, kind=RecordKind.VALIDITY, store_id=store_id, occurred_at=now, detail=noted)
    Card.objects.bulk_update([card for card, _days in changes], ["valid_until", "account_valid_until"])
    for card, _days in changes:
        if card.status == CardStatus.EXPIRED and _would_serve(card):
            to, kind = CardStatus.ACTIVE, RecordKind.REACTIVATION
            take_step(actor, card, CardAct.REACTIVATE, to, store_id=store_id, kind=kind)


def _would_serve(card: Card) -> bool:
    """Whether the card could be used today, were it only in use."""
    ends = {"valid_until": card.valid_until, "account_valid_until": card.account_valid_until}
    standing = CardStanding(status=CardStatus.ACTIVE, locked=card.locked, **ends)
    return refusal(standing, on=clock.today()) is None


def _bearer_floor(card: Card) -> date:
    """Before this day the validity of a bearer card must not end (X-27)."""
    assert card.issued_at is not None  # noqa: S101  (asked before)
    issued_on = card.issued_at.astimezone(clock.CHINA).date()
    return validity_end(issued_on=issued_on, months=card.type.bearer_min_validity_months)
