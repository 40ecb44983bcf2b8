"""Paying what was signed for, in whole or in part (R-A03)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F

from kernel import clock
from kernel.money import Money
from ledger.domain import Contra, Guard, Line, PostingRequest, Unit, request_hash
from ledger.models import Posting
from membership.cards.models import Card
from membership.cards.policy import PinProof
from membership.cards.queries import last_of
from membership.cashier import guards, locks
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL, find_member_account, member_account
from membership.cashier.acting import post_traced, ref_of, rules
from membership.cashier.domain import CardRef, MemberAccounts, Occasion, Receipt
from membership.cashier.drafts import check_amount
from membership.cashier.errors import (
    BillNotFound,
    CardNotSigners,
    InsufficientPrepayment,
    SettleTooMuch,
    TenderMismatch,
)
from membership.cashier.models import Settlement, SignedBill
from membership.cashier.past import booked
from membership.cashier.posting import Draft
from membership.cashier.tender import Tender
from membership.records.domain import RecordKind
from tenants.people.domain import Act, Actor, require

SETTLEMENT: Final = "SETTLEMENT"


def settle(
    *,
    actor: Actor,
    bill_id: UUID,
    tender: Tender,
    store_id: int,
    idempotency_key: str,
    proof: PinProof | None = None,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Pay a signed bill, in whole or in part: in cash, from the member's prepayment, from the card it was signed with
    or the one that has its place (R-J03).
    The card asks for its PIN as for any spending, unless all is paid in cash.

    It earns no points: those arise when goods are paid for, never later (R-I09).

    Raises:
        NotAllowed, BillNotFound, SettleTooMuch, TenderMismatch, AmountNotPositive, AmountTooLarge
        CardNotUsable, InsufficientBalance, InsufficientPrepayment, PinRequired: nothing was taken.
        CardNotSigners: that card was made over to somebody else, who does not pay for the signer.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_SETTLE, store_id=store_id)
    amount = Money(tender.total_fen)
    check_amount(amount)
    if tender.signed_fen or not tender.is_sound():
        raise TenderMismatch(total=amount, given=amount - Money(tender.signed_fen))
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    bill = locks.lock_bill(bill_id)
    if bill is None:
        raise BillNotFound
    signed_with = Card.objects.get(pk=bill.card_id)
    last = last_of(signed_with)
    if not Posting.objects.filter(idempotency_key=occasion.ledger_key).exists():
        if amount.fen > bill.open_fen:
            raise SettleTooMuch(number=bill.number, left=Money(bill.open_fen), asked=amount)
        if tender.stored_fen and last.member_id != bill.member_id:
            raise CardNotSigners(card_number=last.number)
    # What she owes is told of on a card of hers, not on one that she made over to somebody else.
    card = ref_of(last if last.member_id == bill.member_id else signed_with)
    draft = _draft(bill, card, tender, occasion, proof)
    receipt = post_traced(draft, Act.VALUE_SETTLE)
    if not receipt.replayed:
        SignedBill.objects.filter(pk=bill.pk).update(settled_fen=F("settled_fen") + amount.fen)
        Settlement.objects.create(
            id=receipt.record_id,
            bill=bill,
            amount_fen=amount.fen,
            parts=tender.parts(),
            settled_at=occasion.occurred_at,
            store_id=store_id,
            actor_name=actor.name,
        )
    return receipt


def _draft(bill: SignedBill, card: CardRef, tender: Tender, occasion: Occasion, proof: PinProof | None) -> Draft:
    prepayment_id = _prepayment(bill, tender)
    cny = Unit.CNY.value
    lines = [Line(member_account(bill.member_id, SIGNED_BILL), None, cny, tender.total_fen)]
    if tender.stored_fen:
        lines.append(Line(card.account_id, None, cny, -tender.stored_fen, kinds=tender.kinds))
    if prepayment_id is not None:
        lines.append(Line(prepayment_id, None, cny, -tender.prepayment_fen))
    if tender.cash_fen:
        lines.append(Line(None, Contra.CASH.value, cny, -tender.cash_fen))
    request = PostingRequest(
        kind=SETTLEMENT,
        idempotency_key=occasion.ledger_key,
        request_hash=request_hash(SETTLEMENT, str(bill.pk), tender.stored_scope, tender.parts(), occasion.store_id),
        actor=str(occasion.actor),
        occurred_at=occasion.occurred_at,
        lines=tuple(lines),
        store_id=occasion.store_id,
        policy=rules().draw_policy,
        guard=_guard(card, occasion, _payer(bill), tender, proof),
        looks_at=() if tender.stored_fen else (card.account_id,),
    )
    detail = {
        "bill": str(bill.pk),
        "bill_number": bill.number,
        "total_fen": tender.total_fen,
        "parts": tender.parts(),
        "open_after_fen": bill.open_fen - tender.total_fen,
    }
    return Draft(card, RecordKind.SETTLEMENT, -tender.stored_fen, occasion, request, detail, prepayment_id)


def _prepayment(bill: SignedBill, tender: Tender) -> int | None:
    """The member's prepayment account. None is opened here: with a bill locked nobody may wait for its member."""
    if not tender.prepayment_fen:
        return None
    found = find_member_account(bill.member_id, PREPAYMENT)
    if found is None:
        raise InsufficientPrepayment(available=Money.ZERO, needed=Money(tender.prepayment_fen))
    return found


def _guard(
    card: CardRef, occasion: Occasion, payer: MemberAccounts, tender: Tender, proof: PinProof | None
) -> Guard | None:
    taken = guards.Taken(tender.takes_fen, proof)
    if tender.stored_fen:
        return guards.may_spend(card, occasion, payer, taken=taken)
    return guards.may_pay_debt(card, occasion, payer, taken=taken) if taken.fen else None


def _told_of(posting_id: UUID) -> Mapping[str, Any]:
    """What the record of a settlement said, out of the settlement; records are cleared."""
    found = Settlement.objects.select_related("bill").filter(pk=posting_id).first()
    if found is None:
        return {}
    return {
        "bill": str(found.bill_id),
        "bill_number": found.bill.number,
        "total_fen": found.amount_fen,
        "parts": found.parts,
    }


booked(SETTLEMENT, RecordKind.SETTLEMENT, tells=_told_of)


def _payer(bill: SignedBill) -> MemberAccounts:
    """A bill is paid with its card only while that card is its member's."""
    return MemberAccounts(member_id=bill.member_id)
