"""What a member paid for and by which means, out of the books: records are cleared, postings never are (R-A03, X-08).

What is paid in cash for nothing that is hers is in nobody's account, and so not found here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from kernel.calendar import add_months, start_of
from kernel.clock import CHINA
from ledger.domain import Contra, Unit
from ledger.models import Account, Entry, Posting
from membership.cards.models import Card
from membership.cards.services.replacing import FEE
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL
from membership.cashier.domain import CONSUMPTION, TOP_UP
from membership.cashier.prepayment import PAY_IN, PAY_OUT
from membership.cashier.returning import RETURN
from membership.cashier.reversing import REVERSE_TOP_UP
from membership.cashier.settling import SETTLEMENT
from membership.cashier.tender import Means

_PACKAGE_SALE: Final = "PACKAGE_SALE"
_PAYING: Final = (CONSUMPTION, SETTLEMENT, RETURN, FEE, _PACKAGE_SALE)
"""Kinds of postings by which something is paid for, or comes back."""
_SPENDING: Final = (CONSUMPTION, RETURN, FEE, _PACKAGE_SALE)
_PAYING_IN: Final = (TOP_UP, REVERSE_TOP_UP, PAY_IN, PAY_OUT)
_MEANS: Final = {PREPAYMENT: Means.PREPAYMENT.value, SIGNED_BILL: Means.SIGNED.value}


@dataclass(frozen=True, slots=True)
class Purse:
    """A member's accounts: what each pays with, by key; None for those that hold no money (points, packages)."""

    means: Mapping[int, str | None]

    def with_means(self, means: str) -> list[int]:
        """The accounts that pay so."""
        return [account_id for account_id, of_account in self.means.items() if of_account == means]


@dataclass(frozen=True, slots=True)
class MonthPaid:
    """A calendar month in China, by its first day: what was spent by whatever means, and what was paid in, in fen."""

    first_day: date
    spent_fen: int
    paid_in_fen: int


@dataclass(frozen=True, slots=True)
class Payment:
    """One posting by which something was paid for or came back. ``parts``: fen by means, negative where it came back;
    of a settlement, what was owed is the negative part.

    ``kind`` of a reversal is the kind of what it undid.
    """

    posting_id: UUID
    kind: str
    reverses: UUID | None
    occurred_at: datetime
    store_id: int | None
    parts: Mapping[str, int]

    @property
    def amount_fen(self) -> int:
        """What it came to; of a settlement, what was paid."""
        return sum(fen for means, fen in self.parts.items() if self.kind != SETTLEMENT or means != Means.SIGNED)


def purse_of(cards: Sequence[Card], *, member_ids: Collection[int], package_kinds: Collection[str]) -> Purse:
    """The accounts of these cards and members. ``member_ids``: the member, and whoever was merged into her;
    ``package_kinds``: the kinds of the accounts of packages. One query.
    """
    stored = {card.stored_account_id: Means.STORED.value for card in cards if card.stored_account_id is not None}
    points = {card.points_account_id: None for card in cards if card.points_account_id is not None}
    own = Q(kind__in=list(_MEANS), holder_id__in=list(member_ids))
    packages = Q(kind__in=list(package_kinds), holder_id__in=[card.pk for card in cards])
    others = Account.objects.filter(own | packages).values_list("pk", "kind")
    return Purse({**stored, **points, **{account_id: _MEANS.get(kind) for account_id, kind in others}})


def payments_of(purse: Purse, *, means: str = "", size: int, after: UUID | None = None) -> list[Payment]:
    """The latest ``size`` payments booked before ``after``, of all means or of one. Two queries."""
    found = _postings(purse, means)
    if after is not None:
        found = found.filter(pk__lt=after)
    rows = list(
        found.order_by("-pk").values_list("pk", "kind", "reverses_id", "reverses__kind", "occurred_at", "store_id")[
            :size
        ]
    )
    parts = _parts(purse, [row[0] for row in rows])
    return [
        Payment(pk, undone or kind, reverses, occurred_at, store_id, parts.get(pk, {}))
        for pk, kind, reverses, undone, occurred_at, store_id in rows
    ]


