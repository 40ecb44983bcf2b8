"""Signing for a bill: what a member may owe, what she owes, and what takes it off. Paying it is in ``settling``."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F

from kernel.clock import CHINA
from kernel.money import Money
from ledger.locks import lock_accounts
from ledger.models import Posting
from membership.cashier.acting import chain_policy
from membership.cashier.domain import CardRef, MemberAccounts, Occasion, receipt_number
from membership.cashier.errors import BillAlreadySettled, OverSignedLimit
from membership.cashier.models import MemberTerms, SignedBill
from membership.cashier.tender import Bill


def limit_of(member_id: int) -> int:
    """What the member may owe in all, in fen: her own limit, or the chain's."""
    own = MemberTerms.objects.filter(member_id=member_id).values_list("signed_limit_fen", flat=True).first()
    return chain_policy().signed_limit_fen if own is None else own


def check_limit(card: CardRef, member: MemberAccounts, signed_fen: int, *, key: str) -> None:
    """The member does not come to owe more than she may. Locks the accounts of the bill, in the ledger's order.

    A replay (a posting under this ``key``) is not checked again: it owes nothing new.

    Raises:
        OverSignedLimit
    """
    if member.signed_id is None:
        return
    wanted = (card.account_id, card.points_account_id, member.prepayment_id, member.signed_id)
    accounts = lock_accounts(account for account in wanted if account)
    if Posting.objects.filter(idempotency_key=key).exists():
        return
    problem = over_limit(member.member_id, owed_fen=-accounts[member.signed_id].balance, signed_fen=signed_fen)
    if problem is not None:
        raise problem


def over_limit(member_id: int, *, owed_fen: int, signed_fen: int) -> OverSignedLimit | None:
    """The refusal where ``signed_fen`` more would be over the member's limit."""
    limit = limit_of(member_id)
    if owed_fen + signed_fen <= limit:
        return None
    room = Money(max(limit - owed_fen, 0))
    return OverSignedLimit(after=Money(owed_fen + signed_fen), limit=Money(limit), room=room)


def write_bill(
    posting_id: UUID, card: CardRef, member: MemberAccounts, bill: Bill, occasion: Occasion, *, store_id: int
) -> SignedBill:
    """The bill that was signed by this posting; due after the chain's days."""
    day = occasion.occurred_at.astimezone(CHINA).date()
    return SignedBill.objects.create(
        id=posting_id,
        number=receipt_number(posting_id, occasion.occurred_at),
        member_id=member.member_id,
        card_id=card.card_id,
        store_id=store_id,
        amount_fen=bill.tender.signed_fen,
        due_on=day + timedelta(days=chain_policy().signed_due_days),
        signed_at=occasion.occurred_at,
        signed_by=occasion.actor.name,
        note=bill.note,
    )


def relieve_whole(bill: SignedBill) -> None:
    """Take a locked bill off whose posting was reversed.

    Raises:
        BillAlreadySettled: something was paid on it.
    """
    if bill.settled_fen or bill.relieved_fen:
        raise BillAlreadySettled(number=bill.number)
    relieve(bill, bill.amount_fen)


def relieve(bill: SignedBill, amount_fen: int) -> None:
    """Take a part off a locked bill: the goods came back. At most what is open: the database refuses more."""
    SignedBill.objects.filter(pk=bill.pk).update(relieved_fen=F("relieved_fen") + amount_fen)
    bill.relieved_fen += amount_fen
