"""What a payment earns in points, and how long they last: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.calendar import add_months, start_of
from kernel.clock import CHINA
from ledger.domain.drawing import apportion


class PointsValidity(models.TextChoices):
    """How points end (X-17)."""

    FIXED = "FIXED", _("按卡生效日")
    """All at once, on each anniversary of the card's issue after so many months."""
    ROLLING_INACTIVITY = "ROLLING_INACTIVITY", _("连续未消费清零")
    """All at once, when the card was not used for so many months (R-I02, R-G03)."""
    PER_LOT = "PER_LOT", _("按获得日")
    """Each earning by itself, so many months after it."""


@dataclass(frozen=True, slots=True)
class PointsTerm:
    """One rule: a point for each ``fen_per_point`` that is paid. ``None`` is: every level, open on that side."""

    fen_per_point: int
    level_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line of a bill. ``earns`` is off for goods that give no points."""

    amount_fen: int
    earns: bool = True


@dataclass(frozen=True, slots=True)
class PointsBook:
    """The chain's rules of points."""

    terms: tuple[PointsTerm, ...] = ()
    validity: str = PointsValidity.ROLLING_INACTIVITY.value
    validity_months: int = 12

    def fen_per_point(self, *, level_id: int, day: date) -> int | None:
        """What one point costs such a card on that day; None: it earns none.

        A rule for the level goes before one for all; of equals the one that began last, then the more generous.
        """
        fitting = [term for term in self.terms if _fits(term, level_id, day)]
        if not fitting:
            return None
        best = max(
            fitting, key=lambda term: (term.level_id is not None, term.starts_on or date.min, -term.fen_per_point)
        )
        return best.fen_per_point

    def expires_at(self, *, earned_at: datetime, card_since: datetime | None) -> datetime | None:
        """The moment from which points earned then cannot be used; None: no end of their own."""
        day = earned_at.astimezone(CHINA).date()
        if self.validity == PointsValidity.PER_LOT:
            return start_of(add_months(day, self.validity_months))
        if self.validity == PointsValidity.FIXED:
            return start_of(
                _next_anniversary((card_since or earned_at).astimezone(CHINA).date(), self.validity_months, day)
            )
        return None


NO_POINTS: Final = PointsBook()


def earned(*, lines: Sequence[BillLine], paid_fen: int, fen_per_point: int) -> int:
    """The points for ``paid_fen`` really paid of a bill: floor per line, remainders are not carried (X-24).

    What was paid is spread over the lines in their ratio; what was paid with something given earns nothing.
    """
    if not paid_fen:
        return 0
    shares = apportion(paid_fen, [line.amount_fen for line in lines])
    return sum(share // fen_per_point for share, line in zip(shares, lines, strict=True) if line.earns)


def kept_after_return(*, points: int, total_fen: int, returned_fen: int) -> int:
    """Of ``points`` earned by a bill, those that stay when ``returned_fen`` of it has come back (R-P17)."""
    return points * (total_fen - returned_fen) // total_fen


def _fits(term: PointsTerm, level_id: int, day: date) -> bool:
    return (
        term.level_id in (None, level_id)
        and (term.starts_on is None or term.starts_on <= day)
        and (term.ends_on is None or day <= term.ends_on)
    )


def _next_anniversary(start: date, months: int, day: date) -> date:
    passed = max((day.year - start.year) * 12 + day.month - start.month, 0) // months
    end = add_months(start, passed * months)
    while end <= day:
        passed += 1
        end = add_months(start, passed * months)
    return end
