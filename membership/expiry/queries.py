"""What has ended, what ends soon, and since when a card's points lie idle. All in the chain that is chosen."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Least

from kernel.calendar import start_of
from kernel.clock import CHINA
from ledger.domain import LotKind, Unit
from ledger.models import Lot
from membership.cards.domain import CardStatus
from membership.cards.models import Card
from membership.expiry.domain import BY_ITSELF, NO_USE, NoticeState, clearing_day
from membership.expiry.models import ClearingNotice, DormantCard, ExpiryPolicy, ValidityNotice
from membership.packages.domain import PACKAGE_ACCOUNT, SALE, USE

_NEVER_ENDS = Q(kind=LotKind.PRINCIPAL.value, account__unit=Unit.CNY.value)

# A card's use, for its points: what is bought with it, whatever pays; packages sold and used; and what is earned or
# spent of the points themselves. The books know what moved on the card; its records, for as long as they are
# kept, a bill that moved nothing on it; signed bills are kept.
_POINTS: Final = """
    WITH few AS (
        SELECT card.id, card.points_account_id, card.stored_account_id, account.balance,
            coalesce(card.activated_at, card.issued_at) AS began_at
        FROM cards_card AS card JOIN ledger_account AS account ON account.id = card.points_account_id
        WHERE account.balance > 0 AND {which}
        ORDER BY card.id LIMIT %(limit)s
    )
    SELECT few.id, few.points_account_id, few.balance, few.began_at,
        greatest(few.began_at, spent.at, moved.at, told.at, signed.at, packages.at),
        (SELECT min(opened_at) FROM ledger_lot WHERE account_id = few.points_account_id AND live)
    FROM few
    LEFT JOIN LATERAL (
        SELECT posting.occurred_at AS at FROM ledger_entry AS entry
        JOIN ledger_posting AS posting ON posting.id = entry.posting_id
        WHERE entry.account_id = few.stored_account_id AND posting.kind = 'CONSUMPTION'
        ORDER BY entry.version DESC LIMIT 1
    ) AS spent ON true
    LEFT JOIN LATERAL (
        SELECT posting.occurred_at AS at FROM ledger_entry AS entry
        JOIN ledger_posting AS posting ON posting.id = entry.posting_id
        WHERE entry.account_id = few.points_account_id AND posting.kind <> ALL (%(by_itself)s)
        ORDER BY entry.version DESC LIMIT 1
    ) AS moved ON true
    LEFT JOIN LATERAL (
        SELECT record.occurred_at AS at FROM records_record AS record
        WHERE record.card_id = few.id AND record.kind = 'CONSUMPTION'
        ORDER BY record.occurred_at DESC LIMIT 1
    ) AS told ON true
    LEFT JOIN LATERAL (
        SELECT max(bill.signed_at) AS at FROM cashier_signedbill AS bill WHERE bill.card_id = few.id
    ) AS signed ON true
    LEFT JOIN LATERAL (
        SELECT max(posting.occurred_at) AS at FROM ledger_account AS account
        JOIN ledger_entry AS entry ON entry.account_id = account.id
        JOIN ledger_posting AS posting ON posting.id = entry.posting_id
        WHERE account.holder_id = few.id AND posting.kind = ANY (%(packages)s)
            AND account.kind = ANY (ARRAY(SELECT %(package_account)s || id FROM packages_packageproduct))
    ) AS packages ON true
    ORDER BY few.id"""

_USES: Final[dict[str, Any]] = {
    "by_itself": list(BY_ITSELF),
    "packages": [SALE, USE],
    "package_account": PACKAGE_ACCOUNT,
}


@dataclass(frozen=True, slots=True)
class PointsStanding:
    """A card with points, and what decides when they are void."""

    card_id: int
    points_account_id: int
    points: int
    began_on: date
    last_used_on: date
    earned_on: date

    def clears_on(self, policy: ExpiryPolicy) -> date:
        """The day at whose beginning the first of the points are void, if nothing happens until then."""
        return clearing_day(
            policy.points_policy,
            months=policy.points_months,
            began_on=self.began_on,
            last_used_on=self.last_used_on,
            earned_on=self.earned_on,
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """What of a card ends soon: ``amount`` in whole minor units of ``unit``, usable until just before ``ends_at``."""

    unit: str
    kind: str
    amount: int
    ends_at: datetime


def policy() -> ExpiryPolicy:
    """The chain's rules."""
    return ExpiryPolicy.objects.get(id=ExpiryPolicy.ONLY)


