"""What cards hold, part by part, each with the day until which it can be used."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import DateField, Q, Sum
from django.db.models.functions import TruncDate

from kernel.clock import CHINA
from ledger.domain import Unit
from ledger.models import Account, Lot
from membership.cards.models import Card
from membership.cards.values import PACKAGE_PREFIX
from membership.expiry import queries
from membership.expiry.domain import PointsPolicy, clearing_day

_A_DAY: Final = timedelta(days=1)
_GROUPED: Final = (
    "account_id", "account__kind", "account__holder_id", "account__unit", "kind", "expires_at", "opened_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """What of one origin on a card ends on one day: ``amount`` in whole minor units of ``unit``, ``kind`` of lot.

    ``product_id``: of which package; None for what is no package. ``last_day``: on which it can be used for the last
    time, in China; None where it never ends. ``if_unused``: using the card moves that day on.
    """

    unit: str
    kind: str
    amount: int
    product_id: int | None
    last_day: date | None
    if_unused: bool = False


def parts_of(cards: Sequence[Card], *, package_kinds: Collection[str], moment: datetime) -> dict[int, list[Part]]:
    """What can be used of each card, by its key, the soonest end first. Four queries for any number of cards.

    What was paid in never ends (X-12). Points end as the chain's policy says (X-17), everything else with its lot; what
    is over at ``moment`` is left out, whether or not it has been taken off the books yet. ``package_kinds``: the kinds
    of the accounts of packages.
    """
    voids = _Voids(cards, moment)
    summed: dict[int, dict[tuple[Any, ...], int]] = {}
    for row in _held(cards, package_kinds, moment):
        last_day, if_unused = _last_day(row["expires_at"]), False
        if row["unit"] == Unit.PTS.value and last_day is None:
            last_day, if_unused = voids.last_day(row["card_id"], row["opened_on"]), voids.if_unused
        key = (row["unit"], row["kind"], row["product_id"], last_day, if_unused)
        of_card = summed.setdefault(row["card_id"], {})
        of_card[key] = of_card.get(key, 0) + row["amount"]
    return {card_id: _ordered(of_card) for card_id, of_card in summed.items()}


class _Voids:
    """When points are void, if nothing happens until then: as the policy says, and never before a notice is over."""

    def __init__(self, cards: Sequence[Card], moment: datetime) -> None:
        ids = [card.pk for card in cards]
        self._policy = queries.policy()
        self._standings = queries.points_of(ids)
        self._notices = queries.notices_of(ids)
        today = moment.astimezone(CHINA).date()
        self._soonest = today + timedelta(days=self._policy.points_notice_days)
        self.if_unused = self._policy.points_policy == PointsPolicy.ROLLING_INACTIVITY

    def last_day(self, card_id: int, earned_on: date) -> date | None:
        standing, notice = self._standings.get(card_id), self._notices.get(card_id)
        if standing is None:
            return None
        clears_on = clearing_day(
            self._policy.points_policy,
            months=self._policy.points_months,
            began_on=standing.began_on,
            last_used_on=standing.last_used_on,
            earned_on=earned_on,
        )
        return max(clears_on, notice.clears_on if notice else self._soonest) - _A_DAY


def _held(cards: Sequence[Card], package_kinds: Collection[str], moment: datetime) -> list[dict[str, Any]]:
    """Live lots of the cards' accounts, summed by account, kind, end and day of origin."""
    owners = {
        account_id: card.pk
        for card in cards
        for account_id in (card.stored_account_id, card.points_account_id)
        if account_id is not None
    }
    packages = Q(kind__in=list(package_kinds), holder_id__in=[card.pk for card in cards])
    accounts = Account.objects.filter(Q(pk__in=owners) | packages)
    lots = Lot.objects.filter(account__in=accounts, live=True).exclude(expires_at__lte=moment)
    rows = (
        lots.order_by()
        .annotate(opened_on=TruncDate("opened_at", tzinfo=CHINA, output_field=DateField()))
        .values_list(*_GROUPED)
        .annotate(amount=Sum("remaining"))
    )
    return [
        {
            "card_id": owners.get(account_id, holder_id),
            "unit": unit,
            "kind": kind,
            "product_id": _product(account_kind),
            "expires_at": expires_at,
            "opened_on": opened_on,
            "amount": amount,
        }
        for account_id, account_kind, holder_id, unit, kind, expires_at, opened_on, amount in rows
    ]


def _product(account_kind: str) -> int | None:
    return int(account_kind.removeprefix(PACKAGE_PREFIX)) if account_kind.startswith(PACKAGE_PREFIX) else None


def _last_day(end: datetime | None) -> date | None:
    # What ends at midnight is last used on the day before.
    return (end - timedelta(microseconds=1)).astimezone(CHINA).date() if end else None


def _ordered(summed: dict[tuple[Any, ...], int]) -> list[Part]:
    parts = [
        Part(unit, kind, amount, product_id, last_day, if_unused)
        for (unit, kind, product_id, last_day, if_unused), amount in summed.items()
    ]
    return sorted(parts, key=lambda part: (part.last_day or date.max, part.unit, part.kind, part.product_id or 0))
