"""How much is owed back: the formulas of the law and of a top-up taken back. Pure, in whole fen.

法释〔2025〕4号: article 14 gives seven days to think better of it, 18 and 19 say what consumption counts as, 20 that
nothing is clawed back beyond what was paid. Rounding is always to the payer's good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from ledger.domain.drawing import apportion

SEVEN_DAYS: Final = timedelta(days=7)


class Article(StrEnum):
    """Whose doing it is that the card is given back."""

    NOT_CONSUMERS_CAUSE = "18"
    """What was consumed counts at the discount that the bonus was: in the ratio of paid to paid and given."""
    CONSUMERS_CAUSE = "19"
    """What was consumed counts at its undiscounted price."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a card was ever loaded with, and what of it was consumed, in fen at list price."""

    paid_fen: int
    given_fen: int
    used_fen: int


def refund_fen(loaded: Loaded, article: Article) -> int:
    """What of the payment is owed back. Never below nothing, never above what was paid (art 20)."""
    if article is Article.CONSUMERS_CAUSE:
        consumed = loaded.used_fen
    else:
        whole = loaded.paid_fen + loaded.given_fen
        consumed = loaded.used_fen * loaded.paid_fen // whole if whole else 0
    return min(max(loaded.paid_fen - consumed, 0), loaded.paid_fen)


@dataclass(frozen=True, slots=True)
class TakeBack:
    """What a negative top-up takes and gives, in fen (R-G06, X-22).

    ``principal_fen`` and ``bonus_fen`` leave the recorded lots. ``shortfall_fen``: the bonus that was spent already and
    is kept back from the principal; ``uncovered_fen``: what even that does not cover, the chain's loss.
    """

    principal_fen: int
    bonus_fen: int
    cash_fen: int
    shortfall_fen: int
    uncovered_fen: int


def take_back(*, given_fen: int, principal_left_fen: int, bonus_left_fen: int) -> TakeBack:
    """Take back all that is left of a top-up; the spent part of its bonus comes from the principal, never below 0."""
    missing = given_fen - bonus_left_fen
    shortfall = min(missing, principal_left_fen)
    return TakeBack(
        principal_fen=principal_left_fen,
        bonus_fen=bonus_left_fen,
        cash_fen=principal_left_fen - shortfall,
        shortfall_fen=shortfall,
        uncovered_fen=missing - shortfall,
    )


def spread(amount_fen: int, left: Sequence[int]) -> list[int]:
    """A returned amount over what is left of the parts that paid for it, in their ratio; no part gets more than it has.

    ``amount_fen`` is at most their sum.
    """
    return apportion(amount_fen, left) if sum(left) else [0] * len(left)