# ── Lots ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def accounts_with_ended_lots(moment: datetime, *, after_account: int, limit: int) -> list[int]:
    """The next accounts that hold something which was over at ``moment``, by key."""
    ended = Lot.objects.filter(live=True, expires_at__lte=moment, account_id__gt=after_account).exclude(_NEVER_ENDS)
    return list(ended.values_list("account_id", flat=True).distinct().order_by("account_id")[:limit])


def ended_lots_of(account_ids: Collection[int], moment: datetime) -> list[Lot]:
    """What of these accounts was over at ``moment``, the oldest lot first."""
    ended = Lot.objects.filter(account_id__in=account_ids, live=True, expires_at__lte=moment).exclude(_NEVER_ENDS)
    return list(ended.order_by("account_id", "id"))


def endings_of(cards: Iterable[Card], *, moment: datetime, within: timedelta) -> dict[int, list[Ending]]:
    """What ends soon on each card, the soonest first, by the card's key. One query for any number of cards."""
    holders = {
        account_id: card.pk
        for card in cards
        for account_id in (card.stored_account_id, card.points_account_id)
        if account_id is not None
    }
    lots = Lot.objects.filter(
        account_id__in=holders, live=True, expires_at__gt=moment, expires_at__lte=moment + within
    ).exclude(_NEVER_ENDS)
    found: dict[int, list[Ending]] = {}
    for account_id, unit, kind, remaining, ends_at in lots.order_by("expires_at", "id").values_list(
        "account_id", "account__unit", "kind", "remaining", "expires_at"
    ):
        if ends_at is None:
            continue
        endings = found.setdefault(holders[account_id], [])
        if endings and (endings[-1].unit, endings[-1].kind, endings[-1].ends_at) == (unit, kind, ends_at):
            endings[-1] = Ending(unit, kind, endings[-1].amount + remaining, ends_at)
        else:
            endings.append(Ending(unit, kind, remaining, ends_at))
    return found


# ── Points ────────────────────────────────────────────────────────────────────────────────────────────────────────


def points_after(card_id: int, *, limit: int, unless_noticed: bool = False) -> list[PointsStanding]:
    """The next cards with points on them, by key; ``unless_noticed`` leaves out those with an open notice."""
    which = "card.id > %(after)s"
    if unless_noticed:
        which += (
            " AND NOT EXISTS (SELECT FROM expiry_clearingnotice AS notice"
            " WHERE notice.card_id = card.id AND notice.state = 'OPEN')"
        )
    return _points(which, after=card_id, limit=limit)


def points_of(card_ids: Collection[int]) -> dict[int, PointsStanding]:
    """The standing of these cards' points, by the card's key; cards without points are left out."""
    found = _points("card.id = ANY (%(ids)s)", ids=list(card_ids), limit=len(card_ids))
    return {standing.card_id: standing for standing in found}


def accounts_of(card_ids: Collection[int]) -> list[int]:
    """The stored-value and points accounts of these cards."""
    pairs = Card.objects.filter(id__in=card_ids).values_list("stored_account_id", "points_account_id")
    return [account_id for pair in pairs for account_id in pair if account_id is not None]


def _points(which: str, **params: Any) -> list[PointsStanding]:
    with connection.cursor() as cursor:
        cursor.execute(_POINTS.format(which=which), {**_USES, **params})
        rows = cursor.fetchall()
    return [
        PointsStanding(card_id, points, balance, _day(began), _day(used), _day(earned))
        for card_id, points, balance, began, used, earned in rows
    ]


def _day(moment: datetime) -> date:
    return moment.astimezone(CHINA).date()


def open_notices(*, after: int = 0, limit: int) -> list[ClearingNotice]:
    """The next notices that stand open, by key."""
    return list(ClearingNotice.objects.filter(state=NoticeState.OPEN, id__gt=after).order_by("id")[:limit])


