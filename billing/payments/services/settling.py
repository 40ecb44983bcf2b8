"""What the payment service says, made true here: the one place where a payment becomes credit.

Everything is told by an object as the service holds it now, never by a message about it or a browser that comes back.
In the public schema, inside the caller's transaction; whoever learns the same thing twice, or learns an older thing
later, changes nothing.
"""

from typing import Any
from uuid import UUID

from django.db.models import Q

from billing.accounts import services as accounts
from billing.accounts.domain import Contra, Debit, PostingKind
from billing.payments.domain import ENDED, AttemptKind, AttemptState, rises
from billing.payments.locks import hold_attempt
from billing.payments.models import Attempt, PaymentCustomer, SavedCard
from billing.payments.ports import Card, Found, Intent, Refunded, Session
from billing.payments.services import standing_orders
from kernel import clock
from kernel.ids import uuid7
from tenants.people.domain import SYSTEM

_CURRENCY = "cny"


def settle(found: Found) -> bool:
    """Take note of an object; whether it is one of ours. Requires a transaction in public."""
    if isinstance(found, Session):
        return _settle_session(found)
    if isinstance(found, Intent):
        return _settle_intent(found)
    return _settle_refund(found)


def fail(attempt_id: UUID, problem: str) -> None:
    """The service did not do it and will not: what was taken for it is given back."""
    attempt = hold_attempt(attempt_id)
    if attempt is not None:
        move(attempt, AttemptState.FAILED, error_code=problem[:60])


def move(attempt: Attempt, state: AttemptState, **learnt: Any) -> None:
    """Move a locked attempt on to the state that was learnt, if that is further; what else was learnt is kept."""
    before = attempt.state
    if rises(attempt.kind, before, state):
        attempt.state = state
        if state in ENDED:
            attempt.ended_at = clock.now()
            attempt.url = ""
    for name, value in learnt.items():
        if value:
            setattr(attempt, name, value)
    attempt.save(update_fields=["state", "ended_at", "url", *learnt])
    if attempt.state != before:
        _follow(attempt)


def _follow(attempt: Attempt) -> None:
    """What a new state brings with it."""
    if attempt.kind == AttemptKind.AUTO_TOP_UP:
        if attempt.state == AttemptState.SUCCEEDED:
            standing_orders.charged(attempt)
        elif attempt.state == AttemptState.FAILED:
            standing_orders.declined(attempt)
    elif attempt.kind == AttemptKind.REFUND and attempt.state == AttemptState.FAILED:
        accounts.credit(
            chain_id=attempt.chain_id,
            amount_fen=attempt.amount_fen,
            key=f"refund-back:{attempt.pk}",
            source=Contra.CASH_STRIPE,
            kind=PostingKind.CHAIN_REFUND_BACK,
            actor=SYSTEM,
            occurred_at=clock.now(),
            memo={"attempt": str(attempt.pk)},
        )


def _settle_session(found: Session) -> bool:
    attempt = _ours(found.attempt, found.customer_id)
    if attempt is None:
        return False
    if found.card is not None and attempt.kind == AttemptKind.CARD_SETUP:
        _keep_card(attempt.chain_id, found.card)
    if found.intent is not None and not _credit(attempt, found.intent):
        return False
    move(
        attempt,
        found.state,
        object_id=found.id,
        intent_id=found.intent.id if found.intent else "",
        error_code=found.intent.problem[:60] if found.intent else "",
    )
    return True


def _settle_intent(found: Intent) -> bool:
    attempt = _ours(found.attempt, found.customer_id)
    if attempt is None or not _credit(attempt, found):
        return False
    # On the service's page a payer may try again: there only success ends it, or the page itself.
    alone = attempt.kind == AttemptKind.AUTO_TOP_UP
    state = found.state if alone or found.state == AttemptState.SUCCEEDED else AttemptState.OPEN
    move(
        attempt,
        state,
        object_id=found.id if alone else "",
        intent_id=found.id,
        error_code=found.problem[:60],
    )
    return True


