"""Finding cards and what is on them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from kernel import clock
from ledger.domain import LotKind
from ledger.models import Lot
from membership.cards.domain import tidy_number
from membership.cards.models import Card, CardLevel
from membership.members.models import Member


@dataclass(frozen=True, slots=True)
class CardValue:
    """What can be used of a card: fen by origin, and points. What is over is left out, whether or not the posting that
    takes it off the books has been made yet.
    """

    total_fen: int
    principal_fen: int
    bonus_fen: int
    points: int


def levels() -> list[CardLevel]:
    """The chain's levels, the lowest first."""
    return list(CardLevel.objects.order_by("rank", "code"))


def cards() -> QuerySet[Card]:
    """Cards with everything a row of a list shows: level, holder, accounts (R-C01)."""
    return Card.objects.select_related("level", "member", "stored_account", "points_account")


def search_cards(*, text: str = "", status: str = "", level_code: str = "") -> QuerySet[Card]:
    """Cards by the beginning of the number, or by the holder's name, code or last four digits of the telephone."""
    found = cards()
    if status:
        found = found.filter(status=status)
    if level_code:
        found = found.filter(level__code=level_code)
    text = text.strip()[:40]
    if text:
        holders = Q(name__startswith=text) | Q(code=text.upper()) | Q(phone_tail=text)
        members = Member.objects.filter(holders).values("id")
        found = found.filter(Q(number__startswith=tidy_number(text)) | Q(member_id__in=members))
    return found


def page_of_cards(found: QuerySet[Card], *, size: int, after_number: str = "") -> list[Card]:
    """The first ``size`` cards after ``after_number``, by number. One query on any page."""
    if after_number:
        found = found.filter(number__gt=after_number)
    return list(found.order_by("number")[:size])


def find_card(number: str) -> Card | None:
    """The card with this number, as typed."""
    return cards().select_related("store").filter(number=tidy_number(number)).first()


def cards_of_member(member_id: int) -> list[Card]:
    """A member's cards, the oldest first: their order gives each its sequence (R-A05)."""
    return list(cards().filter(member_id=member_id).order_by("issued_at", "id"))


def values_of(found: Iterable[Card]) -> dict[int, CardValue]:
    """What is on each issued card, by the card's key. One query for any number of cards, read by ``cards``."""
    issued = [(card, card.stored_account, card.points_account) for card in found]
    accounts = [account.pk for _card, *both in issued for account in both if account is not None]
    ended = Q(expires_at__lte=clock.now())
    rows = Lot.objects.filter(Q(kind=LotKind.BONUS.value) | ended, account_id__in=accounts, live=True)
    sums = (
        rows.order_by()
        .values("account_id")
        .annotate(
            bonus=Coalesce(Sum("remaining", filter=Q(kind=LotKind.BONUS.value) & ~ended), 0),
            over=Coalesce(Sum("remaining", filter=ended), 0),
        )
    )
    parts = {row["account_id"]: (row["bonus"], row["over"]) for row in sums}
    values: dict[int, CardValue] = {}
    for card, stored, points in issued:
        if stored is None or points is None:
            continue
        bonus, over = parts.get(stored.pk, (0, 0))
        total = stored.balance - over
        values[card.pk] = CardValue(
            total_fen=total,
            principal_fen=total - bonus,
            bonus_fen=bonus,
            points=points.balance - parts.get(points.pk, (0, 0))[1],
        )
    return values
