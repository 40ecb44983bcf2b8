"""A day's takings as values: no database, no clock. Amounts in fen."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledger.domain import Contra


class SlipWidth(models.TextChoices):
    """The paper in a receipt printer."""

    MM58 = "58", _("58 毫米")
    MM80 = "80", _("80 毫米")


POSTING_LABELS: Final[Mapping[str, str | Promise]] = {
    "TOP_UP": _("充值"),
    "CONSUMPTION": _("消费"),
    "REVERSAL": _("冲正"),
    "RETURN": _("退货"),
    "REFUND": _("退款"),
    "PREPAYMENT": _("预存"),
    "PREPAYMENT_REFUND": _("预存退款"),
    "SETTLEMENT": _("签单结算"),
    "PACKAGE_SALE": _("售出套餐"),
    "PACKAGE_USE": _("用套餐"),
    "CARD_FEE": _("工本费"),
    "REVERSE_TOP_UP": _("反充值"),
    "MOVE": _("换卡转移"),
    "POINTS_ADJUST": _("积分调整"),
    "EXPIRY": _("到期"),
    "POINTS_EXPIRY": _("积分清零"),
    "OPENING": _("期初接管"),
}
"""Every kind of posting there is, in the order of a day's report; a chain's own kind stands under its own code."""

_ORDER: Final = {kind: place for place, kind in enumerate(POSTING_LABELS)}


@dataclass(frozen=True, slots=True)
class Side:
    """The sum of one side of a day's postings, as the ledger has it: by whom, in which kind of posting, on which kind
    of account or contra account. ``count``: of postings that have such a side.
    """

    actor: str
    kind: str
    account: str | None
    contra: str | None
    amount: int
    count: int


@dataclass(frozen=True, slots=True)
class Takings:
    """What one kind of act brought, as the till sees it: cash that came in, value that went onto cards, and so on."""

    count: int = 0
    cash_fen: int = 0
    """Into the drawer; what was paid back is negative."""
    stored_fen: int = 0
    """Onto cards; consumption is negative."""
    bonus_fen: int = 0
    """Given by the chain."""
    prepayment_fen: int = 0
    """Onto members' prepayment."""
    signed_fen: int = 0
    """Came to be owed by members; settlement is negative."""
    deferred_fen: int = 0
    """Came to be owed as counts and minutes of packages; their use is negative."""
    fee_fen: int = 0
    """Kept as a fee of goods that came back."""
    revenue_fen: int = 0
    """Sold."""

    def __add__(self, other: "Takings") -> "Takings":
        return Takings(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(self)))


# Where a side of a posting stands in the takings, and with which sign: what leaves a contra account came in.
_ACCOUNTS: Final = {"STORED": ("stored_fen", 1), "PREPAYMENT": ("prepayment_fen", 1), "SIGNED_BILL": ("signed_fen", -1)}
_CONTRAS: Final = {
    Contra.CASH.value: ("cash_fen", -1),
    Contra.PROMOTION.value: ("bonus_fen", -1),
    Contra.DEFERRED.value: ("deferred_fen", 1),
    Contra.FEE.value: ("fee_fen", 1),
    Contra.REVENUE.value: ("revenue_fen", 1),
}

ByKind = Mapping[str, Takings]


def takings(sides: Iterable[Side]) -> dict[str, ByKind]:
    """The takings by actor and, within, by kind of posting, in the order in which a day's report shows them."""
    found: dict[str, dict[str, Takings]] = defaultdict(dict)
    for side in sides:
        kinds = found[side.actor]
        part, sign = _ACCOUNTS.get(side.account or "") or _CONTRAS.get(side.contra or "") or ("", 0)
        before = kinds.get(side.kind, Takings())
        # Each posting has several sides; the one met by most is met by all.
        count = max(before.count, side.count)
        added = Takings(**{part: sign * side.amount}) if part else Takings()
        moved = before + added
        kinds[side.kind] = Takings(count, *(getattr(moved, field.name) for field in fields(Takings)[1:]))
    return {actor: dict(sorted(kinds.items(), key=_place)) for actor, kinds in found.items()}


def total_of(kinds: Iterable[Takings]) -> Takings:
    """All of them together."""
    return sum(kinds, Takings())


@dataclass(frozen=True, slots=True)
class DaySide:
    """The sum of one side of the postings of a day; ``undone``: the kind that these reverse."""

    day: date
    kind: str
    undone: str | None
    contra: str
    amount: int


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What a day brought, in fen, what was taken back or returned off it."""

    date: date
    revenue_fen: int = 0
    """Sold, as in the day's report."""
    top_up_fen: int = 0
    """Paid onto cards."""
    bonus_fen: int = 0
    """Given by the chain."""


SUMMED: Final = (Contra.CASH.value, Contra.PROMOTION.value, Contra.REVENUE.value)
_TOP_UPS: Final = frozenset({"TOP_UP", "REVERSE_TOP_UP"})


def day_totals(sides: Iterable[DaySide]) -> dict[date, DayTotals]:
    """The totals of each day that had business."""
    sums: dict[date, Counter[str]] = defaultdict(Counter)
    for side in sides:
        if side.contra == Contra.REVENUE:
            sums[side.day]["revenue_fen"] += side.amount
        elif side.contra == Contra.PROMOTION:
            sums[side.day]["bonus_fen"] -= side.amount
        elif (side.undone or side.kind) in _TOP_UPS:
            sums[side.day]["top_up_fen"] -= side.amount
    return {day: DayTotals(day, **fen) for day, fen in sums.items()}


def _place(item: tuple[str, Takings]) -> tuple[int, str]:
    return _ORDER.get(item[0], len(_ORDER)), item[0]