def _settle_refund(found: Refunded) -> bool:
    refund = hold_attempt(found.attempt) if found.attempt else None
    if refund is None:
        refund = _adopted(found)
    if refund is None or refund.kind != AttemptKind.REFUND or refund.amount_fen != found.amount_fen:
        return False
    move(refund, found.state, object_id=found.id, intent_id=found.intent_id, error_code=found.problem[:60])
    return True


def _ours(attempt_id: UUID | None, customer_id: str) -> Attempt | None:
    """The attempt, locked, if the service's customer is its chain."""
    attempt = hold_attempt(attempt_id) if attempt_id else None
    if attempt is None:
        return None
    same = PaymentCustomer.objects.filter(pk=attempt.chain_id).filter(Q(customer_id=customer_id) | Q(customer_id=""))
    return attempt if customer_id and same.exists() else None


def _credit(attempt: Attempt, intent: Intent) -> bool:
    """Credit what was received, once for this payment; whether nothing about it is strange."""
    if intent.state != AttemptState.SUCCEEDED:
        return True
    if intent.currency != _CURRENCY or intent.amount_fen <= 0 or attempt.kind == AttemptKind.REFUND:
        return False
    accounts.credit(
        chain_id=attempt.chain_id,
        amount_fen=intent.amount_fen,
        key=f"stripe:{intent.id}",
        source=Contra.CASH_STRIPE,
        actor=SYSTEM,
        occurred_at=clock.now(),
        memo={"attempt": str(attempt.pk), "payment": intent.id, "method": attempt.method, "kind": attempt.kind},
    )
    if attempt.amount_fen != intent.amount_fen:
        attempt.amount_fen = intent.amount_fen
        attempt.save(update_fields=["amount_fen"])
    return True


def _keep_card(chain_id: int, card: Card) -> None:
    SavedCard.objects.bulk_create(
        [
            SavedCard(
                chain_id=chain_id,
                card_id=card.id,
                brand=card.brand,
                last4=card.last4,
                exp_year=card.exp_year,
                exp_month=card.exp_month,
                added_at=clock.now(),
            )
        ],
        ignore_conflicts=True,
    )


def _adopted(found: Refunded) -> Attempt | None:
    """A refund that was made at the service itself, not by us: written down, and taken from the account even where
    that leaves it owing, since the money is gone.
    """
    known = Attempt.objects.filter(object_id=found.id).values_list("pk", flat=True).first()
    if known is not None:
        return hold_attempt(known)
    paid = Attempt.objects.filter(intent_id=found.intent_id).exclude(intent_id="").exclude(kind=AttemptKind.REFUND)
    original = paid.values_list("pk", flat=True).first()
    parent = hold_attempt(original) if original else None
    if parent is None:
        return None
    # Whoever waited for the parent finds what was written meanwhile.
    known = Attempt.objects.filter(object_id=found.id).values_list("pk", flat=True).first()
    if known is not None:
        return hold_attempt(known)
    now = clock.now()
    adopted = Attempt.objects.create(
        id=uuid7(),
        chain_id=parent.chain_id,
        kind=AttemptKind.REFUND,
        state=AttemptState.CREATED,
        amount_fen=found.amount_fen,
        of=parent,
        object_id=found.id,
        intent_id=found.intent_id,
        actor=str(SYSTEM),
        created_at=now,
        due_at=now,
    )
    accounts.debit(refund_debit(adopted, may_owe=True))
    return adopted


def refund_debit(refund: Attempt, *, may_owe: bool) -> Debit:
    """What a refund takes from the account before the money goes back."""
    return Debit(
        chain_id=refund.chain_id,
        amount_fen=refund.amount_fen,
        key=f"refund:{refund.pk}",
        kind=PostingKind.CHAIN_REFUND,
        actor=SYSTEM,
        occurred_at=refund.created_at,
        may_owe=may_owe,
        memo={"attempt": str(refund.pk), "of": str(refund.of_id), "reason": refund.reason},
        contra=Contra.CASH_STRIPE,
    )
