"""Acts at a till: top-up, payment, undoing a payment. Each requires a transaction of the chain, is done once per key.

Asking again under the same key does nothing and returns the same receipt, marked ``replayed``; the same key with
another request is refused.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from kernel import clock
from kernel.money import Money
from ledger.services import reversal_of
from membership.cards.models import Card
from membership.cards.policy import PinProof
from membership.cashier import giving, locks, signing
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL, member_account
from membership.cashier.acting import card_ref, post_traced, ref_of, rules
from membership.cashier.buying import HERSELF, Customer, keep, know
from membership.cashier.domain import NO_MEMBER, CardRef, MemberAccounts, Occasion, Receipt
from membership.cashier.drafts import check_amount, check_bill, consumption_draft, top_up_draft
from membership.cashier.errors import CardWithoutMember, FaultFormNeeded, NotReversible, PartlyReturned
from membership.cashier.following import bring_home, hold_heirs, pass_card_on, pass_on, refuse_ended
from membership.cashier.models import GoodsReturn
from membership.cashier.past import record_of
from membership.cashier.points import BillLine
from membership.cashier.posting import Draft
from membership.cashier.prepayment import pay_in, pay_out
from membership.cashier.tender import NOBODYS, Bill, Served, Tender, plain
from membership.members.locks import hold_member
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.people.domain import Act, Actor, require

__all__ = ["consume", "pay", "pay_in", "pay_out", "reverse", "top_up"]


def top_up(
    *,
    actor: Actor,
    card_number: str,
    paid: Money,
    bonus: Money | None = None,
    store_id: int,
    idempotency_key: str,
    customer: Customer = HERSELF,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Put money on a card: what was paid never expires, what is given expires as its rule or the chain's policy says.

    Without ``bonus`` the chain's rules decide what is given (R-G06); a bonus by hand is for whoever makes the rules.
    ``customer``: who pays, where that is not the member herself; she is registered with the top-up.

    Raises:
        NotAllowed, CardNotFound, CardNotUsable, AmountNotPositive, AmountTooLarge
        OverCap: the card would hold more than its level may.
        BuyerIncomplete, InvalidIdNumber, BuyerPhoneInvalid, BuyerIsMember, RegistrationIncomplete
        BuyerUnregistered: bearer cards for much at once, and nobody named.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_TOP_UP, store_id=store_id)
    check_amount(paid)
    if bonus:
        require(actor, Act.VALUE_POLICY, store_id=store_id)
        check_amount(bonus)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    card = card_ref(card_number)
    known = know(customer, card, paid, occasion)
    gift = giving.by_hand(bonus, occasion) if bonus is not None else giving.by_rule(card, paid, occasion)
    draft = top_up_draft(card, paid, Money(gift.fen), occasion, bonus_expires_at=gift.expires_at, rule=gift.rule)
    receipt = post_traced(draft, Act.VALUE_TOP_UP)
    keep(known, receipt, card, paid, occasion)
    return receipt


def consume(
    *,
    actor: Actor,
    card_number: str,
    amount: Money,
    store_id: int,
    idempotency_key: str,
    note: str = "",
    served: Served = NOBODYS,
    proof: PinProof | None = None,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Pay a bill from a card alone, drawing its lots as the chain's policy says.

    Raises:
        NotAllowed, CardNotFound, CardNotUsable, AmountNotPositive, AmountTooLarge
        InsufficientBalance, VehicleMismatch: nothing was taken.
        PinRequired: likewise; prove the PIN by ``cards.services.check_till_pin`` and come again with the ``proof``.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_CONSUME, store_id=store_id)
    check_amount(amount)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    bill = plain(amount.fen, note=note, served=served, proof=proof)
    return post_traced(_consumption(card_ref(card_number), bill, occasion), Act.VALUE_CONSUME)


def pay(
    *,
    actor: Actor,
    card_number: str,
    total: Money,
    tender: Tender,
    store_id: int,
    idempotency_key: str,
    note: str = "",
    lines: Sequence[BillLine] = (),
    served: Served = NOBODYS,
    proof: PinProof | None = None,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Pay a bill by parts: from the card, the member's prepayment, in cash, and by signing for the rest. One posting.

    ``lines`` say which part of the bill earns points; without them all of it does.

    Raises:
        NotAllowed, CardNotFound, CardNotUsable, AmountNotPositive, AmountTooLarge, TenderMismatch
        InsufficientBalance, InsufficientPrepayment, OverSignedLimit, VehicleMismatch: nothing was taken.
        PinRequired: likewise; as with ``consume``.
        CardWithoutMember: such a card has neither prepayment nor credit.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_CONSUME, store_id=store_id)
    if tender.signed_fen:
        require(actor, Act.VALUE_SIGN, store_id=store_id)
    bill = Bill(total.fen, tender, tuple(lines), note, served, proof)
    check_bill(bill)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    card = card_ref(card_number)
    member = member_of(card, tender)
    return post_bill(_consumption(card, bill, occasion, member), bill, member, store_id=store_id, act=Act.VALUE_CONSUME)


def post_bill(draft: Draft, bill: Bill, member: MemberAccounts, *, store_id: int, act: Act) -> Receipt:
    """Post what a bill pays for. What is signed for stays within the member's limit, and becomes a signed bill.

    Raises:
        OverSignedLimit, and whatever else refuses it; nothing was written.
    """
    if not bill.tender.signed_fen:
        return post_traced(draft, act)
    signing.check_limit(draft.card, member, bill.tender.signed_fen, key=draft.occasion.ledger_key)
    receipt = post_traced(draft, Act.VALUE_SIGN)
    if not receipt.replayed:
        signing.write_bill(receipt.record_id, draft.card, member, bill, draft.occasion, store_id=store_id)
    return receipt


def member_of(card: CardRef, tender: Tender) -> MemberAccounts:
    """The accounts of the card's member that the tender needs, opened where she has none yet.

    Raises:
        CardWithoutMember
        MemberMerged: her record was merged into another just now.
    """
    if not tender.prepayment_fen and not tender.signed_fen:
        return NO_MEMBER
    member_id = Card.objects.values_list("member_id", flat=True).get(id=card.card_id)
    if member_id is None:
        raise CardWithoutMember(card_number=card.number)
    if tender.signed_fen:
        # The bill will name her: before any account is locked, as a merge does it.
        hold_member(member_id)
    return MemberAccounts(
        member_id=member_id,
        prepayment_id=member_account(member_id, PREPAYMENT) if tender.prepayment_fen else None,
        signed_id=member_account(member_id, SIGNED_BILL) if tender.signed_fen else None,
    )


def reverse(
    *,
    actor: Actor,
    record_id: UUID,
    store_id: int,
    idempotency_key: str,
    reason: str,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Undo a consumption exactly, on the very lots it touched. The card's state does not matter: the money is put right
    whatever became of the card, and goes on to the one that has its place (R-J03); only where that one has ended for
    good nothing comes back.

    Raises:
        NotAllowed, RecordNotFound, NotReversible, AlreadyReversed
        CardNotUsable: the card has ended for good: withdrawn, collected or destroyed.
        FaultFormNeeded: it is a top-up; that goes by a fault form (``reversing``).
        LotsAlreadyDrawn: some of the points earned have been used; it wants a return.
        BillAlreadySettled: what was signed for has been paid in part.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_REVERSE, store_id=store_id)
    original = _reversible(record_id)
    card = ref_of(original.card)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    undoing = reversal_of(
        record_id,
        idempotency_key=occasion.ledger_key,
        actor=str(actor),
        occurred_at=occasion.occurred_at,
        store_id=store_id,
        memo={"reason": reason},
    )
    # A bill that was paid without the card left its account alone: the receipt tells its balance all the same.
    request = replace(undoing, looks_at=(card.account_id,))
    detail: dict[str, Any] = {"reverses": str(record_id), "reverses_kind": original.kind, "note": reason}
    if total_fen := original.detail.get("total_fen"):
        detail["total_fen"] = -total_fen
    if parts := original.detail.get("parts"):
        detail["parts"] = {means: -fen for means, fen in parts.items()}
    bill = locks.lock_bill(record_id)
    heirs = hold_heirs(record_id, original.card)
    refuse_ended(heirs, key=occasion.ledger_key)
    bring_home(heirs, record_id, occasion)
    receipt = post_traced(
        Draft(card, RecordKind.REVERSAL, -original.amount_fen, occasion, request, detail), Act.VALUE_REVERSE
    )
    if receipt.replayed:
        return receipt
    pass_on(heirs, receipt.record_id, actor=actor, store_id=store_id)
    pass_card_on(heirs, receipt.record_id, occasion)
    if bill is not None:
        signing.relieve_whole(bill)
    return receipt


def _reversible(record_id: UUID) -> Record:
    original = record_of(record_id)
    if original.kind == RecordKind.TOP_UP:
        raise FaultFormNeeded
    if original.kind != RecordKind.CONSUMPTION or original.posting_id is None:
        raise NotReversible
    if GoodsReturn.objects.filter(consumption=record_id).exists():
        raise PartlyReturned
    return original


def _consumption(card: CardRef, bill: Bill, occasion: Occasion, member: MemberAccounts = NO_MEMBER) -> Draft:
    chosen = rules()
    return consumption_draft(card, bill, occasion, policy=chosen.draw_policy, points=chosen.points, member=member)
