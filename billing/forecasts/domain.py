"""How long an account lasts: pure arithmetic, no database, no clock. Amounts are whole fen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import IntegerChoices
from django.utils.translation import gettext_lazy as _

from billing.accounts.domain import AccountStanding
from billing.pricebook.domain import ModulePrice, PriceBook
from billing.subscriptions.domain import Terms, monthly_fen, period_at

LOOKED_BACK_DAYS: Final = 30
"""Over how many days the use of calls is averaged."""
HORIZON_DAYS: Final = 365
"""What is covered for so long is not spoken of."""


class Level(IntegerChoices):
    """How near a chain is to owing. The owner is told once at each, and again after she has recovered."""

    FINE = 0, _("充足")
    FORTNIGHT = 1, _("两周内用完")
    WEEK = 2, _("一周内用完")
    DAYS = 3, _("三天内用完")
    OWING = 4, _("已欠费")
    HELD = 5, _("已暂停")
    """It has owed for longer than the days of grace."""


_DAYS_OF: Final = ((Level.DAYS, 3), (Level.WEEK, 7), (Level.FORTNIGHT, 14))


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected of one account."""

    standing: AccountStanding
    daily_fen: int
    """What calls have cost a day of late, rounded up."""
    next_on: date
    """When the next period begins."""
    next_fen: int
    """What it will cost, by its terms and the prices that hold then."""
    lasts_until: date | None
    """The first day on which the account cannot pay what falls due; None: not within a year."""
    today: date
    held_from: date | None = None

    @property
    def days_left(self) -> int | None:
        """How many days it lasts; None: for more than a year."""
        return (self.lasts_until - self.today).days if self.lasts_until else None

    @property
    def level(self) -> Level:
        """What is to be said of it."""
        if self.held_from is not None and self.held_from <= self.today:
            return Level.HELD
        if self.standing.arrears_fen:
            return Level.OWING
        left = self.days_left
        return next((level for level, days in _DAYS_OF if left is not None and left <= days), Level.FINE)


def forecast(
    *,
    standing: AccountStanding,
    calls_fen: int,
    periods: Sequence[tuple[date, int]],
    today: date,
    held_from: date | None = None,
) -> Forecast:
    """What is to be expected if use goes on as it did.

    ``calls_fen``: what calls cost in the last ``LOOKED_BACK_DAYS`` days. ``periods``: the days on which periods begin,
    from the next on, and what the month of each costs.
    """
    daily = -(-calls_fen // LOOKED_BACK_DAYS)
    return Forecast(
        standing=standing,
        daily_fen=daily,
        next_on=periods[0][0],
        next_fen=periods[0][1],
        lasts_until=_empty_on(standing, daily, periods, today),
        today=today,
        held_from=held_from,
    )


def _empty_on(
    standing: AccountStanding, daily_fen: int, periods: Sequence[tuple[date, int]], today: date
) -> date | None:
    if standing.arrears_fen:
        return today
    months = dict(periods)
    left = standing.prepaid_fen
    for days in range(1, HORIZON_DAYS + 1):
        day = today + timedelta(days=days)
        # A day's calls are charged when it is over.
        left -= daily_fen + months.get(day, 0)
        if left < 0:
            return day
    return None


@dataclass(frozen=True, slots=True)
class PriceStep:
    """What a price book that is to come means for one chain."""

    book: PriceBook
    before: PriceBook
    """In force until then."""
    terms: Terms
    """What the chain will be subscribed to, as it stands."""
    holds_from: date
    """When its first period by the new prices begins; a module that is added is charged by them from the book's day."""

    @property
    def month_before_fen(self) -> int:
        """A month of these terms by the old prices."""
        return monthly_fen(self.terms, self.before)

    @property
    def month_fen(self) -> int:
        """A month of them by the new."""
        return monthly_fen(self.terms, self.book)

    @property
    def changed(self) -> Iterator[tuple[ModulePrice, ModulePrice]]:
        """What it is subscribed to and will cost something else: was, will be."""
        for number, plan in self.terms.modules.items():
            was, will = (book.price(module=number, plan=plan) for book in (self.before, self.book))
            if was != will:
                yield was, will


def first_period_from(*, anchor: date, day: date) -> date:
    """The first day, not before ``day``, on which a period begins of a subscription that began on ``anchor``."""
    if day <= anchor:
        return anchor
    period = period_at(anchor=anchor, day=day)
    return period.start if period.start == day else period.end
