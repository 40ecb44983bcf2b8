"""What has ended, what ends soon, and since when a card's points lie idle. All in the chain that is chosen."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from kernel.calendar import start_of
from kernel.clock import CHINA
from ledger.domain import LotKind, Unit
from ledger.models import Lot
from membership.cards.models import Card
from membership.expiry.domain import BY_ITSELF, NoticeState, clearing_day
from membership.expiry.models import ClearingNotice, ExpiryPolicy

_NEVER_ENDS = Q(kind=LotKind.PRINCIPAL.value, account__unit=Unit.CNY.value)

# A card's use, for its points: what is bought with it, and what is earned or spent of the points themselves.
_POINTS: Final = """
    WITH few AS (
        SELECT card.id, card.points_account_id, card.stored_account_id, account.balance, card.issued_at
        FROM cards_card AS card JOIN ledger_account AS account ON account.id = card.points_account_id
        WHERE account.balance > 0 AND {which}
        ORDER BY card.id LIMIT %(limit)s
    )
    SELECT few.id, few.points_account_id, few.balance, few.issued_at,
        greatest(few.issued_at, spent.at, moved.at),
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
    ORDER BY few.id"""


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
        cursor.execute(_POINTS.format(which=which), {"by_itself": list(BY_ITSELF), **params})
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
