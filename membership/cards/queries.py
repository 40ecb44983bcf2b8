"""Finding cards and what is on them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from kernel import clock
from kernel.calendar import add_months, span_of, start_of
from kernel.errors import DomainError
from ledger.domain import LotKind
from ledger.models import Entry, Lot
from membership.cards.domain import ENDED, CardStanding, Spend, refusal, tidy_number
from membership.cards.errors import not_usable
from membership.cards.models import Card, CardLevel, CardRules, CardType
from membership.cards.policy import pin_free_fen
from membership.members.models import Member
from membership.members.queries import same_person_ids
from membership.vehicles.models import Vehicle

ANSWER_CODES: Final = "cards.answer_pin_codes"
"""The task that sends the codes which were asked for."""

CODES_DUE: Final = "SELECT FROM {schema}.cards_pincodeask WHERE asked_at <= %(now)s - interval '15 seconds'"
"""Whether a chain has somebody who asked and was not answered at once."""


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


def types(*, enabled_only: bool = False) -> list[CardType]:
    """The chain's card types, in the order in which they were made."""
    found = CardType.objects.filter(enabled_at__isnull=False) if enabled_only else CardType.objects.all()
    return list(found.order_by("id"))


def cards_of_one_person(member: Member, card_type: CardType, *, vehicle_id: int | None = None) -> int:
    """How many cards of the type are in the hands of whoever this member is, for this vehicle or for none (R-H02,
    X-15).
    """
    held = Card.objects.filter(type=card_type, member_id__in=same_person(member), bound_vehicle_id=vehicle_id)
    return held.exclude(status__in=ENDED).count()


def same_person(member: Member) -> list[int]:
    """The keys of all members' files that are this person's."""
    return same_person_ids(member)


def spend_of(member: Member, *, on: date, months: int) -> Spend:
    """What the member spent from her cards on that day, and in so many months up to it, returns taken off (R-P10).

    From the books, not from the records: those are cleared earlier than a condition may look back.
    """
    accounts = Card.objects.filter(member=member, stored_account__isnull=False).values("stored_account_id")
    start, end = start_of(add_months(on, -months)), span_of(on)[1]
    spending = Q(posting__kind="CONSUMPTION") | Q(posting__reverses__kind="CONSUMPTION")
    entries = Entry.objects.filter(spending, account_id__in=accounts, posting__occurred_at__range=(start, end))
    sums = entries.aggregate(
        accumulated=Sum("amount"), same_day=Sum("amount", filter=Q(posting__occurred_at__gte=start_of(on)))
    )
    return Spend(same_day_fen=-(sums["same_day"] or 0), accumulated_fen=-(sums["accumulated"] or 0))


def cards() -> QuerySet[Card]:
    """Cards with everything a row of a list shows: level, holder, accounts (R-C01)."""
    return Card.objects.select_related("type", "level", "member", "bound_vehicle", "stored_account", "points_account")


def search_cards(*, text: str = "", status: str = "", level_code: str = "", type_code: str = "") -> QuerySet[Card]:
    """Cards by the beginning of the number, by the holder's name, code or last four digits of the telephone, or by the
    beginning of the plate or identification number of the vehicle it is bound to.
    """
    found = cards()
    if status:
        found = found.filter(status=status)
    if level_code:
        found = found.filter(level__code=level_code)
    if type_code:
        found = found.filter(type__code=type_code)
    text = text.strip()[:40]
    if text:
        holders = Q(name__startswith=text) | Q(code=text.upper()) | Q(phone_tail=text)
        members = Member.objects.filter(holders).values("id")
        known = tidy_number(text)
        vehicles = Vehicle.objects.filter(Q(plate__startswith=known) | Q(vin__startswith=known)).values("id")
        found = found.filter(Q(number__startswith=known) | Q(member_id__in=members) | Q(bound_vehicle_id__in=vehicles))
    return found


def page_of_cards(found: QuerySet[Card], *, size: int, after_number: str = "") -> list[Card]:
    """The first ``size`` cards after ``after_number``, by number. One query on any page."""
    if after_number:
        found = found.filter(number__gt=after_number)
    return list(found.order_by("number")[:size])


def find_card(number: str) -> Card | None:
    """The card with this number, as typed."""
    return cards().select_related("store", "replaces", "replaced_by").filter(number=tidy_number(number)).first()


def cards_of_numbers(numbers: Iterable[str]) -> list[Card]:
    """Those of these cards, as typed, that there are, by number. One query."""
    return list(cards().filter(number__in={tidy_number(number) for number in numbers}).order_by("number"))


def last_of(card: Card) -> Card:
    """The card that took this one's place, or took the place of that one, and so on: where its value is now (R-J03).
    The card itself while nothing has. A query for each, and one.
    """
    while (heir := Card.objects.filter(replaces_id=card.pk).first()) is not None:
        card = heir
    return card


def why_unusable(card: Card) -> DomainError | None:
    """What refuses every use of this card today, top-ups too: its state, its lock, an end of its validity. Asks
    nothing.
    """
    standing = CardStanding(card.status, card.locked, card.valid_until, card.account_valid_until)
    reason = refusal(standing, on=clock.today())
    return not_usable(reason, card_number=card.number) if reason else None


def pin_free_of(card: Card) -> int | None:
    """The most, in fen, that is taken from the card without its PIN, as its type says or else the chain's rules; None
    where it is never asked. One query at most.

    For whoever would rather ask beforehand: what holds is decided under the card's lock (``cashier.guards``).
    """
    rules = card.type if card.type.pin_ask else CardRules.objects.get()
    return pin_free_fen(use_by=card.type.use_by, ask=rules.pin_ask, above_fen=rules.pin_above_fen)


def cards_of_member(member_id: int) -> list[Card]:
    """A member's cards, the oldest first: their order gives each its sequence (R-A05)."""
    return list(cards().filter(member_id=member_id).order_by("issued_at", "id"))


def cards_of_holder(holder: Member) -> list[Card]:
    """The same for a member who is read already, and is not read once more with each of them."""
    beside = ("type", "level", "bound_vehicle", "stored_account", "points_account")
    found = list(Card.objects.select_related(*beside).filter(member_id=holder.pk).order_by("issued_at", "id"))
    for card in found:
        card.member = holder
    return found


def plain_cards_of_member(member_id: int) -> list[Card]:
    """The same without what a row of a list shows beside them: their own columns only."""
    return list(Card.objects.filter(member_id=member_id).order_by("issued_at", "id"))


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
