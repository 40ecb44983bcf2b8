"""Every row lock of this app, taken in one order: a member, cards by key, then their accounts, then nothing more.

Cards are locked FOR NO KEY UPDATE: a record being inserted holds its card's key, and must neither wait nor be waited
for.
"""

from collections.abc import Collection

from django.db.models import Q

from ledger.models import Account
from membership.cards.errors import CardNotFound
from membership.cards.models import Card, CardPinCode, CardTillPin, CardType, CardWebLogin
from membership.cards.values import PACKAGE_PREFIX, POINTS, STORED
from membership.members.models import Member


def lock_member(member_id: int) -> None:
    """Lock a member's file while it is counted which cards she has."""
    Member.objects.select_for_update(no_key=True).values_list("id").get(id=member_id)


def lock_holder_of(number: str) -> None:
    """Lock the file of whoever holds a card, before the card, where a row will be written that names her: at the commit
    that row waits for her file, and a merge, which holds it, may be waiting for the card.
    """
    held = Card.objects.filter(number=number, member__isnull=False).values("member_id")[:1]
    list(Member.objects.select_for_update(no_key=True).filter(id__in=held).values_list("id"))


def lock_type(code: str) -> None:
    """Lock a card type while a paper about it is handed in."""
    list(CardType.objects.select_for_update(no_key=True).filter(code=code).values_list("pk"))


def lock_card(number: str) -> Card:
    """The card, locked, with its type, level and member.

    Raises:
        CardNotFound
    """
    cards = Card.objects.select_for_update(no_key=True, of=("self",)).select_related("type", "level", "member")
    try:
        return cards.get(number=number)
    except Card.DoesNotExist:
        raise CardNotFound(card_number=number) from None


def lock_cards(numbers: Collection[str]) -> list[Card]:
    """Those of the cards that there are, locked, by key, with type, level and member."""
    cards = Card.objects.select_for_update(no_key=True, of=("self",)).select_related("type", "level", "member")
    return list(cards.filter(number__in=numbers).order_by("pk"))


def lock_two_cards(number: str, other: str) -> tuple[Card, Card]:
    """Two cards, locked in the order of their keys.

    Raises:
        CardNotFound
    """
    found = {card.number: card for card in lock_cards([number, other])}
    for wanted in (number, other):
        if wanted not in found:
            raise CardNotFound(card_number=wanted)
    return found[number], found[other]


def accounts_of(card_ids: Collection[int]) -> Q:
    """Which accounts are these cards' own."""
    return (Q(kind__in=(STORED, POINTS)) | Q(kind__startswith=PACKAGE_PREFIX)) & Q(holder_id__in=card_ids)


def lock_accounts(cards: Collection[Card]) -> dict[int, list[Account]]:
    """Every account that these cards hold, locked in the order of their keys: stored value, points, packages. By the
    card's key.
    """
    accounts = Account.objects.select_for_update(no_key=True).filter(accounts_of([card.pk for card in cards]))
    held: dict[int, list[Account]] = {card.pk: [] for card in cards}
    for account in accounts.order_by("pk"):
        held[account.holder_id].append(account)
    return held


def lock_value(card: Card) -> None:
    """Lock the card's stored-value account, as every posting does.

    Tills do not lock cards: they lock the account and then read the card's state. Whoever changes that state holds the
    account too, so a posting sees it either wholly before or wholly after.
    """
    if card.stored_account_id is not None:
        Account.objects.select_for_update(no_key=True).values_list("id").get(id=card.stored_account_id)


def hold_web_login(number: str) -> CardWebLogin | None:
    """The web log-in row of a card, locked, with its card; None for an unknown card and for one whose row is held.

    Attempts at one card go one at a time and never wait: a parallel one is answered like an unknown card, uncounted and
    unable to succeed.
    """
    return (
        CardWebLogin.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        .select_related("card")
        .filter(card__number=number)
        .first()
    )


def hold_pin_code(number: str) -> CardPinCode | None:
    """The code that was sent for a card, locked, with the card and its holder; None where there is none, and where it
    is being tried elsewhere: tries go one at a time and never wait. Whoever locks the card as well locks this first.
    """
    return (
        CardPinCode.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        .select_related("card__member")
        .filter(card__number=number)
        .first()
    )


def make_pin_code(card: Card) -> CardPinCode:
    """The card's row of codes, locked; made when there is none."""
    CardPinCode.objects.bulk_create([CardPinCode(card=card)], ignore_conflicts=True)
    return CardPinCode.objects.select_for_update(no_key=True).get(card=card)


def hold_till_pin(card_id: int) -> CardTillPin:
    """The card's row of wrong PINs at tills, locked; made when there is none. Two tills with one card take turns.

    Whoever locks the card as well locks this row first.
    """
    CardTillPin.objects.bulk_create([CardTillPin(card_id=card_id)], ignore_conflicts=True)
    return CardTillPin.objects.select_for_update(no_key=True).get(card_id=card_id)
