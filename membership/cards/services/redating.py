"""New last days of cards by an approved document (有效期调整单; R-C03), and taking them back."""

from collections.abc import Sequence
from datetime import date

import msgspec
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from membership.cards import locks
from membership.cards.domain import ENDED, ValidityShift
from membership.cards.models import Card
from membership.cards.services.validity import held_in_use, in_use, tidy_list, write_last_days
from tenants.people.domain import Act, Actor, require


class ShiftWrong(DomainError):
    """The new last day lies on the other side of the present one than the document says."""

    code = "validity_shift_wrong"
    status = 400
    message = _("会员卡 {card_number} 的有效期现为 {before}，改为 {after} 与调整方向“{shift_label}”不符。")


class ValidityMoved(DomainError):
    """The card's validity is not any more what the document was written, or approved, upon."""

    code = "validity_moved"
    status = 409
    message = _("会员卡 {card_number} 的有效期已被别的业务更改（现为 {now}），不能按本单办理。未作任何更改。")


class Dated(msgspec.Struct, frozen=True):
    """A card with its last days, as they were when the document was written."""

    number: str
    valid_until: date
    account_valid_until: date


def plan_redating(*, numbers: Sequence[str], shift: ValidityShift, until: date) -> list[Dated]:
    """What these cards' last days are now, by number, when each may have ``until`` instead. Locks nothing.

    Raises:
        CardNotFound, CardIdle, StatusStepForbidden, InvalidValidity, TooManyCards
        ShiftWrong: names the first card whose validity would not move that way.
    """
    wanted = tidy_list(numbers)
    cards = list(Card.objects.filter(number__in=wanted).select_related("type").order_by("number"))
    in_use(cards, wanted, until=until)
    for card in cards:
        _agrees(card, shift=shift, until=until)
    return [_dated(card) for card in cards]


def redate_by_document(
    *,
    actor: Actor,
    planned: Sequence[Dated],
    shift: ValidityShift,
    until: date,
    with_account: bool,
    document: str,
    store_id: int | None,
) -> None:
    """Give the cards of an approved document their new last day; ``with_account``: their accounts too (R-C05).

    Raises:
        NotAllowed, and what ``plan_redating`` refuses
        ValidityMoved: a card's last days have changed since the document was submitted.
    """
    require(actor, Act.CARD_VALIDITY, store_id=store_id)
    cards = held_in_use([dated.number for dated in planned], until=until)
    before = {dated.number: dated for dated in planned}
    for card in cards:
        if _dated(card) != before[card.number]:
            raise ValidityMoved(card_number=card.number, now=card.valid_until)
        _agrees(card, shift=shift, until=until)
    days = {"valid_until": until} | ({"account_valid_until": until} if with_account else {})
    write_last_days(actor, [(card, days) for card in cards], store_id=store_id, detail={"document": document})


def take_back_redating(
    *, actor: Actor, planned: Sequence[Dated], until: date, with_account: bool, document: str, store_id: int | None
) -> None:
    """Give the cards back the last days they had before the document. A day that has passed meanwhile stands as
    any other: the card is refused from then on, and re-activated free of charge.

    Raises:
        NotAllowed
        ValidityMoved: a card has been given other last days since, or to nobody any more.
    """
    require(actor, Act.CARD_VALIDITY, store_id=store_id)
    cards = {card.number: card for card in locks.lock_cards([dated.number for dated in planned])}
    locks.lock_accounts(list(cards.values()))
    changes = []
    for dated in planned:
        card = cards[dated.number]
        account = until if with_account else card.account_valid_until
        if card.status in ENDED or (card.valid_until, card.account_valid_until) != (until, account):
            raise ValidityMoved(card_number=card.number, now=card.valid_until)
        days = {"valid_until": dated.valid_until}
        days |= {"account_valid_until": dated.account_valid_until} if with_account else {}
        changes.append((card, days))
    write_last_days(actor, changes, store_id=store_id, detail={"document": document})


def _dated(card: Card) -> Dated:
    # The table wants both of every card that was issued.
    assert card.valid_until is not None  # noqa: S101
    assert card.account_valid_until is not None  # noqa: S101
    return Dated(card.number, card.valid_until, card.account_valid_until)


def _agrees(card: Card, *, shift: ValidityShift, until: date) -> None:
    before = _dated(card).valid_until
    if not shift.agrees(before=before, after=until):
        raise ShiftWrong(card_number=card.number, before=before, after=until, shift_label=shift.label)