def notices_of(card_ids: Collection[int]) -> dict[int, ClearingNotice]:
    """The open notice of each of these cards that has one."""
    found = ClearingNotice.objects.filter(card_id__in=card_ids, state=NoticeState.OPEN)
    return {notice.card_id: notice for notice in found}


def notices(*, state: str = NoticeState.OPEN, channel: str = "") -> QuerySet[ClearingNotice]:
    """Notices with what a list shows of each."""
    found = ClearingNotice.objects.filter(state=state).select_related("card__member", "card__level")
    return found.filter(channel=channel) if channel else found


def page_of_notices(
    found: QuerySet[ClearingNotice], *, size: int, after: tuple[date, int] | None = None
) -> list[ClearingNotice]:
    """The next ``size`` notices, the soonest clearing first. One query on any page."""
    if after is not None:
        day, pk = after
        found = found.filter(Q(clears_on__gt=day) | Q(clears_on=day, id__gt=pk), clears_on__gte=day)
    return list(found.order_by("clears_on", "id")[:size])


def points_lots_before(account_ids: Collection[int], day: date) -> list[Lot]:
    """What is left of points that were earned before ``day`` began, the oldest first."""
    lots = Lot.objects.filter(account_id__in=account_ids, live=True, opened_at__lt=start_of(day))
    return list(lots.order_by("account_id", "id"))


# ── Cards whose validity ends ─────────────────────────────────────────────────────────────────────────────────────

_CARDS_ENDING: Final = """
    INSERT INTO expiry_validitynotice (card_id, ends_on, noticed_on, channel)
    SELECT card.id, least(card.valid_until, card.account_valid_until), %(today)s, 'SHOP'
    FROM cards_card AS card
    WHERE card.status = 'ACTIVE' AND card.member_id IS NOT NULL
        AND least(card.valid_until, card.account_valid_until) BETWEEN %(today)s AND %(until)s
        AND NOT EXISTS (
            SELECT FROM expiry_validitynotice AS notice
            WHERE notice.card_id = card.id AND notice.ends_on = least(card.valid_until, card.account_valid_until))
    ON CONFLICT DO NOTHING"""


