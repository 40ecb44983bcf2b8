"""Which lots give, and how much of each: the draw policies.

All are deterministic: the same lots and the same amount give the same parts.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from ledger.domain.kinds import LotKind
from ledger.domain.states import LotState

_FOREVER: Final = datetime.max.replace(tzinfo=UTC)

Part = tuple[LotState, int]


class DrawPolicy(StrEnum):
    """The order in which a consumption draws the live lots of an account."""

    EARLIEST_EXPIRY = "EARLIEST_EXPIRY"
    """What expires first goes first; what never expires goes last, oldest first."""
    BONUS_FIRST = "BONUS_FIRST"
    """What was given goes before what was paid; within each, earliest expiry."""
    PRO_RATA = "PRO_RATA"
    """What was paid and what was given, in the ratio in which they stand in the account (法释〔2025〕4号 art 18).

    Within each kind, earliest expiry. The parts are whole and sum exactly, by largest remainder."""


def choose_lots(policy: DrawPolicy, lots: Sequence[LotState], amount: int) -> list[Part]:
    """Divide ``amount`` (> 0, at most what the lots hold) over the lots.

    The caller leaves out what may not be drawn: empty and expired lots.
    """
    if len(lots) == 1:
        return [(lots[0], amount)]
    ordered = sorted(lots, key=_by_expiry)
    if policy is DrawPolicy.EARLIEST_EXPIRY:
        return _take(ordered, amount)
    if policy is DrawPolicy.BONUS_FIRST:
        return _take(sorted(ordered, key=_is_paid), amount)
    return _pro_rata(ordered, amount)


def apportion(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole shares of ``amount`` in the ratio of ``weights``, summing exactly to it, by largest remainder.

    Ties go to the earlier weight. Where ``amount`` is at most the weights' sum, no share exceeds its weight.
    """
    total = sum(weights)
    shares = [amount * weight // total for weight in weights]
    remainders = [amount * weight % total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: amount - sum(shares)]:
        shares[i] += 1
    return shares


def _by_expiry(lot: LotState) -> tuple[datetime, datetime, UUID]:
    # Ids are time-ordered and, within a posting, follow the order in which the caller stated the lots.
    return lot.expires_at or _FOREVER, lot.opened_at, lot.id


def _is_paid(lot: LotState) -> bool:
    return lot.kind != LotKind.BONUS


def _take(ordered: Iterable[LotState], amount: int) -> list[Part]:
    parts: list[Part] = []
    for lot in ordered:
        part = min(lot.remaining, amount)
        parts.append((lot, part))
        amount -= part
        if not amount:
            break
    return parts


def _pro_rata(ordered: Sequence[LotState], amount: int) -> list[Part]:
    kinds: dict[str, list[LotState]] = {}
    for lot in ordered:
        kinds.setdefault(lot.kind, []).append(lot)
    # Sorted, so that a tie between remainders does not depend on which lot happens to expire first.
    names = sorted(kinds, key=lambda kind: (kind == LotKind.BONUS, kind))
    shares = apportion(amount, [sum(lot.remaining for lot in kinds[name]) for name in names])
    return [part for name, share in zip(names, shares, strict=True) if share for part in _take(kinds[name], share)]
