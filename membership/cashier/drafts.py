"""Drafting acts at a till: the checks that need no database, the posting asked for, and what its record will say."""

from datetime import datetime
from typing import Any

from kernel.money import LARGEST_FEN, Money
from ledger.domain import DrawPolicy
from ledger.errors import AmountNotPositive, AmountTooLarge
from membership.cashier import guards
from membership.cashier.bonus import BonusTerm
from membership.cashier.domain import (
    NO_MEMBER,
    CardRef,
    MemberAccounts,
    Occasion,
    consumption_request,
    points_sequel,
    top_up_request,
)
from membership.cashier.errors import TenderMismatch
from membership.cashier.points import NO_POINTS, PointsBook
from membership.cashier.posting import Draft
from membership.cashier.tender import Bill
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


def check_bill(bill: Bill) -> None:
    """The parts are amounts and come to the total, and so do the lines.

    Raises:
        AmountNotPositive, AmountTooLarge, TenderMismatch
    """
    check_amount(Money(bill.total_fen))
    if not bill.tender.is_sound() or any(line.amount_fen <= 0 for line in bill.lines):
        raise AmountNotPositive
    for sum_fen in (bill.tender.total_fen, sum(line.amount_fen for line in bill.lines_or_one)):
        if sum_fen != bill.total_fen:
            raise TenderMismatch(total=Money(bill.total_fen), given=Money(sum_fen))


def top_up_draft(
    card: CardRef,
    paid: Money,
    bonus: Money,
    occasion: Occasion,
    *,
    bonus_expires_at: datetime | None,
    rule: BonusTerm | None = None,
) -> Draft:
    """A top-up of ``paid`` (> 0) and ``bonus`` (≥ 0); ``rule``: the one that gave the bonus, for the record."""
    detail: dict[str, Any] = {"paid_fen": paid.fen, "bonus_fen": bonus.fen}
    if rule is not None:
        detail |= {"bonus_rule": rule.id, "bonus_rule_name": rule.name}
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


def consumption_draft(
    card: CardRef,
    bill: Bill,
    occasion: Occasion,
    *,
    policy: DrawPolicy,
    points: PointsBook = NO_POINTS,
    member: MemberAccounts = NO_MEMBER,
    asks_pin: bool = True,
) -> Draft:
    """A consumption of a bill whose tender is sound and comes to its total. ``asks_pin`` is off for a preview.

    What is paid in cash alone takes nothing of the card's holder, and no PIN is asked.
    """
    takes_fen = bill.tender.takes_fen if asks_pin else 0
    request = consumption_request(
        card,
        bill,
        occasion,
        policy=policy,
        guard=guards.may_spend(
            card,
            occasion,
            member,
            served=bill.served,
            taken=guards.Taken(takes_fen, bill.proof) if takes_fen else None,
        ),
        member=member,
        points=points_sequel(card, bill, occasion, points, guards.points_facts),
    )
    detail: dict[str, Any] = {"note": bill.note} if bill.note else {}
    if vehicle := bill.served.plate or bill.served.vin:
        detail["vehicle"] = vehicle
    if not bill.tender.is_plain:
        detail |= {"total_fen": bill.total_fen, "parts": bill.tender.parts()}
    prepayment_id = member.prepayment_id if bill.tender.prepayment_fen else None
    return Draft(card, RecordKind.CONSUMPTION, -bill.tender.stored_fen, occasion, request, detail, prepayment_id)
