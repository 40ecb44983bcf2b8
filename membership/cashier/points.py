"""What a payment earns in points: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.domain.drawing import apportion


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
    """The chain's rules of points. When they end is the expiry's matter: their lots have no end of their own."""

    terms: tuple[PointsTerm, ...] = ()

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
