"""Drafting acts at a till: the checks that need no database, the posting asked for, and what its record will say."""

from datetime import datetime
from typing import Any

from kernel.money import LARGEST_FEN, Money
from ledger.domain import DrawPolicy
from ledger.errors import AmountNotPositive, AmountTooLarge
from membership.cashier import guards
from membership.cashier.domain import CardRef, Occasion, consumption_request, top_up_request
from membership.cashier.posting import Draft
from membership.records.domain import RecordKind


def check_amount(amount: Money, *, may_be_nothing: bool = False) -> None:
    """An amount is more than nothing (or not less than nothing) and not absurd.

    Raises:
        AmountNotPositive, AmountTooLarge
    """
    if amount.fen < 0 or (not amount and not may_be_nothing):
        raise AmountNotPositive
    if amount.fen > LARGEST_FEN:
        raise AmountTooLarge(limit=Money(LARGEST_FEN))


def top_up_draft(
    card: CardRef, paid: Money, bonus: Money, occasion: Occasion, *, bonus_expires_at: datetime | None
) -> Draft:
    """A top-up of ``paid`` (> 0) and ``bonus`` (≥ 0)."""
    detail: dict[str, Any] = {"paid_fen": paid.fen, "bonus_fen": bonus.fen}
    if bonus and bonus_expires_at is not None:
        detail["bonus_expires_at"] = bonus_expires_at.isoformat()
    request = top_up_request(
        card,
        paid,
        bonus,
        occasion,
        bonus_expires_at=bonus_expires_at,
        guard=guards.may_receive(card, occasion, total=paid + bonus),
    )
    return Draft(card, RecordKind.TOP_UP, (paid + bonus).fen, occasion, request, detail)


def consumption_draft(card: CardRef, amount: Money, occasion: Occasion, *, note: str, policy: DrawPolicy) -> Draft:
    """A consumption of ``amount`` (> 0)."""
    request = consumption_request(
        card, amount.fen, occasion, note=note, policy=policy, guard=guards.may_spend(card, occasion)
    )
    return Draft(card, RecordKind.CONSUMPTION, -amount.fen, occasion, request, {"note": note} if note else {})