def note_cards_ending(*, today: date, until: date) -> int:
    """Write a notice for every member's card in use that ends from today until that day and has none for its day; how
    many. One statement, whatever their number.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CARDS_ENDING, {"today": today, "until": until})
        return int(cursor.rowcount)


def cards_ending(*, today: date) -> QuerySet[ValidityNotice]:
    """The notices that hold: the card is in use and still ends on the day that was told."""
    ends_on = Least("card__valid_until", "card__account_valid_until")
    found = ValidityNotice.objects.filter(card__status=CardStatus.ACTIVE, ends_on__gte=today, ends_on=ends_on)
    return found.select_related("card__member", "card__level")


def page_of_ending(
    found: QuerySet[ValidityNotice], *, size: int, after: tuple[date, int] | None = None
) -> list[ValidityNotice]:
    """The next ``size`` notices, the soonest end first. One query on any page."""
    if after is not None:
        day, pk = after
        found = found.filter(Q(ends_on__gt=day) | Q(ends_on=day, id__gt=pk), ends_on__gte=day)
    return list(found.order_by("ends_on", "id")[:size])


# ── Cards that lie unused ─────────────────────────────────────────────────────────────────────────────────────────

# The books of the card's accounts, and what its records tell of it: a loss lifted, a card opened again, a bill signed.
# Neither alone knows everything, and records are cleared after months.
_USED_AT: Final = """
    greatest(
        card.issued_at, card.activated_at, packages.used_at,
        (SELECT posting.occurred_at FROM ledger_entry AS entry
         JOIN ledger_posting AS posting ON posting.id = entry.posting_id
         WHERE entry.account_id = card.stored_account_id AND posting.kind <> ALL (%(by_itself)s)
         ORDER BY entry.version DESC LIMIT 1),
        (SELECT posting.occurred_at FROM ledger_entry AS entry
         JOIN ledger_posting AS posting ON posting.id = entry.posting_id
         WHERE entry.account_id = card.points_account_id AND posting.kind <> ALL (%(by_itself)s)
         ORDER BY entry.version DESC LIMIT 1),
        (SELECT max(record.occurred_at) FROM records_record AS record
         WHERE record.card_id = card.id AND record.kind <> ALL (%(no_use)s))
    )"""

_PACKAGES: Final = """
    packages AS (
        SELECT account.holder_id, max(posting.occurred_at) AS used_at FROM ledger_account AS account
        JOIN ledger_entry AS entry ON entry.account_id = account.id
        JOIN ledger_posting AS posting ON posting.id = entry.posting_id
        WHERE account.kind LIKE 'PACKAGE:%%' AND posting.kind <> ALL (%(by_itself)s) GROUP BY account.holder_id
    )"""

_NO_USE: Final[dict[str, Any]] = {"by_itself": list(BY_ITSELF), "no_use": list(NO_USE)}

_LIST: Final = f"""
    WITH {_PACKAGES}, idle AS (
        SELECT card.id, stored.balance, points.balance AS points, {_USED_AT} AS used_at
        FROM cards_card AS card
        JOIN ledger_account AS stored ON stored.id = card.stored_account_id
        JOIN ledger_account AS points ON points.id = card.points_account_id
        LEFT JOIN packages ON packages.holder_id = card.id
        WHERE card.status = 'ACTIVE' AND stored.balance > 0 AND NOT EXISTS (
            SELECT FROM expiry_dormantcard AS line
            WHERE line.card_id = card.id AND line.state IN ('LISTED', 'NOTIFIED'))
    )
    INSERT INTO expiry_dormantcard (document_id, card_id, last_used_at, balance_fen, points, channel, state, changed_at)
    SELECT %(document)s, id, used_at, balance, points, 'SHOP', 'LISTED', %(now)s
    FROM idle WHERE used_at < %(before)s ORDER BY id"""  # noqa: S608  (texts of ours)

_LAST_USES: Final = f"""
    WITH {_PACKAGES}
    SELECT card.id, {_USED_AT} FROM cards_card AS card LEFT JOIN packages ON packages.holder_id = card.id
    WHERE card.id = ANY (%(cards)s)"""  # noqa: S608  (texts of ours)

_STANDING: Final = """
    SELECT type.name, card.status, dormant.id IS NOT NULL, count(*), sum(stored.balance), sum(points.balance)
    FROM cards_card AS card
    JOIN cards_cardtype AS type ON type.id = card.type_id
    JOIN ledger_account AS stored ON stored.id = card.stored_account_id
    JOIN ledger_account AS points ON points.id = card.points_account_id
    LEFT JOIN expiry_dormantcard AS dormant ON dormant.card_id = card.id AND dormant.state = 'FROZEN'
        AND card.status = 'FROZEN'
    GROUP BY type.name, card.status, dormant.id IS NOT NULL ORDER BY 1, 2, 3"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many cards of a type stand so, and what is owed on them: fen and points, as the books have it."""

    type_name: str
    status: str
    dormant: bool
    cards: int
    balance_fen: int
    points: int


def list_dormant(document_id: int, *, before: datetime, now: datetime) -> int:
    """Put every card in use with money on it, last used before that moment and on no other list, on this one; how many.
    One statement, whatever their number.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LIST, {"document": document_id, "before": before, "now": now, **_NO_USE})
        return int(cursor.rowcount)


def last_uses(card_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these cards was last used, by its key."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_USES, {"cards": list(card_ids), **_NO_USE})
        return dict(cursor.fetchall())


def standing_of_cards() -> list[Standing]:
    """Issued cards and what is owed on them, by type and status: what finance is told every month (R-G04)."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        rows = cursor.fetchall()
    return [
        Standing(name, status, dormant, cards, int(balance), int(points))
        for name, status, dormant, cards, balance, points in rows
    ]


def dormant_cards(document_id: int) -> QuerySet[DormantCard]:
    """The cards of a list, with what its page shows of each."""
    return DormantCard.objects.filter(document_id=document_id).select_related("card__member", "card__level")


def page_of_dormant(found: QuerySet[DormantCard], *, size: int, after: int = 0) -> list[DormantCard]:
    """The next ``size`` of them. One query on any page."""
    return list(found.filter(id__gt=after).order_by("id")[:size])
