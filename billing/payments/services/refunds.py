"""The platform's staff send a top-up back to who paid it. Opens its own transactions."""

from uuid import UUID

from django.db.models import Sum

from billing.accounts import services as accounts
from billing.payments.domain import AttemptKind, AttemptState
from billing.payments.errors import AttemptNotFound, RefundOutOfRange
from billing.payments.locks import hold_attempt
from billing.payments.models import Attempt
from billing.payments.services import calls, settling
from kernel import clock
from kernel.db import in_public
from kernel.money import Money
from tenants.audit.services import record
from tenants.people.domain import Actor, require_platform


def start_refund(*, actor: Actor, attempt_id: UUID, of_id: UUID, amount_fen: int, reason: str) -> Attempt:
    """Send back a part of a top-up, or all of it: taken from the account first, given back to it if the bank refuses.

    ``attempt_id`` is made with the form: sent twice, it is one refund.

    Raises:
        NotAllowed
        AttemptNotFound: ``of_id`` is no top-up that was paid.
        RefundOutOfRange: more than is left of it.
        AccountTooLow: the chain has used the money meanwhile.
    """
    require_platform(actor)
    with in_public():
        known = Attempt.objects.filter(pk=attempt_id, of_id=of_id).first()
        if known is not None:
            return known
        original = hold_attempt(of_id)
        if original is None or original.state != AttemptState.SUCCEEDED or not original.intent_id:
            raise AttemptNotFound
        left = left_to_refund(original)
        if not 0 < amount_fen <= left:
            raise RefundOutOfRange(most=Money(left))
        refund = _write(original, actor, attempt_id, amount_fen, reason)
        accounts.debit(settling.refund_debit(refund, may_owe=False))
        detail = {"chain_id": refund.chain_id, "amount_fen": amount_fen, "of": str(of_id)}
        record(actor, "payment.refund", object_type="payment", object_id=refund.pk, detail=detail)
    calls.send_back(refund)
    return refund


def left_to_refund(original: Attempt) -> int:
    """How much of a top-up has not been sent back, in fen."""
    sent = original.refunds.exclude(state=AttemptState.FAILED).aggregate(fen=Sum("amount_fen"))["fen"]
    return original.amount_fen - (sent or 0)


def _write(original: Attempt, actor: Actor, attempt_id: UUID, amount_fen: int, reason: str) -> Attempt:
    now = clock.now()
    return Attempt.objects.create(
        id=attempt_id,
        chain_id=original.chain_id,
        kind=AttemptKind.REFUND,
        amount_fen=amount_fen,
        of=original,
        method=original.method,
        reason=reason.strip()[:200],
        actor=str(actor),
        created_at=now,
        due_at=now,
    )