def is_payment(purse: Purse, posting_id: UUID) -> bool:
    """Whether this posting is one of the payments. One query."""
    return _postings(purse, "").filter(pk=posting_id).exists()


def paid_by_means(purse: Purse) -> dict[str, int]:
    """What was paid in all, in fen by means, less what came back: without what was signed for and is not settled. One
    query.
    """
    entries = Entry.objects.filter(posting__in=_postings(purse, "").values("pk"))
    sums = _of(purse, entries).order_by().values_list("account_id").annotate(amount=Sum("amount"))
    paid: dict[str, int] = {}
    for account_id, amount in sums:
        by = Means.CASH.value if account_id is None else purse.means[account_id]
        if by is not None and by != Means.SIGNED:
            paid[by] = paid.get(by, 0) - amount
    return paid


def year_of(purse: Purse, *, first: date, months: int = 12) -> list[MonthPaid]:
    """What each of these months brought, the first beginning on ``first``; months without anything are there too. One
    query.
    """
    days = [add_months(first, place) for place in range(months + 1)]
    kinds = (*_SPENDING, *_PAYING_IN)
    touched = Entry.objects.filter(account_id__in=list(purse.means)).values("posting_id")
    entries = _of(purse, Entry.objects.filter(posting_id__in=touched)).filter(
        Q(posting__kind__in=kinds) | Q(posting__reverses__kind__in=kinds),
        posting__occurred_at__gte=start_of(days[0]),
        posting__occurred_at__lt=start_of(days[-1]),
    )
    sums = (
        entries.order_by()
        .annotate(month=TruncMonth("posting__occurred_at", output_field=DateField(), tzinfo=CHINA))
        .values_list("month", "posting__kind", "posting__reverses__kind", "contra")
        .annotate(amount=Sum("amount"))
    )
    spent: dict[date, int] = {}
    paid_in: dict[date, int] = {}
    for month, kind, undone, contra, amount in sums:
        if (undone or kind) in _SPENDING:
            spent[month] = spent.get(month, 0) - amount
        elif contra == Contra.CASH:
            paid_in[month] = paid_in.get(month, 0) - amount
    return [MonthPaid(day, spent.get(day, 0), paid_in.get(day, 0)) for day in days[:-1]]


def _postings(purse: Purse, means: str) -> QuerySet[Posting]:
    accounts = list(purse.means) if means in ("", Means.CASH) else purse.with_means(means)
    touched = Entry.objects.filter(account_id__in=accounts).values("posting_id")
    found = Posting.objects.filter(Q(kind__in=_PAYING) | Q(reverses__kind__in=_PAYING), pk__in=touched)
    if means == Means.CASH:
        cash = Entry.objects.filter(posting_id=OuterRef("pk"), contra=Contra.CASH.value)
        found = found.filter(Exists(cash))
    return found


def _of(purse: Purse, entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Those on her own accounts, and what went over the counter with them."""
    money = [account_id for account_id, by in purse.means.items() if by is not None]
    return entries.filter(Q(account_id__in=money) | Q(contra=Contra.CASH.value), unit=Unit.CNY.value)


def _parts(purse: Purse, posting_ids: list[UUID]) -> dict[UUID, dict[str, int]]:
    entries = _of(purse, Entry.objects.filter(posting_id__in=posting_ids))
    parts: dict[UUID, dict[str, int]] = {}
    for posting_id, account_id, amount in entries.order_by("posting_id", "line_no").values_list(
        "posting_id", "account_id", "amount"
    ):
        by = Means.CASH.value if account_id is None else purse.means[account_id]
        if by is not None:
            of_posting = parts.setdefault(posting_id, {})
            of_posting[by] = of_posting.get(by, 0) - amount
    return parts
