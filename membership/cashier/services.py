"""Acts at a till: top-up, consumption, reversal. Each requires a transaction of the chain and is done once per key.

Asking again under the same key does nothing and returns the same receipt, marked ``replayed``; the same key with
another request is refused.
"""

from datetime import datetime
from uuid import UUID

from kernel import clock
from kernel.money import Money
from ledger.domain import DrawPolicy
from ledger.services import reversal_of
from membership.cards.domain import tidy_number
from membership.cards.errors import CardIdle, CardNotFound
from membership.cards.models import Card
from membership.cashier.domain import CardRef, Occasion, Receipt, bonus_expiry
from membership.cashier.drafts import check_amount, consumption_draft, top_up_draft
from membership.cashier.errors import NotReversible, RecordNotFound
from membership.cashier.models import ChainPolicy
from membership.cashier.posting import Draft, post_one
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


def top_up(
    *,
    actor: Actor,
    card_number: str,
    paid: Money,
    bonus: Money = Money.ZERO,
    store_id: int,
    idempotency_key: str,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Put money on a card: what was paid never expires, what is given expires as the chain's policy says.

    Raises:
        NotAllowed, CardNotFound, CardNotUsable, AmountNotPositive, AmountTooLarge
        OverCap: the card would hold more than its level may.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_TOP_UP, store_id=store_id)
    check_amount(paid)
    check_amount(bonus, may_be_nothing=True)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    months = _policy().bonus_validity_months
    draft = top_up_draft(
        card_ref(card_number), paid, bonus, occasion, bonus_expires_at=bonus_expiry(occasion.occurred_at, months)
    )
    return _post(draft, Act.VALUE_TOP_UP)


def consume(
    *,
    actor: Actor,
    card_number: str,
    amount: Money,
    store_id: int,
    idempotency_key: str,
    note: str = "",
    occurred_at: datetime | None = None,
) -> Receipt:
    """Pay from a card, drawing its lots as the chain's policy says.

    Raises:
        NotAllowed, CardNotFound, CardNotUsable, AmountNotPositive, AmountTooLarge
        InsufficientBalance: nothing was taken.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_CONSUME, store_id=store_id)
    check_amount(amount)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    policy = DrawPolicy(_policy().draw_policy)
    draft = consumption_draft(card_ref(card_number), amount, occasion, note=note, policy=policy)
    return _post(draft, Act.VALUE_CONSUME)


def reverse(
    *,
    actor: Actor,
    record_id: UUID,
    store_id: int,
    idempotency_key: str,
    reason: str,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Undo a top-up or a consumption exactly, on the very lots it touched (R-I05, X-22). The card's state does not
    matter: the money is put right whatever became of the card.

    Raises:
        NotAllowed, RecordNotFound, NotReversible, AlreadyReversed
        LotsAlreadyDrawn: part of a top-up has been spent; it wants a refund.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_REVERSE, store_id=store_id)
    original = _reversible(record_id)
    card = CardRef(original.card.pk, original.card.stored_account_id or 0, original.card.number)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    request = reversal_of(
        record_id,
        idempotency_key=occasion.ledger_key,
        actor=str(actor),
        occurred_at=occasion.occurred_at,
        store_id=store_id,
        memo={"reason": reason},
    )
    detail = {"reverses": str(record_id), "reverses_kind": original.kind, "note": reason}
    # The day's sums of what was paid and given come right by themselves.
    detail |= {part: -original.detail[part] for part in ("paid_fen", "bonus_fen") if part in original.detail}
    return _post(Draft(card, RecordKind.REVERSAL, -original.amount_fen, occasion, request, detail), Act.VALUE_REVERSE)


def card_ref(number: str) -> CardRef:
    """What is posted on for a card number, as typed.

    Raises:
        CardNotFound, CardIdle
    """
    number = tidy_number(number)
    found = Card.objects.filter(number=number).values_list("id", "stored_account_id").first()
    if found is None:
        raise CardNotFound(card_number=number)
    card_id, account_id = found
    if account_id is None:
        raise CardIdle(card_number=number)
    return CardRef(card_id, account_id, number)


def _reversible(record_id: UUID) -> Record:
    try:
        original = Record.objects.select_related("card").get(id=record_id)
    except Record.DoesNotExist:
        raise RecordNotFound from None
    if original.kind not in (RecordKind.TOP_UP, RecordKind.CONSUMPTION) or original.posting_id is None:
        raise NotReversible
    return original


def _policy() -> ChainPolicy:
    return ChainPolicy.objects.get(id=ChainPolicy.ONLY)


def _post(draft: Draft, act: Act) -> Receipt:
    receipt = post_one(draft)
    if not receipt.replayed:
        record(
            draft.occasion.actor,
            act,
            object_type="card",
            object_id=receipt.card_number,
            store_id=draft.occasion.store_id,
            detail={"record": str(receipt.record_id), "amount_fen": receipt.amount_fen},
        )
    return receipt
