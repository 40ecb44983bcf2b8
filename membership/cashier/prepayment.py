"""Prepayment: what a member pays ahead, apart from what her cards hold (X-09). Used as a part of ``services.pay``."""

from datetime import datetime
from typing import Final

from kernel import clock
from kernel.money import Money
from ledger.domain import Contra, Line, PostingRequest, Unit, request_hash
from membership.cards.models import Card
from membership.cashier import guards
from membership.cashier.accounts import PREPAYMENT, member_account
from membership.cashier.acting import card_ref, post_traced
from membership.cashier.domain import CardRef, Occasion, Receipt
from membership.cashier.drafts import check_amount
from membership.cashier.errors import CardWithoutMember
from membership.cashier.past import booked
from membership.cashier.posting import Draft
from membership.records.domain import RecordKind
from tenants.people.domain import Act, Actor, require

PAY_IN: Final = "PREPAYMENT"
PAY_OUT: Final = "PREPAYMENT_REFUND"

booked(PAY_IN, RecordKind.PREPAYMENT)
booked(PAY_OUT, RecordKind.PREPAYMENT)


def pay_in(
    *,
    actor: Actor,
    card_number: str,
    amount: Money,
    store_id: int,
    idempotency_key: str,
    note: str = "",
    occurred_at: datetime | None = None,
) -> Receipt:
    """Pay ahead, in cash, onto the account of the member behind the card, whatever the card's state.

    Raises:
        NotAllowed, CardNotFound, CardIdle, CardWithoutMember, AmountNotPositive, AmountTooLarge
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_TOP_UP, store_id=store_id)
    check_amount(amount)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    return post_traced(_draft(card_number, amount.fen, occasion, PAY_IN, note), Act.VALUE_TOP_UP)


def pay_out(
    *,
    actor: Actor,
    card_number: str,
    amount: Money,
    store_id: int,
    idempotency_key: str,
    reason: str,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Give prepayment back in cash. For the treasury.

    Raises:
        NotAllowed, CardNotFound, CardIdle, CardWithoutMember, AmountNotPositive, AmountTooLarge
        InsufficientPrepayment: the member has paid ahead less.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_REVERSE, store_id=store_id)
    check_amount(amount)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    return post_traced(_draft(card_number, -amount.fen, occasion, PAY_OUT, reason), Act.VALUE_REVERSE)


def _draft(card_number: str, fen: int, occasion: Occasion, kind: str, note: str) -> Draft:
    card = card_ref(card_number)
    member_id = _member_id(card)
    account_id = member_account(member_id, PREPAYMENT)
    request = PostingRequest(
        kind=kind,
        idempotency_key=occasion.ledger_key,
        request_hash=request_hash(kind, card.number, fen, occasion.store_id, note),
        actor=str(occasion.actor),
        occurred_at=occasion.occurred_at,
        lines=(Line(account_id, None, Unit.CNY.value, fen), Line(None, Contra.CASH.value, Unit.CNY.value, -fen)),
        store_id=occasion.store_id,
        guard=guards.still_hers(card, member_id),
        looks_at=(card.account_id,),
    )
    detail = {"prepayment_fen": fen} | ({"note": note} if note else {})
    return Draft(card, RecordKind.PREPAYMENT, 0, occasion, request, detail, account_id)


def _member_id(card: CardRef) -> int:
    member_id = Card.objects.values_list("member_id", flat=True).get(id=card.card_id)
    if member_id is None:
        raise CardWithoutMember(card_number=card.number)
    return member_id
